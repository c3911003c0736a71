// Sizes of tables, as the settings say.
#pragma once

#include "config/agent_config.h"
#include "dataplane/map_sizes.h"

namespace vpcd {

inline MapSizes map_sizes_of(const AgentConfig& config)
{
    return {.flows = config.datapath.flows,
            .endpoints = config.datapath.endpoints,
            .pending = config.datapath.pending_flows,
            .translations = config.datapath.translations};
}

} // namespace vpcd
