// The source check: nobody sends as somebody else, unless the interface is trusted to route for others.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "underlay.h"

using namespace vpcd::test;

TEST_CASE("an interface sends from its own MAC and addresses only", "[bpf][source]")
{
    struct Row {
        const char* name;
        Packet packet;
        drop_reason checked;
        drop_reason unchecked = DROP_NONE;
    };
    const auto base = Packet{}.to("10.0.1.11");
    const auto row = GENERATE_COPY(values<Row>({
        {"its own", Packet{base}, DROP_NONE},
        {"its secondary address", Packet{base}.from("10.0.1.50"), DROP_NONE},
        {"its secondary address in another subnet", Packet{base}.from("10.0.2.50"), DROP_NONE},
        {"a stranger's MAC", Packet{base}.from_mac(parse_mac("02:de:ad:00:00:01")), DROP_SOURCE_MAC},
        {"the router's MAC", Packet{base}.from_mac(kRouterMac), DROP_SOURCE_MAC, DROP_SOURCE_MAC},
        {"a MAC that differs in the first byte", Packet{base}.from_mac(parse_mac("06:00:0a:00:01:0a")),
         DROP_SOURCE_MAC},
        {"a MAC that differs in the last byte", Packet{base}.from_mac(parse_mac("02:00:0a:00:01:0b")),
         DROP_SOURCE_MAC},
        {"a neighbour's address", Packet{base}.from("10.0.1.11"), DROP_SOURCE_ADDRESS},
        {"an address on another host", Packet{base}.from("10.0.1.12"), DROP_SOURCE_ADDRESS},
        {"an address nobody has", Packet{base}.from("10.0.1.99"), DROP_SOURCE_ADDRESS},
        {"the gateway's address", Packet{base}.from("10.0.1.1"), DROP_SOURCE_ADDRESS},
        {"no address at all", Packet{base}.from("0.0.0.0"), DROP_SOURCE_ADDRESS},
        {"an address of another VPC", Packet{base}.from("10.0.1.77"), DROP_SOURCE_ADDRESS},
    }));
    const bool checked = GENERATE(true, false);
    Underlay world;
    world.vpc(kOtherVpc);
    const auto web = world.interface("10.0.1.10");
    world.secondary(web, "10.0.1.50");
    world.secondary(web, "10.0.2.50");
    world.interface("10.0.1.11");
    world.far("10.0.1.12", world.host("192.0.2.2"));
    world.interface("10.0.1.77", kOtherVpc);
    if (!checked)
        web.unchecked();

    DYNAMIC_SECTION(row.name << (checked ? ", checked" : ", unchecked"))
    {
        const auto out = web.sends(row.packet);

        const auto reason = checked ? row.checked : row.unchecked;
        CHECK(out.verdict == (reason ? dropped(reason) : kRedirected));
        CHECK(world.flow_keys().empty() == (reason != DROP_NONE));
    }
}

TEST_CASE("switching the source check on stops the flows it forbids", "[bpf][source]")
{
    Underlay world;
    const auto router = world.interface("10.0.1.10").unchecked();
    world.interface("10.0.1.11");
    const auto forwarded = Packet{}.from("198.51.100.7").to("10.0.1.11");
    REQUIRE(router.sends(forwarded).verdict == kRedirected);

    router.change([](auto& i) { i.flags |= INTERFACE_SOURCE_CHECK; }).bump();

    CHECK(router.sends(forwarded).verdict == dropped(DROP_SOURCE_ADDRESS));
}
