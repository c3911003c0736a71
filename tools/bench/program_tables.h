// The programs, loaded over tables of their own: two subnets of one VPC, 10.0.1.10 is here, 10.0.2.10 on another
// host.
#pragma once

#include <bpf/libbpf.h>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <interface.skel.h>
#include <lookup.skel.h>
#include <underlay.skel.h>
#include <xdp.skel.h>

#include "support/objects.h"
#include "support/packet.h"

namespace vpcd::bench {

// Rules in each direction, by the policy that has them.
enum Policy : __u32 { NoRules, OneRule, ManyRules, PolicyCount };
constexpr unsigned kRules[PolicyCount] = {0, 1, 1000};

// Flows differ in their ports.
class Programs {
public:
    // With room for so many flows. `directories`: of other builds of the same programs, by their names.
    Programs(unsigned flows, const std::map<std::string, std::string>& directories);
    Programs(const Programs&) = delete;
    Programs& operator=(const Programs&) = delete;
    ~Programs();

    int map(const char* name) const { return bpf_object__find_map_fd_by_name(interface->obj, name); }

    void fill_tables() const;
    void fill_rules() const;
    // Established ones, in both directions: those with the numbers below `flows`.
    void fill_flows(unsigned flows) const;
    // By which first packets are decided from now on, and whether the instance has bandwidth caps, which are never
    // reached. The generation stays, so that known flows do too.
    void use_policy(Policy policy, bool is_capped) const;

    interface_bpf* interface = nullptr;
    underlay_bpf* underlay = nullptr;
    xdp_bpf* xdp = nullptr;
    lookup_bpf* lookup = nullptr;
    std::vector<std::pair<std::string, OtherBuild>> others; // with their names

private:
    std::filesystem::path pins_;
};

// A packet of flow `n`: as the instance sends it, as it comes out of the underlay, and its bare key.
test::Bytes leaving(unsigned n);
test::Bytes arriving(unsigned n);
test::Bytes bare_key(unsigned n);

} // namespace vpcd::bench
