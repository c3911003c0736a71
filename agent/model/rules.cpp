#include "model/rules.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "model/references.h"
#include "model/rule_context.h"

namespace vpcd {

namespace {

void check_references(const auto& resource, const Unreadable& unreadable, RuleContext& context)
{
    for (const auto& reference : references(resource)) {
        if (context.model().contains(reference.target) || unreadable.others ||
            unreadable.ids.contains(reference.target))
            continue;
        context.report(reference.path, fmt::format("there is no {}; a name must be that of a declared resource",
                                                   to_string(reference.target)));
    }
}

void check_claims(const auto& resource, RuleContext& context)
{
    const ResourceId id = id_of(resource);
    std::set<std::string_view> own;
    const auto claimed = claims(resource, context.model());

    for (const auto& claim : claimed) {
        if (!own.insert(claim.what).second) {
            context.report(claim.path, fmt::format("{} is listed twice; {}", claim.what, claim.rule));
            continue;
        }
        const auto claimants = context.model().claimants(claim.what);
        const auto holder = std::ranges::min_element(
            claimants, [&](const auto& left, const auto& right) { return context.precedes(left, right); });
        if (holder == claimants.end() || *holder == id)
            continue;
        const auto taken = claims_at(context.model(), *holder);
        const auto field = std::ranges::find(taken, claim.what, &Claim::what);
        context.report(claim.path, fmt::format("{} is taken by {} ({}); {}", claim.what, to_string(*holder),
                                               context.place(*holder, field->path), claim.rule));
    }
}

} // namespace

std::vector<Error> check(const Model& model, const std::set<ResourceId>& touched, const Quotas& quotas,
                         const Unreadable& unreadable)
{
    const auto concerned = model.dependents(touched);
    RuleContext context{model, concerned, quotas};

    for (const auto& id : concerned) {
        with_kind(id.kind, [&]<typename Kind>(std::type_identity<Kind>) {
            const Kind* resource = model.find<Kind>(id.name);
            if (!resource)
                return;
            context.about(id);
            context.check_name("name", resource->name);
            check_references(*resource, unreadable, context);
            check(*resource, context);
            check_claims(*resource, context);
        });
    }
    return context.take_errors();
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
