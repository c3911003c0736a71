// What those who follow drops read.
#include "app/drop_records.h"

#include <arpa/inet.h>
#include <catch2/catch_test_macros.hpp>
#include <netinet/in.h>

namespace vpcd {

TEST_CASE("a drop event becomes a record with names, addresses and the reason in words")
{
    const Planner planner{PlanOptions{.host = "node-a"}};
    ::drop_event event{};
    event.flow.source = Address::v4(0x0a00010a).abi();
    event.flow.destination = Address::v4(0x0a090001).abi();
    event.flow.source_port = htons(40000);
    event.flow.destination_port = htons(53);
    event.flow.protocol = IPPROTO_UDP;
    event.outer_source = Address::v4(0xc0000209).abi();
    event.reason = DROP_BLACKHOLE;
    event.hook = HOOK_TC_UNDERLAY;
    event.length = 142;

    const DropRecord record = to_record(event, planner, 12.5);

    CHECK(record.time == 12.5);
    CHECK(to_string(record.source) == "10.0.1.10");
    CHECK(to_string(record.destination) == "10.9.0.1");
    CHECK(record.source_port == 40000);
    CHECK(record.destination_port == 53);
    CHECK(record.protocol == IPPROTO_UDP);
    CHECK(to_string(record.outer_source.value()) == "192.0.2.9");
    CHECK(record.reason == "blackhole");
    CHECK(record.sentence == "the route is a blackhole");
    CHECK(record.hook == "tc-underlay");
    CHECK(record.length == 142);
}

TEST_CASE("an event that no tunnel brought has no outer source, and numbers of a later version are no crash")
{
    const Planner planner{PlanOptions{.host = "node-a"}};
    ::drop_event event{};
    event.reason = DROP_REASON_COUNT;
    event.hook = 99;

    const DropRecord record = to_record(event, planner, 0);

    CHECK_FALSE(record.outer_source);
    CHECK(record.reason == "unknown");
    CHECK(record.hook == "unknown");
}

} // namespace vpcd
