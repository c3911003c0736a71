// Every reason there is, provoked once: counted once, under the right VPC and interface, and offered as an event to
// who listens.
#include <atomic>
#include <functional>
#include <map>
#include <thread>

#include <catch2/catch_test_macros.hpp>

#include <arpa/inet.h>

#include "dataplane/drop_ring.h"
#include "nat_rows.h"
#include "service_rows.h"

using namespace vpcd::test;

namespace {

Packet inner()
{
    return Packet{}.from_mac(mac_of("10.0.1.20")).to_mac(mac_of("10.0.1.10")).from("10.0.1.20").to("10.0.1.10");
}

Packet vxlan(const Packet& carried, std::uint32_t vni = kVpc, const char* from = "192.0.2.2")
{
    return tunnelled(ENCAPSULATION_VXLAN, carried, vni, from);
}

struct DropWorld : RulesWorld {
    std::uint32_t unreachable = host("192.0.2.3");
    Instance gone = interface("10.0.1.12");
    Remote lost = far("10.0.1.30", unreachable);

    DropWorld()
    {
        route("10.8.0.0/16", ROUTE_BLACKHOLE);
        gone.change([](auto& i) { i.ifindex = 0; });
        change_host(unreachable, [](auto& h) { h.flags = 0; });
    }
    Outcome underlay(const Packet& packet) { return receives(packet, Via::kTc); }
    // From the other host's instance to the Internet, after `times` connections of others.
    Outcome shares(const SnatPool& pool, unsigned most, unsigned times, int flags)
    {
        leads_outside();
        change_settings([&](auto& s) { s.translations_per_vpc = s.translations_per_address = most; });
        NatRows{datapath}.shares("10.0.1.0/24", pool);
        const auto packet = [&](unsigned from, int with) {
            return vxlan(
                inner().to_mac(kGatewayMac).to("198.51.100.1").tcp(static_cast<std::uint16_t>(from), 80).flags(with));
        };
        for (unsigned i = 0; i < times; ++i)
            underlay(packet(2000 + i, kSyn));
        datapath.take_events();
        return underlay(packet(1999, flags));
    }
};

struct Provoked {
    std::function<Outcome(DropWorld&)> by;
    hook seen_by;
    std::uint32_t vpc, interface;
};

// The reasons are a dense list: a new one without a row fails the first test below.
const std::map<drop_reason, Provoked>& provocations()
{
    const auto sends = [](Packet packet, RunOptions options = {}) {
        return [=](DropWorld& world) { return world.web.sends(packet, options); };
    };
    const auto arrives = [](Packet packet) { return [=](DropWorld& world) { return world.underlay(packet); }; };
    constexpr std::uint32_t kWeb = 1;
    static const std::map<drop_reason, Provoked> table{
        {DROP_MALFORMED, {sends(Packet{}.to("10.0.1.20").ip_version(7)), HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_NOT_IP, {sends(Packet{}.ether_type(0x88cc)), HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_IPV6, {sends(Packet{}.ether_type(0x86dd)), HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_MULTICAST, {sends(Packet{}.to("224.0.0.1")), HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_SOURCE_MAC, {sends(Packet{}.to("10.0.1.20").from_mac(kRouterMac)), HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_SOURCE_ADDRESS, {sends(Packet{}.to("10.0.1.20").from("10.0.1.66")), HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_ARP_INVALID,
         {sends(Packet{}.arp(kArpReply, mac_of("10.0.1.10"), "10.0.1.10", kRouterMac, "10.0.1.1")),
          HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_ARP_UNKNOWN,
         {sends(Packet{}.arp_request(mac_of("10.0.1.10"), "10.0.1.10", "10.0.1.99")), HOOK_FROM_INTERFACE, kVpc,
          kWeb}},
        {DROP_NO_ROUTE, {sends(Packet{}.to("198.51.100.1")), HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_BLACKHOLE, {sends(Packet{}.to("10.8.0.1")), HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_NO_ENDPOINT, {sends(Packet{}.to("10.0.1.99")), HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_NO_SERVICE, {sends(Packet{}.to("100.64.0.1")), HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_NOT_PLACED, {sends(Packet{}.to("10.0.1.12")), HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_TTL_EXCEEDED, {sends(Packet{}.to("10.0.2.20").ttl(1)), HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_TOO_BIG, {sends(Packet{}.to("10.0.1.20").payload(1460)), HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_NO_UNDERLAY, {sends(Packet{}.to("10.0.1.30")), HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_UNKNOWN_VTEP, {arrives(vxlan(inner(), kVpc, "192.0.2.66")), HOOK_TC_UNDERLAY, kVpc, 0}},
        {DROP_UNKNOWN_VNI, {arrives(vxlan(inner(), 4711)), HOOK_TC_UNDERLAY, 0, 0}},
        {DROP_NOT_LOCAL, {arrives(vxlan(inner().to_mac(mac_of("10.0.1.99")))), HOOK_TC_UNDERLAY, kVpc, 0}},
        {DROP_TUNNEL_MALFORMED, {arrives(carrier().udp(1, 4789).payload(7)), HOOK_TC_UNDERLAY, 0, 0}},
        {DROP_UNKNOWN_DEVICE,
         {[](DropWorld& world) {
              world.datapath.erase("devices", device_key{world.web.ifindex});
              return world.web.sends(Packet{}.to("10.0.1.20"));
          },
          HOOK_FROM_INTERFACE, 0, 0}},
        {DROP_HOST_STACK,
         {[](DropWorld& world) { return world.web.guards(inner(), 0); }, HOOK_TO_INTERFACE, kVpc, kWeb}},
        // A GSO packet of no known kind: the kernel does not grow it.
        {DROP_KERNEL, {sends(Packet{}.to("10.0.1.20"), {.gso_size = 100}), HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_TO_ROUTER, {sends(Packet{}.to("10.0.1.1")), HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_CONGESTION, {arrives(vxlan(inner()).tos(3)), HOOK_TC_UNDERLAY, kVpc, kWeb}},
        {DROP_GROUP_OUT,
         {[](DropWorld& world) {
              world.outbound(world.web, {});
              return world.web.sends(Packet{}.to("10.0.1.20"));
          },
          HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_GROUP_IN,
         {[](DropWorld& world) {
              world.inbound(world.web, {});
              return world.underlay(vxlan(inner()));
          },
          HOOK_TC_UNDERLAY, kVpc, kWeb}},
        {DROP_ACL_OUT,
         {[](DropWorld& world) {
              world.acl_out(1, {});
              return world.web.sends(Packet{}.to("10.0.2.10"));
          },
          HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_ACL_IN,
         {[](DropWorld& world) {
              world.acl_in(1, {});
              return world.underlay(vxlan(inner().from("10.0.2.20")));
          },
          HOOK_TC_UNDERLAY, kVpc, kWeb}},
        {DROP_TCP_UNKNOWN, {sends(Packet{}.to("10.0.1.20").tcp(1, 2).flags(kRst)), HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_TCP_FLAGS, {sends(Packet{}.to("10.0.1.20").tcp(1, 2).flags(0)), HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_ICMP_UNRELATED, {sends(Packet{}.to("10.0.1.20").icmp(3, 1)), HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_ICMP_UNASKED, {arrives(vxlan(inner().icmp_echo_reply(1, 1))), HOOK_TC_UNDERLAY, kVpc, kWeb}},
        {DROP_FRAGMENT_EARLY, {sends(Packet{}.to("10.0.1.20").fragment(64, false)), HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_FLOW_LIMIT,
         {[](DropWorld& world) {
              world.change_vpc([](auto& v) { v.flow_limit = 1; });
              return world.web.sends(Packet{}.to("10.0.1.20"));
          },
          HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_NO_PUBLIC,
         {[](DropWorld& world) {
              world.leads_outside();
              return world.underlay(vxlan(inner().to_mac(kGatewayMac).to("198.51.100.1")));
          },
          HOOK_TC_UNDERLAY, kVpc, 0}},
        {DROP_NO_GATEWAY,
         {[](DropWorld& world) {
              world.serves("203.0.113.20", "10.0.1.20");
              return world.underlay(vxlan(inner().to_mac(kGatewayMac).to("198.51.100.1")));
          },
          HOOK_TC_UNDERLAY, kVpc, 0}},
        {DROP_NO_TRANSLATION,
         {[](DropWorld& world) { return world.shares({}, 10, 0, kRst | kAck); }, HOOK_TC_UNDERLAY, kVpc, 0}},
        {DROP_NO_PORT,
         {[](DropWorld& world) { return world.shares({.first_port = 2000, .last_port = 2001}, 10, 2, kSyn); },
          HOOK_TC_UNDERLAY, kVpc, 0}},
        {DROP_TRANSLATION_LIMIT,
         {[](DropWorld& world) { return world.shares({}, 3, 3, kSyn); }, HOOK_TC_UNDERLAY, kVpc, 0}},
        {DROP_TRANSLATIONS_FULL,
         {[](DropWorld& world) { return world.shares({}, 1 << 20, 1'200, kSyn); }, HOOK_TC_UNDERLAY, kVpc, 0}},
        {DROP_NO_BACKEND,
         {[](DropWorld& world) {
              ServiceRows{world.datapath}.balances("10.0.1.200", 80, {});
              return world.web.sends(Packet{}.to("10.0.1.200").tcp(1, 80).flags(kSyn));
          },
          HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_NO_CLIENT,
         {[](DropWorld& world) {
              ServiceRows{world.datapath}.balances("10.0.1.200", 80, {{"10.0.1.20"}}, SCHEDULER_ROUND_ROBIN, kVpc,
                                                   kTcp, SERVICE_LIMITED);
              return world.web.sends(Packet{}.to("10.0.1.200").tcp(1, 80).flags(kSyn));
          },
          HOOK_FROM_INTERFACE, kVpc, kWeb}},
        {DROP_CHECK_SOURCE,
         {[](DropWorld& world) {
              world.leads_outside();
              world.serves("203.0.113.20", "10.0.1.20");
              world.change_settings([](auto& s) {
                  s.check_ifindex = kCheckDevice;
                  s.check_address = htonl(ipv4("100.64.2.1"));
              });
              return world.receives_from_outside(
                  Packet{}.from_mac(kFarExternalMac).to_mac(kExternalMac).from("100.64.2.1").to("203.0.113.20"));
          },
          HOOK_FROM_EXTERNAL, kVpc, 0}},
        {DROP_OVER_LIMIT,
         {[](DropWorld& world) {
              world.datapath.put("limits", 1U, ::limit{.byte_time = 1ULL << LIMIT_SHIFT, .burst = 0});
              world.web.change([](auto& i) { i.egress_limit = 1; });
              return world.web.sends(Packet{}.to("10.0.1.20").udp(1, 2));
          },
          HOOK_FROM_INTERFACE, kVpc, kWeb}},
    };
    return table;
}

} // namespace

TEST_CASE("every drop reason can be provoked", "[bpf][drops]")
{
    for (int reason = DROP_NONE + 1; reason < DROP_REASON_COUNT; reason++) {
        CAPTURE(name(static_cast<drop_reason>(reason)));
        CHECK(provocations().contains(static_cast<drop_reason>(reason)));
    }
}

TEST_CASE("a drop is counted once, for the VPC and the interface it concerns", "[bpf][drops]")
{
    for (const auto& [reason, provoked] : provocations()) {
        CAPTURE(name(reason));
        DropWorld world;

        const auto out = provoked.by(world);

        CHECK(out.verdict.reason == reason);
        REQUIRE(out.drop);
        CHECK(out.drop->vpc == provoked.vpc);
        CHECK(out.drop->interface == provoked.interface);
        CHECK(world.datapath.take_events().empty()); // nobody listens
    }
}

TEST_CASE("a drop is told to who listens", "[bpf][drops]")
{
    for (const auto& [reason, provoked] : provocations()) {
        CAPTURE(name(reason));
        DropWorld world;
        world.change_settings([](auto& s) { s.events = 1; });

        const auto out = provoked.by(world);

        const auto events = world.datapath.take_events();
        REQUIRE(events.size() == 1);
        CHECK(events[0].reason == static_cast<std::uint32_t>(reason));
        CHECK(events[0].hook == static_cast<std::uint32_t>(provoked.seen_by));
        CHECK(events[0].interface == provoked.interface);
        CHECK(events[0].length == out.dropped_bytes);
        const bool underlay = provoked.seen_by == HOOK_TC_UNDERLAY;
        CHECK((ipv4_of(events[0].outer_source) != 0) == underlay);
    }
}

TEST_CASE("an event tells which flow it was", "[bpf][drops]")
{
    DropWorld world;
    world.change_settings([](auto& s) { s.events = 1; });

    SECTION("of an instance")
    {
        world.web.sends(Packet{}.to("10.8.0.1").tcp(1000, 443));
        const auto events = world.datapath.take_events();
        REQUIRE(events.size() == 1);
        CHECK(ipv4_of(events[0].flow.source) == ipv4("10.0.1.10"));
        CHECK(ipv4_of(events[0].flow.destination) == ipv4("10.8.0.1"));
        CHECK(events[0].flow.vpc == kVpc);
        CHECK(events[0].flow.protocol == 6);
        CHECK(ntohs(events[0].flow.source_port) == 1000);
        CHECK(ntohs(events[0].flow.destination_port) == 443);
        CHECK(events[0].flow.entry == world.web.id);
    }
    SECTION("of a stranger: his address and the VNI he claims")
    {
        world.underlay(vxlan(inner(), 4711, "192.0.2.66"));
        const auto events = world.datapath.take_events();
        REQUIRE(events.size() == 1);
        CHECK(ipv4_of(events[0].outer_source) == ipv4("192.0.2.66"));
        CHECK(events[0].flow.vpc == 4711);
        CHECK(ipv4_of(events[0].flow.source) == ipv4("10.0.1.20"));
    }
    SECTION("of ARP: who asked for whom")
    {
        world.web.sends(Packet{}.arp_request(world.web.mac, "10.0.1.10", "10.0.1.99"));
        const auto events = world.datapath.take_events();
        REQUIRE(events.size() == 1);
        CHECK(ipv4_of(events[0].flow.destination) == ipv4("10.0.1.99"));
    }
}

TEST_CASE("XDP names itself in its events", "[bpf][drops]")
{
    DropWorld world;
    world.change_settings([](auto& s) { s.events = 1; });
    world.receives(vxlan(inner(), 4711), Via::kXdp);
    const auto events = world.datapath.take_events();
    REQUIRE(events.size() == 1);
    CHECK(events[0].hook == HOOK_XDP_UNDERLAY);
}

TEST_CASE("equal drops add up, in packets and bytes", "[bpf][drops]")
{
    DropWorld world;
    const auto packet = Packet{}.to("10.8.0.1");
    const auto size = world.web.complete(packet).size();
    for (int i = 0; i < 3; i++)
        world.datapath.run(Program::kFromInterface, world.web.complete(packet), {.ifindex = world.web.ifindex});

    const drop_key key{kVpc, world.web.id, DROP_BLACKHOLE};
    const auto counted = world.datapath.sum<drop_key, drop_count>("drops", key);
    CHECK(counted.packets == 3);
    CHECK(counted.bytes == 3 * size);
}

TEST_CASE("strangers' VNIs share one counter", "[bpf][drops]")
{
    DropWorld world;
    for (std::uint32_t vni = 5000; vni < 5100; vni++)
        world.datapath.run(Program::kTcUnderlay, vxlan(inner(), vni, "192.0.2.66").bytes());
    CHECK(world.datapath.keys<drop_key>("drops").size() == 1);
    CHECK(world.datapath.sum<drop_key, drop_count>("drops", drop_key{0, 0, DROP_UNKNOWN_VTEP}).packets == 100);
}

TEST_CASE("who reads drops gets his turn back in a flood, and loses none", "[bpf][drops]")
{
    constexpr int kEndless = 20'000;
    DropWorld world;
    world.change_settings([](auto& s) { s.events = 1; });
    const auto drop_one = [&] { world.web.sends(Packet{}.to("10.8.0.1")); };
    int told = 0;
    bool is_flood = true;
    const auto ring = vpcd::DropRing::open(world.datapath.map("events"), [&](const drop_event&) {
        if (++told < kEndless && is_flood)
            drop_one(); // as fast as it is read
    });
    REQUIRE(ring);

    drop_one();
    const bool is_more_there = (*ring)->drain();

    CHECK(is_more_there);
    CHECK(told < kEndless);
    is_flood = false;
    const int before = told;
    CHECK_FALSE((*ring)->drain());
    CHECK(told == before + 1);
}

TEST_CASE("a drop for which the full table has no room is counted without its reason", "[bpf][drops]")
{
    DropWorld world;
    const Bytes zero(sizeof(drop_count) * 1024);
    const auto unlisted = [&] {
        return world.datapath.sum<std::uint32_t, std::uint64_t>("counters", COUNTER_DROP_UNLISTED);
    };
    std::uint32_t filled = 0;
    while (world.datapath.try_put("drops", drop_key{.vpc = 1, .interface = 1, .reason = 1000 + filled}, zero[0]))
        filled++;
    REQUIRE(filled > 0);

    world.datapath.run(Program::kTcUnderlay, vxlan(inner(), 4711).bytes());
    CHECK(unlisted() == 1);
    CHECK(world.datapath.sum<drop_key, drop_count>("drops", drop_key{0, 0, DROP_UNKNOWN_VNI}).packets == 0);

    world.datapath.erase("drops", drop_key{.vpc = 1, .interface = 1, .reason = 1000});
    world.datapath.run(Program::kTcUnderlay, vxlan(inner(), 4711).bytes());
    CHECK(unlisted() == 1);
    CHECK(world.datapath.sum<drop_key, drop_count>("drops", drop_key{0, 0, DROP_UNKNOWN_VNI}).packets == 1);
}

TEST_CASE("the first drops of a kind are all counted when several CPUs have them at once", "[bpf][drops]")
{
    if (std::thread::hardware_concurrency() < 2)
        SKIP("needs two CPUs");
    DropWorld world;
    const auto packet = vxlan(inner(), 4711).bytes();
    constexpr std::uint64_t kRounds = 300;
    std::uint64_t counted = 0;
    // Both spin until both are there: who slept would come too late.
    std::atomic<std::uint64_t> arrived{0};
    const auto drop_all = [&](bool counts) {
        for (std::uint64_t round = 0; round < kRounds; round++) {
            arrived++;
            while (arrived < 4 * round + 2) {
            }
            world.datapath.run(Program::kTcUnderlay, packet);
            arrived++;
            while (arrived < 4 * round + 4) {
            }
            for (const auto& key : counts ? world.datapath.keys<drop_key>("drops") : std::vector<drop_key>{}) {
                counted += world.datapath.sum<drop_key, drop_count>("drops", key).packets;
                world.datapath.erase("drops", key);
            }
        }
    };
    std::thread other{drop_all, false};
    drop_all(true);
    other.join();

    CHECK(counted == 2 * kRounds);
}
