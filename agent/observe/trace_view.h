// A question and its answer: what becomes of one packet, and why.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/address.h"

namespace vpcd {

struct TraceRequest {
    std::string from;               // an interface, or an address of one
    std::string to;                 // an address, or an interface for its first address
    std::optional<std::string> vpc; // of `from`, where it is an address that several VPCs have
    std::optional<Address> source;  // another source address than the interface's own
    unsigned protocol = 1;          // IPPROTO_
    unsigned source_port = 0;       // 0: any
    unsigned destination_port = 0;
    std::optional<unsigned> tcp_flags = {}; // as in the header; else SYN alone
    std::optional<unsigned> icmp_type = {}; // else a ping's; errors quote a UDP packet the target has sent
    unsigned icmp_code = 0;
    unsigned size = 0; // bytes of the IP packet; 0: a small one
    unsigned ttl = 64;
    bool fresh = false;    // decide anew, whatever the flow table says
    bool arriving = false; // `from` may be on another host: begin where its packet arrives here
};

// A step of the way. `values` are the same facts one by one.
struct TraceStep {
    std::string step;
    std::string text;
    std::vector<std::pair<std::string, std::string>> values;
};

// What one program did with the packet.
struct TraceLeg {
    std::string hook;   // "from-interface"
    std::string packet; // "ARP request for 10.0.1.11"
    std::vector<TraceStep> steps;
    bool is_cut = false; // more steps were taken than are shown
};

struct OuterHeaders {
    std::string encapsulation{};
    unsigned vni = 0;
    Mac source_mac{};
    Mac destination_mac{}; // zero: the kernel finds out when it sends
    Address source{};
    Address destination{};
    unsigned source_port = 0; // 0 of both: the encapsulation has none
    unsigned destination_port = 0;
    unsigned ttl = 0;
    unsigned tos = 0;
    bool dont_fragment = false;
    unsigned length = 0; // bytes of the outer IP packet
    std::optional<Mac> inner_source_mac{};
    std::optional<Mac> inner_destination_mac{};
};

struct TracedPacket {
    unsigned protocol = 0;
    Address source{};
    Address destination{};
    unsigned source_port = 0; // 0 of both: the protocol has none. ICMP queries and answers: the identifier
    unsigned destination_port = 0;
    unsigned tcp_flags = kSyn;
    unsigned icmp_type = kEcho;
    unsigned icmp_code = 0;
    Mac source_mac{};
    Mac destination_mac{};
    unsigned size = 0;
    unsigned ttl = 0;

    static constexpr unsigned kSyn = 0x02;
    static constexpr unsigned kEcho = 8;
};

enum class TraceOutcome { Delivered, Sent, Answered, Dropped, LeftToHost };

struct TraceAnswer {
    std::string host; // this one
    std::string vpc;
    unsigned vni = 0;
    std::string from; // "web-1 on node-a"
    std::string to;   // "db-1 on node-b"; empty: nobody has the address
    TracedPacket packet;
    std::vector<TraceLeg> legs;
    std::optional<OuterHeaders> outer; // as sent, or as it arrives
    TraceOutcome outcome = TraceOutcome::Dropped;
    std::string reason;  // of a drop: "no-route"
    std::string rule;    // of a drop by one: "SecurityGroup web rules[2] (...)"
    std::string verdict; // one sentence
    std::string next;    // the command that goes on, on another host
};

// As far as this host knows.
inline bool arrives(const TraceAnswer& answer)
{
    return answer.outcome != TraceOutcome::Dropped && answer.outcome != TraceOutcome::LeftToHost;
}

} // namespace vpcd
