// The plan: from what is declared, and what this host's kernel is like, to the rows of this host's kernel tables.
// Pure: no I/O, no clock, no log. Incremental: a change costs the rows it concerns, whatever the size of the model.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <vpcd/abi/limits.h>

#include "base/error.h"
#include "model/model.h"
#include "plan/effective_routes.h"
#include "plan/facts.h"
#include "plan/rule_origin.h"
#include "plan/tables.h"

namespace vpcd {

// Sizes of the tables of rules.
struct RuleLimits {
    std::uint32_t policies = VPCD_MAX_POLICIES;
    std::uint32_t sets = VPCD_MAX_RULE_SETS;
    std::uint32_t rules = VPCD_MAX_RULES;
    std::uint32_t peers = VPCD_MAX_RULE_PEERS;
    std::uint32_t groups = VPCD_MAX_RULE_GROUPS;
    std::uint32_t ports = VPCD_MAX_RULE_PORTS;
};

struct PlanOptions {
    std::string host;           // the name of this host's document
    std::string documents = {}; // where documents are read from, to say where one is missing; may be empty
    bool xdp_redirect = false;
    std::uint32_t endpoints = VPCD_MAX_ENDPOINTS; // size of the tables `endpoints` and `next_hops`
    std::uint32_t interfaces = VPCD_MAX_INTERFACES;
    std::uint32_t hosts = VPCD_MAX_HOSTS;
    std::uint32_t flows = VPCD_MAX_FLOWS; // size of the table `flows`, two entries a connection
    // Of VPCs that do not say how many they may have; 0: half of what `flows` holds.
    std::uint32_t connections_per_vpc = 0;
    // Through NAT gateways of this host.
    std::uint32_t translations_per_vpc = VPCD_MAX_TRANSLATIONS / 4;
    std::uint32_t translations_per_address = VPCD_MAX_TRANSLATIONS / 8;
    RuleLimits rules = {};
};

struct PlanResult {
    PlanChanges changes;
    std::vector<Error> errors; // what could not be planned, up to kMostErrors or so; the rest was
    std::size_t visits = 0;    // resources and facts that were looked at
};

// Which devices carry programs, and what decides how.
struct Attachments {
    struct Instance {
        std::string device;
        std::string interface;

        friend bool operator==(const Instance&, const Instance&) = default;
    };
    std::map<unsigned, Instance> instances; // by ifindex
    std::string underlay_device;            // empty: not known
    unsigned underlay_ifindex = 0;          // 0: the device is not there
    bool is_underlay_nic = false;           // a physical or virtio NIC, not a veth or another virtual device
    bool has_whole_packets = false;         // an instance is behind a tap
    std::string external_device;            // leads to the Internet; empty: none
    unsigned external_ifindex = 0;          // 0: the device is not there

    friend bool operator==(const Attachments&, const Attachments&) = default;
};

// A local interface as the plan sees it.
struct LocalInterface {
    std::uint32_t id = 0;
    std::string vpc;
    std::string device;
    unsigned ifindex = 0; // 0: waiting for the device
    std::uint32_t generation = 0;

    bool is_attached() const { return ifindex != 0; }
};

struct PlannerState;

// One thread; every string and row is copied from the model, which may change between calls.
class Planner {
public:
    explicit Planner(PlanOptions);
    Planner(Planner&&) noexcept;
    Planner& operator=(Planner&&) noexcept;
    ~Planner();

    // What the kernel holds from an earlier run. Once, before the first update, which then plans everything, keeps
    // ids, serials and generations, and returns the differences to these rows.
    void adopt(Tables observed);
    // Plans anew `touched` (every resource that changed, came or went) and what depends on them. Returns only
    // differences; with the same inputs again there are none. The first call plans the whole model.
    PlanResult update(const Model&, const ResourceIds& touched, const Facts&);
    PlanResult facts_changed(const Model& model, const Facts& facts) { return update(model, {}, facts); }

    // All desired rows.
    const Tables& tables() const;
    const Attachments& attachments() const;
    // The tunnel endpoints whose underlay path must be known: hosts with an interface in a VPC that is present here.
    const std::set<Address>& peers() const;

    // Names for the numbers in the tables; empty when there is none.
    std::string interface_name(std::uint32_t id) const;
    std::string vpc_name(std::uint32_t vni) const;
    std::string host_name(std::uint32_t id) const; // 0: this host
    std::string subnet_name(std::uint32_t vni, std::uint32_t id) const;
    std::string table_name(std::uint32_t vni, std::uint32_t id) const;
    // "web-1 @ node-a"; "web-1" for one that is placed nowhere; "the gateway of node-a".
    std::string next_hop_name(std::uint32_t index) const;
    // "blue ingress of groups db web"
    std::string policy_name(std::uint32_t id) const;
    // The groups whose members have this number in `endpoints`: "db, web".
    std::string groups_text(std::uint32_t vni, std::uint32_t group_set) const;
    // The rule with this number, in one of the rule sets of now; nullptr when there is none.
    const RuleOrigin* rule_origin(std::uint64_t id) const;
    // The route behind a row of `routes`; nullptr when there is none.
    const EffectiveRoute* route(const ::route_key&) const;
    std::optional<LocalInterface> local_interface(const std::string& name) const;
    // Of an ElasticIp that this host serves: its index in `public_traffic`.
    std::optional<std::uint32_t> public_id(const std::string& elastic) const;
    // The same of an address of a NAT gateway.
    std::optional<std::uint32_t> public_id(const Address&) const;

    // Of a load balancer that this host plays: each backend of each listener, in their order.
    struct BackendNumber {
        std::uint32_t id = 0;
        std::uint8_t protocol = 0;
        std::uint16_t port = 0; // the listener's
        Address address;
    };
    std::vector<BackendNumber> backend_numbers(const std::string& balancer) const;
    // The backends that this host checks, by their numbers.
    struct CheckedBackend {
        std::string balancer;
        std::uint32_t vni = 0;
        Address address;
        std::uint16_t port = 0; // that is checked
        HealthCheck check;

        friend bool operator==(const CheckedBackend&, const CheckedBackend&) = default;
    };
    std::map<std::uint32_t, CheckedBackend> checked_backends() const;

private:
    std::unique_ptr<PlannerState> state_;
};

} // namespace vpcd
