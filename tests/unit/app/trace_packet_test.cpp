// Packets for tracing, against a builder of their own.
#include "app/trace_packet.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <netinet/in.h>
#include <span>

#include "support/packet.h"

namespace vpcd {

namespace {

const Mac kSender{{0x02, 0, 0x0a, 0, 1, 0x0a}};
const Mac kRouter{{0x02, 0x76, 0x70, 0x63, 0x64, 0xfe}};

TracedPacket packet(unsigned protocol, unsigned size)
{
    return {.protocol = protocol,
            .source = Address::v4(0x0a00010a),
            .destination = Address::v4(0x0a00020a),
            .source_port = 40000,
            .destination_port = 443,
            .source_mac = kSender,
            .destination_mac = kRouter,
            .size = size,
            .ttl = 7};
}

test::Packet expected()
{
    return test::Packet{}
        .from_mac(kSender.bytes())
        .to_mac(kRouter.bytes())
        .from("10.0.1.10")
        .to("10.0.2.10")
        .ttl(7)
        .df();
}

test::Bytes zeroes(unsigned count)
{
    return test::Bytes(count);
}

} // namespace

TEST_CASE("frames are what an instance would send, checksums included")
{
    CHECK(build_frame(packet(IPPROTO_UDP, 100)) == expected().udp(40000, 443).payload(zeroes(72)).bytes());
    CHECK(build_frame(packet(IPPROTO_UDP, 101)) == expected().udp(40000, 443).payload(zeroes(73)).bytes());
    CHECK(build_frame(packet(IPPROTO_ICMP, 84)) == expected().icmp_echo(40000, 1).payload(zeroes(56)).bytes());
    CHECK(build_frame(packet(IPPROTO_GRE, 60)) == expected().protocol(IPPROTO_GRE).payload(zeroes(40)).bytes());
}

TEST_CASE("a TCP packet opens a connection and offers an MSS")
{
    auto frame = build_frame(packet(IPPROTO_TCP, 44));
    auto other = expected().tcp(40000, 443).flags(test::kSyn).mss(1460).payload(zeroes(0)).bytes();
    REQUIRE(frame.size() == other.size());
    CHECK(test::internet_checksum(std::span{frame}.subspan(34),
                                  test::pseudo_header(0x0a00010a, 0x0a00020a, IPPROTO_TCP, 24)) == 0);

    for (auto* bytes : {&frame, &other}) {
        std::ranges::fill(std::span{*bytes}.subspan(38, 8), 0); // sequence and acknowledgement: any
        std::ranges::fill(std::span{*bytes}.subspan(50, 2), 0); // so the checksum differs
    }
    CHECK(frame == other);
}

TEST_CASE("the smallest packet of a protocol is its headers")
{
    const unsigned protocol = GENERATE(6u, 17u, 1u, 47u); // TCP, UDP, ICMP, GRE
    const auto least = least_size(packet(protocol, 0));
    CHECK(build_frame(packet(protocol, least)).size() == 14 + least);
}

TEST_CASE("a TCP packet has the flags it is given, and the option only with SYN")
{
    auto ack = packet(IPPROTO_TCP, 0);
    ack.tcp_flags = 0x10;
    ack.size = least_size(ack);
    const auto frame = build_frame(ack);

    CHECK(ack.size == 40);
    CHECK(frame.at(47) == 0x10);
    CHECK(frame.at(46) >> 4 == 5); // words of the header
    CHECK(test::internet_checksum(std::span{frame}.subspan(34),
                                  test::pseudo_header(0x0a00010a, 0x0a00020a, IPPROTO_TCP, 20)) == 0);
    ack.tcp_flags = 0x12;
    CHECK(least_size(ack) == 44);
}

TEST_CASE("an ICMP error quotes a UDP packet that its receiver has sent")
{
    auto error = packet(IPPROTO_ICMP, 0);
    error.icmp_type = 3;
    error.icmp_code = 1;
    error.size = least_size(error);
    const auto frame = build_frame(error);

    CHECK(error.size == 56);
    CHECK(frame.at(34) == 3);
    CHECK(frame.at(35) == 1);
    CHECK(test::internet_checksum(std::span{frame}.subspan(34), 0) == 0);
    const auto quoted =
        test::Packet{}.from("10.0.2.10").to("10.0.1.10").ttl(1).df().udp(443, 40000).payload({}).bytes();
    CHECK(std::ranges::equal(std::span{frame}.subspan(42), std::span{quoted}.subspan(14)));
}

TEST_CASE("an ICMP answer carries the identifier of its question, other messages none")
{
    auto answer = packet(IPPROTO_ICMP, 84);
    answer.icmp_type = 0;
    CHECK(build_frame(answer).at(38) == 40000 >> 8);
    answer.icmp_type = 5; // a redirect
    CHECK(build_frame(answer).at(38) == 0);
}

TEST_CASE("a large packet says its length and leaves its end out")
{
    const auto frame = build_frame(packet(IPPROTO_UDP, 9000));
    CHECK(frame.size() < 1000);
    CHECK((frame.at(16) << 8 | frame.at(17)) == 9000);
}

TEST_CASE("an ARP request asks everybody")
{
    CHECK(build_arp_request(kSender, Address::v4(0x0a00010a), Address::v4(0x0a0001fd)) ==
          test::Packet{}
              .arp_request(kSender.bytes(), "10.0.1.10", "10.0.1.253")
              .from_mac(kSender.bytes())
              .to_mac({0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
              .bytes());
}

TEST_CASE("a tunnel packet is read as it was made")
{
    const auto encapsulation = GENERATE(Encapsulation::Vxlan, Encapsulation::Geneve, Encapsulation::Gre);
    const bool is_gre = encapsulation == Encapsulation::Gre;
    const Tunnel tunnel{encapsulation, 100, Address::v4(0xc0000202), Address::v4(0xc0000201), kSender};

    const auto outer = read_outer(encapsulate(tunnel, build_frame(packet(IPPROTO_UDP, 9000)), 9000));

    REQUIRE(outer);
    CHECK(outer->vni == 100);
    CHECK(outer->source == tunnel.source);
    CHECK(outer->destination == tunnel.destination);
    CHECK(outer->destination_mac == kSender);
    CHECK(outer->length == 9000 + overhead(encapsulation));
    CHECK(outer->ttl == 64);
    CHECK(outer->dont_fragment);
    CHECK(outer->inner_source_mac.has_value() != is_gre);
    if (!is_gre)
        CHECK(*outer->inner_destination_mac == kRouter);
}

TEST_CASE("what is no tunnel packet has no outer headers")
{
    CHECK(!read_outer({}));
    CHECK(!read_outer(Bytes(20)));
    CHECK(!read_outer(build_frame(packet(IPPROTO_TCP, 44))));
    CHECK(!read_outer(build_arp_request(kSender, Address::v4(1), Address::v4(2))));
}

} // namespace vpcd
