// Questions about how resources hang together, asked by several descriptions.
#pragma once

#include <string>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "observe/views.h"

namespace vpcd {

// Names, sorted.
std::vector<std::string> subnets_of(const Model&, const std::string& vpc);
std::vector<std::string> interfaces_in(const Model&, const Subnet&);
std::vector<std::string> subnets_bound_to(const Model&, const RouteTable&);

// Custom routes that lead to an interface: [{"routeTable": ..., "destination": ...}].
boost::json::array routes_to(const Model&, const std::string& interface);

// "interfaces": the first few hundred with address, host and state; "interfacesNotShown": how many more there are.
void add_interfaces(const Views&, const std::vector<std::string>& names, boost::json::object&);

} // namespace vpcd
