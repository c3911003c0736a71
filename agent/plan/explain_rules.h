// The tables of rules in words.
#pragma once

#include <string>

#include "plan/planner.h"

namespace vpcd {

// Rules by number, the first few of them: "rules 0, 3-7, 9 and 41 more".
std::string to_string(const ::rule_bits&);

// What explain() calls: a key, and a key with its row.
class RuleWords {
public:
    explicit RuleWords(const Planner& planner) : planner_(planner) {}

    std::string key(const ::rule_key&) const;
    std::string key(const ::rule_peer_key&) const;
    std::string key(const ::rule_group_key&) const;
    std::string key(const ::rule_port_key&) const;

    std::string row(std::uint32_t id, const ::policy&) const;
    std::string row(std::uint32_t id, const ::rule_set&) const;
    std::string row(const ::rule_key&, const ::rule&) const;
    template <typename Key>
    std::string row(const Key& row_key, const ::rule_bits& bits) const
    {
        return key(row_key) + ": " + to_string(bits);
    }

private:
    const Planner& planner_;
};

} // namespace vpcd
