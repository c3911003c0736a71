/* Counts the generator's datagrams on an instance's device and drops them: the receiving stack stays out of the
 * figure. */
#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} packets SEC(".maps");

#define PORTS 8

const volatile __u16 port = 9; /* the first of PORTS */

/* True: one of the generator's, counted. */
static __always_inline bool is_counted(void *data, void *end)
{
	struct ethhdr *ethernet = data;
	struct iphdr *ip = (void *)(ethernet + 1);
	struct udphdr *udp = (void *)(ip + 1);
	__u32 zero = 0;
	__u64 *count;

	if ((void *)(udp + 1) > end || ethernet->h_proto != bpf_htons(ETH_P_IP) || ip->protocol != IPPROTO_UDP ||
	    (__u16)(bpf_ntohs(udp->dest) - port) >= PORTS)
		return false;
	count = bpf_map_lookup_elem(&packets, &zero);
	if (count)
		*count += 1;
	return true;
}

SEC("tcx/ingress")
int sink_tc(struct __sk_buff *skb)
{
	return is_counted((void *)(long)skb->data, (void *)(long)skb->data_end) ? TC_ACT_SHOT : TC_ACT_OK;
}

/* For a path that delivers XDP frames: an instance that wants the most packets takes them in XDP. */
SEC("xdp")
int sink_xdp(struct xdp_md *xdp)
{
	return is_counted((void *)(long)xdp->data, (void *)(long)xdp->data_end) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
