// What the settings say to the plan.
#pragma once

#include "config/agent_config.h"
#include "plan/planner.h"

namespace vpcd {

inline PlanOptions plan_options_of(const AgentConfig& config)
{
    const Quotas& quotas = config.quotas;
    const DatapathConfig& datapath = config.datapath;
    // Two entries a connection, and half of what the table holds.
    const auto per_vpc = quotas.translations_per_vpc ? quotas.translations_per_vpc : datapath.translations / 4;
    return {.host = config.host,
            .documents = config.documents,
            .xdp_redirect = datapath.decapsulation == Decapsulation::XdpRedirect,
            .endpoints = datapath.endpoints,
            .flows = datapath.flows,
            .connections_per_vpc = quotas.connections_per_vpc,
            .translations_per_vpc = per_vpc,
            .translations_per_address =
                quotas.translations_per_address ? quotas.translations_per_address : per_vpc / 2};
}

} // namespace vpcd
