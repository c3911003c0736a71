#include "tunnel_packets.h"

namespace vpcd::test {
namespace {

Packet& put_inside(Packet& outer, encapsulation kind, const Packet& inner, std::uint32_t vni, std::uint16_t port)
{
    if (kind == ENCAPSULATION_GRE)
        return outer.gre(vni, inner);
    outer.no_checksum();
    if (kind == ENCAPSULATION_GENEVE)
        return outer.udp(port, VPCD_GENEVE_PORT).geneve(vni, inner);
    return outer.udp(port, VPCD_VXLAN_PORT).vxlan(vni, inner);
}

} // namespace

Packet carrier(std::string_view from)
{
    return Packet{}.from_mac(kFarUnderlayMac).to_mac(kUnderlayMac).from(from).to(kThisHost).df();
}

Packet tunnelled(encapsulation kind, const Packet& inner, std::uint32_t vni, std::string_view from)
{
    auto outer = carrier(from);
    return put_inside(outer, kind, inner, vni, 50000);
}

Packet sent_by_us(encapsulation kind, const Packet& inner, std::uint16_t port, std::uint32_t vni)
{
    auto outer = Packet{}.from_mac(kUnderlayMac).to_mac(kFarUnderlayMac).from(kThisHost).to("192.0.2.2").df();
    return put_inside(outer, kind, inner, vni, port);
}

const char* name(encapsulation kind)
{
    switch (kind) {
#define X(id, text, overhead)                                                                                        \
    case ENCAPSULATION_##id:                                                                                         \
        return text;
        VPCD_ENCAPSULATIONS(X)
#undef X
    default:
        return "?";
    }
}

encapsulation kind_of(std::string_view row_name)
{
    if (row_name.starts_with("Geneve"))
        return ENCAPSULATION_GENEVE;
    return row_name.starts_with("GRE") ? ENCAPSULATION_GRE : ENCAPSULATION_VXLAN;
}

} // namespace vpcd::test
