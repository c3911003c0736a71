#include "plan/outside.h"

namespace vpcd {

std::string serving_host(const Model& model, const ElasticIp& elastic)
{
    const auto* interface = model.find<Interface>(elastic.interface);
    if (!interface)
        return {};
    const auto* host = model.find<Host>(interface->host);
    return host && host->has_external() ? host->name : elastic.host;
}

} // namespace vpcd
