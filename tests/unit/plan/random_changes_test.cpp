// Whatever happens in whatever order, the plan is the one of the model as it is now.
#include <array>
#include <random>

#include <catch2/catch_test_macros.hpp>

#include "model/rules.h"
#include "unit/plan/canonical.h"
#include "unit/plan/rules.h"
#include "unit/plan/world.h"

namespace vpcd {

using namespace test;

namespace {

// Makes changes at random; those that break a rule are taken back, as a whole.
class Dice {
public:
    explicit Dice(unsigned seed) : random_(seed) {}

    unsigned roll(unsigned sides) { return std::uniform_int_distribution<unsigned>{0, sides - 1}(random_); }
    std::string pick(const std::string& prefix, unsigned count) { return prefix + std::to_string(roll(count)); }

    // Few names and addresses, so that they meet often.
    AnyResource resource()
    {
        switch (roll(18)) {
        case 0:
            return machine();
        case 1:
            return vpc(pick("vpc-", 2), 100 + roll(3));
        case 2:
        case 3:
            return home();
        case 4: {
            std::vector<Route> routes;
            for (unsigned i = roll(3); i > 0; --i)
                routes.push_back(roll(4) ? via("10." + std::to_string(roll(4)) + ".0.0/16", pick("card-", 8))
                                         : blackhole("10.0." + std::to_string(roll(4)) + ".0/24"));
            const auto number = roll(3);
            if (roll(3) == 0)
                routes.push_back(by_nat("0.0.0.0/0", "nat-" + std::to_string(number)));
            return table("table-" + std::to_string(number),
                         roll(4) ? "vpc-" + std::to_string(number % 2) : pick("vpc-", 2), std::move(routes),
                         roll(3) == 0);
        }
        case 5:
            return rules_of_group();
        case 6: {
            const auto number = roll(3);
            NetworkAcl value = acl("acl-" + std::to_string(number), "vpc-" + std::to_string(number % 2), {});
            for (unsigned i = roll(4); i > 0; --i)
                value.rules.push_back(rule_without_group());
            return value;
        }
        case 7: {
            PrefixList value{pick("list-", 2), {}};
            for (unsigned i = 0; i <= roll(3); ++i)
                value.prefixes.push_back(Prefix::of(address("10.0.0.0"), 16 + 4 * i + roll(4)));
            return value;
        }
        case 8: {
            ElasticIp value;
            value.name = pick("public-", 4);
            value.address = address("203.0.113." + std::to_string(roll(6)));
            if (roll(4))
                value.interface = pick("card-", 8);
            if (roll(3))
                value.host = roll(2) ? "node-b" : node();
            if (roll(2))
                value.announce = Announce::Route;
            if (roll(2))
                value.bandwidth_package = pick("package-", 2);
            else
                value.bandwidth = bandwidth();
            return value;
        }
        case 11:
            return BandwidthPackage{pick("package-", 2), bandwidth().value_or(Bandwidth{})};
        case 9:
            return gateway();
        case 10:
            return balancer();
        default:
            return card();
        }
    }

    void change_facts(Facts& facts)
    {
        const std::string device = pick("tap-card-", 8);
        const Address endpoint = address("192.0.2." + std::to_string(1 + roll(5)));
        if (roll(8) == 0) {
            if (facts.links.erase("external") == 0)
                facts.links["external"] = link(++last_ifindex_, "external");
        } else if (roll(2)) {
            if (facts.links.erase(device) == 0)
                facts.links[device] = link(++last_ifindex_, device, roll(2) ? "veth" : "tun");
        } else if (facts.paths.erase(endpoint) == 0) {
            facts.paths[endpoint] = path();
            if (roll(2))
                facts.paths[endpoint].destination_mac.reset();
        }
    }

private:
    std::string node() { return "node-" + std::string(1, static_cast<char>('a' + roll(4))); }

    Host machine()
    {
        Host value = host(node(), "192.0.2." + std::to_string(1 + roll(5)));
        if (roll(value.name == "node-a" ? 2 : 4))
            value.external = ExternalLink{"external"};
        return value;
    }

    std::optional<Bandwidth> bandwidth()
    {
        const auto megabits = [&] { return roll(2) ? std::optional{1 + roll(3)} : std::nullopt; };
        return roll(2) ? std::optional{Bandwidth{.ingress = megabits(), .egress = megabits()}} : std::nullopt;
    }

    Address public_address() { return address("203.0.113." + std::to_string(10 + roll(5))); }

    LoadBalancer balancer()
    {
        const auto number = roll(3);
        LoadBalancer value;
        value.name = "lb-" + std::to_string(number);
        value.vpc = "vpc-" + std::to_string(number % 2);
        value.listeners = {{.protocol = roll(2) ? NatProtocol::Tcp : NatProtocol::Udp,
                            .port = 80 + roll(2),
                            .backend_port = {},
                            .scheduler = static_cast<Scheduler>(roll(4)),
                            .health_check = roll(2) ? std::optional{HealthCheck{}} : std::nullopt}};
        if (roll(2)) {
            value.host = roll(2) ? "node-b" : "node-a";
            value.address = public_address();
            value.direct_return = roll(2);
        } else {
            const auto subnet = number % 2 + 2 * roll(2);
            value.subnet = "subnet-" + std::to_string(subnet);
            value.address = address("10.0." + std::to_string(subnet) + "." + std::to_string(30 + roll(3)));
        }
        for (unsigned i = 0; i < 4; ++i)
            if (roll(3) == 0)
                value.backends.push_back({.interface = "card-" + std::to_string(2 * i + roll(2)), .weight = roll(3)});
        if (roll(3) == 0)
            value.clients = {prefix("10.0.0.0/8")};
        return value;
    }

    NatGateway gateway()
    {
        const auto number = roll(3);
        NatGateway value;
        value.name = "nat-" + std::to_string(number);
        value.vpc = "vpc-" + std::to_string(number % 2);
        value.hosts = {{roll(2) ? "node-b" : "node-a"}};
        if (roll(2))
            value.hosts.push_back({value.hosts.front().name == "node-a" ? "node-b" : "node-a"});
        for (unsigned i = roll(3); i > 0; --i) {
            SnatEntry entry;
            if (roll(2))
                entry.subnet = "subnet-" + std::to_string(number % 2 + 2 * roll(2));
            else
                entry.cidr = prefix("10.0." + std::to_string(roll(4)) + ".0/24");
            entry.addresses = {public_address()};
            value.snat.push_back(entry);
        }
        for (unsigned i = roll(3); i > 0; --i) {
            DnatEntry entry{.address = public_address(),
                            .to = address("10.0." + std::to_string(roll(4)) + "." + std::to_string(10 + roll(5))),
                            .protocol = {},
                            .port = {},
                            .to_port = {}};
            if (roll(2)) {
                entry.protocol = roll(2) ? NatProtocol::Tcp : NatProtocol::Udp;
                entry.port = 80 + roll(2);
            }
            value.dnat.push_back(entry);
        }
        if (roll(2))
            value.mapping = NatMapping::EndpointIndependent;
        return value;
    }

    SecurityGroupRule rule_without_group()
    {
        auto value = allow_in(roll(2) ? "tcp" : "all");
        value.direction = roll(2) ? Direction::Ingress : Direction::Egress;
        value.policy = roll(2) ? RulePolicy::Allow : RulePolicy::Drop;
        value.priority = 1 + roll(3);
        if (value.protocol.number && roll(2))
            value.ports = {{80, static_cast<std::uint16_t>(80 + roll(4))}};
        if (roll(3) == 0)
            value.peer.cidr = prefix("10.0." + std::to_string(roll(4)) + ".0/24");
        else if (roll(2))
            value.peer.prefix_list = pick("list-", 2);
        return value;
    }

    Subnet home()
    {
        const auto number = roll(4);
        auto value = subnet(
            "subnet-" + std::to_string(number), roll(4) ? "vpc-" + std::to_string(number % 2) : pick("vpc-", 2),
            "10.0." + std::to_string(roll(2) ? number : roll(4)) + ".0/24", roll(2) ? "main" : pick("table-", 3));
        if (roll(2))
            value.network_acl = pick("acl-", 3);
        return value;
    }

    // Groups 0 and 2 are in the first VPC, as subnets 0 and 2 are; 1 and 3 in the other.
    SecurityGroup rules_of_group()
    {
        const auto number = roll(4);
        auto value = group("group-" + std::to_string(number), "vpc-" + std::to_string(number % 2), {});
        value.isolated = roll(3) == 0;
        value.egress_default = roll(2) ? RulePolicy::Allow : RulePolicy::Drop;
        for (unsigned i = roll(4); i > 0; --i) {
            auto rule = rule_without_group();
            if (roll(2))
                rule.peer = {
                    .cidr = {}, .group = "group-" + std::to_string(number % 2 + 2 * roll(2)), .prefix_list = {}};
            value.rules.push_back(std::move(rule));
        }
        return value;
    }

    Interface card()
    {
        const auto number = roll(4);
        const std::string subnet_number = std::to_string(number);
        const auto at = [&] { return "10.0." + subnet_number + "." + std::to_string(10 + roll(5)); };
        const std::string on = roll(4) ? node() : "";
        Interface value = interface(pick("card-", 8), "subnet-" + subnet_number, at(), on);
        value.mac = mac(1 + roll(9));
        value.source_check = roll(2);
        if (roll(3) == 0)
            value.secondary_addresses = {address(at())};
        for (unsigned i = roll(3); i > 0; --i)
            value.security_groups.push_back("group-" + std::to_string(number % 2 + 2 * (i - 1)));
        return value;
    }

    std::mt19937 random_;
    unsigned last_ifindex_ = 10;
};

// Applies one to four declarations; true if no rule was broken.
bool change(Model& model, Dice& dice, ResourceIds& touched)
{
    std::vector<Declaration> undo;
    ResourceIds changed;
    for (unsigned i = 1 + dice.roll(4); i > 0; --i) {
        AnyResource resource = dice.resource();
        const ResourceId id = id_of(resource);
        changed.insert(id);
        if (dice.roll(8) == 0)
            undo.push_back(model.apply({id, std::nullopt, {}}));
        else
            undo.push_back(model.apply({id, std::move(resource), {}}));
    }
    if (check(model, changed, Quotas{}).empty()) {
        touched.merge(changed);
        return true;
    }
    while (!undo.empty()) {
        model.apply(std::move(undo.back()));
        undo.pop_back();
    }
    return false;
}

// Two VPCs with the same subnet blocks, four hosts, and cards everywhere.
void populate(World& world)
{
    for (const auto* at : {"a1", "b2", "c3"})
        world.put(host("node-" + std::string(1, at[0]), "192.0.2." + std::string(1, at[1])));
    world.change<Host>("node-b", [](Host& value) { value.external = ExternalLink{"external"}; });
    for (unsigned i = 0; i < 4; ++i) {
        const std::string number = std::to_string(i);
        if (i < 2)
            world.put(vpc("vpc-" + number, 100 + i));
        world.put(subnet("subnet-" + number, "vpc-" + std::to_string(i % 2), "10.0." + number + ".0/24"));
        world.put(interface("card-" + number, "subnet-" + number, "10.0." + number + ".10", "node-a"));
        world.put(interface("card-" + std::to_string(i + 4), "subnet-" + number, "10.0." + number + ".11", "node-b"));
        world.put(group("group-" + number, "vpc-" + std::to_string(i % 2), {allow_in("tcp", "80")}));
    }
}

// What a flow remembers by number must never come to mean somebody else.
class Memory {
public:
    void see(const Planner& planner)
    {
        const Tables& tables = planner.tables();
        for (const auto& [key, endpoint] : tables.endpoints) {
            if (endpoint.next_hop == 0)
                continue;
            const auto& row = tables.next_hops.at(endpoint.next_hop);
            CHECK(row.serial != 0);
            CHECK(row.vpc == key.vpc);
            const auto meaning = std::tuple(key.vpc, Address::from_abi(key.address), Mac::from_abi(row.mac));
            CHECK(slots_.try_emplace({endpoint.next_hop, row.serial}, meaning).first->second == meaning);
        }
        for (const auto& [id, row] : tables.interfaces) {
            if (row.vpc == 0)
                continue;
            const auto meaning =
                std::tuple(planner.interface_name(id), row.vpc, row.subnet, row.ifindex, row.next_hop, row.flags,
                           Mac::from_abi(row.mac), rule_sets_of(tables, row), ways_out(tables, id));
            CHECK(interfaces_.try_emplace({id, row.generation}, meaning).first->second == meaning);
        }
    }

private:
    using RuleSets = std::array<__u32, 4>;

    // Of the interface, and of its subnet.
    static RuleSets rule_sets_of(const Tables& tables, const ::interface& row)
    {
        const auto in_force = [&](__u32 policy) { return policy == 0 ? 0 : tables.policies.at(policy).rule_set[0]; };
        const auto& home = tables.subnets.at({.vpc = row.vpc, .subnet = row.subnet});
        return {in_force(row.ingress_policy), in_force(row.egress_policy), in_force(home.ingress_policy),
                in_force(home.egress_policy)};
    }

    // Which gateway packets of each of its addresses take.
    static std::map<Address, __u32> ways_out(const Tables& tables, __u32 interface)
    {
        std::map<Address, __u32> ways;
        for (const auto& [key, endpoint] : tables.endpoints)
            if (endpoint.next_hop != 0 && tables.next_hops.at(endpoint.next_hop).interface == interface)
                ways[Address::from_abi(key.address)] = endpoint.outside;
        return ways;
    }

    std::map<std::pair<__u32, __u32>, std::tuple<__u32, Address, Mac>> slots_;
    std::map<std::pair<__u32, __u32>,
             std::tuple<std::string, __u32, __u32, __u32, __u32, __u16, Mac, RuleSets, std::map<Address, __u32>>>
        interfaces_;
};

// Whoever shares or maps an address by ports has the generation that its address has.
void check_generations(const Tables& tables)
{
    for (const auto& [key, row] : tables.publics)
        CHECK((row.flags & PUBLIC_WHOLE || tables.public_generations.at(row.id) != 0));
    for (const auto& [key, row] : tables.snats)
        for (std::size_t i = 0; i < row.count; ++i)
            CHECK(tables.public_generations.at(row.addresses[i].id) == row.generation);
    for (const auto& [key, row] : tables.slices) {
        CHECK(tables.publics.contains({.address = key.address}));
        CHECK(tables.next_hops.at(row.next_hop).flags == (NEXT_HOP_OUTSIDE | NEXT_HOP_PASS));
        CHECK(tables.next_hops.at(row.next_hop).host != 0);
    }
    for (const auto& [key, row] : tables.forwards)
        CHECK(tables.public_generations.at(tables.publics.at({.address = key.address}).id) == row.generation);
}

// Every slot is somebody's, whom its listener has.
void check_services(const Tables& tables)
{
    for (const auto& [key, service] : tables.services)
        for (__u32 slot = 0; slot < service.slots; ++slot) {
            const auto& block = tables.service_slots.at({.service = service.id, .block = slot / SERVICE_BLOCK});
            CHECK(tables.backends.at(block.backend[slot % SERVICE_BLOCK]).service == service.id);
        }
    for (const auto& [id, backend] : tables.backends)
        CHECK(tables.public_generations.at(id) != 0);
}

void check_against_fresh_plan(World& world)
{
    Planner fresh{{.host = "node-a"}};
    fresh.update(world.model, {}, world.facts);
    CHECK(differences(world.planner, fresh) == std::set<std::string>{});
    CHECK(world.planner.peers() == fresh.peers());
    CHECK(world.planner.attachments() == fresh.attachments());
}

} // namespace

TEST_CASE("any sequence of valid changes ends in the plan of the final model")
{
    unsigned valid = 0;
    unsigned with_interfaces = 0;
    unsigned with_custom_routes = 0;
    unsigned with_acls = 0;
    unsigned with_group_peers = 0;
    unsigned with_publics = 0;
    unsigned with_gateways = 0;
    unsigned with_nats = 0;
    unsigned with_forwards = 0;
    unsigned with_slices = 0;
    unsigned with_nat_routes = 0;
    unsigned with_services = 0;
    unsigned with_backends = 0;
    for (const unsigned seed : {1u, 2u, 3u, 5u, 8u, 13u}) {
        INFO("seed " << seed);
        Dice dice{seed};
        World world;
        populate(world);
        REQUIRE(check(world.model, everything(world.model), Quotas{}).empty());
        Tables kernel;
        Memory memory;

        for (unsigned step = 0; step < 1200; ++step) {
            INFO("step " << step);
            ResourceIds touched;
            if (dice.roll(4) == 0)
                dice.change_facts(world.facts);
            else if (!change(world.model, dice, touched))
                continue;
            ++valid;
            if (dice.roll(50) == 0)
                world.restart();

            const auto result = world.planner.update(world.model, touched, world.facts);

            apply(result.changes, kernel);
            REQUIRE(diff(world.planner.tables(), kernel).empty());
            CHECK(world.planner.update(world.model, touched, world.facts).changes.empty());
            memory.see(world.planner);
            check_against_fresh_plan(world);
            with_interfaces += !kernel.stations.empty();
            with_custom_routes +=
                std::ranges::any_of(kernel.routes, [](const auto& row) { return row.second.next_hop; });
            with_acls +=
                std::ranges::any_of(kernel.subnets, [](const auto& row) { return row.second.egress_policy; });
            with_publics += !kernel.publics.empty();
            with_nats += !kernel.snats.empty();
            with_forwards += !kernel.forwards.empty();
            with_slices += !kernel.slices.empty();
            with_nat_routes += std::ranges::any_of(kernel.routes, [](const auto& row) {
                return row.second.kind == ROUTE_NAT_GATEWAY && row.second.next_hop != 0;
            });
            check_generations(kernel);
            check_services(kernel);
            with_services += !kernel.services.empty();
            with_backends += !kernel.backends.empty();
            with_gateways += std::ranges::any_of(kernel.next_hops, [](const auto& row) {
                return row.second.flags & NEXT_HOP_OUTSIDE && row.second.host != 0;
            });
            with_group_peers += kernel.rule_groups.size() > 4; // more than those of members
        }
    }

    // The dice did roll something worth planning.
    CHECK(valid > 2000);
    CHECK(with_interfaces > 1500);
    CHECK(with_custom_routes > 300);
    CHECK(with_acls > 300);
    CHECK(with_group_peers > 200);
    CHECK(with_publics > 300);
    CHECK(with_gateways > 30);
    CHECK(with_nats > 200);
    CHECK(with_forwards > 100);
    CHECK(with_slices > 100);
    CHECK(with_nat_routes > 100);
    CHECK(with_services > 200);
    CHECK(with_backends > 100);
}

} // namespace vpcd
