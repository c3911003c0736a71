// Which host serves a public address.
#pragma once

#include <string>

#include "model/model.h"

namespace vpcd {

// The host of the interface it is bound to, if that leads to the Internet; else the one its document names. Empty:
// nobody does, or it is bound to nothing.
std::string serving_host(const Model&, const ElasticIp&);

} // namespace vpcd
