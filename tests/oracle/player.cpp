#include "player.h"

#include <algorithm>

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include "dataplane/map.h"
#include "generate.h"
#include "tunnel.h"

namespace vpcd::oracle {
namespace {

Link link(unsigned number)
{
    Link made;
    made.ifindex = test::kFirstDevice + number;
    made.name = fmt::format("tap-{}", number);
    made.kind = "veth";
    made.mtu = 1500;
    made.is_up = true;
    return made;
}

UnderlayPath path()
{
    UnderlayPath made;
    made.ifindex = test::kUnderlayDevice;
    made.source = Address::v4(0xc0000201);
    made.mtu = 1500;
    made.source_mac = Mac{{2, 0xaa, 0, 0, 0, 1}};
    made.destination_mac = Mac{{2, 0xaa, 0, 0, 0, 2}};
    return made;
}

Facts facts()
{
    Facts made;
    for (unsigned i = 0; i < kDevicesHere; i++)
        made.links[link(i).name] = link(i);
    made.links[kExternalLink] = link(test::kExternalDevice - test::kFirstDevice);
    made.links[kExternalLink].name = kExternalLink;
    for (const std::uint32_t host : {0xc0000202u, 0xc0000203u})
        made.paths[Address::v4(host)] = path();
    made.local_addresses[Address::v4(0xc0000201)] = "underlay";
    return made;
}

template <typename Info>
Map<typename Info::Key, typename Info::Value> map_of(const Datapath& datapath, const Info& table)
{
    const std::string name{table.name};
    return {datapath.map(name.c_str()), name, table.kind};
}

void must(const Result<void>& done)
{
    if (!done)
        FAIL(done.error().text());
}

template <typename Info>
constexpr bool kIsPolicies = std::is_same_v<typename Info::Value, ::policy>;
template <typename Info>
constexpr bool kIsOfRuleSet =
    std::is_same_v<typename Info::Value, ::rule_set> || requires(typename Info::Key key) { key.rule_set; };

} // namespace

Player::Player(Datapath& datapath) : datapath_(datapath), planner_(PlanOptions{.host = kHost}), facts_(facts())
{
    datapath_.clear();
}

void Player::declare(const Model& model, const ResourceIds& changed, const std::set<std::string>& windows)
{
    const auto planned = planner_.update(model, changed, facts_);
    if (!planned.errors.empty())
        FAIL("the plan: " << planned.errors.front().text());
    write(planned.changes);
    open_windows(windows);
    before_ = Readings::take(datapath_);
}

void Player::write(const PlanChanges& changes)
{
    for_each_table([&](const auto& table) {
        if constexpr (kIsOfRuleSet<std::decay_t<decltype(table)>>)
            must(map_of(datapath_, table).put((changes.*table.changes).upserts));
    });
    switch_policies(changes.policies);
    for_each_table([&](const auto& table) {
        using Info = std::decay_t<decltype(table)>;
        if constexpr (!kIsOfRuleSet<Info>) {
            auto rows = (changes.*table.changes).upserts;
            if constexpr (std::is_same_v<typename Info::Value, ::settings>)
                for (auto& [key, row] : rows)
                    row.epoch = epoch_;
            must(map_of(datapath_, table).put(rows));
        }
    });
    std::vector<std::function<void()>> removals;
    for_each_table([&](const auto& table) {
        removals.emplace_back([&, table] { must(map_of(datapath_, table).erase((changes.*table.changes).deletes)); });
    });
    std::ranges::reverse(removals);
    for (const auto& remove : removals)
        remove();
}

// Into the slot no packet reads; then all policies change slots in one write.
void Player::switch_policies(const Changes<__u32, ::policy>& changes)
{
    const auto next = (epoch_ + 1) & 1;
    for (const auto& [id, wanted] : changes.upserts) {
        ::policy row{};
        datapath_.get("policies", id, row);
        row.rule_set[next] = wanted.rule_set[next];
        datapath_.put("policies", id, row);
    }
    ::settings settings{};
    datapath_.get("settings", __u32{0}, settings);
    settings.epoch = ++epoch_;
    datapath_.put("settings", __u32{0}, settings);
}

void Player::open_windows(const std::set<std::string>& windows)
{
    for (__u32 id = 0; id < 2 * kDevicesHere; id++) {
        const bool is_open = windows.contains(planner_.interface_name(id));
        datapath_.put("midstream_until", id, is_open ? ~__u64{0} : __u64{0});
    }
}

Outcome Player::play(const Sending& sending, const Bytes& frame)
{
    test::RunOptions options;
    auto program = test::Program::kTcUnderlay;
    if (sending.is_from_internet) {
        program = test::Program::kFromExternal;
        options.ifindex = test::kExternalDevice;
    } else if (!sending.card.empty()) {
        program = test::Program::kFromInterface;
        options.ifindex = planner_.local_interface(sending.card).value().ifindex;
    }
    const auto result = datapath_.run(program, frame, options);
    auto now = Readings::take(datapath_);
    Outcome outcome{result.action, result.bytes, now.since(before_)};
    before_ = std::move(now);
    return outcome;
}

std::string Player::rule_name(std::uint64_t id) const
{
    switch (id) {
    case RULE_ID_OTHERWISE_ALLOW:
    case RULE_ID_OTHERWISE_DROP:
        return kOtherwise;
    case RULE_ID_MISSING:
        return "no rule set";
    default:
        break;
    }
    const auto* origin = planner_.rule_origin(id);
    if (!origin)
        return fmt::format("unknown rule {:x}", id);
    const auto* direction = origin->direction == Direction::Ingress ? "ingress " : "egress ";
    return fmt::format("{} {}: {}{}", origin->document.kind, origin->document.name,
                       origin->index < 0 ? direction : "", origin->text);
}

std::optional<Mismatch> play(const Case& played, const Sabotage& sabotage)
{
    Documents documents{Quotas{}};
    auto changed = documents.update(files_of(played.documents));
    if (!changed || !documents.model().find<Host>(kHost))
        return std::nullopt;
    Oracle oracle{kHost};
    Player player{Datapath::instance()};
    const auto declare = [&](const ResourceIds& ids) {
        oracle.declare(world_of(documents.model()));
        player.declare(documents.model(), ids, oracle.windows);
        if (sabotage)
            sabotage(player);
    };
    declare(*changed);
    for (std::size_t i = 0; i < played.steps.size(); i++) {
        if (const auto* change = std::get_if<Change>(&played.steps[i])) {
            if (changed = documents.update(files_of(*change)); changed)
                declare(*changed);
            continue;
        }
        const auto& sending = std::get<Sending>(played.steps[i]);
        const auto frame = frame_of(sending, oracle.world, kHost);
        if (!frame)
            continue;
        const auto answer = oracle.answer(sending, *frame);
        if (const auto words = difference(answer, player.play(sending, *frame), player))
            return Mismatch{i, *words};
    }
    return std::nullopt;
}

} // namespace vpcd::oracle
