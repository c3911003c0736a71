#include "dataplane/grace_period.h"

#include <bpf/bpf.h>
#include <cerrno>

#include "dataplane/log.h"

namespace vpcd {

Result<GracePeriod> GracePeriod::open()
{
    UniqueFd inner{bpf_map_create(BPF_MAP_TYPE_ARRAY, "grace_inner", sizeof(__u32), sizeof(__u32), 1, nullptr)};
    if (!inner)
        return fail(bpf_error(errno, "make a map to wait with"));
    LIBBPF_OPTS(bpf_map_create_opts, options, .inner_map_fd = static_cast<__u32>(inner.get()));
    UniqueFd outer{
        bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "grace_outer", sizeof(__u32), sizeof(__u32), 1, &options)};
    if (!outer)
        return fail(bpf_error(errno, "make a map to wait with"));
    return GracePeriod{std::move(inner), std::move(outer)};
}

Result<void> GracePeriod::wait() const
{
    const __u32 zero = 0;
    const int inner = inner_.get();
    if (const int error = bpf_map_update_elem(outer_.get(), &zero, &inner, BPF_ANY))
        return fail(bpf_error(error, "wait for programs that run"));
    return {};
}

} // namespace vpcd
