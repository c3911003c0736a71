// Two or three VPCs with the same addresses and MACs, groups and network ACLs that contradict each other.
#include <algorithm>

#include <fmt/format.h>

#include "generate.h"

namespace vpcd::oracle {
namespace {

constexpr const char* kClouds[] = {"blue", "red", "green"};
constexpr const char* kHosts[] = {"node-a", "node-b", "node-c"};
constexpr const char* kBlocks[] = {"0.0.0.0/0",      "10.0.0.0/8",   "10.0.0.0/16", "10.0.1.0/24",  "10.0.1.8/29",
                                   "10.0.1.10/32",   "10.0.1.11/32", "10.0.2.0/24", "10.0.2.10/31", "10.0.2.10/32",
                                   "192.168.0.0/16", "8.8.0.0/16",   "8.8.8.8/32"};
constexpr const char* kDestinations[] = {"0.0.0.0/0",   "8.8.0.0/16",   "8.8.8.0/24",
                                         "10.0.2.0/24", "10.0.1.10/32", "10.0.2.10/32"};
constexpr std::uint16_t kPorts[] = {22, 80, 443, 1000, 1001, 1999, 2000, 8080};
constexpr unsigned kPriorities[] = {1, 1, 2, 50, 99, 100};
constexpr std::uint8_t kProtocols[] = {kTcp, kTcp, kTcp, kUdp, kUdp, kIcmp, kIcmp, kGre, 50};
constexpr std::uint8_t kIcmpTypes[] = {0, 3, 8, 8, 11, 13, 14, 5};

Prefix prefix(const char* text)
{
    return Prefix::parse(text).value();
}

std::string named(const std::string& cloud, const char* what, unsigned number)
{
    return fmt::format("{}-{}-{}", cloud, what, number);
}

constexpr unsigned kMostSubnets = 2, kMostGroups = 4, kMostAcls = 2, kMostTables = 2, kMostLists = 2, kMostCards = 5,
                   kMostPublics = 2, kHostsThatLeadOut = 2;

class Author {
public:
    explicit Author(Dice& dice) : dice_(dice) {}

    Host host(const char* name, unsigned number)
    {
        static constexpr Encapsulation kAll[] = {Encapsulation::Vxlan, Encapsulation::Vxlan, Encapsulation::Geneve,
                                                 Encapsulation::Gre};
        Host made;
        made.name = name;
        made.address = Address::v4(0xc0000201 + number); // 192.0.2.1
        made.encapsulation = dice_.of(kAll);
        if (number < kHostsThatLeadOut)
            made.external = ExternalLink{kExternalLink};
        return made;
    }

    // Of the cards of even numbers one, of those of odd ones the other.
    ElasticIp elastic(const std::string& cloud, unsigned number)
    {
        ElasticIp made;
        made.name = named(cloud, "public", number);
        made.address = Address::v4(0xcb007100 + static_cast<unsigned>(cloud.front()) + number); // 203.0.113.x
        made.host = kHosts[dice_.roll(kHostsThatLeadOut)];
        if (dice_.chance(90))
            made.interface = named(cloud, "card", 2 * dice_.roll(kMostCards / 2) + number);
        return made;
    }

    Vpc vpc(unsigned number)
    {
        static constexpr Midstream kAll[] = {Midstream::AfterMove, Midstream::AfterMove, Midstream::Accept,
                                             Midstream::Drop};
        Vpc made;
        made.name = kClouds[number];
        made.vni = 100 * (number + 1);
        made.cidrs = {prefix("10.0.0.0/16")};
        made.midstream = dice_.of(kAll);
        return made;
    }

    PrefixList prefix_list(unsigned number)
    {
        PrefixList made{fmt::format("list-{}", number), {}};
        for (unsigned i = 1 + dice_.roll(4); i > 0; --i)
            if (const auto block = prefix(dice_.of(kBlocks));
                std::ranges::find(made.prefixes, block) == made.prefixes.end())
                made.prefixes.push_back(block);
        return made;
    }

    SecurityGroup group(const std::string& cloud, unsigned number)
    {
        SecurityGroup made;
        made.name = named(cloud, "group", number);
        made.vpc = cloud;
        made.isolated = dice_.chance(30);
        made.egress_default = dice_.chance(25) ? RulePolicy::Drop : RulePolicy::Allow;
        for (unsigned i = dice_.roll(7); i > 0; --i)
            made.rules.push_back(group_rule(cloud));
        return made;
    }

    SecurityGroupRule group_rule(const std::string& cloud)
    {
        SecurityGroupRule rule;
        static_cast<AccessRule&>(rule) = access_rule();
        rule.priority = dice_.of(kPriorities);
        if (dice_.chance(35))
            rule.peer = {{}, dice_.chance(15) ? "default-1" : any_group(cloud), {}};
        return rule;
    }

    NetworkAcl acl(const std::string& cloud, unsigned number)
    {
        NetworkAcl made{named(cloud, "acl", number), cloud, {}};
        for (unsigned i = 1 + dice_.roll(6); i > 0; --i)
            made.rules.push_back(access_rule());
        for (const auto direction : {Direction::Ingress, Direction::Egress})
            if (dice_.chance(60)) { // or else nearly nothing passes
                AccessRule all;
                all.direction = direction;
                made.rules.push_back(all);
            }
        return made;
    }

    vpcd::Subnet subnet(const std::string& cloud, unsigned number)
    {
        vpcd::Subnet made;
        made.name = named(cloud, "subnet", number);
        made.vpc = cloud;
        made.cidr = Prefix::of(Address::v4(0x0a000000 + ((number + 1) << 8)), 24);
        if (dice_.chance(30))
            made.route_table = named(cloud, "table", dice_.roll(kMostTables));
        if (dice_.chance(40))
            made.network_acl = named(cloud, "acl", dice_.roll(kMostAcls));
        return made;
    }

    RouteTable table(const std::string& cloud, unsigned number)
    {
        RouteTable made;
        made.name = named(cloud, "table", number);
        made.vpc = cloud;
        made.main = number == 0 && dice_.chance(50);
        for (const char* destination : kDestinations) {
            if (!dice_.chance(30))
                continue;
            NextHop hop;
            if (dice_.chance(20))
                hop.blackhole = true;
            else
                hop.interface = named(cloud, "card", dice_.roll(kMostCards));
            made.routes.push_back({prefix(destination), hop});
        }
        return made;
    }

    // Every VPC numbers its cards from 0: equal numbers, equal MACs.
    Interface card(const std::string& cloud, unsigned number, unsigned device)
    {
        const unsigned subnet = dice_.roll(kMostSubnets);
        Interface made;
        made.name = named(cloud, "card", number);
        made.subnet = named(cloud, "subnet", subnet);
        made.device = fmt::format("tap-{}", device);
        made.address = Address::v4(0x0a00000a + ((subnet + 1) << 8) + number);
        made.mac = Mac{{2, 0, 0, 0, 0, static_cast<std::uint8_t>(number + 1)}};
        made.source_check = dice_.chance(75);
        if (dice_.chance(20))
            made.secondary_addresses = {Address::v4(0x0a000064 + ((subnet + 1) << 8) + number)};
        place(made, device);
        join(made, cloud);
        return made;
    }

    void place(Interface& card, unsigned device)
    {
        card.host = device < kDevicesHere && dice_.chance(60) ? kHost : kHosts[1 + dice_.roll(2)];
        if (dice_.chance(4)) {
            card.host.clear();
            card.device.clear();
        }
    }

    void join(Interface& card, const std::string& cloud)
    {
        card.security_groups.clear();
        if (dice_.chance(20))
            return;
        for (unsigned i = 1 + dice_.roll(3); i > 0; --i)
            if (const auto name = dice_.chance(10) ? "default-2" : any_group(cloud);
                std::ranges::find(card.security_groups, name) == card.security_groups.end())
                card.security_groups.push_back(name);
    }

private:
    std::string any_group(const std::string& cloud) { return named(cloud, "group", dice_.roll(kMostGroups)); }

    AccessRule access_rule()
    {
        AccessRule rule;
        rule.direction = dice_.chance(50) ? Direction::Ingress : Direction::Egress;
        rule.policy = dice_.chance(30) ? RulePolicy::Drop : RulePolicy::Allow;
        if (dice_.chance(80))
            rule.protocol.number = dice_.of(kProtocols);
        const bool has_ports = rule.protocol.number == kTcp || rule.protocol.number == kUdp;
        if (has_ports && dice_.chance(75))
            rule.ports = ports();
        if (rule.protocol.number == kIcmp && dice_.chance(50)) {
            rule.icmp_type = dice_.of(kIcmpTypes);
            if (dice_.chance(30))
                rule.icmp_code = dice_.roll(2);
        }
        if (dice_.chance(20))
            rule.peer.prefix_list = fmt::format("list-{}", dice_.roll(kMostLists));
        else if (dice_.chance(75))
            rule.peer.cidr = prefix(dice_.of(kBlocks));
        return rule;
    }

    std::vector<PortRange> ports()
    {
        std::vector<PortRange> made;
        for (unsigned i = 1 + dice_.roll(2); i > 0; --i) {
            auto first = dice_.of(kPorts), last = dice_.chance(50) ? first : dice_.of(kPorts);
            if (first > last)
                std::swap(first, last);
            if (std::ranges::none_of(
                    made, [&](const PortRange& other) { return first <= other.last && other.first <= last; }))
                made.push_back({first, last});
        }
        return made;
    }

    Dice& dice_;
};

} // namespace

std::vector<AnyResource> random_documents(Dice& dice)
{
    Author author{dice};
    std::vector<AnyResource> made;
    for (unsigned i = 0; i < std::size(kHosts); i++)
        made.emplace_back(author.host(kHosts[i], i));
    for (unsigned i = 0; i < kMostLists; i++)
        made.emplace_back(author.prefix_list(i));
    const unsigned clouds = 2 + dice.roll(2);
    unsigned devices_here = 0, devices_elsewhere = kDevicesHere;
    for (unsigned number = 0; number < clouds; number++) {
        const std::string cloud = kClouds[number];
        made.emplace_back(author.vpc(number));
        for (unsigned i = 0; i < kMostGroups; i++)
            made.emplace_back(author.group(cloud, i));
        for (unsigned i = 0; i < kMostAcls; i++)
            made.emplace_back(author.acl(cloud, i));
        for (unsigned i = 0; i < kMostTables; i++)
            made.emplace_back(author.table(cloud, i));
        for (unsigned i = 0; i < kMostSubnets; i++)
            made.emplace_back(author.subnet(cloud, i));
        for (unsigned i = 0; i < kMostCards; i++)
            made.emplace_back(
                author.card(cloud, i, i < kDevicesHere / clouds ? devices_here++ : devices_elsewhere++));
        for (unsigned i = 0; i < kMostPublics; i++)
            made.emplace_back(author.elastic(cloud, i));
    }
    return made;
}

Change random_change(Dice& dice, const Model& model)
{
    Author author{dice};
    const auto clouds = model.all<Vpc>().sorted();
    const auto& cloud = dice.of(clouds)->value.name;
    const auto change_to = [](AnyResource value) {
        const auto id = id_of(value);
        return Change{id, std::move(value)};
    };
    switch (dice.roll(10)) {
    case 0:
    case 1:
        return change_to(author.group(cloud, dice.roll(kMostGroups)));
    case 2:
    case 3: {
        auto group = *model.find<SecurityGroup>(named(cloud, "group", dice.roll(kMostGroups)));
        if (!group.rules.empty() && dice.chance(50))
            group.rules.erase(group.rules.begin() + dice.roll(group.rules.size()));
        else
            group.rules.push_back(author.group_rule(cloud));
        return change_to(group);
    }
    case 4:
        return change_to(author.acl(cloud, dice.roll(kMostAcls)));
    case 5:
        return change_to(author.table(cloud, dice.roll(kMostTables)));
    case 6:
        return dice.chance(50) ? change_to(author.prefix_list(dice.roll(kMostLists)))
                               : change_to(author.elastic(cloud, dice.roll(kMostPublics)));
    default:
        break;
    }
    auto card = *model.find<Interface>(named(cloud, "card", dice.roll(kMostCards)));
    if (card.device.empty() || dice.chance(50))
        author.join(card, cloud);
    else
        author.place(card, static_cast<unsigned>(std::stoul(card.device.substr(4))));
    return change_to(card);
}

} // namespace vpcd::oracle
