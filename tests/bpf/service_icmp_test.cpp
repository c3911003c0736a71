// ICMP errors and fragments through load balancers (RFC 5508, 4), and who is told what of a packet that goes no
// further.
#include <catch2/catch_test_macros.hpp>

#include "quoted.h"
#include "service_world.h"

using namespace vpcd::test;

namespace {

constexpr std::size_t kFromPort = 0, kToPort = 2;

struct ServedWorld : ServiceWorld {
    ServedWorld()
    {
        balances(kService, 53, {{"10.0.1.30", 5353}}, SCHEDULER_ROUND_ROBIN, kVpc, kUdp); // here
        balances(kService, 54, {{"10.0.1.40", 5353}}, SCHEDULER_ROUND_ROBIN, kVpc, kUdp); // on another host
    }
    Outcome asks(std::uint16_t port) { return client.sends(Packet{}.to(kService).udp(4000, port)); }
};

} // namespace

TEST_CASE("a backend's error quotes the load balancer and comes from it", "[bpf][service]")
{
    ServedWorld world;

    SECTION("of a backend here")
    {
        world.asks(53);
        const auto received = Packet{}.from("10.0.1.50").to("10.0.1.30").udp(4000, 5353);
        const auto out = world.plain.sends(Packet{}.to("10.0.1.50").icmp(3, 3).quoting(received));

        CHECK(out.verdict == kRedirected);
        CHECK(view(out.bytes).from == ipv4(kService));
        CHECK(view(out.bytes).checksums_right);
        CHECK(quoted(out.bytes, kToPort).from == ipv4("10.0.1.50"));
        CHECK(quoted(out.bytes, kToPort).to == ipv4(kService));
        CHECK(quoted(out.bytes, kToPort).word == 53);
    }
    SECTION("of a backend on another host, and of a router before it")
    {
        world.asks(54);
        const auto received = Packet{}.from("10.0.1.50").to("10.0.1.40").udp(4000, 5353);
        for (const char* sender : {"10.0.1.40", "10.0.1.77"}) {
            const auto out = world.receives(vxlan(Packet{}
                                                      .from_mac(mac_of("10.0.1.40"))
                                                      .to_mac(mac_of("10.0.1.50"))
                                                      .from(sender)
                                                      .to("10.0.1.50")
                                                      .icmp(3, 4, 0, 1400)
                                                      .quoting(received)),
                                            Via::kTc);

            CHECK(out.verdict == kRedirected);
            CHECK(view(out.bytes).from == ipv4(sender == std::string_view{"10.0.1.40"} ? kService : sender));
            CHECK(view(out.bytes).icmp_mtu == 1400);
            CHECK(view(out.bytes).checksums_right);
            CHECK(quoted(out.bytes, kToPort).to == ipv4(kService));
            CHECK(quoted(out.bytes, kToPort).word == 54);
        }
    }
}

TEST_CASE("a client's error about an answer goes to the backend and quotes what that has sent", "[bpf][service]")
{
    ServedWorld world;
    world.asks(53);
    world.plain.sends(Packet{}.to("10.0.1.50").udp(5353, 4000));
    const auto received = Packet{}.from(kService).to("10.0.1.50").udp(53, 4000);

    const auto out = world.client.sends(Packet{}.to(kService).icmp(3, 3).quoting(received));

    CHECK(out.verdict == kRedirected);
    CHECK(view(out.bytes).to == ipv4("10.0.1.30"));
    CHECK(view(out.bytes).checksums_right);
    CHECK(quoted(out.bytes, kFromPort).from == ipv4("10.0.1.30"));
    CHECK(quoted(out.bytes, kFromPort).word == 5353);
}

TEST_CASE("a client is told of the packet that it has sent itself", "[bpf][service]")
{
    ServedWorld world;
    world.asks(54);

    const auto out = world.client.sends(Packet{}.to(kService).udp(4000, 54).df().payload(1460));

    CHECK(out.verdict == refused(DROP_TOO_BIG));
    CHECK(quoted(out.bytes, kToPort).to == ipv4(kService));
    CHECK(quoted(out.bytes, kToPort).word == 54);
    CHECK(view(out.bytes).checksums_right);
}

TEST_CASE("fragments go to the backend of the first one and come back from the load balancer", "[bpf][service]")
{
    ServedWorld world;
    const auto part = [](std::uint16_t at, bool more) {
        return Packet{}.to(kService).udp(4000, 53).ip_id(5).fragment(at, more);
    };

    CHECK(world.client.sends(part(64, false)).verdict == dropped(DROP_FRAGMENT_EARLY));
    CHECK(view(world.client.sends(part(0, true)).bytes).to == ipv4("10.0.1.30"));
    const auto rest = world.client.sends(part(64, false));
    CHECK(rest.verdict == kRedirected);
    CHECK(view(rest.bytes).to == ipv4("10.0.1.30"));
    CHECK(world.translations() == 2);

    const auto answer = [](std::uint16_t at, bool more) {
        return Packet{}.to("10.0.1.50").udp(5353, 4000).ip_id(6).fragment(at, more);
    };
    CHECK(view(world.plain.sends(answer(0, true)).bytes).from == ipv4(kService));
    const auto end = world.plain.sends(answer(64, false));
    CHECK(end.verdict == kRedirected);
    CHECK(view(end.bytes).from == ipv4(kService));
}
