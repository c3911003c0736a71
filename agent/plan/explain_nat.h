// Rows of NAT gateways in words.
#pragma once

#include <cstdint>
#include <string>

#include "plan/planner.h"

namespace vpcd {

class NatWords {
public:
    explicit NatWords(const Planner& planner) : planner_(planner) {}

    std::string key(const ::snat_key&) const;
    std::string key(const ::forward_key&) const;
    std::string key(const ::slice_key&) const;

    std::string row(const ::snat_key&, const ::snat&) const;
    std::string row(const ::forward_key&, const ::forward&) const;
    std::string row(const ::slice_key&, const ::slice&) const;
    std::string row(std::uint32_t public_id, std::uint32_t generation) const;

private:
    std::string vpc(std::uint32_t vni) const;

    const Planner& planner_;
};

} // namespace vpcd
