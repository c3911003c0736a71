// Rows of NAT gateways and load balancers in words.
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
    std::string key(const ::service_key&) const;
    std::string key(const ::service_slots_key&) const;
    std::string key(const ::service_client_key&) const;

    std::string row(const ::snat_key&, const ::snat&) const;
    std::string row(const ::forward_key&, const ::forward&) const;
    std::string row(std::uint32_t public_id, std::uint32_t generation) const;
    std::string row(const ::service_key&, const ::service&) const;
    std::string row(const ::service_slots_key&, const ::service_slots&) const;
    std::string row(const ::service_client_key&, const ::service_client&) const;
    std::string row(std::uint32_t number, const ::backend&) const;

private:
    std::string vpc(std::uint32_t vni) const;

    const Planner& planner_;
};

} // namespace vpcd
