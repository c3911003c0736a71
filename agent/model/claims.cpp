#include "model/claims.h"

#include <algorithm>
#include <functional>

namespace vpcd {

namespace {

std::size_t hash(std::string_view what)
{
    return std::hash<std::string_view>{}(what);
}

} // namespace

void ClaimIndex::add(const std::vector<Claim>& claims, const ResourceId& owner)
{
    for (const auto& claim : claims)
        owners_.emplace(hash(claim.what), owner);
}

void ClaimIndex::remove(const std::vector<Claim>& claims, const ResourceId& owner)
{
    for (const auto& claim : claims) {
        const auto [begin, end] = owners_.equal_range(hash(claim.what));
        const auto found = std::find_if(begin, end, [&](const auto& entry) { return entry.second == owner; });
        if (found != end)
            owners_.erase(found);
    }
}

std::vector<ResourceId> ClaimIndex::candidates(std::string_view what) const
{
    std::vector<ResourceId> found;
    const auto [begin, end] = owners_.equal_range(hash(what));
    for (auto entry = begin; entry != end; ++entry)
        found.push_back(entry->second);
    return found;
}

} // namespace vpcd
