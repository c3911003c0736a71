// Denied packets as events when nobody follows drops: so many a second, for the log of denials.
#include <ctime>

#include <catch2/catch_test_macros.hpp>
#include <sched.h>

#include "rules_world.h"

using namespace vpcd::test;

namespace {

std::uint64_t second_of_now()
{
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec);
}

// Each CPU has a budget of its own.
class OneCpu {
public:
    OneCpu()
    {
        cpu_set_t only;
        CPU_ZERO(&only);
        CPU_SET(static_cast<std::size_t>(sched_getcpu()), &only);
        REQUIRE(sched_getaffinity(0, sizeof(before_), &before_) == 0);
        REQUIRE(sched_setaffinity(0, sizeof(only), &only) == 0);
    }
    OneCpu(const OneCpu&) = delete;
    OneCpu& operator=(const OneCpu&) = delete;
    ~OneCpu() { sched_setaffinity(0, sizeof(before_), &before_); }

private:
    cpu_set_t before_{};
};

struct DenialsWorld : RulesWorld {
    explicit DenialsWorld(std::uint32_t a_second)
    {
        change_settings([&](auto& s) { s.denials = a_second; });
        inbound(web, {{.verdict = kDrop}});
    }
    // On every CPU.
    void set_budget(std::uint64_t second, std::uint32_t told) const
    {
        const std::vector<denial_budget> all(1024, {second, told, 0});
        datapath.put("denials", 0u, all[0]);
    }
    // How many events they make, and how many they are said not to make.
    std::pair<std::size_t, std::uint64_t> deny(int packets)
    {
        std::uint64_t limited = 0;
        for (int i = 0; i < packets; i++)
            limited += database.sends(Packet{}.to("10.0.1.10")).counters[COUNTER_EVENT_LIMITED];
        return {datapath.take_events().size(), limited};
    }
};

using Told = std::pair<std::size_t, std::uint64_t>;

} // namespace

TEST_CASE("without a reader nothing is told unless denials are asked for", "[bpf][denials]")
{
    DenialsWorld world{0};
    CHECK(world.deny(3) == Told{0, 0});

    world.change_settings([](auto& s) { s.denials = 1000; });
    CHECK(world.deny(3) == Told{3, 0});
}

TEST_CASE("so many denials are told within a second, and how many are not", "[bpf][denials]")
{
    const OneCpu one;
    DenialsWorld world{5};
    std::uint64_t second = 0;
    Told told;
    do { // all of them within the same one
        second = second_of_now();
        world.set_budget(second, 0);
        told = world.deny(12);
    } while (second_of_now() != second);
    CHECK(told == Told{5, 7});

    world.set_budget(second - 1, 5); // of a second that is over
    CHECK(world.deny(1) == Told{1, 0});
}

TEST_CASE("who follows drops is told of all of them", "[bpf][denials]")
{
    DenialsWorld world{1};
    world.change_settings([](auto& s) { s.events = 1; });

    CHECK(world.deny(12) == Told{12, 0});
}

TEST_CASE("only what a rule has denied is a denial", "[bpf][denials]")
{
    DenialsWorld world{1000};
    world.web.sends(Packet{}.to("198.51.100.1"));
    world.web.sends(Packet{}.to("10.0.2.10").tcp(1, 2).flags(0));
    world.web.sends(Packet{}.to("10.0.2.10").fragment(64, false));
    CHECK(world.datapath.take_events().empty());

    world.acl_out(1, {});
    world.web.sends(Packet{}.to("10.0.2.10"));
    const auto events = world.datapath.take_events();
    REQUIRE(events.size() == 1);
    CHECK(events[0].reason == DROP_ACL_OUT);
    CHECK(events[0].rule == RULE_ID_OTHERWISE_DROP);
}
