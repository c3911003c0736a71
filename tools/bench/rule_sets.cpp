#include "rule_sets.h"

#include <netinet/in.h>

#include <vpcd/abi/policy.h>

#include "base/address.h"
#include "put.h"

namespace vpcd::bench {

namespace {

constexpr unsigned kFirstPort = 20'000;
const Address kBlock = Address::v4(0x0a000000); // 10.0.0.0
constexpr unsigned kBlockLength = 16;

void add(::rule_bits& bits, unsigned rule)
{
    bits.word[rule / 64] |= __u64{1} << rule % 64;
}

::rule_bits only(unsigned rule)
{
    ::rule_bits bits{};
    add(bits, rule);
    return bits;
}

::rule_peer_key peer_key(__u32 id, Address address, unsigned length)
{
    return {RULE_PEER_PREFIX_FIXED + 96 + length, id, address.abi()};
}

Address elsewhere(unsigned rule)
{
    return Address::v4(0xac100000 | rule); // 172.16.0.0
}

::rule_port_key port_key(__u32 id, unsigned port)
{
    return {RULE_PORT_PREFIX_MAX, id, IPPROTO_TCP, {static_cast<__u8>(port >> 8), static_cast<__u8>(port & 0xff)}, 0};
}

} // namespace

void write_rule_set(const MapNamed& map, __u32 id, unsigned count, __u32 vpc)
{
    const unsigned last = count - 1;
    ::rule_bits here = only(last), udp = only(last);
    for (unsigned rule = 0; rule < last; ++rule) {
        if (rule % 2 == 0) {
            ::rule_bits bits = only(rule);
            add(bits, last);
            put(map("rule_ports"), port_key(id, kFirstPort + rule), bits);
            add(here, rule);
        } else {
            put(map("rule_peers"), peer_key(id, elsewhere(rule), 32), only(rule));
            add(udp, rule);
        }
    }
    put(map("rule_peers"), peer_key(id, kBlock, kBlockLength), here);
    put(map("rule_ports"), ::rule_port_key{RULE_PORT_PREFIX_FIXED, id, 0, {}, 0}, only(last));
    put(map("rule_ports"), ::rule_port_key{RULE_PORT_PREFIX_FIXED + 8, id, IPPROTO_UDP, {}, 0}, udp);
    // As the agent does: the rule of a group that lets its members reach each other stands behind all others.
    put(map("rule_groups"), ::rule_group_key{id, kGroupSet}, only(count));
    for (unsigned rule = 0; rule <= count; ++rule)
        put(map("rules"), ::rule_key{id, rule}, ::rule{RULE_IDS + rule, RULE_VERDICT_ALLOW, 0});
    put(map("rule_sets"), id, ::rule_set{RULE_VERDICT_DROP, vpc});
}

} // namespace vpcd::bench
