#include "plan/tables.h"

#include "plan/sequence.h"

namespace vpcd {

PlanChanges diff(const Tables& desired, const Tables& observed)
{
    PlanChanges changes;
    for_each_table(
        [&](const auto& table) { changes.*table.changes = diff(desired.*table.rows, observed.*table.rows); });
    return changes;
}

void apply(const PlanChanges& changes, Tables& tables)
{
    for_each_table([&](const auto& table) { apply(changes.*table.changes, tables.*table.rows); });
}

std::size_t row_count(const Tables& tables)
{
    std::size_t count = 0;
    for_each_table([&](const auto& table) { count += (tables.*table.rows).size(); });
    return count;
}

PlanChanges sequence(const PlanChanges& first, const PlanChanges& second)
{
    PlanChanges result;
    for_each_table(
        [&](const auto& table) { result.*table.changes = sequence(first.*table.changes, second.*table.changes); });
    return result;
}

} // namespace vpcd
