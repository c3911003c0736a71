// Programs on devices, across agents: as links, or as clsact filters where the kernel has no TCX.
#include <cstdlib>
#include <net/if.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <catch2/catch_test_macros.hpp>

#include "dataplane/hook_set.h"
#include "own_bpffs.h"

using namespace vpcd;

namespace {

struct World {
    World()
    {
        own_bpffs();
        REQUIRE(std::system("ip link add d0 type veth peer name p0 && ip link add d1 type veth peer name p1") == 0);
        pins = *Pins::open("/sys/fs/bpf/vpcd");
        auto loaded = Programs::load(*pins, {1024, 1024});
        if (!loaded)
            FAIL(loaded.error().text());
        programs.emplace(std::move(*loaded));
    }

    HookSet agent() const { return HookSet{*pins}; }
    bool is_carried(const Hook& hook) const
    {
        return std::filesystem::exists(pins->links() / pin_name(hook)) || has_filter({hook.ifindex, hook.side});
    }

    std::optional<Pins> pins;
    std::optional<Programs> programs;
};

Hook hook(const char* program, const char* device)
{
    return {program, side_of(program), ::if_nametoindex(device)};
}

bpf_tc_hook ingress_of(const char* device)
{
    bpf_tc_hook clsact{};
    clsact.sz = sizeof(clsact);
    clsact.ifindex = static_cast<int>(::if_nametoindex(device));
    clsact.attach_point = BPF_TC_INGRESS;
    return clsact;
}

} // namespace

TEST_CASE("the next agent takes over what it wants and ends the rest, also without having wanted it", "[hooks]")
{
    const World world;
    const auto from = hook("from_interface", "d0"), to = hook("to_interface", "d0"),
               gone = hook("from_interface", "d1");
    CHECK(world.agent().apply({from, to, gone}, *world.programs).empty());
    REQUIRE((world.is_carried(from) && world.is_carried(to) && world.is_carried(gone)));

    auto next = world.agent();
    CHECK(next.apply({from}, *world.programs).empty());

    CHECK(world.is_carried(from));
    CHECK(next.is_attached(from));
    CHECK_FALSE(world.is_carried(to));
    CHECK_FALSE(world.is_carried(gone));
}

TEST_CASE("a device that changes its role is never left without the program it should have", "[hooks]")
{
    const World world;
    auto agent = world.agent();
    REQUIRE(agent.apply({hook("from_interface", "d0")}, *world.programs).empty());

    CHECK(agent.apply({hook("tc_underlay", "d0")}, *world.programs).empty());

    CHECK(world.is_carried(hook("tc_underlay", "d0")));
    CHECK_FALSE(std::filesystem::exists(world.pins->links() / pin_name(hook("from_interface", "d0"))));
}

TEST_CASE("a filter of ours beside a link of ours ends: no packet meets the program twice", "[hooks]")
{
    const World world;
    const auto from = hook("from_interface", "d0");
    REQUIRE(attach_filter({from.ifindex, HookSide::Ingress}, world.programs->program("from_interface")) == 0);

    CHECK(world.agent().apply({from}, *world.programs).empty());

    const bool has_link = std::filesystem::exists(world.pins->links() / pin_name(from));
    CHECK(has_filter({from.ifindex, HookSide::Ingress}) != has_link);
}

TEST_CASE("a filter of an earlier agent that nobody wants ends, somebody else's stays", "[hooks]")
{
    const World world;
    const int program = world.programs->program("from_interface");
    REQUIRE(attach_filter({::if_nametoindex("d1"), HookSide::Ingress}, program) == 0);
    auto clsact = ingress_of("d1");
    LIBBPF_OPTS(bpf_tc_opts, foreign, .prog_fd = program, .handle = 1, .priority = 5);
    REQUIRE(bpf_tc_attach(&clsact, &foreign) == 0);

    CHECK(world.agent().apply({}, *world.programs).empty());

    CHECK(observe_filters().empty());
    LIBBPF_OPTS(bpf_tc_opts, query, .handle = 1, .priority = 5);
    CHECK(bpf_tc_query(&clsact, &query) == 0);
}

TEST_CASE("a device that is gone is told in words, and the other gets its program", "[hooks]")
{
    const World world;
    const Hook gone{"from_interface", HookSide::Ingress, 4711};
    const auto here = hook("from_interface", "d0");
    auto agent = world.agent();

    const auto errors = agent.apply({gone, here}, *world.programs);

    REQUIRE(errors.size() == 1);
    CHECK(errors.front().text().find("attach from_interface to device 4711: ") == 0);
    CHECK(errors.front().text().find("the device is gone") != std::string::npos);
    CHECK(agent.is_attached(here));
}
