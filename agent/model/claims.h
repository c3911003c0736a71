// Claims: what only one resource may have, such as a VNI or an address in a VPC. Every kind says what it claims; the
// index finds who else claims the same without looking at the whole model.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/address.h"
#include "model/fields.h"

namespace vpcd {

// "address 10.0.1.10 in VPC blue": `noun`, `value`, `within` and `scope`. Texts are borrowed: those of the resource
// and the model it was made from must outlive it. With a million interfaces most claims are never put into words.
struct Claim {
    std::string_view noun; // "address"
    std::variant<std::monostate, Address, Mac, unsigned, std::string_view> value = {};
    std::string_view within = {}; // " in VPC "
    std::string_view scope = {};  // "blue"
    std::string_view field = {};  // it comes from
    int item = -1;                // of a field that is a list
    std::string_view part = {};   // of a field, or an item, that has fields itself
    int part_item = -1;
    std::string_view rule = {};

    std::string what() const;
    std::string path() const; // "secondaryAddresses[1]", "snat[0].addresses[2]"
    std::uint64_t hash() const;
    // The same claim, whatever field it comes from.
    bool is_same(const Claim& other) const
    {
        return noun == other.noun && value == other.value && scope == other.scope;
    }
};

struct EntryBase;

// Holds only hashes, to stay small with a million interfaces: candidates may be too many.
class ClaimIndex {
public:
    void add(const Claims& claims, const EntryBase* owner);
    void remove(const Claims& claims, const EntryBase* owner);
    std::vector<const EntryBase*> candidates(const Claim&) const;
    // Any claim at all has two owners: perhaps only by their hashes.
    bool has_shared() const { return !more_.empty(); }
    // False for certain; true: perhaps.
    bool has_other(const Claim&, const EntryBase* owner) const;

private:
    using Hash = std::uint64_t;

    boost::unordered_flat_map<Hash, const EntryBase*> owners_;
    std::unordered_multimap<Hash, const EntryBase*> more_; // of a hash that has an owner already
};

} // namespace vpcd
