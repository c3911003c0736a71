/* The rule that decides, in constant time: see abi/policy.h. */
#pragma once

#include "lib/compiler.h"
#include "maps.h"

#define NO_RULE (~0u)

/* The number of the lowest bit that is set. By arithmetic: branches would be paths for the verifier. */
static __always_inline __u32 lowest_bit(__u64 word)
{
	__u64 below = (word & -word) - 1;

	below -= (below >> 1) & 0x5555555555555555ull;
	below = (below & 0x3333333333333333ull) + ((below >> 2) & 0x3333333333333333ull);
	below = (below + (below >> 4)) & 0x0f0f0f0f0f0f0f0full;
	return (below * 0x0101010101010101ull) >> 56;
}

static __always_inline __u32 first_rule(const struct rule_bits *peers, const struct rule_bits *groups,
					const struct rule_bits *ports)
{
	for (__u32 i = 0; i < RULE_WORDS; i++) {
		__u64 word = (peers ? peers->word[i] : 0) | (groups ? groups->word[i] : 0);

		word &= ports->word[i];
		if (word)
			return i * 64 + lowest_bit(word);
	}
	return NO_RULE;
}

static __always_inline const struct rule_bits *find_peer(const struct rule_question *q)
{
	const struct rule_peer_key key = {
		.prefix_len = RULE_PEER_PREFIX_MAX,
		.rule_set = q->rule_set,
		.address = q->peer,
	};

	return bpf_map_lookup_elem(&rule_peers, &key);
}

static __always_inline const struct rule_bits *find_group(const struct rule_question *q)
{
	const struct rule_group_key key = {.rule_set = q->rule_set, .group_set = q->group_set};

	return q->group_set ? bpf_map_lookup_elem(&rule_groups, &key) : NULL;
}

static __always_inline const struct rule_bits *find_port(const struct rule_question *q)
{
	const struct rule_port_key key = {
		.prefix_len = RULE_PORT_PREFIX_MAX,
		.rule_set = q->rule_set,
		.protocol = q->protocol,
		.port = {q->port[0], q->port[1]},
	};

	return bpf_map_lookup_elem(&rule_ports, &key);
}

/* An enum rule_verdict. Global, so that the verifier walks it once and not for each who asks. */
__noinline __u32 ask_rules(struct rule_question *q)
{
	const struct rule_set *rule_set;
	const struct rule_bits *ports;
	const struct rule *rule;
	struct rule_key key = {};

	if (!q)
		return RULE_VERDICT_DROP;
	q->rule = RULE_ID_MISSING;
	key.rule_set = q->rule_set;
	rule_set = bpf_map_lookup_elem(&rule_sets, &key.rule_set);
	if (!rule_set)
		return RULE_VERDICT_DROP;
	ports = find_port(q);
	key.index = ports ? first_rule(find_peer(q), find_group(q), ports) : NO_RULE;
	if (key.index == NO_RULE) {
		q->rule =
			rule_set->otherwise == RULE_VERDICT_ALLOW ? RULE_ID_OTHERWISE_ALLOW : RULE_ID_OTHERWISE_DROP;
		return rule_set->otherwise;
	}
	rule = bpf_map_lookup_elem(&rules, &key);
	if (!rule)
		return RULE_VERDICT_DROP;
	q->rule = rule->id;
	return rule->verdict;
}
