#include "plan/features.h"

#include <array>
#include <string_view>

#include <vpcd/abi/encapsulation.h>

namespace vpcd {

namespace {

constexpr std::array<std::string_view, FEATURE_COUNT> kNames{
#define X(id, name, sentence) name,
    VPCD_FEATURES(X)
#undef X
};

} // namespace

FeatureSet feature_of_encapsulation(unsigned encapsulation)
{
    FeatureSet features;
    features.set(FEATURE_VXLAN, encapsulation == ENCAPSULATION_VXLAN);
    features.set(FEATURE_GENEVE, encapsulation == ENCAPSULATION_GENEVE);
    features.set(FEATURE_GRE, encapsulation == ENCAPSULATION_GRE);
    return features;
}

FeatureSet features_of(const Tables& rows)
{
    FeatureSet features;
    const auto use = [&](feature which, bool is_used) {
        if (is_used)
            features.set(which);
    };
    for (const auto& [index, host] : rows.hosts)
        features |= feature_of_encapsulation(host.encapsulation);
    for (const auto& [index, interface] : rows.interfaces) {
        if (interface.vpc == 0)
            continue; // an empty slot
        use(FEATURE_PAIR, (interface.flags & INTERFACE_PEER) != 0);
        use(FEATURE_TAP, (interface.flags & INTERFACE_PEER) == 0 && interface.ifindex != 0);
        use(FEATURE_SOURCE_CHECK, (interface.flags & INTERFACE_SOURCE_CHECK) != 0);
    }
    for (const auto& [key, subnet] : rows.subnets)
        use(FEATURE_ACL, subnet.ingress_policy != 0 || subnet.egress_policy != 0);
    use(FEATURE_NAT, !rows.snats.empty() || !rows.forwards.empty());
    use(FEATURE_SERVICE, !rows.services.empty());
    use(FEATURE_LIMIT, !rows.limits.empty());
    for (const auto& [key, row] : rows.services)
        use(FEATURE_NAT, key.vpc == 0);
    for (const auto& [index, host] : rows.settings) {
        features |= feature_of_encapsulation(host.encapsulation);
        use(FEATURE_TUNNEL_DEVICE, host.tunnel_ifindex != 0);
        use(FEATURE_XDP_REDIRECT, host.xdp_redirect != 0);
        use(FEATURE_OUTSIDE, host.outside != 0);
    }
    return features;
}

std::string to_string(const FeatureSet& features)
{
    std::string text;
    for (std::size_t i = 0; i < kNames.size(); ++i)
        if (features.test(i))
            text.append(text.empty() ? "" : ", ").append(kNames.at(i));
    return text;
}

} // namespace vpcd
