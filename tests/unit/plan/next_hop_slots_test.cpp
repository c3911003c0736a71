// Serials: what a flow remembers of a next hop never comes to mean something else.
#include "plan/next_hop_slots.h"

#include <catch2/catch_test_macros.hpp>

#include "plan/planned.h"
#include "unit/plan/world.h"

namespace vpcd {

using namespace test;

namespace {

const std::string kWeb1 = "web-1";
const std::string kWeb1Renamed = "web-1-renamed";
const std::string kWeb2 = "web-2";
const std::string kRed1 = "red-1";
const std::string kX = "x";
const std::string kY = "y";

} // namespace

TEST_CASE("an address keeps index and serial until another instance has it")
{
    NextHopSlots slots{100};
    const auto key = endpoint_key_of(100, address("10.0.1.10"));

    const auto first = slots.acquire(key, kWeb1, mac(1)).value();
    const auto again = slots.acquire(key, kWeb1Renamed, mac(1)).value();
    const auto handed_over = slots.acquire(key, kWeb2, mac(2)).value();

    CHECK(first == NextHopSlot{1, 1});
    CHECK(again == first);
    CHECK(handed_over == NextHopSlot{1, 2});
    CHECK(slots.interface_of(1) == "web-2");
}

TEST_CASE("a reused index has a serial that neither its last occupant nor its vacancy had")
{
    NextHopSlots slots{100};
    const auto key = endpoint_key_of(100, address("10.0.1.10"));
    const auto other = endpoint_key_of(200, address("10.0.1.10"));
    slots.acquire(key, kWeb1, mac(1)).value();

    const auto vacated = slots.release(key);
    const auto reused = slots.acquire(other, kRed1, mac(1)).value();

    CHECK(vacated == NextHopSlot{1, 2});
    CHECK(reused == NextHopSlot{1, 3});
}

TEST_CASE("serials survive the agent, of vacated indexes too")
{
    NextHopSlots slots{100};
    const auto key = endpoint_key_of(100, address("10.0.1.10"));
    const auto gone = endpoint_key_of(100, address("10.0.1.12"));
    slots.adopt(&key, 7, {.serial = 5, .vpc = 100, .host = 0, .interface = 1, .mac = mac(1).abi(), .flags = 0});
    slots.adopt(&gone, 8, {.serial = 3, .vpc = 100, .host = 1, .interface = 0, .mac = mac(2).abi(), .flags = 0});
    slots.adopt(nullptr, 1, {.serial = 9, .vpc = 0, .host = 0, .interface = 0, .mac = {}, .flags = 0});
    slots.adopt(nullptr, 2, {.serial = 4, .vpc = 100, .host = 1, .interface = 0, .mac = mac(3).abi(), .flags = 0});

    CHECK(slots.acquire(key, kWeb1, mac(1)).value() == NextHopSlot{7, 5});
    const auto vacant = slots.drop_unclaimed();
    CHECK(vacant == std::vector<NextHopSlot>{{1, 9}, {2, 5}, {8, 4}});
    CHECK(slots.acquire(endpoint_key_of(100, address("10.0.1.20")), kX, mac(9)).value() == NextHopSlot{1, 10});
    CHECK(slots.acquire(endpoint_key_of(100, address("10.0.1.21")), kY, mac(9)).value() == NextHopSlot{2, 6});
}

} // namespace vpcd
