// Resources as text again: JSON for the API, YAML for people. Both have exactly the keys of the document.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "model/kinds.h"

namespace vpcd {

// With `kind` first. Empty strings and lists are left out, as in a document.
boost::json::value to_json(const AnyResource&);
// One document, without the "---" line. The reader of config/ takes it.
std::string to_yaml(const AnyResource&);
// Any tree, in the same manner.
std::string to_yaml(const boost::json::value&);

} // namespace vpcd
