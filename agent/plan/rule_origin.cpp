#include "plan/rule_origin.h"

#include <fmt/format.h>
#include <vpcd/abi/policy.h>

namespace vpcd {

namespace {

// FNV-1a of 64 bits. Each part counts with its end: "ab", "c" is not "a", "bc".
std::uint64_t add_part(std::uint64_t hash, std::string_view part)
{
    constexpr std::uint64_t kPrime = 0x00000100000001b3;
    for (const char c : part)
        hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
    return hash * kPrime; // as if a zero byte followed
}

} // namespace

RuleOrigin origin_of(const SecurityGroup& group, const std::string& vpc, std::size_t index)
{
    const AccessRule& rule = group.rules[index];
    return {id_of(group), vpc, rule.direction, static_cast<int>(index), to_string(rule)};
}

RuleOrigin origin_of(const NetworkAcl& acl, std::size_t index)
{
    const AccessRule& rule = acl.rules[index];
    return {id_of(acl), acl.vpc, rule.direction, static_cast<int>(index), to_string(rule)};
}

RuleOrigin origin_of_members(const SecurityGroup& group, const std::string& vpc, Direction direction)
{
    return {.document = id_of(group), .vpc = vpc, .direction = direction};
}

std::vector<RuleOrigin> rules_of(const SecurityGroup& group, const std::string& vpc)
{
    std::vector<RuleOrigin> rules;
    for (std::size_t i = 0; i < group.rules.size(); ++i)
        rules.push_back(origin_of(group, vpc, i));
    if (!group.isolated)
        for (const auto direction : {Direction::Ingress, Direction::Egress})
            rules.push_back(origin_of_members(group, vpc, direction));
    return rules;
}

std::vector<RuleOrigin> rules_of(const NetworkAcl& acl)
{
    std::vector<RuleOrigin> rules;
    for (std::size_t i = 0; i < acl.rules.size(); ++i)
        rules.push_back(origin_of(acl, i));
    return rules;
}

std::uint64_t rule_id(const RuleOrigin& origin)
{
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const std::string_view part :
         {std::string_view{origin.vpc}, origin.document.kind, std::string_view{origin.document.name},
          word_of(origin.direction), std::string_view{origin.text}})
        hash = add_part(hash, part);
    return hash < RULE_IDS ? hash + RULE_IDS : hash;
}

std::string to_string(const RuleOrigin& origin)
{
    if (origin.index < 0)
        return fmt::format("{} ({} {})", to_string(origin.document), word_of(origin.direction), origin.text);
    return fmt::format("{} rules[{}] ({})", to_string(origin.document), origin.index, origin.text);
}

} // namespace vpcd
