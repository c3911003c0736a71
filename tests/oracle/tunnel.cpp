#include "tunnel.h"

#include <vpcd/abi/limits.h>

namespace vpcd::oracle {

std::optional<Tunnel> read_tunnel(View frame)
{
    const auto ethernet = read_ethernet(frame);
    if (!ethernet || ethernet->type != 0x0800)
        return std::nullopt;
    const View bytes = frame.subspan(kEthernetHeader);
    const auto ip = read_ip(bytes);
    if (!ip || ip->has_options() || ip->is_fragment())
        return std::nullopt;
    Tunnel tunnel{{.source = ip->source, .destination = ip->destination}, ip->tos, {}, {}};
    View inside = bytes.subspan(ip->header);
    if (ip->protocol == kGre) {
        tunnel.outer.encapsulation = Encapsulation::Gre;
        tunnel.outer.vni = read32(inside, 4);
        inside = inside.subspan(8);
    } else if (ip->protocol == kUdp) {
        const auto port = read16(inside, 2);
        if (port != VPCD_VXLAN_PORT && port != VPCD_GENEVE_PORT)
            return std::nullopt;
        tunnel.outer.encapsulation = port == VPCD_VXLAN_PORT ? Encapsulation::Vxlan : Encapsulation::Geneve;
        const std::size_t options = port == VPCD_VXLAN_PORT ? 0 : static_cast<std::size_t>(inside[8] & 0x3f) * 4;
        tunnel.outer.vni = read32(inside, 12) >> 8;
        inside = inside.subspan(16 + options);
        tunnel.ethernet = read_ethernet(inside);
        inside = inside.subspan(kEthernetHeader);
    } else {
        return std::nullopt;
    }
    tunnel.packet.assign(inside.begin(), inside.end());
    return tunnel;
}

} // namespace vpcd::oracle
