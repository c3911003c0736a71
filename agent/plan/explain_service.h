// Rows of load balancers in words.
#pragma once

#include <cstdint>
#include <string>

#include "plan/planner.h"

namespace vpcd {

class ServiceWords {
public:
    explicit ServiceWords(const Planner& planner) : planner_(planner) {}

    std::string key(const ::service_key&) const;
    std::string key(const ::service_slots_key&) const;
    std::string key(const ::service_client_key&) const;

    std::string row(const ::service_key&, const ::service&) const;
    std::string row(const ::service_slots_key&, const ::service_slots&) const;
    std::string row(const ::service_client_key&, const ::service_client&) const;
    std::string row(std::uint32_t number, const ::backend&) const;

private:
    const Planner& planner_;
};

} // namespace vpcd
