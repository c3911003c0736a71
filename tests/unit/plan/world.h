// A model, the facts of one host and its planner, changed together. Starts valid: tests set only what they are about.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "plan/id_pool.h"
#include "plan/planner.h"

namespace vpcd::test {

inline Address address(std::string_view text)
{
    return Address::parse(text).value();
}

inline Prefix prefix(std::string_view text)
{
    return Prefix::parse(text).value();
}

inline Mac mac(unsigned number)
{
    return Mac{{2, 0, 0, static_cast<std::uint8_t>(number >> 16), static_cast<std::uint8_t>(number >> 8),
                static_cast<std::uint8_t>(number)}};
}

inline Host host(const std::string& name, std::string_view tunnel_endpoint)
{
    return {.name = name, .address = address(tunnel_endpoint), .device = {}};
}

inline Vpc vpc(const std::string& name, unsigned vni)
{
    return {.name = name, .vni = vni, .cidrs = {prefix("10.0.0.0/8")}};
}

inline Subnet subnet(const std::string& name, const std::string& in, std::string_view cidr,
                     const std::string& table = "main")
{
    return {.name = name, .vpc = in, .cidr = prefix(cidr), .route_table = table};
}

// Its device is "tap-<name>", its MAC follows from its address.
inline Interface interface(const std::string& name, const std::string& in, std::string_view at,
                           const std::string& on = {})
{
    Interface value;
    value.name = name;
    value.subnet = in;
    value.host = on;
    value.device = on.empty() ? "" : "tap-" + name;
    value.address = address(at);
    value.mac = mac(value.address.v4_value());
    return value;
}

inline Route via(std::string_view destination, const std::string& interface)
{
    return {prefix(destination), {.interface = interface}};
}

inline Route by_nat(std::string_view destination, const std::string& gateway)
{
    return {prefix(destination), {.interface = {}, .blackhole = false, .nat_gateway = gateway}};
}

inline Route blackhole(std::string_view destination)
{
    return {prefix(destination), {.interface = {}, .blackhole = true}};
}

inline RouteTable table(const std::string& name, const std::string& in, std::vector<Route> routes, bool main = false)
{
    return {.name = name, .vpc = in, .main = main, .routes = std::move(routes)};
}

inline Link link(unsigned ifindex, const std::string& name, const std::string& kind = "veth")
{
    return {.ifindex = ifindex, .name = name, .kind = kind, .mac = mac(ifindex), .mtu = 1500, .is_up = true};
}

inline UnderlayPath path(std::string_view source = "192.0.2.1")
{
    return {.ifindex = 2,
            .source = address(source),
            .gateway = {},
            .mtu = 1500,
            .source_mac = mac(2),
            .destination_mac = mac(0xb)};
}

class World {
public:
    explicit World(PlanOptions options = {.host = "node-a"}) : planner(options), options_(std::move(options)) {}

    World& put(AnyResource resource)
    {
        const ResourceId id = id_of(resource);
        touched_.insert(id);
        model.apply({id, std::move(resource), {}});
        return *this;
    }
    World& remove(ResourceId id)
    {
        touched_.insert(id);
        model.apply({std::move(id), std::nullopt, {}});
        return *this;
    }
    // Changes one field of a resource that exists.
    template <typename T, typename Change>
    World& change(const std::string& name, Change change)
    {
        T value = *model.find<T>(name);
        change(value);
        return put(std::move(value));
    }
    World& move(const std::string& interface, const std::string& to)
    {
        return change<Interface>(interface, [&](Interface& value) {
            value.host = to;
            value.device = to.empty() ? "" : "tap-" + interface;
        });
    }

    PlanResult plan() { return planner.update(model, std::exchange(touched_, {}), facts); }
    // A new agent that finds the rows of this one.
    void restart()
    {
        Planner next{options_};
        next.adopt(planner.tables());
        planner = std::move(next);
    }

    std::uint32_t slot(std::uint32_t vni, std::string_view at) const
    {
        const auto* row = endpoint(vni, at);
        return row ? row->next_hop : 0;
    }
    const ::endpoint* endpoint(std::uint32_t vni, std::string_view at) const
    {
        return find_row(planner.tables().endpoints, {.address = address(at).abi(), .vpc = vni});
    }
    const ::next_hop* next_hop(std::uint32_t vni, std::string_view at) const
    {
        return find_row(planner.tables().next_hops, slot(vni, at));
    }
    // nullptr: not local.
    const ::interface* local(const std::string& name) const
    {
        const auto found = planner.local_interface(name);
        return found ? find_row(planner.tables().interfaces, found->id) : nullptr;
    }
    // "10.0.1.0/24 subnet web (system)", of a table that has rows; sorted.
    std::vector<std::string> routes(std::uint32_t vni, const std::string& table) const
    {
        std::vector<std::string> lines;
        for (const auto& [key, row] : planner.tables().routes)
            if (key.vpc == vni && planner.table_name(vni, key.table) == table) {
                const auto* route = planner.route(key);
                lines.push_back(to_string(route->destination) + " " + target_text(*route));
            }
        std::ranges::sort(lines);
        return lines;
    }

    Model model;
    Facts facts;
    Planner planner;

private:
    PlanOptions options_;
    ResourceIds touched_;
};

// This host is node-a; node-b and node-c are others.
//   blue (VNI 100): web 10.0.1.0/24 with web-1 here, db 10.0.2.0/24 with db-1 on node-b
//   red (VNI 200): red-web, the same block as web, with red-1 on node-b: nothing of it is here
inline World network(PlanOptions options = {.host = "node-a"})
{
    World world{std::move(options)};
    world.put(host("node-a", "192.0.2.1")).put(host("node-b", "192.0.2.2")).put(host("node-c", "192.0.2.3"));
    world.put(vpc("blue", 100)).put(subnet("web", "blue", "10.0.1.0/24")).put(subnet("db", "blue", "10.0.2.0/24"));
    world.put(interface("web-1", "web", "10.0.1.10", "node-a")).put(interface("db-1", "db", "10.0.2.10", "node-b"));
    world.put(vpc("red", 200)).put(subnet("red-web", "red", "10.0.1.0/24"));
    world.put(interface("red-1", "red-web", "10.0.1.10", "node-b"));
    world.facts.links["eth0"] = link(2, "eth0", "");
    world.facts.links["tap-web-1"] = link(10, "tap-web-1");
    world.facts.local_addresses[address("192.0.2.1")] = "eth0";
    world.facts.paths[address("192.0.2.2")] = path();
    world.facts.paths[address("192.0.2.3")] = path();
    return world;
}

// The same, planned.
inline World planned_network()
{
    World world = network();
    world.plan();
    return world;
}

inline ResourceIds everything(const Model& model)
{
    ResourceIds ids;
    for_each_kind([&]<typename Kind>(std::type_identity<Kind>) {
        for (const auto& [name, entry] : model.all<Kind>())
            ids.insert({Kind::kKind, name});
    });
    return ids;
}

// How many rows of each table a plan changes, where it changes any: "next_hops 1, interfaces 1".
inline std::string summary(const PlanChanges& changes)
{
    std::string text;
    for_each_table([&](const auto& table) {
        if (const auto size = (changes.*table.changes).size(); size > 0)
            text += (text.empty() ? "" : ", ") + std::string{table.name} + " " + std::to_string(size);
    });
    return text;
}

} // namespace vpcd::test
