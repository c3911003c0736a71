#include "trace_rows.h"

namespace vpcd::test {

namespace {

TraceRow leaves(const char* name, const Packet& packet, std::vector<trace_id> steps)
{
    const auto probe = [=](const TraceWorld& world) {
        return Probe{Program::kFromInterface, world.web.complete(packet), world.web.ifindex};
    };
    return {name, probe, std::move(steps)};
}

// Who has a public address.
TraceRow goes_out(const char* name, const Packet& packet, std::vector<trace_id> steps)
{
    const auto probe = [=](const TraceWorld& world) {
        return Probe{Program::kFromInterface, world.neighbour.complete(packet), world.neighbour.ifindex};
    };
    return {name, probe, std::move(steps)};
}

TraceRow arrives(const char* name, const Packet& packet, std::vector<trace_id> steps)
{
    return {name, [=](const TraceWorld&) { return Probe{Program::kTcUnderlay, packet.bytes()}; }, std::move(steps)};
}

} // namespace

Packet inner_packet(const char* to)
{
    return Packet{}.from_mac(mac_of("10.0.1.20")).to_mac(mac_of(to)).from("10.0.1.20").to(to);
}

Packet in_vxlan(const Packet& carried, std::uint32_t vni, const char* from)
{
    return tunnelled(ENCAPSULATION_VXLAN, carried, vni, from);
}

const std::vector<TraceRow>& trace_rows()
{
    static const MacBytes kWeb = mac_of("10.0.1.10");
    static const std::vector<TraceRow> kRows{
        leaves("to another host", Packet{}.to("10.0.1.20"),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_ENDPOINT, TRACE_FLOW_WRITE,
                TRACE_NEXT_HOP, TRACE_SIZE, TRACE_UNDERLAY}),
        leaves("to another host by GRE", Packet{}.to("10.0.1.40"),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_ENDPOINT, TRACE_FLOW_WRITE,
                TRACE_NEXT_HOP, TRACE_SIZE, TRACE_UNDERLAY}),
        leaves("by a custom route", Packet{}.to("10.9.0.1"),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_FLOW_WRITE, TRACE_NEXT_HOP,
                TRACE_SIZE, TRACE_UNDERLAY}),
        leaves("a handshake with a large MSS", Packet{}.to("10.0.2.20").tcp(40000, 443).flags(kSyn).mss(1460),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_ENDPOINT, TRACE_FLOW_WRITE,
                TRACE_NEXT_HOP, TRACE_MSS, TRACE_SIZE, TRACE_UNDERLAY}),
        leaves("to the same host and subnet", Packet{}.to("10.0.1.11"),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_ENDPOINT, TRACE_FLOW_WRITE,
                TRACE_NEXT_HOP, TRACE_DELIVER}),
        leaves("to the same host through the router, by the receiver's rules",
               Packet{}.to("10.0.2.10").icmp_echo(7, 1),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_ENDPOINT, TRACE_POLICY,
                TRACE_FLOW_WRITE, TRACE_NEXT_HOP, TRACE_DELIVER}),
        leaves("against the receiver's rules", Packet{}.to("10.0.2.10").tcp(1, 81).flags(kSyn),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_ENDPOINT, TRACE_POLICY, TRACE_DROP}),
        leaves("a connection that rules have allowed", Packet{}.to("10.0.2.10").udp(8, 8),
               {TRACE_SENDER, TRACE_FLOW_HIT, TRACE_FLOW_RULE, TRACE_NEXT_HOP, TRACE_DELIVER}),
        leaves("a question's first answer", Packet{}.to("10.0.1.11").udp(10, 11),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_ENDPOINT, TRACE_REPLY,
                TRACE_FLOW_WRITE, TRACE_NEXT_HOP, TRACE_DELIVER}),
        leaves("in the middle of a connection", Packet{}.to("10.0.1.20").tcp(1, 2),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_ENDPOINT, TRACE_MIDSTREAM,
                TRACE_FLOW_WRITE, TRACE_NEXT_HOP, TRACE_SIZE, TRACE_UNDERLAY}),
        leaves("at the end of no connection", Packet{}.to("10.0.1.20").tcp(1, 3).flags(kRst),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_ENDPOINT, TRACE_DROP}),
        leaves("flags that contradict each other", Packet{}.to("10.0.1.20").tcp(1, 2).flags(0),
               {TRACE_SENDER, TRACE_DROP}),
        leaves("an ICMP error about the question",
               Packet{}.to("10.0.1.11").icmp(3, 1).quoting(Packet{}.from("10.0.1.11").to("10.0.1.10").udp(11, 10)),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_ENDPOINT, TRACE_RELATED,
                TRACE_NEXT_HOP, TRACE_DELIVER}),
        leaves("an ICMP error about nothing", Packet{}.to("10.0.1.11").icmp(3, 1),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_ENDPOINT, TRACE_DROP}),
        leaves("makes no flow", Packet{}.to("10.0.1.20").icmp(5, 1),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_ENDPOINT, TRACE_NEXT_HOP, TRACE_SIZE,
                TRACE_UNDERLAY}),
        leaves("a first fragment", Packet{}.to("10.0.1.20").ip_id(8).fragment(0, true),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_ENDPOINT, TRACE_FLOW_WRITE,
                TRACE_NEXT_HOP, TRACE_SIZE, TRACE_UNDERLAY}),
        leaves("a later fragment", Packet{}.to("10.0.1.20").ip_id(7).fragment(1480, false),
               {TRACE_SENDER, TRACE_FRAGMENT, TRACE_FLOW_HIT, TRACE_NEXT_HOP, TRACE_SIZE, TRACE_UNDERLAY}),
        leaves("a fragment before its first one", Packet{}.to("10.0.1.20").ip_id(9).fragment(1480, false),
               {TRACE_SENDER, TRACE_DROP}),
        leaves("too big", Packet{}.to("10.0.1.20").payload(1460),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_ENDPOINT, TRACE_FLOW_WRITE,
                TRACE_NEXT_HOP, TRACE_SIZE, TRACE_DROP, TRACE_ICMP_ERROR}),
        leaves("at the end of its life", Packet{}.to("10.0.2.20").ttl(1),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_ENDPOINT, TRACE_FLOW_WRITE,
                TRACE_NEXT_HOP, TRACE_DROP, TRACE_ICMP_ERROR}),
        leaves("no route", Packet{}.to("198.51.100.1"),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_DROP, TRACE_ICMP_ERROR}),
        goes_out("to the Internet", Packet{}.to("198.51.100.1"),
                 {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_LEAVE, TRACE_FLOW_WRITE,
                  TRACE_NEXT_HOP, TRACE_TRANSLATE_SOURCE, TRACE_EXTERNAL}),
        arrives("from the Internet", Packet{}.from("198.51.100.1").to("203.0.113.11"),
                {TRACE_TRANSLATE_DESTINATION, TRACE_FLOW_MISS, TRACE_STATION, TRACE_FLOW_WRITE, TRACE_DELIVER}),
        leaves("to the Internet by a new connection from a shared address", Packet{}.to("192.88.99.1").udp(5, 53),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_LEAVE, TRACE_FLOW_WRITE,
                TRACE_NEXT_HOP, TRACE_TRANSLATION, TRACE_SHARE_SOURCE, TRACE_EXTERNAL}),
        leaves("to the Internet by a known one", Packet{}.to("192.88.99.1").udp(9, 9),
               {TRACE_SENDER, TRACE_FLOW_HIT, TRACE_NEXT_HOP, TRACE_TRANSLATION, TRACE_SHARE_SOURCE, TRACE_EXTERNAL}),
        arrives("for a mapped port", Packet{}.from("198.51.100.1").to("203.0.113.12").tcp(1, 80).flags(kSyn),
                {TRACE_TRANSLATION, TRACE_FORWARD_DESTINATION, TRACE_FLOW_MISS, TRACE_STATION, TRACE_FLOW_WRITE,
                 TRACE_DELIVER}),
        arrives("for a port of another host", Packet{}.from("198.51.100.1").to("203.0.113.12").udp(1, 40000),
                {TRACE_PASS, TRACE_SIZE, TRACE_UNDERLAY}),
        arrives("passed on by another host",
                in_vxlan(Packet{}
                             .from_mac(kRouterMac)
                             .to_mac(VPCD_PASS_MAC)
                             .from("198.51.100.1")
                             .to("203.0.113.12")
                             .tcp(2, 80)
                             .flags(kSyn)),
                {TRACE_OUTER, TRACE_PEER, TRACE_PASSED, TRACE_TRANSLATION, TRACE_FORWARD_DESTINATION, TRACE_FLOW_MISS,
                 TRACE_STATION, TRACE_FLOW_WRITE, TRACE_DELIVER}),
        leaves("for a load balancer", Packet{}.to("10.0.1.200").tcp(5, 80).flags(kSyn),
               {TRACE_SENDER, TRACE_SOURCE, TRACE_BALANCE, TRACE_FORWARD_DESTINATION, TRACE_FLOW_MISS, TRACE_SOURCE,
                TRACE_ROUTE, TRACE_ENDPOINT, TRACE_FLOW_WRITE, TRACE_NEXT_HOP, TRACE_SIZE, TRACE_UNDERLAY}),
        arrives("from a load balancer's backend", in_vxlan(inner_packet().tcp(8080, 6).flags(kSyn | kAck)),
                {TRACE_OUTER, TRACE_FLOW_MISS, TRACE_PEER, TRACE_STATION, TRACE_REPLY, TRACE_FLOW_WRITE,
                 TRACE_UNCOVER, TRACE_DELIVER, TRACE_BALANCE_SOURCE}),
        leaves("back to the gateway that let the question in", Packet{}.to("198.51.100.9").udp(12, 5),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_RETURN, TRACE_REPLY, TRACE_FLOW_WRITE,
                TRACE_NEXT_HOP, TRACE_SIZE, TRACE_UNDERLAY}),
        leaves("blackhole", Packet{}.to("10.8.0.1"),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_DROP}),
        leaves("service", Packet{}.to("100.64.0.1"),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_DROP, TRACE_ICMP_ERROR}),
        leaves("nobody there", Packet{}.to("10.0.1.99"),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_DROP, TRACE_ICMP_ERROR}),
        leaves("device not there", Packet{}.to("10.0.1.12"),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_ENDPOINT, TRACE_FLOW_WRITE,
                TRACE_NEXT_HOP, TRACE_DROP}),
        leaves("host without a route", Packet{}.to("10.0.1.30"),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_ENDPOINT, TRACE_FLOW_WRITE,
                TRACE_NEXT_HOP, TRACE_DROP, TRACE_ICMP_ERROR}),
        leaves("ping to the router", Packet{}.to("10.0.1.1").icmp_echo(7, 1),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_ROUTER, TRACE_ICMP_ECHO}),
        leaves(
            "a connection to the router", Packet{}.to("10.0.1.1").tcp(1, 2),
            {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_SOURCE, TRACE_ROUTE, TRACE_ROUTER, TRACE_DROP, TRACE_ICMP_ERROR}),
        leaves("another's address", Packet{}.to("10.0.1.20").from("10.0.1.66"),
               {TRACE_SENDER, TRACE_FLOW_MISS, TRACE_DROP}),
        leaves("another's MAC", Packet{}.to("10.0.1.20").from_mac(kRouterMac), {TRACE_SENDER, TRACE_DROP}),
        leaves("multicast", Packet{}.to("224.0.0.1"), {TRACE_SENDER, TRACE_DROP}),
        leaves("IPv6", Packet{}.ether_type(0x86dd), {TRACE_SENDER, TRACE_DROP}),
        leaves("malformed", Packet{}.ip_version(7), {TRACE_SENDER, TRACE_DROP}),
        leaves("ARP for a neighbour", Packet{}.arp_request(kWeb, "10.0.1.10", "10.0.1.20"),
               {TRACE_SENDER, TRACE_ARP_REPLY}),
        leaves("ARP for nobody", Packet{}.arp_request(kWeb, "10.0.1.10", "10.0.1.99"), {TRACE_SENDER, TRACE_DROP}),
        arrives("VXLAN", in_vxlan(inner_packet()),
                {TRACE_OUTER, TRACE_FLOW_MISS, TRACE_PEER, TRACE_STATION, TRACE_FLOW_WRITE, TRACE_UNCOVER,
                 TRACE_DELIVER}),
        arrives("Geneve", tunnelled(ENCAPSULATION_GENEVE, inner_packet("10.0.1.11")),
                {TRACE_OUTER, TRACE_FLOW_MISS, TRACE_PEER, TRACE_STATION, TRACE_FLOW_WRITE, TRACE_UNCOVER,
                 TRACE_DELIVER}),
        arrives("GRE", tunnelled(ENCAPSULATION_GRE, inner_packet()),
                {TRACE_OUTER, TRACE_FLOW_MISS, TRACE_PEER, TRACE_ADDRESS, TRACE_FLOW_WRITE, TRACE_UNCOVER,
                 TRACE_DELIVER}),
        arrives("for a tap", in_vxlan(inner_packet("10.0.1.13")),
                {TRACE_OUTER, TRACE_FLOW_MISS, TRACE_PEER, TRACE_STATION, TRACE_TO_KERNEL}),
        arrives("of a stranger", in_vxlan(inner_packet(), kVpc, "192.0.2.66"),
                {TRACE_OUTER, TRACE_FLOW_MISS, TRACE_DROP}),
        arrives("of an unknown VPC", in_vxlan(inner_packet(), 4711),
                {TRACE_OUTER, TRACE_FLOW_MISS, TRACE_PEER, TRACE_DROP}),
        arrives("for nobody here", in_vxlan(inner_packet("10.0.1.99")),
                {TRACE_OUTER, TRACE_FLOW_MISS, TRACE_PEER, TRACE_DROP}),
        arrives("with congestion the sender cannot hear of", in_vxlan(inner_packet()).tos(3),
                {TRACE_OUTER, TRACE_FLOW_MISS, TRACE_PEER, TRACE_STATION, TRACE_FLOW_WRITE, TRACE_DROP}),
        arrives("no tunnel packet", Packet{}.from("192.0.2.2").to(kThisHost).tcp(1, 22), {TRACE_TO_STACK}),
    };
    return kRows;
}

} // namespace vpcd::test
