#include "app/trace_network.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "model/kind_names.h"

namespace vpcd {

namespace {

constexpr std::size_t kSlips = 2;
constexpr std::size_t kCompared = 10'000;

bool has_address(const Interface& interface, const Address& address)
{
    return interface.address == address ||
           std::ranges::find(interface.secondary_addresses, address) != interface.secondary_addresses.end();
}

// Where the RouteTable is written that holds this route; the first that has it wins, as in effective_routes().
std::string place_of(const Model& model, const std::string& vpc, const std::string& table, const Prefix& destination)
{
    for (const auto* declared : route_tables(model, vpc)) {
        if (effective_table(*declared) != table)
            continue;
        for (std::size_t i = 0; i < declared->routes.size(); ++i)
            if (declared->routes[i].destination == destination)
                return fmt::format("RouteTable {}, {}", declared->name,
                                   to_string(model.origin(id_of(*declared))->at(fmt::format("routes[{}]", i))));
    }
    return {};
}

std::string unknown_interface(const Model& model, const std::string& name)
{
    // Of a million names only those of about this length and this beginning are worth comparing.
    std::vector<std::string_view> names;
    for (const auto& [known, entry] : model.all<Interface>())
        if (known.size() <= name.size() + kSlips && name.size() <= known.size() + kSlips && !known.empty() &&
            !name.empty() && known.front() == name.front() && names.size() < kCompared)
            names.push_back(known);
    const auto meant = closest(name, names);
    return fmt::format("there is no interface {}{}", name,
                       meant.empty() ? std::string{} : fmt::format("; did you mean {}?", meant));
}

Result<const Interface*> sender_at(const Model& model, const Address& address, const std::optional<std::string>& vpc)
{
    std::vector<const Interface*> found;
    std::vector<std::string> names;
    for (const auto& [name, entry] : model.all<Vpc>())
        if (const auto* owner = !vpc || *vpc == name ? owner_of(model, name, address) : nullptr) {
            found.push_back(owner);
            names.push_back(fmt::format("{} of VPC {}", owner->name, name));
        }
    if (found.empty())
        return fail(Error::config(fmt::format("no interface{} has the address {}",
                                              vpc ? " of VPC " + *vpc : std::string{}, to_string(address))));
    if (found.size() > 1)
        return fail(Error::config(fmt::format("{} is the address of {}; name the interface, or add the VPC",
                                              to_string(address), fmt::join(names, " and of "))));
    return found.front();
}

} // namespace

const Interface* owner_of(const Model& model, const std::string& vpc, const Address& address)
{
    for (const auto& subnet_name : model.referrers<Subnet>({Vpc::kKind, vpc})) {
        const auto* subnet = model.find<Subnet>(subnet_name);
        if (!subnet || !subnet->cidr.contains(address))
            continue;
        for (const auto& name : model.referrers<Interface>({Subnet::kKind, subnet_name}))
            if (const auto* interface = model.find<Interface>(name); interface && has_address(*interface, address))
                return interface;
    }
    return nullptr;
}

std::optional<MatchingRoute> matching_route(const Model& model, const std::string& vpc, const std::string& table,
                                            const Address& address)
{
    std::optional<MatchingRoute> best;
    for (auto& route : effective_routes(model, vpc, table))
        if (route.destination.contains(address) &&
            (!best || route.destination.length() > best->route.destination.length()))
            best = MatchingRoute{std::move(route), {}};
    if (best && best->route.type == EffectiveRoute::Type::Custom)
        best->where = place_of(model, vpc, table, best->route.destination);
    return best;
}

FirstHop first_hop(const Model& model, const Interface& sender, const Address& address)
{
    const auto* subnet = model.subnet_of(sender);
    const auto route =
        subnet ? matching_route(model, subnet->vpc, effective_table(model, *subnet), address) : std::nullopt;
    if (!route)
        return {};
    if (route->route.kind == ROUTE_INTERFACE)
        return {model.find<Interface>(route->route.target), true};
    if (route->route.kind != ROUTE_SUBNET)
        return {};
    const auto* owner = owner_of(model, subnet->vpc, address);
    return {owner, owner && owner->subnet != sender.subnet};
}

Result<const Interface*> find_sender(const Model& model, const TraceRequest& request)
{
    if (const auto address = Address::parse(request.from))
        return sender_at(model, *address, request.vpc);
    if (const auto* interface = model.find<Interface>(request.from))
        return interface;
    return fail(Error::config(unknown_interface(model, request.from)));
}

Result<Address> find_target(const Model& model, const Interface& sender, const std::string& to)
{
    if (const auto address = Address::parse(to)) {
        if (!address->is_v4())
            return fail(Error::config(fmt::format("{} is not an IPv4 address; IPv6 is not forwarded yet", to)));
        return *address;
    }
    const auto* interface = model.find<Interface>(to);
    if (!interface)
        return fail(Error::config(fmt::format("'{}' is no address, and {}", to, unknown_interface(model, to))));
    const auto *own = model.vpc_of(sender), *other = model.vpc_of(*interface);
    if (own != other)
        return fail(Error::config(fmt::format("{} is in VPC {}, {} in VPC {}: VPCs do not reach each other",
                                              sender.name, own ? own->name : "?", to, other ? other->name : "?")));
    return interface->address;
}

} // namespace vpcd
