// What a start does to the maps another version has pinned: real maps, real pins, in a BPF file system of its own.
#include <array>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <catch2/catch_test_macros.hpp>
#include <tables_new.skel.h>
#include <tables_old.skel.h>
#include <tables_other.skel.h>

#include <vpcd/abi/drop.h>
#include <vpcd/abi/route.h>
#include <vpcd/abi/vpc.h>

#include "dataplane/log.h"
#include "dataplane/upgrade.h"
#include "own_bpffs.h"

using namespace vpcd;

namespace {

struct FlowThen {
    __u64 packets = 0;
    __u32 host = 0;
    __u16 port = 0;
    __u8 flags = 0, retired = 0;
};
struct FlowNow {
    __u64 packets = 0;
    __u32 created = 0, port = 0, host = 0;
    __u8 flags = 0, pad[3] = {};
    friend bool operator==(const FlowNow&, const FlowNow&) = default;
};
struct HopNow {
    __u32 serial = 0, host = 0, weight = 0;
    friend bool operator==(const HopNow&, const HopNow&) = default;
};

// An agent's start, as far as maps go.
template <typename Skeleton>
class Start {
public:
    explicit Start(const Pins& pins)
    {
        const std::string root = pins.maps().string();
        LIBBPF_OPTS(bpf_object_open_opts, options, .pin_root_path = root.c_str());
        skeleton_ = Skeleton::open(&options);
        REQUIRE(skeleton_);
        auto planned = Upgrade::plan(pins, {skeleton_->obj});
        REQUIRE(planned);
        upgrade = std::move(*planned);
    }
    Start(const Start&) = delete;
    ~Start()
    {
        upgrade.reset();
        Skeleton::destroy(skeleton_);
    }

    Start& load()
    {
        REQUIRE(upgrade->prepare());
        REQUIRE(bpf_object__load(skeleton_->obj) == 0);
        REQUIRE(upgrade->fill());
        return *this;
    }
    Start& complete()
    {
        REQUIRE(upgrade->take_names());
        REQUIRE(upgrade->finish());
        return *this;
    }
    int map(const char* name) const { return bpf_object__find_map_fd_by_name(skeleton_->obj, name); }
    MapFate fate(const std::string& name) const
    {
        for (auto& fate : upgrade->fates())
            if (fate.name == name)
                return fate;
        FAIL("no fate for " << name);
        return {};
    }

    std::unique_ptr<Upgrade> upgrade;

private:
    Skeleton* skeleton_;
};

using Old = Start<tables_old_bpf>;
using New = Start<tables_new_bpf>;
using Other = Start<tables_other_bpf>;

template <typename Key, typename Value>
void put(int map, const Key& key, const Value& value)
{
    REQUIRE(bpf_map_update_elem(map, &key, &value, BPF_ANY) == 0);
}

template <typename Value, typename Key>
std::optional<Value> get(int map, const Key& key)
{
    Value value{};
    if (bpf_map_lookup_elem(map, &key, &value))
        return std::nullopt;
    return value;
}

Pins pins_with_entries()
{
    own_bpffs();
    auto pins = *Pins::open("/sys/fs/bpf/vpcd");
    Old old{pins};
    old.load().complete();
    put(old.map("flows"), __u32{1}, FlowThen{.packets = 7, .host = 8, .port = 443, .flags = 9, .retired = 10});
    put(old.map("next_hops"), __u32{3}, std::array<__u32, 2>{5, 6});
    put(old.map("routes"), route_key{.prefix_len = 64, .vpc = 1, .table = 2, .address = {}}, route{1, 2});
    put(old.map("vpcs"), vpc_key{1}, vpc{.arrivals = 2, .flow_limit = 0, .flags = 0, .way_back = 0});
    std::vector<drop_count> counts(static_cast<std::size_t>(libbpf_num_possible_cpus()), drop_count{11, 12});
    const vpc_key key{4};
    REQUIRE(bpf_map_update_elem(old.map("drops"), &key, counts.data(), BPF_ANY) == 0);
    return pins;
}

std::set<std::string> names(const Pins& pins)
{
    const auto found = pins.map_names();
    return {found.begin(), found.end()};
}

} // namespace

TEST_CASE("members that were added, removed, moved or made wider are carried over by name, into another kind of hash",
          "[upgrade]")
{
    const auto pins = pins_with_entries();

    New next{pins};
    next.load().complete();

    CHECK(get<FlowNow>(next.map("flows"), __u32{1}) ==
          FlowNow{.packets = 7, .created = 0, .port = 443, .host = 8, .flags = 9, .pad = {}});
    CHECK(get<HopNow>(next.map("next_hops"), __u32{3}) == HopNow{5, 6, 0});
    CHECK(next.fate("flows").fate == Fate::Migrate);
    CHECK(next.fate("flows").reason ==
          "created is new, port is wider, host has moved, flags has moved, retired is gone");
    CHECK(next.fate("flows").entries == 1);
}

TEST_CASE("another size carries the entries over, of every kind of table, and of each CPU", "[upgrade]")
{
    const auto pins = pins_with_entries();

    New next{pins};
    next.load().complete();

    std::vector<drop_count> counts(static_cast<std::size_t>(libbpf_num_possible_cpus()));
    const vpc_key key{4};
    REQUIRE(bpf_map_lookup_elem(next.map("drops"), &key, counts.data()) == 0);
    for (const auto& count : counts)
        CHECK((count.packets == 11 && count.bytes == 12));
    const auto found =
        get<route>(next.map("routes"), route_key{.prefix_len = 64, .vpc = 1, .table = 2, .address = {}});
    REQUIRE(found);
    CHECK(found->next_hop == 2);
    CHECK(next.fate("drops").reason == "room for 64 instead of 16");
}

TEST_CASE("a table this version has not goes last, and a second start changes nothing", "[upgrade]")
{
    const auto pins = pins_with_entries();
    {
        New next{pins};
        CHECK(next.fate("vpcs") == MapFate{"vpcs", Fate::Drop, 1, {}});
        next.load();
        CHECK(names(pins).contains("vpcs"));
        next.complete();
        CHECK(names(pins) == std::set<std::string>{"drops", "flows", "layouts", "next_hops", "routes"});
    }

    New again{pins};

    for (const auto& fate : again.upgrade->fates())
        CHECK(fate.fate == Fate::Keep);
    again.load().complete();
    CHECK(get<FlowNow>(again.map("flows"), __u32{1}));
}

TEST_CASE("entries of another layout number are not carried over, nor those that refer to them", "[upgrade]")
{
    const auto pins = pins_with_entries();

    Other other{pins};

    CHECK(other.fate("next_hops") == MapFate{"next_hops", Fate::Renew, 1, "layout 2 instead of 1"});
    CHECK(other.fate("flows") ==
          MapFate{"flows", Fate::Renew, 1, "they refer to rows of next_hops, which is made anew"});
    CHECK(is_loss(other.fate("flows")));
    CHECK(describe(other.fate("flows")).find("open connections are decided anew") != std::string::npos);
    CHECK(other.fate("routes").fate == Fate::Keep);
    other.load().complete();
    CHECK_FALSE(get<FlowThen>(other.map("flows"), __u32{1}));
    CHECK(get<std::array<__u32, 2>>(other.map("next_hops"), __u32{3}) == std::array<__u32, 2>{});
}

TEST_CASE("looking changes nothing", "[upgrade]")
{
    const auto pins = pins_with_entries();
    const auto before = names(pins);

    {
        const New next{pins};
    }

    CHECK(names(pins) == before);
    CHECK(Old{pins}.fate("flows").fate == Fate::Keep);
}

TEST_CASE("what old programs write until they are replaced follows, and what the new ones wrote stays", "[upgrade]")
{
    const auto pins = pins_with_entries();
    const UniqueFd old{bpf_obj_get((pins.maps() / "flows").c_str())};
    New next{pins};
    next.load();
    REQUIRE(next.upgrade->take_names());

    put(old.get(), __u32{2}, FlowThen{.packets = 1, .host = 2, .port = 3, .flags = 4, .retired = 5});
    put(old.get(), __u32{1}, FlowThen{});
    REQUIRE(next.upgrade->finish());

    CHECK(get<FlowNow>(next.map("flows"), __u32{2})->host == 2);
    CHECK(get<FlowNow>(next.map("flows"), __u32{1})->packets == 7);
    CHECK_FALSE(names(pins).contains("flows-old"));
}

TEST_CASE("a start that ends before it is complete is made good by the next", "[upgrade]")
{
    const auto pins = pins_with_entries();
    const UniqueFd old{bpf_obj_get((pins.maps() / "flows").c_str())};

    SECTION("before the names were taken")
    {
        New{pins}.load();
    }
    SECTION("killed before the names were taken")
    {
        const UniqueFd stale{bpf_map_create(BPF_MAP_TYPE_HASH, "stale", 4, 4, 1, nullptr)};
        REQUIRE(bpf_obj_pin(stale.get(), (pins.maps() / "flows-new").c_str()) == 0);
        REQUIRE(bpf_obj_pin(old.get(), (pins.maps() / "flows-old").c_str()) == 0);
    }
    SECTION("after it")
    {
        New interrupted{pins};
        interrupted.load();
        REQUIRE(interrupted.upgrade->take_names());
    }
    put(old.get(), __u32{2}, FlowThen{.packets = 1, .host = 2, .port = 3, .flags = 4, .retired = 5});

    New next{pins};
    next.load().complete();

    CHECK(get<FlowNow>(next.map("flows"), __u32{1})->packets == 7);
    CHECK(get<FlowNow>(next.map("flows"), __u32{2})->port == 3);
    CHECK(names(pins) == std::set<std::string>{"drops", "flows", "layouts", "next_hops", "routes"});
}

TEST_CASE("starts that do not get to their end, however many in a row, leave room for records of layouts",
          "[upgrade]")
{
    const auto pins = pins_with_entries();
    for (int start = 0; start < 100; ++start)
        New{pins}.load();

    New next{pins};
    next.load().complete();

    CHECK(get<FlowNow>(next.map("flows"), __u32{1})->packets == 7);
}

TEST_CASE("an interrupted upgrade followed by another version keeps what both have written", "[upgrade]")
{
    const auto pins = pins_with_entries();
    const UniqueFd old{bpf_obj_get((pins.maps() / "flows").c_str())};
    {
        New interrupted{pins};
        interrupted.load();
        REQUIRE(interrupted.upgrade->take_names());
        put(interrupted.map("flows"), __u32{3}, FlowNow{33, 0, 0, 0, 0, {}});
    }
    put(old.get(), __u32{2}, FlowThen{22, 0, 0, 0, 0});

    Old back{pins}; // a port has become narrower: that is no way back
    CHECK(back.fate("flows").reason == "port has become narrower");
    back.load().complete();

    CHECK_FALSE(names(pins).contains("flows-old"));
}

TEST_CASE("a map nobody kept a record of is made anew", "[upgrade]")
{
    const auto pins = pins_with_entries();
    std::filesystem::remove(pins.maps() / "layouts");

    New next{pins};
    next.load().complete();

    CHECK(next.fate("flows").reason.find("not known") != std::string::npos);
    CHECK_FALSE(get<FlowNow>(next.map("flows"), __u32{1}));
}
