// Which devices carry programs, and names for numbers.
#include <catch2/catch_test_macros.hpp>

#include "unit/plan/world.h"

namespace vpcd {

using namespace test;

TEST_CASE("the underlay device is the one the document names, or the one that has the address")
{
    struct Row {
        const char* name;
        const char* device;
        bool has_address;
        const char* expected;
        unsigned ifindex;
        bool is_nic;
    };
    const Row rows[] = {
        {"by address", "", true, "eth0", 2, true},
        {"named", "veth-u", true, "veth-u", 3, false},
        {"named, and not there", "eth9", true, "eth9", 0, false},
        {"nobody has the address", "", false, "", 0, false},
        {"loopback", "lo", true, "lo", 1, false},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        World world = network();
        world.facts.links["veth-u"] = link(3, "veth-u");
        world.facts.links["lo"] = link(1, "lo", "");
        world.facts.links["lo"].is_loopback = true;
        if (!row.has_address)
            world.facts.local_addresses.clear();
        world.change<Host>("node-a", [&](Host& value) { value.device = row.device; });
        world.plan();

        CHECK(world.planner.attachments().underlay_device == row.expected);
        CHECK(world.planner.attachments().underlay_ifindex == row.ifindex);
        CHECK(world.planner.attachments().is_underlay_nic == row.is_nic);
    }
}

TEST_CASE("an underlay device and an address that come later are seen")
{
    World world = network();
    const auto device = world.facts.links.at("eth0");
    world.facts.links.erase("eth0");
    world.facts.local_addresses.clear();
    world.plan();
    REQUIRE(world.planner.attachments().underlay_device.empty());

    world.facts.local_addresses[address("192.0.2.1")] = "eth0";
    world.planner.facts_changed(world.model, world.facts);
    CHECK(world.planner.attachments().underlay_device == "eth0");
    CHECK(world.planner.attachments().underlay_ifindex == 0);

    world.facts.links["eth0"] = device;
    world.planner.facts_changed(world.model, world.facts);
    CHECK(world.planner.attachments().underlay_ifindex == 2);
}

TEST_CASE("a tap needs whole packets for as long as it is there")
{
    World world = network();
    world.facts.links["tap-web-1"].kind = "tun";
    world.plan();
    CHECK(world.planner.attachments().has_whole_packets);

    world.remove({Interface::kKind, "web-1"}).plan();
    CHECK_FALSE(world.planner.attachments().has_whole_packets);
    CHECK(world.planner.attachments().instances.empty());
}

TEST_CASE("numbers have names, and unknown ones have none")
{
    World world = network();
    world.put(interface("idle", "db", "10.0.2.12")).plan();
    const auto& planner = world.planner;
    const auto* db = world.next_hop(100, "10.0.2.10");

    CHECK(planner.vpc_name(100) == "blue");
    CHECK(planner.host_name(0) == "node-a");
    CHECK(planner.host_name(db->host) == "node-b");
    CHECK(planner.subnet_name(100, fnv1a("web")) == "web");
    CHECK(planner.table_name(100, fnv1a("main")) == "main");
    CHECK(planner.next_hop_name(world.slot(100, "10.0.1.10")) == "web-1 @ node-a");
    CHECK(planner.next_hop_name(world.slot(100, "10.0.2.10")) == "db-1 @ node-b");
    CHECK(planner.next_hop_name(world.slot(100, "10.0.2.12")) == "idle");

    CHECK(planner.vpc_name(200).empty());
    CHECK(planner.interface_name(4000).empty());
    CHECK(planner.host_name(4000).empty());
    CHECK(planner.subnet_name(100, 1).empty());
    CHECK(planner.table_name(200, fnv1a("main")).empty());
    CHECK(planner.next_hop_name(0).empty());
    CHECK(planner.route({}) == nullptr);
    CHECK_FALSE(planner.local_interface("db-1"));
}

} // namespace vpcd
