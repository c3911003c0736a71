// Where the first packet of a flow goes: longest prefix, kinds of routes, tenants apart.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "tunnel_packets.h"

using namespace vpcd::test;

namespace {

constexpr std::uint8_t kNet = 0, kHost = 1;

// Unreachable, from the gateway of subnet 1, about a packet of `sender`.
Bytes unreachable(const Instance& sender, const Packet& packet, std::uint8_t code)
{
    const auto error = Packet{}.from_mac(kRouterMac).to_mac(sender.mac).from("10.0.1.1").to(sender.address);
    const auto sent = sender.complete(packet);
    return Packet{error}.icmp(3, code).payload(Bytes(sent.begin() + 14, sent.begin() + 42)).bytes();
}

} // namespace

TEST_CASE("each kind of route does what it says", "[bpf][route]")
{
    struct Row {
        const char* name;
        const char* to;
        Verdict verdict;
        int code; // of the ICMP error, -1: none
    };
    Underlay world;
    const auto web = world.interface("10.0.1.10");
    const auto firewall = world.interface("10.0.1.11");
    world.interface("10.0.2.10");
    world.route("10.9.0.0/16", ROUTE_INTERFACE, firewall.next_hop);
    world.route("10.8.0.0/16", ROUTE_BLACKHOLE);
    world.route("10.9.5.0/24", ROUTE_BLACKHOLE);
    world.route("10.9.5.7/32", ROUTE_INTERFACE, firewall.next_hop);
    world.route("10.0.2.99/32", ROUTE_BLACKHOLE);

    const auto row = GENERATE(values<Row>({
        {"the sender's own subnet", "10.0.1.11", kRedirected, -1},
        {"another subnet", "10.0.2.10", kRedirected, -1},
        {"a custom route to an instance", "10.9.0.1", kRedirected, -1},
        {"a blackhole says nothing", "10.8.0.1", dropped(DROP_BLACKHOLE), -1},
        {"a blackhole inside a custom route", "10.9.5.1", dropped(DROP_BLACKHOLE), -1},
        {"one address inside that blackhole", "10.9.5.7", kRedirected, -1},
        {"the last address of the blackhole", "10.9.5.255", dropped(DROP_BLACKHOLE), -1},
        {"the next one", "10.9.6.0", kRedirected, -1},
        {"a custom route inside a subnet overrides it", "10.0.2.99", dropped(DROP_BLACKHOLE), -1},
        {"the first service address", "100.64.0.0", refused(DROP_NO_SERVICE), kNet},
        {"the last service address", "100.127.255.255", refused(DROP_NO_SERVICE), kNet},
        {"the address after the services", "100.128.0.0", refused(DROP_NO_ROUTE), kNet},
        {"an address nothing leads to", "198.51.100.1", refused(DROP_NO_ROUTE), kNet},
        {"an address of its own subnet nobody has", "10.0.1.200", refused(DROP_NO_ENDPOINT), kHost},
        {"an address of another subnet nobody has", "10.0.2.200", refused(DROP_NO_ENDPOINT), kHost},
        {"the subnet's broadcast address", "10.0.1.255", refused(DROP_NO_ENDPOINT), kHost},
    }));

    DYNAMIC_SECTION(row.name)
    {
        const auto packet = Packet{}.to(row.to);
        const auto out = web.sends(packet);

        CHECK(out.verdict == row.verdict);
        if (row.code >= 0)
            CHECK(out.bytes == unreachable(web, packet, static_cast<std::uint8_t>(row.code)));
        CHECK(world.flow_keys().empty() == (row.verdict != kRedirected));
        CHECK(out.counters[COUNTER_FLOW_MISS] == 1);
    }
}

TEST_CASE("the longest prefix wins at every length", "[bpf][route]")
{
    Underlay world;
    const auto web = world.interface("10.0.1.10");
    const auto hop = world.interface("10.0.1.11");
    const auto length = GENERATE(range(1, 33));
    CAPTURE(length);
    world.route("0.0.0.0/0", ROUTE_BLACKHOLE);
    world.route("198.51.100.85/" + std::to_string(length), ROUTE_INTERFACE, hop.next_hop);

    CHECK(web.sends(Packet{}.to("198.51.100.85")).verdict == kRedirected);
    // The address that differs in the prefix's last bit.
    const auto outside = ipv4("198.51.100.85") ^ (1u << (32 - length));
    const auto text = std::to_string(outside >> 24) + "." + std::to_string(outside >> 16 & 255) + "." +
                      std::to_string(outside >> 8 & 255) + "." + std::to_string(outside & 255);
    const bool multicast = outside >> 28 == 14;
    CHECK(web.sends(Packet{}.to(text)).verdict == dropped(multicast ? DROP_MULTICAST : DROP_BLACKHOLE));
}

TEST_CASE("a subnet follows the table bound to it", "[bpf][route]")
{
    Underlay world;
    world.subnet(3, 7);
    const auto web = world.interface("10.0.1.10");
    const auto guest = world.interface("10.0.3.10");
    world.route("10.9.0.0/16", ROUTE_INTERFACE, web.next_hop, 7);

    CHECK(guest.sends(Packet{}.to("10.9.0.1")).verdict == kRedirected);
    CHECK(web.sends(Packet{}.to("10.9.0.1")).verdict == refused(DROP_NO_ROUTE));
    CHECK(guest.sends(Packet{}.to("10.0.1.10")).verdict == refused(DROP_NO_ROUTE));
}

TEST_CASE("an interface whose subnet is not known here reaches nobody", "[bpf][route]")
{
    Underlay world;
    const auto web = world.interface("10.0.1.10");
    world.interface("10.0.1.11");
    world.datapath.erase("subnets", subnet_key{kVpc, 1});

    CHECK(web.sends(Packet{}.to("10.0.1.11")).verdict == dropped(DROP_NO_ROUTE)); // and no address to tell it from
}

TEST_CASE("what is delivered on this host looks as if it had come over a wire", "[bpf][route]")
{
    Underlay world;
    const auto web = world.interface("10.0.1.10");
    const auto near = world.interface("10.0.1.11");
    const auto routed = world.interface("10.0.2.10");
    const bool peer = GENERATE(false, true);
    if (peer)
        for (const auto& receiver : {near, routed})
            receiver.change([](auto& i) { i.flags |= INTERFACE_PEER; });

    SECTION("in the same subnet: the sender's MAC, the time to live untouched")
    {
        const auto out = web.sends(Packet{}.to("10.0.1.11").ttl(9));
        CHECK(out.bytes == web.complete(Packet{}.to("10.0.1.11").ttl(9).to_mac(near.mac)));
        CHECK(out.mark == (peer ? 0 : VPCD_MARK));
        CHECK(out.counters[COUNTER_DELIVERED_LOCAL] == 1);
        CHECK(out.counters[COUNTER_ENCAPSULATED] == 0);
    }
    SECTION("across the router: its MAC, one less to live, the checksum right")
    {
        const auto out = web.sends(Packet{}.to("10.0.2.10").ttl(9));
        const auto expected = Packet{}.to("10.0.2.10").ttl(8).from_mac(kRouterMac).to_mac(routed.mac);
        CHECK(out.bytes == web.complete(expected));
        CHECK(view(out.bytes).checksums_right);
    }
    SECTION("both sides are counted")
    {
        const auto sent = web.complete(Packet{}.to("10.0.2.10")).size();
        const auto out = web.sends(Packet{}.to("10.0.2.10"));
        CHECK(out.traffic[web.id].tx_packets == 1);
        CHECK(out.traffic[web.id].tx_bytes == sent);
        CHECK(out.traffic[routed.id].rx_packets == 1);
        CHECK(out.traffic[routed.id].rx_bytes == sent);
        CHECK(out.traffic[near.id].rx_packets == 0);
    }
}

TEST_CASE("every time to live is decremented with a right checksum", "[bpf][route]")
{
    Underlay world;
    const auto web = world.interface("10.0.1.10");
    world.interface("10.0.2.10");
    for (int ttl = 2; ttl < 256; ttl++) {
        CAPTURE(ttl);
        const auto seen = view(web.sends(Packet{}.to("10.0.2.10").ttl(static_cast<std::uint8_t>(ttl))).bytes);
        CHECK(seen.ttl == ttl - 1);
        CHECK(seen.checksums_right);
    }
}

TEST_CASE("two tenants with equal addresses and MACs never meet", "[bpf][route]")
{
    Underlay world;
    world.vpc(kOtherVpc);
    const auto host = world.host("192.0.2.2");
    const auto web = world.interface("10.0.1.10");
    const auto twin = world.interface("10.0.1.10", kOtherVpc);
    world.interface("10.0.1.11");
    world.far("10.0.1.11", host, kOtherVpc);
    world.far("10.0.1.12", host, kOtherVpc);

    CHECK(web.sends(Packet{}.to("10.0.1.11")).counters[COUNTER_DELIVERED_LOCAL] == 1);
    CHECK(web.sends(Packet{}.to("10.0.1.12")).verdict == refused(DROP_NO_ENDPOINT));
    const auto out = twin.sends(Packet{}.to("10.0.1.11"));
    CHECK(out.counters[COUNTER_ENCAPSULATED] == 1);
    CHECK(view(out.bytes).vni == kOtherVpc);
    CHECK(world.flow_keys().size() == 4);
}

TEST_CASE("a packet for an instance without a place is dropped", "[bpf][route]")
{
    Underlay world;
    const auto web = world.interface("10.0.1.10");
    const auto gone = world.interface("10.0.1.11");
    const auto send = [&] { return web.sends(Packet{}.to("10.0.1.11")); };

    SECTION("neither host nor interface")
    {
        world.change_next_hop(gone.next_hop, [](auto& n) { n.interface = 0; });
    }
    SECTION("its device is not there")
    {
        gone.change([](auto& i) { i.ifindex = 0; });
    }
    SECTION("its interface's slot is empty")
    {
        gone.change([](auto& i) { i = {}; });
    }
    SECTION("its interface's slot is another VPC's now")
    {
        gone.change([](auto& i) { i.vpc = kOtherVpc; });
    }
    SECTION("its next hop is another VPC's now")
    {
        world.change_next_hop(gone.next_hop, [](auto& n) { n.vpc = kOtherVpc; });
    }

    const auto out = send();
    CHECK(out.verdict == dropped(DROP_NOT_PLACED));
    CHECK(out.counters[COUNTER_DELIVERED_LOCAL] == 0);
    CHECK(out.traffic[gone.id].rx_packets == 0);
    CHECK(send().verdict == dropped(DROP_NOT_PLACED)); // and so is the next one, if there is a flow by now
}
