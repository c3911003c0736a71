// A world with a NAT gateway, and what is planned of it.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>

#include "unit/plan/world.h"

namespace vpcd::test {

// Of VPC blue, on this host: web shares two addresses, one port of a third and all of a fourth lead to web-1 and
// db-1.
inline NatGateway gateway(const std::string& name = "out", const std::string& of = "blue",
                          const std::string& on = "node-a", const std::string& network = "203.0.113.")
{
    NatGateway value;
    value.name = name;
    value.vpc = of;
    value.hosts = {{on}};
    value.snat = {{.subnet = of == "blue" ? "web" : "red-web",
                   .cidr = {},
                   .addresses = {address(network + "20"), address(network + "21")}}};
    value.dnat = {
        {.address = address(network + "22"),
         .to = address("10.0.1.10"),
         .protocol = NatProtocol::Tcp,
         .port = 443,
         .to_port = 8443},
        {.address = address(network + "23"), .to = address("10.0.2.10"), .protocol = {}, .port = {}, .to_port = {}}};
    return value;
}

inline World with_gateway(NatGateway value = gateway())
{
    World world = network();
    for (const auto* name : {"node-a", "node-b"})
        world.change<Host>(name, [](Host& host) { host.external = ExternalLink{"external0"}; });
    world.facts.links["external0"] = link(20, "external0");
    world.put(std::move(value));
    world.put(table("main-blue", "blue", {by_nat("0.0.0.0/0", "out")}, true));
    return world;
}

inline const ::public_address* public_row(const World& world, std::string_view at)
{
    return find_row(world.planner.tables().publics, {.address = address(at).abi()});
}

inline std::uint32_t generation(const World& world, std::string_view at)
{
    const auto* row = public_row(world, at);
    const auto* found = row ? find_row(world.planner.tables().public_generations, row->id) : nullptr;
    return found ? *found : 0;
}

inline const ::snat* shared_by(const World& world, std::uint32_t vni, std::string_view block)
{
    const auto source = prefix(block);
    return find_row(
        world.planner.tables().snats,
        {.prefix_len = SNAT_PREFIX_FIXED + source.mapped_length(), .vpc = vni, .address = source.address().abi()});
}

inline const ::forward* forwarded(const World& world, std::string_view at, unsigned port,
                                  unsigned protocol = IPPROTO_TCP)
{
    return find_row(world.planner.tables().forwards, {.address = address(at).abi(),
                                                      .port = htons(static_cast<std::uint16_t>(port)),
                                                      .protocol = static_cast<__u8>(protocol),
                                                      .pad = 0});
}

// What the default route of web leads to; nullptr: there is none.
inline const ::next_hop* way_out(const World& world)
{
    for (const auto& [key, row] : world.planner.tables().routes)
        if (row.kind == ROUTE_NAT_GATEWAY)
            return find_row(world.planner.tables().next_hops, row.next_hop);
    return nullptr;
}

} // namespace vpcd::test
