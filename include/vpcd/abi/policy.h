/* Who may talk to whom. The rules of an interface's security groups, or of a subnet's network ACL, in one direction are a
 * rule set: at most VPCD_RULES of them, in the order in which they decide. A packet is looked up by its peer and by its
 * port; each answer is a bitmap of the rules that match, and the first bit both have is the rule that decides. So the
 * cost does not depend on the number of rules.
 *
 * Rule sets are never edited: a changed one gets another id, and `policies` is what switches. */
#pragma once

#include <vpcd/abi/limits.h>
#include <vpcd/abi/types.h>

/* Room for VPCD_RULES written rules, and behind them the rule of each group that lets its members reach each other. */
#define RULE_WORDS ((VPCD_RULES + 64) / 64)

/* What interfaces and subnets point to; index 0: no rules, everything is allowed. */
struct policy {
	/* Which rule set is in force: by the lowest bit of settings.epoch, whose change switches all policies of this host
	 * in one moment. Outside a switch both are the same. 0: not written yet, nothing is allowed. */
	__u32 rule_set[2];
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct policy, 8);

enum rule_verdict {
	RULE_VERDICT_NONE, /* no such rule set: the packet is dropped */
	RULE_VERDICT_ALLOW,
	RULE_VERDICT_DROP,
};

/* By id; never 0. */
struct rule_set {
	__u32 otherwise; /* enum rule_verdict: when no rule matches */
	__u32 vpc;       /* VNI, for whoever reads a dump */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct rule_set, 8);

/* Bit n of word w: rule 64 * w + n matches. */
struct rule_bits {
	__u64 word[RULE_WORDS];
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct rule_bits, 8 * RULE_WORDS);

/* Longest prefix: the rules whose peer is a block with this address. A row holds the rules of all blocks around it, those
 * with peer "any" included. */
struct rule_peer_key {
	__u32 prefix_len; /* RULE_PEER_PREFIX_FIXED + bits of the address (IPv4: 96 more than its own) */
	__u32 rule_set;
	struct address address;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct rule_peer_key, 24);

#define RULE_PEER_PREFIX_FIXED 32
#define RULE_PEER_PREFIX_MAX (RULE_PEER_PREFIX_FIXED + 128)

/* The rules whose peer is a group of which the peer is a member. */
struct rule_group_key {
	__u32 rule_set;
	__u32 group_set; /* endpoint.group_set of the peer, never 0 */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct rule_group_key, 8);

/* Longest prefix: the rules that match this protocol and port. A row holds the rules of all wider ones. */
struct rule_port_key {
	__u32 prefix_len; /* RULE_PORT_PREFIX_FIXED: any protocol; + 8: any port of one; + 8 + bits of the port */
	__u32 rule_set;
	__u8 protocol; /* IPPROTO_ */
	__u8 port[2];  /* the destination's as on the wire; ICMP: type, code */
	__u8 pad;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct rule_port_key, 12);

#define RULE_PORT_PREFIX_FIXED 32
#define RULE_PORT_PREFIX_MAX (RULE_PORT_PREFIX_FIXED + 8 + 16)

struct rule_key {
	__u32 rule_set;
	__u32 index; /* its bit */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct rule_key, 8);

struct rule {
	__u64 id; /* which rule of which document: the same as long as the rule reads the same; never below RULE_IDS */
	__u32 verdict; /* enum rule_verdict */
	__u32 pad;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct rule, 16);

/* Ids that no document has. */
enum rule_id {
	RULE_ID_NONE,            /* nothing was asked: no rules, or the side is on another host */
	RULE_ID_OTHERWISE_ALLOW, /* no rule matched */
	RULE_ID_OTHERWISE_DROP,
	RULE_ID_MISSING, /* the rule set is not there */
	RULE_IDS
};

/* By rule id: packets it decided. Later packets of a connection it allowed are not decided again. */
struct rule_hit_key {
	__u64 rule;
	__u32 vpc; /* VNI: the ids below RULE_IDS are everybody's */
	__u32 pad;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct rule_hit_key, 16);

struct rule_hits {
	__u64 packets;
	__u64 bytes;
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct rule_hits, 16);

/* What asks for a verdict: id, name, sentence part. */
#define VPCD_POLICY_STAGES(X)                                                                                        \
	X(GROUP_OUT, "groups of the sender, outbound")                                                               \
	X(GROUP_IN, "groups of the receiver, inbound")                                                               \
	X(ACL_OUT, "network ACL of the sender's subnet, outbound")                                                   \
	X(ACL_IN, "network ACL of the receiver's subnet, inbound")

enum policy_stage {
#define X(id, sentence) POLICY_STAGE_##id,
	VPCD_POLICY_STAGES(X)
#undef X
		POLICY_STAGE_COUNT
};
