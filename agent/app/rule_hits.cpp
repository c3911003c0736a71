#include "app/rule_hits.h"

#include "dataplane/readings.h"

namespace vpcd {

std::vector<::rule_hit_key> outdated(const Table<::rule_hit_key, ::rule_hits>& hits, const Planner& planner)
{
    std::vector<::rule_hit_key> keys;
    for (const auto& [key, count] : hits)
        if (planner.vpc_name(key.vpc).empty() || (key.rule >= RULE_IDS && !planner.rule_origin(key.rule)))
            keys.push_back(key);
    return keys;
}

Result<void> forget_outdated_hits(const Programs& programs, const Planner& planner)
{
    const auto hits = read_rule_hits(programs);
    if (!hits)
        return fail(hits.error());
    return forget_rule_hits(programs, outdated(*hits, planner));
}

} // namespace vpcd
