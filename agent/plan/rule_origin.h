// Which rule of which document it is that the kernel knows by a number.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/kinds.h"

namespace vpcd {

struct RuleOrigin {
    // What the rule says that is in no document: members of a group reach each other.
    static constexpr std::string_view kMembers = "members";

    ResourceId document; // SecurityGroup or NetworkAcl
    std::string vpc;     // builtin groups are in each
    Direction direction = Direction::Ingress;
    int index = -1; // in the document's `rules`; -1: the rule between members
    std::string text{kMembers};

    friend bool operator==(const RuleOrigin&, const RuleOrigin&) = default;
};

RuleOrigin origin_of(const SecurityGroup&, const std::string& vpc, std::size_t index);
RuleOrigin origin_of(const NetworkAcl&, std::size_t index);
RuleOrigin origin_of_members(const SecurityGroup&, const std::string& vpc, Direction);

// Every rule of a document: as they are written, and behind them those between the members of a group.
std::vector<RuleOrigin> rules_of(const SecurityGroup&, const std::string& vpc);
std::vector<RuleOrigin> rules_of(const NetworkAcl&);

// The number of struct rule: follows from what the rule says and where, not from its place in the document. Rules of
// one document that say the same have the same. Never below RULE_IDS.
std::uint64_t rule_id(const RuleOrigin&);

// "SecurityGroup web rules[2] (ingress allow tcp 80 from anybody)", "SecurityGroup web (ingress members)"
std::string to_string(const RuleOrigin&);

} // namespace vpcd
