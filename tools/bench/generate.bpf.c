/* Writes one small UDP frame, each time of the next flow, and sends it out of a device: run by BPF_PROG_TEST_RUN with
 * live frames, which hand on batches as a NIC or a virtio queue does. Flows differ in their source port, and if there are
 * more than FLOWS_PER_PORT, in their destination port. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define FRAME_BYTES 60
/* Kept free before the frame, so that an outer header fits and XDP behind a veth still finds the headroom it asks
 * for: without it the veth copies each packet, which no NIC does. */
#define ROOM_BYTES 64
#define FLOWS_PER_PORT 50000

const volatile unsigned char frame[FRAME_BYTES];
const volatile __u32 ifindex;
const volatile __u32 flows = 1;
const volatile __u16 first_port; /* of the sources */
const volatile __u16 port;       /* of the first destination */
__u32 next;

SEC("xdp")
int generate(struct xdp_md *xdp)
{
	unsigned char *data, *end;
	struct udphdr *udp;
	int at;

	if (bpf_xdp_adjust_head(xdp, ROOM_BYTES))
		return XDP_ABORTED;
	data = (void *)(long)xdp->data;
	end = (void *)(long)xdp->data_end;
	udp = (void *)(data + sizeof(struct ethhdr) + sizeof(struct iphdr));
	if (data + FRAME_BYTES > end)
		return XDP_ABORTED;
	/* The page comes back as the path left it, so all of it is written again. */
	for (at = 0; at < FRAME_BYTES; at++)
		data[at] = frame[at];
	udp->source = bpf_htons(first_port + next % FLOWS_PER_PORT);
	udp->dest = bpf_htons(port + next / FLOWS_PER_PORT);
	next = next + 1 < flows ? next + 1 : 0;
	return bpf_redirect(ifindex, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
