#include "dataplane/table_change.h"

#include <algorithm>
#include <functional>

#include "dataplane/map.h"

namespace vpcd {

namespace {

// What a packet comes to by way of a rule set's number.
template <typename Key>
constexpr bool kIsOfRuleSet = requires(Key key) { key.rule_set; };

template <typename Info>
constexpr bool kHoldsRules = kIsOfRuleSet<typename Info::Key> || std::is_same_v<typename Info::Value, ::rule_set> ||
                             std::is_same_v<typename Info::Value, ::policy>;

template <typename Info>
auto map_of(const Programs& programs, const Info& table)
{
    const std::string name{table.name};
    return Map<typename Info::Key, typename Info::Value>{programs.map(name), name, table.kind};
}

Map<__u32, ::policy> policies_of(const Programs& programs)
{
    return {programs.map("policies"), "policies", TableKind::Array};
}

} // namespace

std::vector<Error> TableChange::run()
{
    write_rules();
    switch_policies();
    write_others();
    remove<false>();
    if (switched_.empty() && !removes_rules())
        return std::move(errors_);
    const auto waited = grace_.wait(); // for packets that found rows which have gone, or slots that were in force
    note(waited);
    if (waited) {
        settle_policies();
        if (all_switched_)
            remove<true>();
    }
    return std::move(errors_);
}

// Of rule sets that no policy names yet. One of which a row was refused gets no row in `rule_sets`: a packet that
// comes to it is dropped.
void TableChange::write_rules()
{
    for_each_table([&](const auto& table) {
        if constexpr (kIsOfRuleSet<typename std::decay_t<decltype(table)>::Key>)
            note(map_of(programs_, table).put((changes_.*table.changes).upserts, [&](const auto& key) {
                incomplete_.insert(key.rule_set);
            }));
    });
    auto complete = changes_.rule_sets.upserts;
    std::erase_if(complete, [&](const auto& row) { return incomplete_.contains(row.first); });
    note(Map<__u32, ::rule_set>{programs_.map("rule_sets"), "rule_sets", TableKind::Hash}.put(
        complete, [&](__u32 id) { incomplete_.insert(id); }));
}

bool TableChange::keeps_old_rules(const ::policy& now, const ::policy& wanted) const
{
    return now.rule_set[settings_.rules_in_force()] != 0 && incomplete_.contains(wanted.rule_set[0]);
}

// Into the slot no packet reads; then all policies change slots in one write.
void TableChange::switch_policies()
{
    const auto policies = policies_of(programs_);
    const unsigned next = 1 - settings_.rules_in_force();
    std::vector<std::pair<__u32, ::policy>> prepared;
    for (const auto& [id, wanted] : changes_.policies.upserts) {
        auto row = policies.get(id).value_or(::policy{});
        if (keeps_old_rules(row, wanted)) {
            all_switched_ = false;
            continue;
        }
        row.rule_set[next] = wanted.rule_set[next];
        prepared.emplace_back(id, row);
        switched_.emplace_back(id, wanted);
    }
    if (prepared.empty())
        return;
    auto done = policies.put(prepared);
    if (done)
        done = settings_.switch_rules();
    note(done);
    if (!done) {
        all_switched_ = false;
        switched_.clear();
    }
}

// Interfaces are among the last of them: by their generation flows are decided anew, now under the new rules.
void TableChange::write_others()
{
    for_each_table([&](const auto& table) {
        using Info = std::decay_t<decltype(table)>;
        const auto& rows = (changes_.*table.changes).upserts;
        if constexpr (std::is_same_v<typename Info::Value, ::settings>) {
            for (const auto& [index, row] : rows)
                note(settings_.write_planned(row));
        } else if constexpr (!kHoldsRules<Info>) {
            note(map_of(programs_, table).put(rows));
        }
    });
}

// The slot that was in force, which no packet reads any more.
void TableChange::settle_policies()
{
    note(policies_of(programs_).put(switched_));
}

// Who refers goes before what it refers to.
template <bool kOfRules>
void TableChange::remove()
{
    std::vector<std::function<Result<void>()>> removals;
    for_each_table([&](const auto& table) {
        using Info = std::decay_t<decltype(table)>;
        const auto& keys = (changes_.*table.changes).deletes;
        if constexpr (kHoldsRules<Info> != kOfRules)
            return;
        else if constexpr (std::is_same_v<typename Info::Value, ::settings>)
            removals.emplace_back([&] { return keys.empty() ? Result<void>{} : settings_.write_planned({}); });
        else
            removals.emplace_back([map = map_of(programs_, table), &keys] { return map.erase(keys); });
    });
    std::ranges::reverse(removals);
    for (const auto& removal : removals)
        note(removal());
}

bool TableChange::removes_rules() const
{
    bool removes = false;
    for_each_table([&](const auto& table) {
        if constexpr (kHoldsRules<std::decay_t<decltype(table)>>)
            removes = removes || !(changes_.*table.changes).deletes.empty();
    });
    return removes;
}

void TableChange::note(const Result<void>& done)
{
    if (!done)
        errors_.push_back(done.error());
}

} // namespace vpcd
