#include "dataplane/xdp_features.h"

#include <bpf/libbpf.h>
#include <linux/netdev.h>

namespace vpcd {

bool accepts_xdp_redirect(unsigned ifindex)
{
    LIBBPF_OPTS(bpf_xdp_query_opts, options);
    return bpf_xdp_query(static_cast<int>(ifindex), 0, &options) == 0 &&
           (options.feature_flags & NETDEV_XDP_ACT_NDO_XMIT) != 0;
}

} // namespace vpcd
