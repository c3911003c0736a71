// Claims: what only one resource may have, such as a VNI or an address in a VPC. Every kind says what it claims; the
// index finds who else claims the same without looking at the whole model.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/kinds.h"

namespace vpcd {

struct Claim {
    std::string what; // the claim itself, in words: "address 10.0.1.10 in VPC blue"
    std::string path; // of the field it comes from
    std::string_view rule;
};

// Holds only hashes of the words, to stay small with a million interfaces: candidates() may name a resource too many.
class ClaimIndex {
public:
    void add(const std::vector<Claim>& claims, const ResourceId& owner);
    void remove(const std::vector<Claim>& claims, const ResourceId& owner);
    std::vector<ResourceId> candidates(std::string_view what) const;

private:
    std::unordered_multimap<std::size_t, ResourceId> owners_;
};

} // namespace vpcd
