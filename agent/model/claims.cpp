#include "model/claims.h"

#include <algorithm>

#include <boost/container_hash/hash.hpp>
#include <fmt/format.h>

namespace vpcd {

namespace {

struct ValueText {
    std::string operator()(std::monostate) const { return {}; }
    std::string operator()(const Address& address) const { return " " + to_string(address); }
    std::string operator()(const Mac& mac) const { return " " + to_string(mac); }
    std::string operator()(unsigned number) const { return fmt::format(" {}", number); }
    std::string operator()(std::string_view text) const { return fmt::format(" {}", text); }
};

struct ValueHash {
    std::size_t operator()(std::monostate) const { return 0; }
    std::size_t operator()(const Address& address) const { return boost::hash_value(address.bytes()); }
    std::size_t operator()(const Mac& mac) const { return boost::hash_value(mac.bytes()); }
    std::size_t operator()(unsigned number) const { return number; }
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

} // namespace

std::string Claim::what() const
{
    return fmt::format("{}{}{}{}", noun, std::visit(ValueText{}, value), within, scope);
}

std::string Claim::path() const
{
    const auto place = [](std::string_view key, int at) {
        return at < 0 ? std::string{key} : fmt::format("{}[{}]", key, at);
    };
    return part.empty() ? place(field, item) : fmt::format("{}.{}", place(field, item), place(part, part_item));
}

std::uint64_t Claim::hash() const
{
    std::size_t seed = noun.size(); // nouns differ in it, or their values in type
    boost::hash_combine(seed, std::visit(ValueHash{}, value));
    boost::hash_combine(seed, std::hash<std::string_view>{}(scope));
    return seed;
}

void ClaimIndex::add(const Claims& claims, const EntryBase* owner)
{
    for (const auto& claim : claims) {
        const auto hash = claim.hash();
        if (!owners_.emplace(hash, owner).second)
            more_.emplace(hash, owner);
    }
}

void ClaimIndex::remove(const Claims& claims, const EntryBase* owner)
{
    for (const auto& claim : claims) {
        const auto hash = claim.hash();
        const auto first = owners_.find(hash);
        const auto [begin, end] = more_.equal_range(hash);
        if (first == owners_.end()) {
            continue;
        } else if (first->second != owner) {
            const auto other = std::find_if(begin, end, [&](const auto& entry) { return entry.second == owner; });
            if (other != end)
                more_.erase(other);
        } else if (begin != end) {
            first->second = begin->second;
            more_.erase(begin);
        } else {
            owners_.erase(first);
        }
    }
}

std::vector<const EntryBase*> ClaimIndex::candidates(const Claim& claim) const
{
    const auto hash = claim.hash();
    std::vector<const EntryBase*> found;
    if (const auto first = owners_.find(hash); first != owners_.end())
        found.push_back(first->second);
    const auto [begin, end] = more_.equal_range(hash);
    for (auto entry = begin; entry != end; ++entry)
        found.push_back(entry->second);
    return found;
}

bool ClaimIndex::has_other(const Claim& claim, const EntryBase* owner) const
{
    const auto hash = claim.hash();
    const auto first = owners_.find(hash);
    return first != owners_.end() && (first->second != owner || more_.contains(hash));
}

} // namespace vpcd
