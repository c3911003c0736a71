/* A program no verifier accepts: it reads a packet without looking how long it is. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int refused(struct xdp_md *context)
{
	const __u8 *data = (const __u8 *)(long)context->data;

	return data[40] ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
