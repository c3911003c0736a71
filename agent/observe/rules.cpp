#include "observe/rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "plan/rule_order.h"

namespace vpcd {

namespace json = boost::json;

namespace {

// A row before it is known what it has decided.
struct Row {
    std::vector<RuleOrigin> origins; // one; of groups that are in every VPC one for each; none: it is not counted
    json::object shown;
};

std::string text_of_ports(const AccessRule& rule)
{
    std::vector<std::string> words;
    for (const auto& range : rule.ports)
        words.push_back(to_string(range));
    if (rule.icmp_type)
        words.push_back(fmt::format("type {}", *rule.icmp_type));
    if (rule.icmp_code)
        words.push_back(fmt::format("code {}", *rule.icmp_code));
    return fmt::format("{}", fmt::join(words, ", "));
}

json::object shown(std::string name, const AccessRule& rule)
{
    json::object row{{"rule", std::move(name)}, {"direction", word_of(rule.direction)}};
    row["policy"] = word_of(rule.policy);
    row["protocol"] = to_string(rule.protocol);
    row["ports"] = text_of_ports(rule);
    row["peer"] = to_string(rule.peer);
    return row;
}

std::string name_of(const RuleOrigin& origin)
{
    return origin.index < 0 ? origin.text : fmt::format("rules[{}]", origin.index);
}

Row otherwise(Direction direction, RulePolicy policy)
{
    return {{}, {{"rule", "otherwise"}, {"direction", word_of(direction)}, {"policy", word_of(policy)}}};
}

Result<RuleHits> sum_of(const Views& views, const std::vector<RuleOrigin>& origins)
{
    const auto hits = views.rule_hits(origins);
    if (!hits)
        return fail(hits.error());
    RuleHits sum;
    for (const auto& [packets, bytes] : *hits) {
        sum.packets += packets;
        sum.bytes += bytes;
    }
    return sum;
}

json::array with_hits(const Views& views, std::vector<Row> rows, json::object& answer)
{
    json::array array;
    for (auto& [origins, row] : rows) {
        const auto hits = sum_of(views, origins);
        if (!hits)
            answer["hits"] = {{"error", hits.error().text()}};
        else if (!origins.empty()) {
            row["packets"] = hits->packets;
            row["bytes"] = hits->bytes;
        }
        array.push_back(std::move(row));
    }
    return array;
}

void add_unmatched(const Views& views, const std::string& vpc, json::object& answer)
{
    const auto hits = views.unmatched_hits(vpc);
    if (!hits)
        return;
    const auto& [allowed, dropped] = *hits;
    answer["unmatched"] = {{"vpc", vpc},
                           {"allowedPackets", allowed.packets},
                           {"allowedBytes", allowed.bytes},
                           {"droppedPackets", dropped.packets},
                           {"droppedBytes", dropped.bytes}};
}

// Where the group is: its own VPC; one without a document is in all.
std::vector<std::string> vpcs_of(const Model& model, const SecurityGroup& group)
{
    if (!group.vpc.empty())
        return {group.vpc};
    std::vector<std::string> names;
    for (const auto* entry : model.all<Vpc>().sorted())
        names.push_back(entry->value.name);
    return names;
}

Row row_of_members(const SecurityGroup& group, const std::vector<std::string>& vpcs, Direction direction)
{
    AccessRule rule;
    rule.direction = direction;
    rule.peer.group = group.name;
    Row row{{}, shown(std::string{RuleOrigin::kMembers}, rule)};
    for (const auto& vpc : vpcs)
        row.origins.push_back(origin_of_members(group, vpc, direction));
    return row;
}

} // namespace

void add_rules(const Views& views, const SecurityGroup& group, json::object& answer)
{
    const auto vpcs = vpcs_of(views.model(), group);
    std::vector<Row> rows;
    for (std::size_t i = 0; i < group.rules.size(); ++i) {
        Row row{{}, shown(fmt::format("rules[{}]", i), group.rules[i])};
        row.shown["priority"] = group.rules[i].priority;
        for (const auto& vpc : vpcs)
            row.origins.push_back(origin_of(group, vpc, i));
        rows.push_back(std::move(row));
    }
    for (const auto direction : {Direction::Ingress, Direction::Egress})
        if (!group.isolated)
            rows.push_back(row_of_members(group, vpcs, direction));
    rows.push_back(otherwise(Direction::Ingress, RulePolicy::Drop));
    rows.push_back(otherwise(Direction::Egress, group.egress_default));
    answer["rules"] = with_hits(views, std::move(rows), answer);
    if (!group.vpc.empty())
        add_unmatched(views, group.vpc, answer);
}

void add_rules(const Views& views, const NetworkAcl& acl, json::object& answer)
{
    std::vector<Row> rows;
    for (std::size_t i = 0; i < acl.rules.size(); ++i)
        rows.push_back({{origin_of(acl, i)}, shown(fmt::format("rules[{}]", i), acl.rules[i])});
    rows.push_back(otherwise(Direction::Ingress, RulePolicy::Drop));
    rows.push_back(otherwise(Direction::Egress, RulePolicy::Drop));
    answer["rules"] = with_hits(views, std::move(rows), answer);
    add_unmatched(views, acl.vpc, answer);
}

void add_effective_rules(const Views& views, const Interface& interface, json::object& answer)
{
    const Vpc* vpc = views.model().vpc_of(interface);
    if (!vpc)
        return;
    const auto groups = group_names(interface, vpc->name);
    json::array& names = answer["memberOf"].emplace_array();
    for (const auto& group : groups)
        names.emplace_back(group);

    std::vector<Row> rows;
    for (const auto direction : {Direction::Ingress, Direction::Egress}) {
        const auto ordered = ordered_rules(views.model(), *vpc, groups, direction);
        for (const auto& [origin, rule, blocks] : ordered.rules) {
            Row row{{origin}, shown(name_of(origin), rule)};
            row.shown["group"] = origin.document.name;
            rows.push_back(std::move(row));
        }
        rows.push_back(otherwise(direction, ordered.otherwise));
    }
    answer["effectiveRules"] = with_hits(views, std::move(rows), answer);
    add_unmatched(views, vpc->name, answer);
}

} // namespace vpcd
