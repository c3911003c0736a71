// Packets that between them take every step a stage can tell, and the world they are sent in.
#pragma once

#include <functional>
#include <vector>

#include "nat_rows.h"
#include "service_rows.h"

namespace vpcd::test {

struct TraceWorld : RulesWorld {
    std::uint32_t unreachable = host("192.0.2.3"), gre = host("192.0.2.4", ENCAPSULATION_GRE);
    Instance gone = interface("10.0.1.12"), tap = interface("10.0.1.13");
    Remote lost = far("10.0.1.30", unreachable), over = far("10.0.1.40", gre);
    std::uint32_t rules = inbound(database, {{.bit = 5, .verdict = kDrop, .protocol = kTcp, .port = 81}, {.bit = 7}});

    std::uint32_t way_out = gateway(0);
    NatRows nat{datapath};
    ServiceRows services{datapath};

    TraceWorld()
    {
        route("10.8.0.0/16", ROUTE_BLACKHOLE);
        route("10.9.0.0/16", ROUTE_INTERFACE, far_web.next_hop);
        gone.change([](auto& i) { i.ifindex = 0; });
        change_host(unreachable, [](auto& h) { h.flags = 0; });
        neighbour.change([](auto& i) { i.flags |= INTERFACE_PEER; });
        tap.change([](auto& i) { i.flags |= INTERFACE_WHOLE_PACKETS; });
        change_settings([](auto& s) { s.tunnel_ifindex = kUnderlayDevice, s.events = 1; });

        leads_outside();
        goes_out_by("10.0.1.11", way_out);
        serves("203.0.113.11", "10.0.1.11");
        change_settings([](auto& s) { s.translations_per_vpc = s.translations_per_address = 10; });
        route("192.88.99.0/24", ROUTE_NAT_GATEWAY, way_out);
        nat.shares("10.0.1.10/32", {});
        nat.forwards("203.0.113.12", 80, "10.0.1.10", 8080);
        nat.has_slice("203.0.113.12", 40000, 16, passes_to(other));
        web.sends(Packet{}.to("192.88.99.1").udp(9, 9));
        goes_back();
        receives(
            tunnelled(
                ENCAPSULATION_VXLAN,
                Packet{}.from_mac(VPCD_RETURN_MAC).to_mac(web.mac).from("198.51.100.9").to("10.0.1.10").udp(5, 12),
                kVpc, "192.0.2.2"),
            Via::kTc);
        services.balances("10.0.1.200", 80, {{"10.0.1.20"}});
        web.sends(Packet{}.to("10.0.1.200").tcp(6, 80).flags(kSyn));

        neighbour.sends(Packet{}.to("10.0.1.10").udp(11, 10)); // a question
        web.sends(Packet{}.to("10.0.1.20").ip_id(7).fragment(0, true).udp(7, 7));
        web.sends(Packet{}.to("10.0.2.10").udp(8, 8));
    }
};

// One packet at one hook.
struct Probe {
    Program program = Program::kFromInterface;
    Bytes packet;
    std::uint32_t ifindex = kUnderlayDevice;
};

struct TraceRow {
    const char* name;
    std::function<Probe(const TraceWorld&)> probe;
    std::vector<trace_id> steps; // of the first packet
};

const std::vector<TraceRow>& trace_rows();

// From another host's instance to one here, and in its tunnel.
Packet inner_packet(const char* to = "10.0.1.10");
Packet in_vxlan(const Packet& carried, std::uint32_t vni = kVpc, const char* from = "192.0.2.2");

} // namespace vpcd::test
