// Sizes: what fits the tunnel, what is refused with which MTU, and the MSS of TCP handshakes.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "tunnel_packets.h"

using namespace vpcd::test;

namespace {

constexpr std::size_t kUdpHeaders = 28;

struct SizeWorld : Underlay {
    explicit SizeWorld(encapsulation kind = ENCAPSULATION_VXLAN) : other{host("192.0.2.2", kind)} {}
    std::uint32_t other;
    Instance web = interface("10.0.1.10");
    Instance near = interface("10.0.1.11");
    Remote remote = far("10.0.1.20", other);
};

std::uint16_t room(encapsulation kind, std::uint32_t mtu)
{
    return static_cast<std::uint16_t>(mtu - (kind == ENCAPSULATION_GRE ? 28 : 50));
}

} // namespace

TEST_CASE("a packet one byte too big for the tunnel is refused with the MTU that fits", "[bpf][size]")
{
    const auto kind = GENERATE(ENCAPSULATION_VXLAN, ENCAPSULATION_GENEVE, ENCAPSULATION_GRE);
    const auto mtu = GENERATE(1500u, 1280u, 3000u);
    const bool df = GENERATE(false, true);
    const auto over = GENERATE(-1, 0, 1);
    CAPTURE(name(kind), mtu, df, over);
    SizeWorld world{kind};
    world.change_host(world.other, [&](auto& h) { h.mtu = static_cast<__u16>(mtu); });
    const auto fits = room(kind, mtu);
    const auto payload = static_cast<std::size_t>(fits - static_cast<int>(kUdpHeaders) + over);
    const auto packet = Packet{}.to("10.0.1.20").df(df).payload(payload);

    const auto out = world.web.sends(packet);

    if (over <= 0) {
        CHECK(out.verdict == kRedirected);
        CHECK(view(out.bytes).total_length == mtu + static_cast<unsigned>(over));
        return;
    }
    const auto sent = world.web.complete(packet);
    const auto error = Packet{}
                           .from_mac(kRouterMac)
                           .to_mac(world.web.mac)
                           .from("10.0.1.1")
                           .to("10.0.1.10")
                           .icmp(3, 4, 0, fits)
                           .payload(Bytes(sent.begin() + 14, sent.begin() + 42));
    CHECK(out.verdict == refused(DROP_TOO_BIG));
    CHECK(out.bytes == error.bytes());
    CHECK(view(out.bytes).icmp_mtu == fits);
}

TEST_CASE("between two instances of this host no size is too big", "[bpf][size]")
{
    SizeWorld world;
    CHECK(world.web.sends(Packet{}.to("10.0.1.11").payload(3000)).verdict == kRedirected);
    CHECK(world.web.sends(Packet{}.to("10.0.1.11").payload(3000), {.gso_size = 9000}).verdict == kRedirected);
}

TEST_CASE("a path smaller than the tunnel's own headers carries nothing", "[bpf][size]")
{
    SizeWorld world;
    world.change_host(world.other, [](auto& h) { h.mtu = 40; });
    CHECK(world.web.sends(Packet{}.to("10.0.1.20")).verdict == refused(DROP_TOO_BIG));
}

// BPF_PROG_TEST_RUN says gso_size but no kind of GSO, so the kernel refuses to grow what fits: DROP_KERNEL means that
// the size was accepted.
TEST_CASE("a big packet counts by the segments it becomes", "[bpf][size]")
{
    struct Row {
        const char* name;
        Packet packet;
        std::uint32_t headers; // of each segment, from the IP header
        bool told = true;
    };
    const auto base = Packet{}.to("10.0.1.20").payload(3000);
    const auto row = GENERATE_COPY(values<Row>({
        {"UDP", Packet{base}, 28},
        {"TCP", Packet{base}.tcp(1, 2), 40},
        {"TCP with options", Packet{base}.tcp(1, 2).tcp_options(Bytes(12, 1)), 52},
        {"TCP with IP options", Packet{base}.tcp(1, 2).ip_options(8), 48,
         false}, // options would be cut from the quote
    }));
    const auto over = GENERATE(-1, 0, 1);
    SizeWorld world;

    DYNAMIC_SECTION(row.name << ", " << over)
    {
        const auto gso = static_cast<std::uint32_t>(static_cast<int>(1450 - row.headers) + over);
        const auto out = world.web.sends(row.packet, {.gso_size = gso});
        if (over <= 0)
            CHECK(out.verdict == dropped(DROP_KERNEL));
        else
            CHECK(out.verdict == (row.told ? refused(DROP_TOO_BIG) : dropped(DROP_TOO_BIG)));
        if (over > 0 && row.told)
            CHECK(view(out.bytes).icmp_mtu == 1450);
    }
}

TEST_CASE("the MSS of a handshake is lowered to what the tunnel carries", "[bpf][size]")
{
    struct Row {
        const char* name;
        Bytes options;
        std::uint16_t mss; // expected; 0: no such option
        bool clamped;
    };
    // 8960 is 0x2300, 1410 fits a path of 1500 under VXLAN, 1411 is one more.
    const auto row = GENERATE(values<Row>({
        {"too large", {2, 4, 0x23, 0x00}, 1410, true},
        {"one too large", {2, 4, 0x05, 0x83}, 1410, true},
        {"just right", {2, 4, 0x05, 0x82}, 1410, false},
        {"small, not raised", {2, 4, 0x02, 0x18}, 536, false},
        {"after one no-operation, at an odd offset", {1, 2, 4, 0x23, 0x00}, 1410, true},
        {"after two no-operations", {1, 1, 2, 4, 0x23, 0x00}, 1410, true},
        {"after three no-operations", {1, 1, 1, 2, 4, 0x23, 0x00}, 1410, true},
        {"after window scale, at an odd offset", {3, 3, 7, 2, 4, 0x23, 0x00}, 1410, true},
        {"after SACK permitted", {4, 2, 2, 4, 0x23, 0x00}, 1410, true},
        {"as Linux sends it", {2, 4, 0x23, 0x00, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7}, 1410, true},
        {"after timestamps", {8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 1, 2, 4, 0x23, 0x00}, 1410, true},
        {"at the end of 40 bytes",
         [] {
             Bytes all(40, 1);
             all[36] = 2;
             all[37] = 4;
             all[38] = 0x23;
             all[39] = 0;
             return all;
         }(),
         1410, true},
        {"behind the end of the options", {0, 2, 4, 0x23, 0x00}, 0, false},
        {"none", {}, 0, false},
        {"only no-operations", Bytes(40, 1), 0, false},
    }));
    const auto flags = GENERATE(int{kSyn}, int{kSyn | kAck});
    SizeWorld world;

    DYNAMIC_SECTION(row.name << (flags == kSyn ? ", SYN" : ", SYN-ACK"))
    {
        const auto out = world.web.sends(Packet{}.to("10.0.1.20").tcp(1, 2).flags(flags).tcp_options(row.options));

        const auto seen = view(out.bytes);
        REQUIRE(seen.inner);
        CHECK(out.verdict == kRedirected);
        CHECK(seen.inner->mss == row.mss);
        CHECK(seen.inner->checksums_right);
        CHECK(out.counters[COUNTER_MSS_CLAMPED] == row.clamped);
    }
}

TEST_CASE("nothing but the MSS and the checksum changes in a handshake", "[bpf][size]")
{
    SizeWorld world;
    const auto syn = Packet{}.to("10.0.1.20").tcp(1, 2).flags(kSyn);
    const auto out = world.web.sends(Packet{syn}.mss(8960));
    auto lowered = Packet{syn}.mss(1410).from("10.0.1.10").from_mac(world.web.mac).to_mac(world.remote.mac);
    CHECK(out.bytes == sent_by_us(ENCAPSULATION_VXLAN, lowered, view(out.bytes).from_port).bytes());
}

TEST_CASE("broken TCP options are left as they are", "[bpf][size]")
{
    const auto options = GENERATE(values<Bytes>({
        {2, 3, 0x23, 0x00},         // an MSS of the wrong length
        {2, 4, 0x23},               // cut by padding with zeros
        {3, 0, 2, 4, 0x23, 0x00},   // a length of 0
        {3, 1, 2, 4, 0x23, 0x00},   // a length of 1
        {3, 200, 2, 4, 0x23, 0x00}, // a length beyond the header
    }));
    SizeWorld world;
    const auto packet = Packet{}.to("10.0.1.20").tcp(1, 2).flags(kSyn).tcp_options(options);

    const auto out = world.web.sends(packet);

    auto same = Packet{packet}.from("10.0.1.10").from_mac(world.web.mac).to_mac(world.remote.mac);
    const auto limit = view(out.bytes).inner->mss;
    if (options.size() == 3) // its last byte is 0, so it is a whole option after all
        CHECK(limit == 1410);
    else
        CHECK(out.bytes == sent_by_us(ENCAPSULATION_VXLAN, same, view(out.bytes).from_port).bytes());
}

TEST_CASE("the MSS is clamped only where it is needed", "[bpf][size]")
{
    SizeWorld world;
    SECTION("not in an established connection")
    {
        const auto out = world.web.sends(Packet{}.to("10.0.1.20").tcp(1, 2).flags(kAck).mss(8960));
        CHECK(view(out.bytes).inner->mss == 8960);
    }
    SECTION("not between two instances of this host")
    {
        const auto out = world.web.sends(Packet{}.to("10.0.1.11").tcp(1, 2).flags(kSyn).mss(8960));
        CHECK(view(out.bytes).mss == 8960);
    }
    SECTION("to what a larger path carries")
    {
        world.change_host(world.other, [](auto& h) { h.mtu = 9000; });
        const auto out = world.web.sends(Packet{}.to("10.0.1.20").tcp(1, 2).flags(kSyn).mss(9960));
        CHECK(view(out.bytes).inner->mss == 9000 - 50 - 40);
    }
    SECTION("less under GRE, whose headers are smaller")
    {
        world.change_host(world.other, [](auto& h) { h.encapsulation = ENCAPSULATION_GRE; });
        const auto out = world.web.sends(Packet{}.to("10.0.1.20").tcp(1, 2).flags(kSyn).mss(8960));
        CHECK(view(out.bytes).inner->mss == 1500 - 28 - 40);
    }
}
