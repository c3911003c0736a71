/* Counts the map writes that a process asks the kernel for, by the map's descriptor. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct descriptor {
	__u32 process;
	__u32 fd;
};

struct written {
	__u64 calls;
	__u64 rows;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct descriptor);
	__type(value, struct written);
} writes SEC(".maps");

const volatile __s64 bpf_syscall = -1;

/* Where a system call's first two arguments are, by architecture: the kernel has one of them. */
struct pt_regs___x86 {
	unsigned long di;
	unsigned long si;
} __attribute__((preserve_access_index));

struct pt_regs___arm {
	__u64 regs[31];
} __attribute__((preserve_access_index));

static __always_inline void read_arguments(const void *registers, __u32 *command, const union bpf_attr **attributes)
{
	const struct pt_regs___x86 *x86 = registers;
	const struct pt_regs___arm *arm = registers;

	if (bpf_core_field_exists(x86->di)) {
		*command = BPF_CORE_READ(x86, di);
		*attributes = (const void *)BPF_CORE_READ(x86, si);
	} else if (bpf_core_field_exists(arm->regs)) {
		*command = BPF_CORE_READ(arm, regs[0]);
		*attributes = (const void *)BPF_CORE_READ(arm, regs[1]);
	}
}

SEC("raw_tp/sys_enter")
int count_writes(struct bpf_raw_tracepoint_args *context)
{
	struct descriptor descriptor = {.process = bpf_get_current_pid_tgid() >> 32};
	struct written first = {.calls = 1, .rows = 1};
	struct written *known;
	const union bpf_attr *attributes = 0;
	__u32 command = 0;

	if ((__s64)context->args[1] != bpf_syscall)
		return 0;
	read_arguments((const void *)context->args[0], &command, &attributes);
	switch (command) {
	case BPF_MAP_UPDATE_ELEM:
	case BPF_MAP_DELETE_ELEM:
		bpf_probe_read_user(&descriptor.fd, sizeof(descriptor.fd), &attributes->map_fd);
		break;
	case BPF_MAP_UPDATE_BATCH:
	case BPF_MAP_DELETE_BATCH:
		bpf_probe_read_user(&descriptor.fd, sizeof(descriptor.fd), &attributes->batch.map_fd);
		bpf_probe_read_user(&first.rows, sizeof(__u32), &attributes->batch.count);
		break;
	default:
		return 0;
	}
	known = bpf_map_lookup_elem(&writes, &descriptor);
	if (known) {
		__sync_fetch_and_add(&known->calls, 1);
		__sync_fetch_and_add(&known->rows, first.rows);
	} else {
		bpf_map_update_elem(&writes, &descriptor, &first, BPF_NOEXIST);
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
