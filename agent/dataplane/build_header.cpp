#include "dataplane/build_header.h"

#include <array>
#include <fmt/format.h>

namespace vpcd {

namespace {

constexpr std::array<std::string_view, FEATURE_COUNT> kIds{
#define X(id, name, sentence) #id,
    VPCD_FEATURES(X)
#undef X
};

} // namespace

std::string build_header(const FeatureSet& features, const MapSizes& sizes)
{
    std::string text = "/* Written by vpcd for this host. */\n#pragma once\n\nenum {\n";
    for (std::size_t i = 0; i < kIds.size(); ++i)
        text += fmt::format("\tfeature_{} = {},\n", kIds.at(i), features.test(i) ? 1 : 0);
    return text + fmt::format("}};\n\n#define BUILD_FLOWS {}\n#define BUILD_PENDING {}\n#define BUILD_ENDPOINTS {}\n"
                              "#define BUILD_TRANSLATIONS {}\n",
                              sizes.flows, sizes.pending, sizes.endpoints, sizes.translations);
}

} // namespace vpcd
