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
// are kept by an interface's number, and so is how long it may go on with connections from elsewhere.
std::vector<std::string_view> referrers_of(std::string_view table)
{
    if (table == "next_hops" || table == "hosts")
        return {"flows", "pending", "flow_counts"};
    if (table == "interfaces")
        return {"flows", "pending", "flow_counts", "traffic", "drops", "midstream_until"};
    if (table == "publics")
        return {"public_traffic"};
    if (table == "backends")
        return {"public_traffic", "backend_states", "backend_connections"};
    if (table == "translations")
        return {"backend_connections"};
    if (table == "flows")
        return {"flow_counts"};
    return {};
}

} // namespace vpcd
