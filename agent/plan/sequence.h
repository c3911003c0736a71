// Changes one after another, as one change.
#pragma once

#include <map>
#include <optional>

#include "plan/tables.h"

namespace vpcd {

// What `first` and then `second` lead to. A row written by one and removed by the other ends as the later says.
template <typename Key, typename Value>
Changes<Key, Value> sequence(const Changes<Key, Value>& first, const Changes<Key, Value>& second)
{
    if (second.empty() && (first.deletes.empty() || first.upserts.empty()))
        return first;
    std::map<Key, std::optional<Value>, ByBytes> last;
    for (const auto* changes : {&first, &second}) {
        for (const auto& key : changes->deletes)
            last[key] = std::nullopt;
        for (const auto& [key, value] : changes->upserts)
            last[key] = value;
    }

    Changes<Key, Value> result;
    for (const auto& [key, value] : last) {
        if (value)
            result.upserts.emplace_back(key, *value);
        else
            result.deletes.push_back(key);
    }
    return result;
}

PlanChanges sequence(const PlanChanges& first, const PlanChanges& second);

} // namespace vpcd
