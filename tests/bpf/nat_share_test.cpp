// Instances that share public addresses: what they send to the Internet, and what is answered.
#include <set>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "nat_world.h"

using namespace vpcd::test;

namespace {

// Its port on the Internet: of ICMP queries, which the view does not read, the identifier.
std::uint16_t port_of(const Outcome& out)
{
    const auto seen = view(out.bytes);
    return seen.protocol == kIcmp ? static_cast<std::uint16_t>(out.bytes[38] << 8 | out.bytes[39]) : seen.from_port;
}

Packet udp(std::uint16_t from, std::uint16_t to, const char* address = kClient)
{
    return Packet{}.to(address).udp(from, to);
}

} // namespace

TEST_CASE("an instance sends to the Internet from an address it shares", "[bpf][nat]")
{
    struct Row {
        const char* name;
        Packet packet;
    };
    const auto row = GENERATE(values<Row>({
        {"UDP", Packet{}.udp(5000, 53)},
        {"UDP without a checksum", Packet{}.udp(5000, 53).no_checksum()},
        {"TCP", Packet{}.tcp(5000, 443).flags(kSyn)},
        {"TCP in the middle of a connection", Packet{}.tcp(5000, 443)},
        {"ping", Packet{}.icmp_echo(7, 1)},
        {"GRE", Packet{}.protocol(47)},
        {"an empty payload", Packet{}.udp(5000, 53).payload(0)},
        {"IP options", Packet{}.udp(5000, 53).ip_options(8)},
    }));
    NatWorld world;

    DYNAMIC_SECTION(row.name)
    {
        const auto packet = Packet{row.packet}.to(kClient);
        const auto out = world.plain.sends(packet);

        const auto seen = view(out.bytes);
        CHECK(out.verdict == kRedirected);
        CHECK(seen.from == ipv4(kShared));
        CHECK(seen.to == ipv4(kClient));
        CHECK(seen.ttl == 63);
        CHECK(seen.checksums_right);
        CHECK(out.bytes.size() == world.plain.complete(packet).size());
        if (seen.protocol != 47)
            CHECK(port_of(out) >= 1024);
        CHECK(out.counters[COUNTER_TRANSLATED_OUT] == 1);
        CHECK(out.counters[COUNTER_TRANSLATION_CREATED] == 1);
        CHECK(world.translations() == 2);
        CHECK(world.counted(world.shared(kShared)).tx_packets == 1);

        const auto again = world.plain.sends(packet);
        CHECK(again.bytes == out.bytes);
        CHECK(again.counters[COUNTER_TRANSLATION_CREATED] == 0);
        CHECK(world.translations() == 2);
    }
}

TEST_CASE("the answer to a shared address comes back to who has asked", "[bpf][nat]")
{
    NatWorld world;

    SECTION("UDP")
    {
        const auto port = port_of(world.plain.sends(udp(5000, 53)));
        const auto out = world.receives_from_outside(from_client(kShared).udp(53, port));
        CHECK(out.verdict == kRedirected);
        CHECK(out.bytes == Packet{}
                               .from_mac(kRouterMac)
                               .to_mac(mac_of("10.0.1.30"))
                               .from(kClient)
                               .to("10.0.1.30")
                               .udp(53, 5000)
                               .ttl(63)
                               .bytes());
        CHECK(world.counted(world.shared(kShared)).rx_packets == 1);
    }
    SECTION("TCP, and so on")
    {
        const auto port = port_of(world.plain.sends(Packet{}.to(kClient).tcp(5000, 443).flags(kSyn)));
        const auto answer = world.receives_from_outside(from_client(kShared).tcp(443, port).flags(kSyn | kAck));
        CHECK(view(answer.bytes).to_port == 5000);
        CHECK(view(answer.bytes).checksums_right);
        CHECK(port_of(world.plain.sends(Packet{}.to(kClient).tcp(5000, 443))) == port);
        const auto data = world.receives_from_outside(from_client(kShared).tcp(443, port));
        CHECK(data.verdict == kRedirected);
        CHECK(data.counters[COUNTER_FLOW_MISS] == 0);
    }
    SECTION("ping")
    {
        const auto id = port_of(world.plain.sends(Packet{}.to(kClient).icmp_echo(7, 1)));
        const auto out = world.receives_from_outside(from_client(kShared).icmp_echo_reply(id, 1));
        CHECK(out.verdict == kRedirected);
        CHECK(port_of(out) == 7);
        CHECK(view(out.bytes).checksums_right);
    }
    SECTION("GRE")
    {
        world.plain.sends(Packet{}.to(kClient).protocol(47));
        CHECK(view(world.receives_from_outside(from_client(kShared).protocol(47)).bytes).to == ipv4("10.0.1.30"));
    }
}

TEST_CASE("another host's instance shares the gateway's addresses", "[bpf][nat]")
{
    NatWorld world;

    const auto out = world.relays(udp(5000, 53).from("10.0.1.40").ttl(63));
    CHECK(out.verdict == kRedirected);
    CHECK(view(out.bytes).from == ipv4(kShared));
    CHECK(view(out.bytes).ttl == 63);

    const auto answer = world.receives_from_outside(from_client(kShared).udp(53, port_of(out)));
    const auto seen = view(answer.bytes);
    CHECK(answer.verdict == kRedirected);
    REQUIRE(seen.inner);
    CHECK(seen.to == ipv4("192.0.2.2"));
    CHECK(seen.inner->to == ipv4("10.0.1.40"));
    CHECK(seen.inner->to_port == 5000);
    CHECK(seen.inner->checksums_right);
    CHECK(world.flow_keys().empty());
}

TEST_CASE("what nobody has asked for reaches nobody", "[bpf][nat]")
{
    NatWorld world;
    const auto port = port_of(world.plain.sends(udp(5000, 53)));

    CHECK(world.receives_from_outside(from_client(kShared).udp(54, port)).verdict == dropped(DROP_NO_TRANSLATION));
    CHECK(world.receives_from_outside(from_client(kShared).from("198.51.100.8").udp(53, port)).verdict ==
          dropped(DROP_NO_TRANSLATION));
    CHECK(world.receives_from_outside(from_client(kShared).tcp(53, port).flags(kSyn)).verdict ==
          dropped(DROP_NO_TRANSLATION));
    CHECK(world.plain.sends(Packet{}.to(kClient).tcp(1, 2).flags(kRst | kAck)).verdict.reason != DROP_NONE);
    CHECK(world.translations() == 2);
}

TEST_CASE("a gateway begins no connection with what only ends one", "[bpf][nat]")
{
    NatWorld world;

    CHECK(world.relays(Packet{}.from("10.0.1.40").to(kClient).tcp(1, 2).flags(kRst | kAck)).verdict ==
          dropped(DROP_NO_TRANSLATION));
    CHECK(world.relays(Packet{}.from("10.0.1.40").to(kClient).icmp(5, 1)).verdict == dropped(DROP_NO_TRANSLATION));
    CHECK(world.translations() == 0);
}

TEST_CASE("connections with one destination have different ports, until there is none", "[bpf][nat]")
{
    NatWorld world;
    world.shares("10.0.1.0/24", {.first_port = 2000, .last_port = 2009});
    std::set<std::uint16_t> ports;
    for (std::uint16_t i = 0; i < 10; ++i)
        ports.insert(port_of(world.plain.sends(udp(5000 + i, 53))));

    CHECK(ports.size() == 10);
    CHECK(*ports.begin() == 2000);
    CHECK(*ports.rbegin() == 2009);
    CHECK(world.plain.sends(udp(6000, 53)).verdict == dropped(DROP_NO_PORT));
    CHECK(world.translations() == 20);
    CHECK(world.pairs(0, kShared) == 10);

    SECTION("for another destination they are free")
    {
        CHECK(world.plain.sends(udp(6000, 53, "198.51.100.8")).verdict == kRedirected);
        CHECK(world.plain.sends(udp(6000, 54)).verdict == kRedirected);
        CHECK(world.plain.sends(Packet{}.to(kClient).tcp(6000, 53).flags(kSyn)).verdict == kRedirected);
    }
    SECTION("and again when one has ended")
    {
        ::forgetting forgetting{};
        for (const auto& key : world.datapath.keys<flow_key>("translations"))
            if (key.vpc == kVpc)
                forgetting.key = key;
        world.datapath.forget_translation(forgetting);
        CHECK(forgetting.ended == 2);
        CHECK(world.pairs(0, kShared) == 9);
        CHECK(world.plain.sends(udp(6000, 53)).verdict == kRedirected);
        CHECK(world.plain.sends(udp(6001, 53)).verdict == dropped(DROP_NO_PORT));
    }
    SECTION("or when there is another address")
    {
        world.shares("10.0.1.0/24", {.addresses = {kShared, kOtherShared}, .first_port = 2000, .last_port = 2009});
        CHECK(view(world.plain.sends(udp(6000, 53)).bytes).from == ipv4(kOtherShared));
    }
}

TEST_CASE("an instance appears under one of several addresses", "[bpf][nat]")
{
    NatWorld world;
    world.shares("10.0.1.0/24", {.addresses = {kShared, kOtherShared}});
    std::set<std::uint32_t> of_one, of_all;
    for (std::uint16_t i = 0; i < 50; ++i) {
        of_one.insert(view(world.plain.sends(udp(5000 + i, 53)).bytes).from);
        const auto who = "10.0.1." + std::to_string(100 + i);
        of_all.insert(view(world.relays(udp(5000, 53).from(who)).bytes).from);
    }

    CHECK(of_one.size() == 1);
    CHECK(of_all.size() == 2);
}

TEST_CASE("a gateway that has lost its memory gives connections the ports they had", "[bpf][nat]")
{
    NatWorld world;
    const auto before = port_of(world.plain.sends(Packet{}.to(kClient).tcp(5000, 443).flags(kSyn)));

    world.forget_translations();

    CHECK(port_of(world.plain.sends(Packet{}.to(kClient).tcp(5000, 443))) == before);
}

TEST_CASE("of protocols without ports there is one connection with a destination for each address", "[bpf][nat]")
{
    NatWorld world;
    const auto gre = [](const char* from) { return Packet{}.from(from).to(kClient).protocol(47); };
    CHECK(world.plain.sends(gre("10.0.1.30")).verdict == kRedirected);

    CHECK(world.relays(gre("10.0.1.40")).verdict == dropped(DROP_NO_PORT));

    world.shares("10.0.1.0/24", {.addresses = {kShared, kOtherShared}});
    CHECK(view(world.relays(gre("10.0.1.40")).bytes).from == ipv4(kOtherShared));
}

TEST_CASE("an instance's own public address wins over those it would share", "[bpf][nat]")
{
    NatWorld world;

    CHECK(view(world.web.sends(udp(5000, 53)).bytes).from == ipv4(kWebPublic));
    CHECK(world.translations() == 0);
}

TEST_CASE("the longest prefix says which addresses are shared", "[bpf][nat]")
{
    NatWorld world;
    world.shares("10.0.1.30/32", {.addresses = {kOtherShared}});

    CHECK(view(world.plain.sends(udp(5000, 53)).bytes).from == ipv4(kOtherShared));
    CHECK(view(world.relays(udp(5000, 53).from("10.0.1.40")).bytes).from == ipv4(kShared));
    world.shares_no_more("10.0.1.0/24");
    CHECK(world.relays(udp(5000, 53).from("10.0.1.41")).verdict == dropped(DROP_NO_PUBLIC));
}

TEST_CASE("neither an instance nor a VPC takes more connections than it may", "[bpf][nat]")
{
    NatWorld world;
    world.change_settings([](auto& s) { s.translations_per_address = 2, s.translations_per_vpc = 3; });
    world.shares("10.0.1.0/24", {.addresses = {"203.0.113.50"}}, kOtherVpc);
    world.plain.sends(udp(1, 53));
    world.plain.sends(udp(2, 53));

    CHECK(world.plain.sends(udp(3, 53)).verdict == dropped(DROP_TRANSLATION_LIMIT));
    CHECK(world.plain.sends(udp(2, 53)).verdict == kRedirected);
    CHECK(world.relays(udp(1, 53).from("10.0.1.40")).verdict == kRedirected);
    CHECK(world.relays(udp(1, 53).from("10.0.1.41")).verdict == dropped(DROP_TRANSLATION_LIMIT));
    CHECK(world.relays(udp(1, 53).from("10.0.1.30"), kOtherVpc).verdict == kRedirected);
    CHECK(world.pairs(kVpc) == 3);
    CHECK(world.pairs(kVpc, "10.0.1.30") == 2);
    CHECK(world.pairs(kOtherVpc, "10.0.1.30") == 1);
}

TEST_CASE("two tenants with equal addresses share nothing with each other", "[bpf][nat]")
{
    NatWorld world;
    world.vpc(kOtherVpc);
    const auto twin = world.interface("10.0.1.30", kOtherVpc);
    world.route("0.0.0.0/0", ROUTE_NAT_GATEWAY, world.gateway(0, kOtherVpc), kMainTable, kOtherVpc);
    world.shares("10.0.1.0/24", {.addresses = {"203.0.113.50"}}, kOtherVpc);

    const auto one = world.plain.sends(udp(5000, 53));
    const auto other = twin.sends(udp(5000, 53));

    CHECK(view(one.bytes).from == ipv4(kShared));
    CHECK(view(other.bytes).from == ipv4("203.0.113.50"));
    const auto to_one = world.receives_from_outside(from_client(kShared).udp(53, port_of(one)));
    const auto to_other = world.receives_from_outside(from_client("203.0.113.50").udp(53, port_of(other)));
    CHECK(to_one.traffic[world.plain.id].rx_packets == 1);
    CHECK(to_other.traffic[twin.id].rx_packets == 1);
}

TEST_CASE("a change of settings ends only the connections it is about", "[bpf][nat]")
{
    NatWorld world;
    const auto packet = udp(5000, 53);
    const auto before = world.plain.sends(packet);
    const auto answer = from_client(kShared).udp(53, port_of(before));
    world.generation = 2;

    SECTION("an address more: it goes on")
    {
        world.shares("10.0.1.0/24", {.addresses = {kOtherShared, kShared}});
        CHECK(world.plain.sends(packet).bytes == before.bytes);
        CHECK(world.receives_from_outside(answer).verdict == kRedirected);
        CHECK(world.translations() == 2);
    }
    SECTION("another address: the answer finds nobody, and it begins anew")
    {
        world.shares("10.0.1.0/24", {.addresses = {kOtherShared}});
        world.shared(kShared); // for others
        CHECK(world.receives_from_outside(answer).verdict == dropped(DROP_NO_TRANSLATION));
        CHECK(world.translations() == 0);
        CHECK(view(world.plain.sends(packet).bytes).from == ipv4(kOtherShared));
        CHECK(world.pairs(kVpc) == 1);
    }
    SECTION("none any more")
    {
        world.shares_no_more("10.0.1.0/24");
        world.shared(kShared);
        CHECK(world.plain.sends(packet).verdict == dropped(DROP_NO_PUBLIC));
        CHECK(world.translations() == 0);
    }
}

TEST_CASE("an endpoint-independent mapping serves every destination", "[bpf][nat]")
{
    NatWorld world;
    world.shares("10.0.1.0/24", {.is_independent = true});
    const auto port = port_of(world.plain.sends(udp(5000, 53)));

    CHECK(port_of(world.plain.sends(udp(5000, 54, "198.51.100.8"))) == port);
    CHECK(port_of(world.plain.sends(udp(5001, 53))) != port);

    SECTION("and lets anybody send to it, as far as the instance's rules do")
    {
        const auto out = world.receives_from_outside(from_client(kShared).from("198.51.100.9").udp(99, port));
        CHECK(out.verdict == kRedirected);
        CHECK(view(out.bytes).to == ipv4("10.0.1.30"));
        CHECK(view(out.bytes).to_port == 5000);
        CHECK(port_of(world.plain.sends(udp(5000, 99, "198.51.100.9"))) == port);
    }
    SECTION("but not by another protocol or port")
    {
        CHECK(world.receives_from_outside(from_client(kShared).tcp(99, port).flags(kSyn)).verdict ==
              dropped(DROP_NO_TRANSLATION));
        CHECK(world.receives_from_outside(from_client(kShared).udp(99, port + 7)).verdict ==
              dropped(DROP_NO_TRANSLATION));
    }
}

TEST_CASE("a mapping keeps its port from others, whomever they talk to", "[bpf][nat]")
{
    NatWorld world;
    world.shares("10.0.1.0/24", {.first_port = 2000, .last_port = 2001, .is_independent = true});
    world.plain.sends(udp(1, 53));
    world.plain.sends(udp(2, 53));

    CHECK(world.plain.sends(udp(3, 54, "198.51.100.8")).verdict == dropped(DROP_NO_PORT));
    CHECK(world.plain.sends(udp(1, 54, "198.51.100.8")).verdict == kRedirected);
}

TEST_CASE("a full table drops new connections and keeps those there are", "[bpf][nat]")
{
    NatWorld world;
    world.plain.sends(udp(5000, 53));
    world.change_settings([](auto& s) { s.translations_per_vpc = s.translations_per_address = 1 << 20; });
    Outcome out;
    for (std::uint16_t i = 0; i < 2000 && out.verdict.reason != DROP_TRANSLATIONS_FULL; ++i)
        out = world.plain.sends(udp(6000 + i, 53));

    CHECK(out.verdict == dropped(DROP_TRANSLATIONS_FULL));
    CHECK(world.translations() % 2 == 0);
    CHECK(world.pairs(kVpc) == world.translations() / 2);
    CHECK(world.plain.sends(udp(5000, 53)).verdict == kRedirected);
}
