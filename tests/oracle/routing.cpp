#include "routing.h"

#include <algorithm>

namespace vpcd::oracle {
namespace {

struct Entry {
    Block destination;
    enum class Kind { Subnet, Card, Blackhole, Service } kind = Kind::Subnet;
    const Card* card = nullptr;
};

// The longest; of equal ones the first.
template <typename Routes>
auto longest(const Routes& routes, Ipv4 destination)
{
    auto best = routes.end();
    for (auto each = routes.begin(); each != routes.end(); ++each)
        if (each->destination.contains(destination) &&
            (best == routes.end() || each->destination.bits > best->destination.bits))
            best = each;
    return best;
}

// Custom routes lie over those of the system.
std::vector<Entry> entries(const World& world, const Cloud& cloud, const std::string& table)
{
    std::vector<Entry> found;
    if (const auto custom = cloud.tables.find(table); custom != cloud.tables.end())
        for (const auto& route : custom->second)
            found.push_back(route.card.empty()
                                ? Entry{route.destination, Entry::Kind::Blackhole}
                                : Entry{route.destination, Entry::Kind::Card, &world.cards.at(route.card)});
    found.push_back({Block{0x64400000, 10}, Entry::Kind::Service}); // 100.64.0.0/10
    for (const auto& [name, subnet] : cloud.subnets)
        found.push_back({subnet.block, Entry::Kind::Subnet});
    return found;
}

Way into_subnet(const World& world, const Cloud& cloud, const Card& sender, Ipv4 destination)
{
    for (const auto& [name, subnet] : cloud.subnets)
        if (subnet.gateway == destination)
            return {Way::Kind::Router};
    const auto* owner = world.owner(cloud.name, destination);
    if (!owner)
        return {Way::Kind::NoEndpoint};
    return {Way::Kind::Card, owner, owner->subnet != sender.subnet};
}

} // namespace

Way route(const World& world, const Card& sender, Ipv4 destination)
{
    const auto& cloud = world.clouds.at(sender.vpc);
    const auto all = entries(world, cloud, world.subnet_of(sender).table);
    const auto best = longest(all, destination);
    if (best == all.end())
        return {Way::Kind::NoRoute};
    switch (best->kind) {
    case Entry::Kind::Subnet:
        return into_subnet(world, cloud, sender, destination);
    case Entry::Kind::Card:
        return {Way::Kind::Card, best->card, true};
    case Entry::Kind::Blackhole:
        return {Way::Kind::Blackhole};
    case Entry::Kind::Service:
        break;
    }
    return {Way::Kind::NoService};
}

const Card* receiver_by_address(const World& world, const Cloud& cloud, const std::string& host, Ipv4 source,
                                Ipv4 destination)
{
    const auto local = [&](const Card* card) { return card && card->host == host ? card : nullptr; };
    if (const auto* owner = local(world.owner(cloud.name, destination)))
        return owner;
    const auto* sender = world.owner(cloud.name, source);
    const auto serves_somebody_here = [&](const std::string& table) {
        return std::ranges::any_of(world.cards, [&](const auto& entry) {
            const auto& card = entry.second;
            return card.vpc == cloud.name && card.host == host && world.subnet_of(card).table == table;
        });
    };
    if (sender && serves_somebody_here(world.subnet_of(*sender).table)) {
        const auto way = entries(world, cloud, world.subnet_of(*sender).table);
        const auto best = longest(way, destination);
        if (best != way.end() && best->kind == Entry::Kind::Card && local(best->card))
            return best->card;
    }
    std::vector<Route> here;
    for (const auto& route : cloud.arrivals)
        if (!route.card.empty() && local(&world.cards.at(route.card)))
            here.push_back(route);
    const auto best = longest(here, destination);
    return best == here.end() ? nullptr : &world.cards.at(best->card);
}

} // namespace vpcd::oracle
