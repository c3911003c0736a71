// The rows of a NAT gateway.
#include <arpa/inet.h>

#include "base/hash.h"
#include "plan/planned.h"
#include "plan/planned_bandwidth.h"
#include "plan/port_blocks.h"

namespace vpcd {

namespace {

static_assert(SnatEntry::kMostAddresses == SNAT_ADDRESSES);

::snat_key snat_key_of(std::uint32_t vni, const Prefix& source)
{
    return {.prefix_len = SNAT_PREFIX_FIXED + source.mapped_length(), .vpc = vni, .address = source.address().abi()};
}

std::uint16_t flags_of(const PlannedNat& nat)
{
    unsigned flags = nat.is_independent ? unsigned{SNAT_ENDPOINT_INDEPENDENT} : 0u;
    if (!nat.slices.empty())
        flags |= nat.is_first ? SNAT_SLICE : SNAT_SLICE | SNAT_PORTS_ONLY;
    return static_cast<std::uint16_t>(flags);
}

::slice_key slice_key_of(const Address& address, const PortBlock& block)
{
    return {.prefix_len = SLICE_PREFIX_FIXED + std::uint32_t{block.length},
            .address = address.abi(),
            .port = {static_cast<__u8>(block.first >> 8), static_cast<__u8>(block.first & 0xff)},
            .pad = 0};
}

void add_slices(const PlannedNat& nat, const Address& address, Tables& tables)
{
    for (const auto& slice : nat.slices) {
        const auto add = [&](const PortBlock& block) {
            tables.slices[slice_key_of(address, block)] = {.next_hop = slice.next_hop};
        };
        for_each_block(slice.ports, add);
        if (slice.is_first)
            add({.first = 0, .length = SLICE_PORT_BITS});
    }
}

::snat snat_of(const PlannedNat& nat, const PlannedShare& share)
{
    ::snat row{.first_port = nat.first_port,
               .last_port = nat.last_port,
               .count = static_cast<__u16>(share.addresses.size()),
               .flags = flags_of(nat),
               .generation = nat.generation,
               .addresses = {}};
    for (std::size_t i = 0; i < share.addresses.size(); ++i)
        row.addresses[i] = {.address = share.addresses[i].abi(), .id = nat.ids.at(share.addresses[i])};
    return row;
}

// All its addresses share its caps.
std::uint32_t payer_of(const PlannedNat& nat)
{
    return nat.ids.begin()->second;
}

// What comes for a shared address comes in at the first host, or, by routes, anywhere.
bool is_passed(const PlannedNat& nat)
{
    return !nat.slices.empty() && (nat.is_quiet || !nat.is_announced);
}

void add_public(const PlannedNat& nat, const Address& address, Tables& tables)
{
    const auto id = nat.ids.at(address);
    tables.publics[{.address = address.abi()}] = {.private_address = {},
                                                  .vpc = nat.vni,
                                                  .id = id,
                                                  .flags = told_by(nat.is_announced, nat.is_quiet, is_passed(nat))};
    tables.public_generations[id] = nat.generation;
    add_public_limits(id, payer_of(nat), nat.bandwidth, tables);
}

} // namespace

void add_rows(const PlannedNat& nat, Tables& tables)
{
    for (const auto& share : nat.shares) {
        tables.snats[snat_key_of(nat.vni, share.source)] = snat_of(nat, share);
        for (const auto& address : share.addresses) {
            add_public(nat, address, tables);
            add_slices(nat, address, tables);
        }
    }
    for (const auto& [address, protocol, port, to, to_port] : nat.forwards) {
        tables.forwards[{.address = address.abi(), .port = htons(port), .protocol = protocol, .pad = 0}] = {
            .address = to.abi(), .vpc = nat.vni, .generation = nat.generation, .port = htons(to_port), .pad = 0};
        add_public(nat, address, tables);
    }
    for (const auto& [address, to] : nat.wholes)
        add_rows(PlannedElastic{.vni = nat.vni,
                                .id = nat.ids.at(address),
                                .address = address,
                                .private_address = to,
                                .is_announced = nat.is_announced,
                                .bandwidth = nat.bandwidth,
                                .payer = payer_of(nat)},
                 tables);
}

std::uint32_t content_hash(PlannedNat nat)
{
    nat.generation = 0;
    Tables rows;
    add_rows(nat, rows);
    const auto hash = hash_of(rows.publics, hash_of(rows.forwards, hash_of(rows.snats, kFnvStart)));
    return hash == 0 ? 1 : hash;
}

} // namespace vpcd
