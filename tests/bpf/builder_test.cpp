// The builder itself, against the decoder: the other tests lean on both.
#include <catch2/catch_test_macros.hpp>

#include "tunnel_packets.h"

using namespace vpcd::test;

TEST_CASE("what the builder makes has right checksums and lengths", "[bpf][builder]")
{
    const auto base = Packet{}.from("10.0.1.10").to("10.0.2.10");
    const auto built = {Packet{base}, Packet{base}.tcp(1, 2).flags(kSyn).mss(1460), Packet{base}.icmp_echo(1, 2),
                        Packet{base}.ip_options(12).payload(7), Packet{base}.payload(0)};

    for (const auto& packet : built) {
        const auto bytes = packet.bytes();
        const auto seen = view(bytes);
        CHECK(seen.is_ip);
        CHECK(seen.checksums_right);
        CHECK(seen.total_length + 14u == bytes.size());
        CHECK(seen.from == ipv4("10.0.1.10"));
    }
}

TEST_CASE("a changed byte makes a checksum wrong", "[bpf][builder]")
{
    const auto whole = Packet{}.from("10.0.1.10").to("10.0.2.10").tcp(1, 2).bytes();

    for (const std::size_t at : {std::size_t{22}, std::size_t{30}, std::size_t{40}, whole.size() - 1}) {
        auto bytes = whole;
        bytes[at] ^= 1;
        CHECK_FALSE(view(bytes).checksums_right);
    }
}

TEST_CASE("the internet checksum is that of RFC 1071's example", "[bpf][builder]")
{
    const Bytes example{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    CHECK(internet_checksum(example) == static_cast<std::uint16_t>(~0xddf2));
}

TEST_CASE("the decoder finds what a tunnel carries", "[bpf][builder]")
{
    for (const auto kind : {ENCAPSULATION_VXLAN, ENCAPSULATION_GENEVE, ENCAPSULATION_GRE}) {
        CAPTURE(name(kind));
        const auto seen = view(tunnelled(kind, Packet{}.from("10.0.1.10").to("10.0.2.10"), 0xabcdef).bytes());
        REQUIRE(seen.inner);
        CHECK(seen.vni == 0xabcdef);
        CHECK(seen.inner->to == ipv4("10.0.2.10"));
        CHECK(seen.inner->checksums_right);
    }
}
