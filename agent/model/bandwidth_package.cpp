#include "model/bandwidth_package.h"

#include "model/claims.h"

namespace vpcd {

void check(const BandwidthPackage& package, RuleContext& context)
{
    check(std::optional{package.bandwidth}, context);
}

Claims claims(const BandwidthPackage&, const Model&)
{
    return {};
}

} // namespace vpcd
