// Reading the agent's answers without assuming they are complete: an older or newer agent may say less or more.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace vpcd {

// The member as a person reads it; empty when there is none.
std::string text_of(const boost::json::value& object, std::string_view key);
std::string text_of(const boost::json::value& value);
double number_of(const boost::json::value& object, std::string_view key);
bool is_set(const boost::json::value& object, std::string_view key);
// An empty one when there is none.
const boost::json::array& array_of(const boost::json::value& object, std::string_view key);
const boost::json::value& member_of(const boost::json::value& object, std::string_view key);

// "10.0.1.10:443", "[2001:db8::1]:443"; without a port the address alone.
std::string endpoint(const boost::json::value& object, std::string_view address, std::string_view port);

// "routeTable" as a title: "ROUTE-TABLE"; as a label: "Route table".
std::string title_of(std::string_view key);
std::string label_of(std::string_view key);

} // namespace vpcd
