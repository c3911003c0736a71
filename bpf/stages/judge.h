/* Asks the rules: security groups for the packet that opened the connection, network ACLs for each packet. */
#pragma once

#include "lib/rules.h"
#include "stages/flow.h"

/* How consult() shall look at the packet, beside the enum policy_stage in the low bits. */
#define CONSULT_STAGE 0xffu
#define CONSULT_ANSWER (1u << 8) /* it answers the packet that is judged */
#define CONSULT_SOURCE (1u << 9) /* the peer is its source */

/* Which rule sets are in force. A packet asks once, so that all rules it meets are of one set of documents. */
static __always_inline __u32 rules_epoch(void)
{
	const __u32 zero = 0;
	const struct settings *now = bpf_map_lookup_elem(&settings, &zero);

	return now ? *(const volatile __u32 *)&now->epoch : 0;
}

static __always_inline __u32 group_set_of(const struct packet *p, const struct address *address)
{
	const struct endpoint_key key = {.address = *address, .vpc = p->flow.vpc};
	const struct endpoint *endpoint = bpf_map_lookup_elem(&endpoints, &key);

	return endpoint ? endpoint->group_set : 0;
}

/* The destination's port of the packet that is judged. ICMP: its type and code; an answer names the type it answers. */
static __always_inline void fill_port(struct rule_question *q, const struct packet *p, bool answers)
{
	const __be16 port = answers ? p->flow.source_port : p->flow.destination_port;

	if (p->flow.protocol == IPPROTO_ICMP) {
		q->port[0] = answers ? (__u8)bpf_ntohs(p->flow.source_port) : p->icmp_type;
		q->port[1] = answers ? 0 : p->icmp_code;
	} else {
		__builtin_memcpy(q->port, &port, sizeof(port));
	}
}

/* An enum rule_verdict. Out: p->denied_by, the rule, whatever it says. */
static __noinline __u32 consult(struct packet *p, __u32 policy_id, __u32 how)
{
	const struct policy *policy = bpf_map_lookup_elem(&policies, &policy_id);
	struct rule_question *q = &p->scratch->question;
	__u32 verdict;

	p->denied_by = RULE_ID_NONE;
	if (!policy_id)
		return RULE_VERDICT_ALLOW;
	p->denied_by = RULE_ID_MISSING;
	if (!policy)
		return RULE_VERDICT_DROP;
	q->rule_set = p->epoch & 1 ? policy->rule_set[1] : policy->rule_set[0];
	if (!q->rule_set)
		return RULE_VERDICT_DROP;
	q->peer = how & CONSULT_SOURCE ? p->flow.source : p->flow.destination;
	q->group_set = group_set_of(p, &q->peer);
	q->protocol = p->flow.protocol;
	fill_port(q, p, how & CONSULT_ANSWER);
	verdict = ask_rules(q);
	p->denied_by = q->rule;
	trace(p, TRACE_POLICY, q->rule, q->rule >> 32, (how & CONSULT_STAGE) | verdict << 8, NULL);
	return verdict;
}

static __noinline long count_rule(const struct packet *p, __u64 rule)
{
	const struct rule_hit_key key = {.rule = rule, .vpc = p->flow.vpc};
	const struct rule_hits none = {};
	struct rule_hits *hits;

	if (rule == RULE_ID_NONE || is_traced(p))
		return 0;
	hits = bpf_map_lookup_elem(&rule_hits, &key);
	if (!hits) {
		bpf_map_update_elem(&rule_hits, &key, &none, BPF_NOEXIST);
		hits = bpf_map_lookup_elem(&rule_hits, &key);
	}
	if (!hits)
		return count(p, COUNTER_RULE_UNLISTED);
	__sync_fetch_and_add(&hits->packets, 1);
	__sync_fetch_and_add(&hits->bytes, inner_bytes(p));
	return 0;
}

/* The groups of one side. Out: p->egress_rule or p->ingress_rule, or the reason why not. */
static __always_inline enum drop_reason ask_side(struct packet *p, const struct interface *interface, bool is_sender)
{
	const bool answers = p->flags & (is_sender ? PACKET_ANSWERS : PACKET_ANSWERED);
	const bool is_egress = is_sender != answers;
	const __u32 how = (is_egress ? POLICY_STAGE_GROUP_OUT : POLICY_STAGE_GROUP_IN) |
			  (answers ? CONSULT_ANSWER : 0) | (is_sender ? 0 : CONSULT_SOURCE);
	const __u32 policy_id = is_egress ? interface->egress_policy : interface->ingress_policy;

	if (consult(p, policy_id, how) != RULE_VERDICT_ALLOW)
		return is_egress ? DROP_GROUP_OUT : DROP_GROUP_IN;
	if (is_egress)
		p->egress_rule = p->denied_by;
	else
		p->ingress_rule = p->denied_by;
	p->denied_by = RULE_ID_NONE;
	return DROP_NONE;
}

/* Of the sides that are here; NULL: is not. */
static __noinline enum drop_reason ask_sides(struct packet *p, const struct interface *sender,
					     const struct interface *receiver)
{
	enum drop_reason reason = DROP_NONE;

	p->egress_rule = p->ingress_rule = RULE_ID_NONE;
	if (sender)
		reason = ask_side(p, sender, true);
	if (reason == DROP_NONE && receiver)
		reason = ask_side(p, receiver, false);
	return reason;
}

/* Of a connection met in the middle nobody knows who opened it: either side may have, if it was allowed to. */
static __always_inline enum verdict stage_groups(struct packet *p, const struct interface *sender,
						 const struct interface *receiver)
{
	enum drop_reason reason;

	if (p->flags & (PACKET_APPROVED | PACKET_ERROR | PACKET_CHECK))
		return VERDICT_CONTINUE;
	reason = ask_sides(p, sender, receiver);
	if (reason != DROP_NONE && p->flags & PACKET_MIDSTREAM) {
		p->flags |= PACKET_ANSWERS | PACKET_ANSWERED;
		reason = ask_sides(p, sender, receiver);
	}
	count_rule(p, p->egress_rule);
	count_rule(p, p->ingress_rule);
	count_rule(p, p->denied_by);
	return reason == DROP_NONE ? VERDICT_CONTINUE : drop(p, reason);
}

/* The address of an instance in this subnet: what it exchanges with another one there does not cross the border. */
static __always_inline bool is_inside(const struct packet *p, const struct address *address, __u32 subnet)
{
	const struct endpoint_key key = {.address = *address, .vpc = p->flow.vpc};
	const struct endpoint *endpoint = bpf_map_lookup_elem(&endpoints, &key);

	return endpoint && endpoint->subnet == subnet && !(endpoint->flags & ENDPOINT_ROUTER);
}

/* Out of the sender's subnet or into the receiver's. */
static __noinline enum verdict stage_acl(struct packet *p, const struct interface *interface, bool is_sender)
{
	struct subnet_key key = {.vpc = p->flow.vpc};
	const struct subnet *subnet;
	__u32 policy_id, verdict;

	if (!feature(ACL) || !interface || p->flags & PACKET_CHECK)
		return VERDICT_CONTINUE;
	key.subnet = interface->subnet;
	subnet = bpf_map_lookup_elem(&subnets, &key);
	if (!subnet)
		return VERDICT_CONTINUE;
	policy_id = is_sender ? subnet->egress_policy : subnet->ingress_policy;
	if (!policy_id || is_inside(p, is_sender ? &p->flow.destination : &p->flow.source, interface->subnet))
		return VERDICT_CONTINUE;
	verdict = consult(p, policy_id, is_sender ? POLICY_STAGE_ACL_OUT : POLICY_STAGE_ACL_IN | CONSULT_SOURCE);
	count_rule(p, p->denied_by);
	if (verdict != RULE_VERDICT_ALLOW)
		return drop(p, is_sender ? DROP_ACL_OUT : DROP_ACL_IN);
	p->denied_by = RULE_ID_NONE;
	return VERDICT_CONTINUE;
}
