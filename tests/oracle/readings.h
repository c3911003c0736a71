// What the datapath has counted, read in a few calls: one packet is measured by the difference.
#pragma once

#include <map>
#include <string>

#include <vpcd/abi/policy.h>

#include "bpf/datapath.h"
#include "plan/table.h"

namespace vpcd::oracle {

using test::Datapath;

struct Readings {
    std::map<drop_key, drop_count, ByBytes> drops;
    std::map<rule_hit_key, rule_hits, ByBytes> hits;
    std::map<__u32, interface_counters> traffic;

    static Readings take(const Datapath&);
    // What has been counted since; nothing that has not changed.
    Readings since(const Readings& before) const;
};

} // namespace vpcd::oracle
