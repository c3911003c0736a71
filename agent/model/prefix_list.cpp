#include "model/prefix_list.h"

#include <map>

#include <fmt/format.h>

#include "model/rule_context.h"

namespace vpcd {

namespace {

std::string prefix_path(std::size_t index)
{
    return fmt::format("prefixes[{}]", index);
}

} // namespace

void check(const PrefixList& list, RuleContext& context)
{
    const auto most = context.quotas().prefixes_per_list;
    if (list.prefixes.empty())
        context.report("prefixes", "there is no block; a prefix list has at least one");
    if (list.prefixes.size() > most)
        context.report(prefix_path(most),
                       fmt::format("prefix list {} has {} blocks; a list has at most {} (quotas.prefixesPerList)",
                                   list.name, list.prefixes.size(), most));

    std::map<Prefix, std::size_t> seen;
    for (std::size_t i = 0; i < list.prefixes.size(); ++i) {
        context.check_family(prefix_path(i), list.prefixes[i]);
        const auto [first, is_new] = seen.emplace(list.prefixes[i], i);
        if (!is_new)
            context.report(prefix_path(i), fmt::format("block {} is already at {}; a prefix list has each block once",
                                                       to_string(list.prefixes[i]),
                                                       context.place(id_of(list), prefix_path(first->second))));
    }
}

Claims claims(const PrefixList&, const Model&)
{
    return {};
}

} // namespace vpcd
