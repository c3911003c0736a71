#include "app/check_upgrade.h"

#include <algorithm>
#include <fmt/format.h>

#include "app/map_sizes_of.h"
#include "dataplane/dataplane.h"

namespace vpcd {

namespace {

constexpr int kLoss = 3;

} // namespace

int check_upgrade(const AgentConfig& config)
{
    const auto fates = Dataplane::preview(config.pin_directory, map_sizes_of(config));
    if (!fates) {
        fmt::print(stderr, "{}\n", fates.error().text());
        return 1;
    }
    for (const auto& fate : *fates)
        fmt::print("{}\n", describe(fate));

    const auto programs = Pins::at(config.pin_directory).link_names().size();
    fmt::print("programs: {} attached by links, each replaced in one step\n", programs);
    const bool is_losing = std::ranges::any_of(*fates, is_loss);
    fmt::print("{}\n", is_losing ? "a start loses what is not carried over; nothing has changed yet"
                                 : "a start loses nothing");
    return is_losing ? kLoss : 0;
}

} // namespace vpcd
