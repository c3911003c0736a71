#include "model/rules.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include <fmt/format.h>

#include "base/parallel.h"
#include "model/references.h"
#include "model/rule_context.h"

namespace vpcd {

namespace {

constexpr std::size_t kPartSize = 50'000; // checked in some ten thread starts' time

void check_references(const auto& resource, const Unreadable& unreadable, RuleContext& context)
{
    for_each_reference(resource, [&](auto kind, auto name, bool, const ReferencePath& path) {
        const ResourceKey target{kind, name};
        if (context.model().contains(target) || unreadable.others || unreadable.ids.contains(target))
            return;
        context.report(path.text(), fmt::format("there is no {}; a name must be that of a declared resource",
                                                to_string(target.id())));
    });
}

void check_uncontested(const Claims& claimed, RuleContext& context)
{
    for (auto claim = claimed.begin(); claim != claimed.end(); ++claim)
        if (std::any_of(claimed.begin(), claim, [&](const Claim& other) { return other.is_same(*claim); }))
            context.report(claim->path(), fmt::format("{} is listed twice; {}", claim->what(), claim->rule));
}

void check_contested(const ResourceId& id, const Claims& claimed, RuleContext& context)
{
    for (const auto& claim : claimed) {
        const auto claimants = context.model().claimants(claim);
        const auto holder = std::ranges::min_element(
            claimants, [&](const auto& left, const auto& right) { return context.precedes(left, right); });
        if (holder == claimants.end() || *holder == id)
            continue;
        const auto taken = claims_at(context.model(), *holder);
        const auto field = std::ranges::find_if(taken, [&](const Claim& other) { return other.is_same(claim); });
        context.report(claim.path(), fmt::format("{} is taken by {} ({}); {}", claim.what(), to_string(*holder),
                                                 context.place(*holder, field->path()), claim.rule));
    }
}

template <typename Kind>
void check_claims(const Entry<Kind>& entry, RuleContext& context)
{
    const auto claimed = claims(entry.value, context.model());
    check_uncontested(claimed, context);
    if (context.model().is_contested(claimed, entry))
        check_contested(id_of(entry.value), claimed, context);
}

template <typename Kind>
void check_entry(const Entry<Kind>& entry, const Unreadable& unreadable, RuleContext& context)
{
    context.about(key_of(entry.value), entry.origin);
    context.check_name("name", entry.value.name);
    check_references(entry.value, unreadable, context);
    check(entry.value, context);
    check_claims(entry, context);
}

void check_resource(const ResourceId& id, const Unreadable& unreadable, RuleContext& context)
{
    with_kind(id.kind, [&]<typename Kind>(std::type_identity<Kind>) {
        if (const auto* entry = context.model().all<Kind>().find(id.name))
            check_entry(*entry, unreadable, context);
    });
}

} // namespace

std::vector<Error> check(const Model& model, const ResourceIds& touched, const Quotas& quotas,
                         const Unreadable& unreadable, const FormerValues& former)
{
    const ResourceIds dependents = model.dependents(touched);
    std::vector<const ResourceId*> concerned;
    concerned.reserve(touched.size() + dependents.size());
    for (const auto* ids : {&touched, &dependents})
        for (const auto& id : *ids)
            concerned.push_back(&id);

    std::vector<std::vector<Error>> found(1 + concerned.size() / kPartSize);
    run_parallel(found.size(), found.size(), [&](std::size_t part) {
        RuleContext context{model, touched, dependents, quotas, former};
        const std::size_t end = std::min(concerned.size(), (part + 1) * kPartSize);
        for (std::size_t i = part * kPartSize; i < end && !context.has_enough(); ++i)
            check_resource(*concerned[i], unreadable, context);
        found[part] = context.take_errors();
    });

    std::vector<Error> errors;
    for (auto& part : found)
        std::ranges::move(part, std::back_inserter(errors));
    sort_errors(errors);
    return errors;
}

void sort_errors(std::vector<Error>& errors)
{
    const auto key = [](const Error& error) {
        return std::tie(error.where().file, error.where().line, error.where().column, error.sentence());
    };
    std::ranges::sort(errors, [&](const Error& left, const Error& right) { return key(left) < key(right); });
    const auto repeated =
        std::ranges::unique(errors, [&](const Error& left, const Error& right) { return key(left) == key(right); });
    errors.erase(repeated.begin(), repeated.end());
}

} // namespace vpcd
