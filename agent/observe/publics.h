// Public addresses, with what this host knows of them.
#pragma once

#include <string>

#include <boost/json/object.hpp>

#include "observe/views.h"

namespace vpcd {

// "served by node-a", "bound to nothing", "served by nobody: ..."
std::string state_of(const Model&, const ElasticIp&);
// `servedBy`, `privateAddress` and `counters`, where this host has them.
void add_public(const Views&, const ElasticIp&, boost::json::object& answer);
// `servedBy` and `addresses`, with their `connections` and `counters`, where this host has them.
void add_public(const Views&, const NatGateway&, boost::json::object& answer);
// `servedBy` and `backends`, one for each backend of each listener, where this host plays it.
void add_public(const Views&, const LoadBalancer&, boost::json::object& answer);

} // namespace vpcd
