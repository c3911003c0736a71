/* What the cost of a program is compared with: nothing at all, and one lookup in the flow table. */
#include <linux/pkt_cls.h>

#include "lib/context_skb.h"

#include "maps.h"

/* The cost of being called and measured. */
SEC("tcx/ingress")
int empty(struct __sk_buff *skb)
{
	(void)skb;
	return TC_ACT_OK;
}

/* The packet is the key, after an Ethernet header. */
SEC("tcx/ingress")
int lookup(struct __sk_buff *skb)
{
	const struct flow_key *in_packet = (void *)(long)skb->data + 14;
	struct flow_key key;

	if ((void *)(in_packet + 1) > (void *)(long)skb->data_end)
		return TC_ACT_SHOT;
	__builtin_memcpy(&key, in_packet, sizeof(key));
	return bpf_map_lookup_elem(&flows, &key) ? TC_ACT_OK : TC_ACT_SHOT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
