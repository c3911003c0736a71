/* What only the kernel's own devices and drivers can do to a packet, done by a test: tunnel metadata as the vxlan
 * device leaves it, XDP metadata as a stranger's program might. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} next SEC(".maps");

__u32 tunnel_vni;
__u32 tunnel_source; /* host byte order */
__u64 metadata;
__u32 metadata_size; /* 4 or 8 */

/* The helper that reads the key takes the sender from what a writer calls the local address. */
SEC("tcx/ingress")
int forge_tunnel(struct __sk_buff *skb)
{
	struct bpf_tunnel_key key = {.tunnel_id = tunnel_vni, .tunnel_ttl = 64};

	key.local_ipv4 = tunnel_source;
	if (bpf_skb_set_tunnel_key(skb, &key, sizeof(key), 0))
		return -2;
	bpf_tail_call(skb, &next, 0);
	return -3;
}

SEC("xdp.frags")
int forge_metadata(struct xdp_md *xdp)
{
	const int size = metadata_size == 4 ? 4 : 8;

	if (bpf_xdp_adjust_meta(xdp, -size))
		return XDP_ABORTED;
	__u32 *word = (void *)(long)xdp->data_meta, *end = (void *)(long)xdp->data;

	if (word + 1 > end)
		return XDP_ABORTED;
	word[0] = metadata;
	if (word + 2 <= end)
		word[1] = metadata >> 32;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
