// The pinned map `layouts`: what the entries of each pinned map are made of. The kernel knows it too, but tells only
// those with CAP_SYS_ADMIN. Kept by map id: a record belongs to one map, whatever name that is pinned under.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/unique_fd.h"
#include "dataplane/layout.h"

namespace vpcd {

inline constexpr const char* kLayoutsPin = "layouts";

class LayoutRecords {
public:
    // Those at `pin`, if there are any; makes nothing.
    static LayoutRecords look(const std::filesystem::path& pin);
    // Makes the map where there is none.
    static Result<LayoutRecords> open(const std::filesystem::path& pin);

    std::optional<MapLayout> find(std::uint32_t map) const;
    Result<void> put(std::uint32_t map, const MapLayout&) const;
    Result<void> keep_only(const std::set<std::uint32_t>& maps) const;

private:
    explicit LayoutRecords(UniqueFd fd) : fd_(std::move(fd)) {}

    UniqueFd fd_; // empty: no records
};

} // namespace vpcd
