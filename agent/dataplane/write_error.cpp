#include "dataplane/write_error.h"

#include <bpf/bpf.h>
#include <cerrno>
#include <cstdlib>
#include <fmt/format.h>

#include "dataplane/log.h"

namespace vpcd {

namespace {

const char* setting_of(const std::string& table)
{
    if (table == "endpoints" || table == "next_hops")
        return "; raise datapath.endpoints in vpcd.yaml and restart vpcd";
    if (table == "flows")
        return "; raise datapath.flows in vpcd.yaml and restart vpcd";
    if (table == "translations")
        return "; raise datapath.translations in vpcd.yaml and restart vpcd";
    if (table == "pending")
        return "; raise datapath.pendingFlows in vpcd.yaml and restart vpcd";
    return "; this version has no room for more";
}

} // namespace

// Hashes and arrays say E2BIG when they are full, tries ENOSPC.
Error write_error(int code, int map, const std::string& table)
{
    const auto doing = "write table " + table;
    bpf_map_info info{};
    __u32 length = sizeof(info);
    if ((std::abs(code) != E2BIG && std::abs(code) != ENOSPC) || bpf_map_get_info_by_fd(map, &info, &length))
        return bpf_error(code, doing);
    return {ErrorSource::Bpf, std::abs(code),
            fmt::format("{}: it is full with {} entries{}", doing, info.max_entries, setting_of(table))};
}

Result<void> Refusals::result() const
{
    if (!first_)
        return {};
    if (count_ == 1)
        return fail(*first_);
    return fail(
        Error{first_->source(), first_->code(), fmt::format("{}; {} rows are refused", first_->sentence(), count_)});
}

} // namespace vpcd
