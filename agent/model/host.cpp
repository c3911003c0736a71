#include "model/host.h"

#include <fmt/format.h>

#include "model/rule_context.h"

namespace vpcd {

const std::vector<std::pair<std::string_view, Encapsulation>>& names(Encapsulation)
{
    static const std::vector<std::pair<std::string_view, Encapsulation>> kNames{
#define X(id, name, overhead) {name, static_cast<Encapsulation>(ENCAPSULATION_##id)},
        VPCD_ENCAPSULATIONS(X)
#undef X
    };
    // NONE is how the tables say "this host"; no document may.
    static const std::vector<std::pair<std::string_view, Encapsulation>> kWords{kNames.begin() + 1, kNames.end()};
    return kWords;
}

unsigned overhead(Encapsulation encapsulation)
{
    static constexpr unsigned kOverheads[] = {
#define X(id, name, overhead) overhead,
        VPCD_ENCAPSULATIONS(X)
#undef X
    };
    return kOverheads[static_cast<unsigned>(encapsulation)];
}

void check(const Host& host, RuleContext& context)
{
    if (context.check_family("address", host.address) && !is_unicast(host.address))
        context.report("address", fmt::format("{} cannot be a tunnel endpoint; it must be a unicast address",
                                              to_string(host.address)));
    if (!host.device.empty())
        context.check_device("device", host.device);
    context.check_name("zone", host.zone, kLongestZone);
    if (host.external)
        context.check_device("external.device", host.external->device);
}

Claims claims(const Host& host, const Model&)
{
    return {{.noun = "tunnel endpoint",
             .value = host.address,
             .field = "address",
             .rule = "a tunnel endpoint belongs to one host"}};
}

} // namespace vpcd
