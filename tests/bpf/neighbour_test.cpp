// ARP: the host answers for the whole VPC, and for nobody else.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "underlay.h"

using namespace vpcd::test;

namespace {

const MacBytes kStranger{0x02, 0xde, 0xad, 0, 0, 1};

Packet request(std::string_view target)
{
    return Packet{}.arp_request(mac_of("10.0.1.10"), "10.0.1.10", target);
}

Packet reply(const Instance& asker, const MacBytes& answer, std::string_view target)
{
    return Packet{}.from_mac(answer).to_mac(asker.mac).arp(kArpReply, answer, target, asker.mac, asker.address);
}

Bytes edited(Bytes bytes, std::size_t at, std::uint8_t value)
{
    bytes.at(at) = value;
    return bytes;
}

Outcome sends_raw(const Instance& from, const Bytes& bytes)
{
    auto& datapath = from.world->datapath;
    return measure(datapath, false,
                   [&] { return datapath.run(Program::kFromInterface, bytes, {.ifindex = from.ifindex}); });
}

} // namespace

TEST_CASE("an ARP request is answered with the right MAC", "[bpf][neighbour]")
{
    struct Row {
        const char* name;
        const char* target;
        MacBytes answer;
    };
    Underlay world;
    const auto web = world.interface("10.0.1.10");
    world.interface("10.0.1.11");
    world.far("10.0.1.12", world.host("192.0.2.2"));
    world.interface("10.0.2.10");
    world.far("10.0.2.11", 1);

    const auto row = GENERATE(values<Row>({
        {"the gateway: the router's", "10.0.1.1", kRouterMac},
        {"a neighbour on this host: its own", "10.0.1.11", mac_of("10.0.1.11")},
        {"a neighbour on another host: its own", "10.0.1.12", mac_of("10.0.1.12")},
        {"an instance of another subnet: the router's", "10.0.2.10", kRouterMac},
        {"an instance of another subnet on another host: the router's", "10.0.2.11", kRouterMac},
        {"another subnet's gateway: the router's", "10.0.2.1", kRouterMac},
    }));

    DYNAMIC_SECTION(row.name)
    {
        const auto out = web.sends(request(row.target));

        CHECK(out.verdict == kRedirected);
        CHECK(out.bytes == reply(web, row.answer, row.target).bytes());
        CHECK(out.mark == VPCD_MARK); // else our own guard would drop it
        CHECK(out.counters[COUNTER_ARP_REPLY] == 1);
        CHECK(world.flow_keys().empty());
    }
}

TEST_CASE("an ARP request is answered to who asks", "[bpf][neighbour]")
{
    Underlay world;
    const auto web = world.interface("10.0.1.10");
    world.interface("10.0.1.11");
    world.secondary(web, "10.0.1.50");

    SECTION("padded to the smallest Ethernet frame, the reply keeps the padding")
    {
        const auto out = web.sends(request("10.0.1.11").pad(60));
        CHECK(out.bytes == reply(web, mac_of("10.0.1.11"), "10.0.1.11").pad(60).bytes());
    }
    SECTION("sent to the router alone, as a host renews an entry")
    {
        CHECK(web.sends(request("10.0.1.1").to_mac(kRouterMac)).verdict == kRedirected);
    }
    SECTION("with its secondary address as the sender")
    {
        CHECK(web.sends(Packet{}.arp_request(web.mac, "10.0.1.50", "10.0.1.11")).verdict == kRedirected);
    }
    SECTION("probing an address somebody has (RFC 5227): the answer tells so")
    {
        const auto out = web.sends(Packet{}.arp_request(web.mac, "0.0.0.0", "10.0.1.11"));
        const auto taken = Packet{}
                               .from_mac(mac_of("10.0.1.11"))
                               .to_mac(web.mac)
                               .arp(kArpReply, mac_of("10.0.1.11"), "10.0.1.11", web.mac, "0.0.0.0");
        CHECK(out.bytes == taken.bytes());
    }
}

TEST_CASE("ARP that is not answered is dropped with a reason", "[bpf][neighbour]")
{
    struct Row {
        const char* name;
        Packet packet;
        drop_reason checked, unchecked; // with and without the source check; DROP_NONE: answered
    };
    const auto own = mac_of("10.0.1.10");
    const auto row = GENERATE_COPY(values<Row>({
        {"an address nobody has", request("10.0.1.99"), DROP_ARP_UNKNOWN, DROP_ARP_UNKNOWN},
        {"an address outside the VPC", request("192.0.2.2"), DROP_ARP_UNKNOWN, DROP_ARP_UNKNOWN},
        {"its own address, gratuitously", request("10.0.1.10"), DROP_ARP_UNKNOWN, DROP_ARP_UNKNOWN},
        {"its own address, probing", Packet{}.arp_request(own, "0.0.0.0", "10.0.1.10"), DROP_ARP_UNKNOWN,
         DROP_ARP_UNKNOWN},
        {"its own secondary address", request("10.0.1.50"), DROP_ARP_UNKNOWN, DROP_ARP_UNKNOWN},
        {"a reply nobody asked for",
         Packet{}.to_mac(kRouterMac).arp(kArpReply, own, "10.0.1.10", kRouterMac, "10.0.1.1"), DROP_ARP_INVALID,
         DROP_ARP_INVALID},
        {"a forged reply for the gateway",
         Packet{}.to_mac(mac_of("10.0.1.11")).arp(kArpReply, own, "10.0.1.1", mac_of("10.0.1.11"), "10.0.1.11"),
         DROP_ARP_INVALID, DROP_ARP_INVALID},
        {"a forged sender MAC", Packet{}.arp_request(kStranger, "10.0.1.10", "10.0.1.1"), DROP_ARP_INVALID,
         DROP_NONE},
        {"a forged Ethernet source", request("10.0.1.1").from_mac(kStranger), DROP_ARP_INVALID, DROP_NONE},
        {"a neighbour's address as the sender", Packet{}.arp_request(own, "10.0.1.11", "10.0.1.1"), DROP_ARP_INVALID,
         DROP_NONE},
        {"the gateway's address as the sender", Packet{}.arp_request(own, "10.0.1.1", "10.0.1.11"), DROP_ARP_INVALID,
         DROP_NONE},
        {"an operation that is neither request nor reply", Packet{}.arp(8, own, "10.0.1.10", kRouterMac, "10.0.1.1"),
         DROP_ARP_INVALID, DROP_ARP_INVALID},
    }));
    const bool checked = GENERATE(true, false);
    Underlay world;
    const auto web = world.interface("10.0.1.10");
    world.interface("10.0.1.11");
    world.secondary(web, "10.0.1.50");
    if (!checked)
        web.unchecked();

    DYNAMIC_SECTION(row.name << (checked ? ", checked" : ", unchecked"))
    {
        const auto reason = checked ? row.checked : row.unchecked;
        const auto out = web.sends(row.packet);

        CHECK(out.verdict == (reason ? dropped(reason) : kRedirected));
        CHECK(out.counters[COUNTER_ARP_REPLY] == (reason ? 0 : 1));
    }
}

TEST_CASE("ARP about anything but IPv4 on Ethernet is invalid", "[bpf][neighbour]")
{
    struct Row {
        const char* name;
        std::size_t at;
        std::uint8_t value;
    };
    Underlay world;
    const auto web = world.interface("10.0.1.10");

    const auto row = GENERATE(values<Row>({
        {"hardware type", 15, 6},
        {"protocol type", 16, 0x86},
        {"hardware address length", 18, 8},
        {"protocol address length", 19, 16},
    }));

    DYNAMIC_SECTION(row.name)
    {
        const auto out = sends_raw(web, edited(web.complete(request("10.0.1.1")), row.at, row.value));
        CHECK(out.verdict == dropped(DROP_ARP_INVALID));
    }
}

TEST_CASE("ARP of one VPC learns nothing about another", "[bpf][neighbour]")
{
    Underlay world;
    world.vpc(kOtherVpc);
    const auto web = world.interface("10.0.1.10");
    world.interface("10.0.1.11", kOtherVpc);

    CHECK(web.sends(request("10.0.1.11")).verdict == dropped(DROP_ARP_UNKNOWN));
}
