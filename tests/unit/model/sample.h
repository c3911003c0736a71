// A small valid network, built by hand: two subnets of VPC blue, an interface in each, a table that routes to one.
#pragma once

#include "model/model.h"

namespace vpcd::sample {

inline Declaration declare(AnyResource resource, unsigned line = 1)
{
    Origin origin{std::make_shared<const std::string>("net.yaml"), line, 1};
    ResourceId id = id_of(resource);
    return {std::move(id), std::move(resource), std::move(origin)};
}

inline Declaration remove(ResourceId id)
{
    return {std::move(id), std::nullopt, {}};
}

inline Host host(const char* name, const char* address)
{
    Host value;
    value.name = name;
    value.address = Address::parse(address).value();
    return value;
}

inline Vpc vpc(const char* name, unsigned vni)
{
    Vpc value;
    value.name = name;
    value.vni = vni;
    value.cidrs = {Prefix::parse("10.0.0.0/16").value()};
    return value;
}

inline Subnet subnet(const char* name, const char* vpc, const char* cidr)
{
    Subnet value;
    value.name = name;
    value.vpc = vpc;
    value.cidr = Prefix::parse(cidr).value();
    return value;
}

inline Interface interface(const char* name, const char* subnet, const char* address, const char* mac)
{
    Interface value;
    value.name = name;
    value.subnet = subnet;
    value.address = Address::parse(address).value();
    value.mac = Mac::parse(mac).value();
    return value;
}

inline Route route(const char* destination, const char* interface)
{
    return {Prefix::parse(destination).value(), NextHop{interface, false}};
}

inline RouteTable table(const char* name, const char* vpc, std::vector<Route> routes)
{
    RouteTable value;
    value.name = name;
    value.vpc = vpc;
    value.routes = std::move(routes);
    return value;
}

inline Model network()
{
    Model model;
    auto bound = subnet("web", "blue", "10.0.1.0/24");
    bound.route_table = "custom";
    auto placed = interface("web-1", "web", "10.0.1.10", "02:00:00:00:01:0a");
    placed.host = "node-a";
    placed.device = "tap-1";
    model.apply(declare(host("node-a", "192.0.2.1"), 10));
    model.apply(declare(vpc("blue", 100), 20));
    model.apply(declare(bound, 30));
    model.apply(declare(subnet("db", "blue", "10.0.2.0/24"), 40));
    model.apply(declare(table("custom", "blue", {route("0.0.0.0/0", "db-1")}), 50));
    model.apply(declare(placed, 60));
    model.apply(declare(interface("db-1", "db", "10.0.2.10", "02:00:00:00:02:0a"), 70));
    return model;
}

} // namespace vpcd::sample
