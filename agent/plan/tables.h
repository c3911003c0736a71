// Every kernel table the plan fills, listed once, in the order in which changes are applied: what is referenced comes
// before what refers to it, and interfaces (whose generation makes the change visible) come after all they read.
// Rows of a rule set in use are not edited; a row of `rule_groups` may come while no endpoint has its group set yet.
#pragma once

#include <string_view>

#include <vpcd/abi/bandwidth.h>
#include <vpcd/abi/endpoint.h>
#include <vpcd/abi/host.h>
#include <vpcd/abi/interface.h>
#include <vpcd/abi/nat.h>
#include <vpcd/abi/policy.h>
#include <vpcd/abi/public.h>
#include <vpcd/abi/route.h>
#include <vpcd/abi/service.h>
#include <vpcd/abi/vpc.h>

#include "plan/table.h"

namespace vpcd {

// In an array every index exists: to delete a row is to write zeroes.
enum class TableKind { Hash, Trie, Array };

// Map name (as in bpf/maps.h), key, value, kind.
#define VPCD_TABLES(X)                                                                                               \
    X(hosts, __u32, ::host, Array)                                                                                   \
    X(vteps, ::vtep_key, ::vtep, Hash)                                                                               \
    X(next_hops, __u32, ::next_hop, Array)                                                                           \
    X(rules, ::rule_key, ::rule, Hash)                                                                               \
    X(rule_peers, ::rule_peer_key, ::rule_bits, Trie)                                                                \
    X(rule_groups, ::rule_group_key, ::rule_bits, Hash)                                                              \
    X(rule_ports, ::rule_port_key, ::rule_bits, Trie)                                                                \
    X(rule_sets, __u32, ::rule_set, Hash)                                                                            \
    X(policies, __u32, ::policy, Array)                                                                              \
    X(limits, __u32, ::limit, Array)                                                                                 \
    X(public_limits, __u32, ::public_limits, Array)                                                                  \
    X(backends, __u32, ::backend, Hash)                                                                              \
    X(service_slots, ::service_slots_key, ::service_slots, Hash)                                                     \
    X(service_clients, ::service_client_key, ::service_client, Trie)                                                 \
    X(services, ::service_key, ::service, Hash)                                                                      \
    X(vpcs, ::vpc_key, ::vpc, Hash)                                                                                  \
    X(subnets, ::subnet_key, ::subnet, Hash)                                                                         \
    X(endpoints, ::endpoint_key, ::endpoint, Hash)                                                                   \
    X(stations, ::station_key, ::station, Hash)                                                                      \
    X(forwards, ::forward_key, ::forward, Hash)                                                                      \
    X(snats, ::snat_key, ::snat, Trie)                                                                               \
    X(slices, ::slice_key, ::slice, Trie)                                                                            \
    X(public_generations, __u32, __u32, Array)                                                                       \
    X(elastics, ::elastic_key, ::elastic, Hash)                                                                      \
    X(publics, ::public_key, ::public_address, Hash)                                                                 \
    X(routes, ::route_key, ::route, Trie)                                                                            \
    X(interfaces, __u32, ::interface, Array)                                                                         \
    X(devices, ::device_key, ::device, Hash)                                                                         \
    X(settings, __u32, ::settings, Array)

// The rows this host wants. A vacated index of `next_hops` and `interfaces` keeps a row of zeroes and one number, the
// serial or generation no flow was ever decided under, so that even after a restart the next occupant gets a new one.
struct Tables {
#define X(name, Key, Value, kind) Table<Key, Value> name;
    VPCD_TABLES(X)
#undef X
};

struct PlanChanges {
#define X(name, Key, Value, kind) Changes<Key, Value> name;
    VPCD_TABLES(X)
#undef X

    bool empty() const { return size() == 0; }
    std::size_t size() const
    {
        std::size_t size = 0;
#define X(name, Key, Value, kind) size += name.size();
        VPCD_TABLES(X)
#undef X
        return size;
    }
};

// What generic code knows of one table: `tables.*info.rows`, `changes.*info.changes`.
template <typename KeyType, typename ValueType>
struct TableInfo {
    using Key = KeyType;
    using Value = ValueType;

    std::string_view name;
    TableKind kind;
    Table<Key, Value> Tables::* rows;
    Changes<Key, Value> PlanChanges::* changes;

    bool delete_writes_zeroes() const { return kind == TableKind::Array; }
};

// Of all tables. Not inline: every table has its own code.
PlanChanges diff(const Tables& desired, const Tables& observed);
void apply(const PlanChanges&, Tables&);
std::size_t row_count(const Tables&);

// Calls `function` with the TableInfo of each table, in the order of apply.
template <typename Function>
void for_each_table(Function&& function)
{
#define X(name, Key, Value, kind)                                                                                    \
    function(TableInfo<Key, Value>{#name, TableKind::kind, &Tables::name, &PlanChanges::name});
    VPCD_TABLES(X)
#undef X
}

} // namespace vpcd
