#include "dataplane/table_owner.h"

#include "plan/tables.h"

namespace vpcd {

bool is_written_by_plan(std::string_view table)
{
    bool is_found = false;
    for_each_table([&](const auto& info) { is_found = is_found || info.name == table; });
    return is_found;
}

// A flow holds a next hop with its serial, interfaces with their generations, and the sending host's index; counts
// are kept by an interface's number.
std::vector<std::string_view> referrers_of(std::string_view table)
{
    if (table == "next_hops" || table == "hosts")
        return {"flows"};
    if (table == "interfaces")
        return {"flows", "traffic", "drops"};
    return {};
}

} // namespace vpcd
