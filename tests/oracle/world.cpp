#include "world.h"

#include <algorithm>

namespace vpcd::oracle {
namespace {

Block block_of(const Prefix& prefix)
{
    return {prefix.address().v4_value(), prefix.length()};
}

Rule rule_of(const AccessRule& declared, const Model& model)
{
    Rule rule;
    rule.direction = declared.direction;
    rule.allows = declared.policy == RulePolicy::Allow;
    rule.protocol = declared.protocol.number;
    rule.ports = declared.ports;
    rule.icmp_type = declared.icmp_type;
    rule.icmp_code = declared.icmp_code;
    rule.peer_group = declared.peer.group;
    rule.text = to_string(declared);
    if (declared.peer.cidr)
        rule.peer_blocks = std::vector{block_of(*declared.peer.cidr)};
    if (const auto* list = model.find<PrefixList>(declared.peer.prefix_list)) {
        rule.peer_blocks.emplace();
        for (const auto& prefix : list->prefixes)
            rule.peer_blocks->push_back(block_of(prefix));
    }
    return rule;
}

Group group_of(const SecurityGroup& declared, const Model& model)
{
    Group group{declared.name, declared.isolated, declared.egress_default == RulePolicy::Drop, {}};
    for (const auto& rule : declared.rules) {
        group.rules.push_back(rule_of(rule, model));
        group.rules.back().priority = rule.priority;
    }
    return group;
}

Rule built_in(std::uint8_t protocol, const std::vector<std::uint16_t>& ports)
{
    AccessRule said;
    said.direction = Direction::Ingress;
    said.protocol.number = protocol;
    for (const auto port : ports)
        said.ports.push_back({port, port});
    Rule rule;
    rule.direction = said.direction;
    rule.protocol = protocol;
    rule.ports = said.ports;
    rule.priority = SecurityGroupRule::kLast;
    rule.text = to_string(said);
    return rule;
}

// Outbound all, by having no rule about it. Inbound ICMP and TCP 22 and 3389, of the first also 80 and 443.
Group default_group(std::string_view name)
{
    constexpr std::uint8_t kIcmp = 1, kTcp = 6;
    const bool is_first = name == SecurityGroup::kDefault1;
    const std::vector<std::uint16_t> first{22, 80, 443, 3389}, second{22, 3389};
    return {std::string{name}, false, false, {built_in(kIcmp, {}), built_in(kTcp, is_first ? first : second)}};
}

Cloud cloud_of(const Vpc& declared)
{
    Cloud cloud;
    cloud.name = declared.name;
    cloud.vni = declared.vni;
    cloud.midstream = declared.midstream;
    cloud.most_flows = declared.connections.value_or(0);
    for (const auto name : {SecurityGroup::kDefault1, SecurityGroup::kDefault2})
        cloud.groups.emplace(name, default_group(name));
    return cloud;
}

Card card_of(const Interface& declared, const std::string& vpc)
{
    Card card{declared.name,           vpc,
              declared.subnet,         declared.host,
              declared.device,         {declared.address.v4_value()},
              declared.mac.bytes(),    declared.source_check,
              declared.security_groups};
    for (const auto& address : declared.secondary_addresses)
        card.addresses.push_back(address.v4_value());
    if (card.groups.empty())
        card.groups = {vpc == Vpc::kDefaultName ? "default-2" : "default-1"};
    return card;
}

void add_tables(World& world, const Model& model)
{
    std::vector<const RouteTable*> tables;
    for (const auto* entry : model.all<RouteTable>().sorted())
        tables.push_back(&entry->value);
    std::ranges::stable_sort(tables, {}, [](const RouteTable* table) { return !table->main; });
    for (const auto* table : tables) {
        auto& cloud = world.clouds.at(table->vpc);
        for (const auto& route : table->routes) {
            const Route made{block_of(route.destination), route.next_hop.interface};
            cloud.tables[table->main ? "main" : table->name].push_back(made);
            cloud.arrivals.push_back(made);
        }
    }
}

// The interface's own host serves it where that leads out.
void add_publics(World& world, const Model& model)
{
    for (const auto& [name, entry] : model.all<ElasticIp>()) {
        const auto& declared = entry.value;
        const auto card = world.cards.find(declared.interface);
        if (card == world.cards.end())
            continue;
        const auto own = world.hosts.find(card->second.host);
        const bool is_own = own != world.hosts.end() && own->second.leads_out;
        world.publics.push_back(
            {declared.address.v4_value(),
             declared.private_address ? declared.private_address->v4_value() : card->second.addresses.front(),
             card->second.vpc, card->first, is_own ? own->first : declared.host});
    }
}

std::string table_of(const vpcd::Subnet& subnet, const Model& model)
{
    const auto* table = model.find<RouteTable>(subnet.route_table);
    return table && table->main ? "main" : subnet.route_table;
}

} // namespace

std::string dotted(Ipv4 address)
{
    return to_string(Address::v4(address));
}

bool Card::has(Ipv4 address) const
{
    return std::ranges::find(addresses, address) != addresses.end();
}

const Card* World::owner(const std::string& cloud, Ipv4 address) const
{
    for (const auto& [name, card] : cards)
        if (card.vpc == cloud && card.has(address))
            return &card;
    return nullptr;
}

const Card* World::by_mac(const std::string& cloud, const MacBytes& mac) const
{
    for (const auto& [name, card] : cards)
        if (card.vpc == cloud && card.mac == mac)
            return &card;
    return nullptr;
}

const Cloud* World::by_vni(std::uint32_t vni) const
{
    for (const auto& [name, cloud] : clouds)
        if (cloud.vni == vni)
            return &cloud;
    return nullptr;
}

const Station* World::by_address(Ipv4 address) const
{
    for (const auto& [name, host] : hosts)
        if (host.address == address)
            return &host;
    return nullptr;
}

const Public* World::public_of(const std::string& cloud, Ipv4 private_address) const
{
    const auto found = std::ranges::find_if(publics, [&](const Public& bound) {
        return bound.cloud == cloud && bound.private_address == private_address;
    });
    return found == publics.end() ? nullptr : &*found;
}

const Public* World::served(Ipv4 address, const std::string& host) const
{
    const auto found = std::ranges::find_if(
        publics, [&](const Public& bound) { return bound.address == address && bound.host == host; });
    return found == publics.end() ? nullptr : &*found;
}

bool World::is_present(const std::string& cloud, const std::string& host) const
{
    return std::ranges::any_of(
               cards, [&](const auto& entry) { return entry.second.vpc == cloud && entry.second.host == host; }) ||
           std::ranges::any_of(publics,
                               [&](const Public& bound) { return bound.cloud == cloud && bound.host == host; });
}

World world_of(const Model& model)
{
    World world;
    for (const auto& [name, entry] : model.all<Host>())
        world.hosts[entry.value.name] = {entry.value.name, entry.value.address.v4_value(), entry.value.encapsulation,
                                         entry.value.has_external()};
    for (const auto& [name, entry] : model.all<Vpc>())
        world.clouds[entry.value.name] = cloud_of(entry.value);
    for (const auto& [name, entry] : model.all<vpcd::Subnet>()) {
        const auto& subnet = entry.value;
        world.clouds.at(subnet.vpc).subnets[subnet.name] = {subnet.name, block_of(subnet.cidr),
                                                            subnet.gateway().v4_value(), table_of(subnet, model),
                                                            subnet.network_acl};
    }
    for (const auto& [name, entry] : model.all<SecurityGroup>())
        world.clouds.at(entry.value.vpc).groups[entry.value.name] = group_of(entry.value, model);
    for (const auto& [name, entry] : model.all<NetworkAcl>()) {
        Acl acl{entry.value.name, {}};
        for (const auto& rule : entry.value.rules)
            acl.rules.push_back(rule_of(rule, model));
        world.clouds.at(entry.value.vpc).acls[acl.name] = acl;
    }
    for (const auto& [name, entry] : model.all<Interface>())
        world.cards[entry.value.name] = card_of(entry.value, model.subnet_of(entry.value)->vpc);
    add_tables(world, model);
    add_publics(world, model);
    return world;
}

} // namespace vpcd::oracle
