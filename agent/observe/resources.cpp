// Lists and single resources.
#include "observe/resources.h"

#include <algorithm>
#include <cctype>
#include <iterator>

#include <boost/json/array.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "model/kind_names.h"
#include "model/render.h"
#include "observe/publics.h"
#include "observe/rules.h"

namespace vpcd {

namespace json = boost::json;

namespace {

// What people type because it is short, or because another cloud calls it so.
struct ShortWord {
    std::string_view word;
    std::string_view kind;
};
constexpr ShortWord kShortWords[] = {
    {"rt", RouteTable::kKind},  {"rts", RouteTable::kKind}, {"eni", Interface::kKind},
    {"enis", Interface::kKind}, {"nic", Interface::kKind},  {"if", Interface::kKind},
    {"vswitch", Subnet::kKind}, {"node", Host::kKind},      {"natgw", NatGateway::kKind},
};

// The default VPC and its subnets have no document, only an interface that needs them.
std::string where(const Model& model, const ResourceId& id)
{
    if (id.kind == SecurityGroup::kKind && builtin_group(id.name))
        return "no document; every VPC has it";
    const Origin* origin = model.origin(id);
    if (origin == nullptr)
        return {};
    const std::string place = to_string(origin->at());
    return origin->is_generated() ? "no document; needed at " + place : place;
}

template <typename T>
json::object list(const Views& views, const Page& page)
{
    json::object answer{{"kind", T::kKind}};
    json::array& items = answer["items"].emplace_array();
    const auto entries = views.model().all<T>().sorted(page.after, page.limit + 1);
    for (std::size_t i = 0; i < std::min<std::size_t>(entries.size(), page.limit); ++i)
        items.push_back(resource_object(views, entries[i]->value));
    if (entries.size() > page.limit)
        answer["next"] = entries[page.limit - 1]->value.name;
    return answer;
}

} // namespace

json::object resource_counts(const Model& model)
{
    json::object counts;
    for_each_kind([&]<typename T>(std::type_identity<T>) { counts[T::kKind] = model.all<T>().size(); });
    return counts;
}

json::object resource_object(const Views& views, const AnyResource& resource)
{
    json::object object;
    object["resource"] = to_json(resource);
    object["where"] = where(views.model(), id_of(resource));
    if (const auto* interface = std::get_if<Interface>(&resource))
        object["state"] = views.interface_state(interface->name).state;
    if (const auto* elastic = std::get_if<ElasticIp>(&resource))
        object["state"] = state_of(views.model(), *elastic);
    return object;
}

Answer<std::string_view> kind_of(std::string_view word)
{
    std::string lower{word};
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    const auto known = std::ranges::find(kShortWords, lower, &ShortWord::word);
    const auto kind = kind_by_name(known != std::end(kShortWords) ? known->kind : word);
    if (!kind)
        return refuse(404, fmt::format("there is no kind '{}'; there are {}", word, fmt::join(kind_names(), ", ")));
    return *kind;
}

Answer<AnyResource> find_resource(const Model& model, std::string_view kind_word, std::string_view name)
{
    const auto kind = kind_of(kind_word);
    if (!kind)
        return std::unexpected(kind.error());
    auto found = model.get({*kind, std::string{name}});
    if (const auto* builtin = builtin_group(name); builtin && *kind == SecurityGroup::kKind)
        found = *builtin;
    if (!found)
        return refuse(404, fmt::format("there is no {} '{}'", *kind, name));
    return std::move(*found);
}

Answer<json::value> list_resources(const Views& views, std::string_view kind_word, const Page& page)
{
    const auto kind = kind_of(kind_word);
    if (!kind)
        return std::unexpected(kind.error());
    json::object answer;
    with_kind(*kind, [&]<typename T>(std::type_identity<T>) { answer = list<T>(views, page); });
    return answer;
}

Answer<json::value> show_resource(const Views& views, std::string_view kind_word, std::string_view name)
{
    const auto resource = find_resource(views.model(), kind_word, name);
    if (!resource)
        return std::unexpected(resource.error());
    json::object answer = resource_object(views, *resource);
    if (const auto* group = std::get_if<SecurityGroup>(&*resource))
        add_rules(views, *group, answer);
    if (const auto* acl = std::get_if<NetworkAcl>(&*resource))
        add_rules(views, *acl, answer);
    if (const auto* elastic = std::get_if<ElasticIp>(&*resource))
        add_public(views, *elastic, answer);
    if (const auto* gateway = std::get_if<NatGateway>(&*resource))
        add_public(views, *gateway, answer);
    if (const auto* balancer = std::get_if<LoadBalancer>(&*resource))
        add_public(views, *balancer, answer);
    return answer;
}

} // namespace vpcd
