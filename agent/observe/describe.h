// A resource with everything related to it, for the operator who wonders why.
#pragma once

#include <string_view>

#include <boost/json/object.hpp>

#include "observe/router.h"
#include "observe/views.h"

namespace vpcd {

Answer<boost::json::value> describe_resource(const Views&, std::string_view kind, std::string_view name);

// What each kind adds to the resource itself. A kind without its own shows who refers to it.
void explain(const Views&, const Vpc&, boost::json::object&);
void explain(const Views&, const Subnet&, boost::json::object&);
void explain(const Views&, const RouteTable&, boost::json::object&);
void explain(const Views&, const SecurityGroup&, boost::json::object&);
void explain(const Views&, const NetworkAcl&, boost::json::object&);
void explain(const Views&, const Interface&, boost::json::object&);
void explain(const Views&, const ElasticIp&, boost::json::object&);
void explain(const Views&, const NatGateway&, boost::json::object&);
void explain(const Views&, const LoadBalancer&, boost::json::object&);
void explain(const Views&, const Host&, boost::json::object&);

template <typename T>
void explain(const Views& views, const T& resource, boost::json::object& answer)
{
    boost::json::array& names = answer["referredToBy"].emplace_array();
    for (const ResourceId& id : views.model().referrers({T::kKind, resource.name}))
        names.emplace_back(to_string(id));
}

} // namespace vpcd
