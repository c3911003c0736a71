#include "dataplane/filters.h"

#include <bpf/libbpf.h>
#include <cerrno>
#include <memory>
#include <net/if.h>

#include "dataplane/log.h"

namespace vpcd {

namespace {

constexpr __u32 kHandle = 0x76; // ours among the filters of a device
constexpr __u32 kPriority = 0x76;

bpf_tc_hook clsact_hook(const FilterPlace& place)
{
    bpf_tc_hook clsact{};
    clsact.sz = sizeof(clsact);
    clsact.ifindex = static_cast<int>(place.first);
    clsact.attach_point = place.second == HookSide::Ingress ? BPF_TC_INGRESS : BPF_TC_EGRESS;
    return clsact;
}

} // namespace

int attach_filter(const FilterPlace& place, int program_fd)
{
    bpf_tc_hook clsact = clsact_hook(place);
    LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = program_fd, .flags = BPF_TC_F_REPLACE, .handle = kHandle,
                .priority = kPriority);

    if (const int error = bpf_tc_hook_create(&clsact); error && error != -EEXIST)
        return error;
    discard_libbpf_log(); // that there is one is no warning
    return bpf_tc_attach(&clsact, &options);
}

int detach_filter(const FilterPlace& place)
{
    bpf_tc_hook clsact = clsact_hook(place);
    LIBBPF_OPTS(bpf_tc_opts, options, .handle = kHandle, .priority = kPriority);
    const int error = bpf_tc_detach(&clsact, &options);
    discard_libbpf_log();
    return error && has_filter(place) ? error : 0;
}

bool has_filter(const FilterPlace& place)
{
    bpf_tc_hook clsact = clsact_hook(place);
    LIBBPF_OPTS(bpf_tc_opts, options, .handle = kHandle, .priority = kPriority);
    const bool is_there = bpf_tc_query(&clsact, &options) == 0;
    discard_libbpf_log(); // that there is none is no warning
    return is_there;
}

std::set<FilterPlace> observe_filters()
{
    std::set<FilterPlace> places;
    const std::unique_ptr<struct if_nameindex, decltype(&::if_freenameindex)> devices{::if_nameindex(),
                                                                                      &::if_freenameindex};
    for (const auto* device = devices.get(); device && device->if_index != 0; ++device)
        for (const auto side : {HookSide::Ingress, HookSide::Egress})
            if (const FilterPlace place{device->if_index, side}; has_filter(place))
                places.insert(place);
    return places;
}

} // namespace vpcd
