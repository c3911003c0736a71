// What the API shows, as plain values, and the interface through which it asks for them. The agent implements it over
// its tables; the API knows neither the kernel nor the event loop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "base/address.h"
#include "base/error.h"
#include "model/model.h"
#include "model/quotas.h"
#include "observe/trace_view.h"
#include "plan/rule_origin.h"

namespace vpcd {

// What a NAT gateway puts in the place of the source going out, of the destination coming in.
struct TranslatedTo {
    bool is_source = false;
    Address address;
    unsigned port = 0;
};

// One direction of a connection, as this host's flow table, or that of its NAT gateways, has it.
struct FlowView {
    std::string vpc; // empty: no VPC with this VNI is declared (any more)
    unsigned vni = 0;
    Address source;
    Address destination;
    unsigned source_port = 0;
    unsigned destination_port = 0;
    unsigned protocol = 0; // IPPROTO_
    std::string entered;   // interface name, or "underlay"; translated: "inside" or "outside"
    std::string leads_to;  // "web-1-eth0 @ node-a"; empty: not decided
    // "established", "pending": nobody has answered yet, "translated": through a NAT gateway of this host, or
    // "balanced": through a load balancer that it plays
    std::string table = "established";
    std::string direction = "forward"; // or "reverse": answers to the packet that opened the pair
    // Of a TCP connection, both directions taken together: "handshake", "midstream" (taken up in its middle, not
    // answered yet), "established", "closing", "closed"; else empty.
    std::string state;
    // What let the packet that opened the connection out and in: "SecurityGroup web rules[2] (...)"; empty: nothing
    // was asked on this host.
    std::string egress_rule;
    std::string ingress_rule;
    std::optional<TranslatedTo> becomes;
    bool routed = false;
    bool decided = false;
    bool stale = false; // decided under another generation: the next packet decides it again
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0; // of the inner Ethernet frames
    double age_seconds = 0;
    double idle_seconds = 0;
};

// What is set must match. `address` and `port` match either side.
struct FlowFilter {
    static constexpr unsigned kDefaultLimit = 1000;
    static constexpr unsigned kMaxLimit = 100'000;

    std::optional<std::string> vpc;
    std::optional<Address> address;
    std::optional<unsigned> port;
    std::optional<unsigned> protocol;
    std::optional<std::string> interface; // where it entered or where it leads to
    unsigned limit = kDefaultLimit;

    bool is_any() const { return !vpc && !address && !port && !protocol && !interface; }
};

// Packets that a rule decided, on this host: those that opened connections, and those it dropped.
struct RuleHits {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
};

// `tx`: what the instance sent.
struct InterfaceCounters {
    std::string interface;
    std::string vpc;
    std::uint64_t tx_packets = 0;
    std::uint64_t tx_bytes = 0;
    std::uint64_t rx_packets = 0;
    std::uint64_t rx_bytes = 0;
};

// What went out (tx) and in by a public address that this host serves.
struct PublicCounters {
    std::uint64_t tx_packets = 0;
    std::uint64_t tx_bytes = 0;
    std::uint64_t rx_packets = 0;
    std::uint64_t rx_bytes = 0;
};

// A public address that a NAT gateway of this host shares or maps by ports.
struct PublicUse {
    PublicCounters counters;
    std::uint64_t connections = 0;
};

// What health checks have found.
struct BackendHealth {
    std::string state;  // "alive", "dead", "not checked yet"
    double since = 0;   // seconds since 1970
    std::string reason; // why the last check failed; empty if it did not
};

// Of a backend of a load balancer: connections through this host, packets from it (tx) and to it (rx).
struct BackendUse {
    std::uint8_t protocol = 0; // of the listener
    std::uint16_t port = 0;
    Address address;
    PublicCounters counters;
    std::uint64_t connections = 0;
    std::optional<BackendHealth> health; // of one that this host checks
};

struct DropCount {
    std::string vpc;       // empty: not known
    std::string interface; // empty: none
    std::string reason;    // "no-route"
    std::string sentence;
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
};

struct DatapathCounter {
    std::string name;
    std::string sentence;
    std::uint64_t value = 0;
};

struct DropRecord {
    double time = 0; // seconds since 1970
    std::string vpc;
    std::string interface;
    std::string reason;
    std::string sentence;
    std::string hook; // which program saw it
    Address source;
    Address destination;
    unsigned source_port = 0;
    unsigned destination_port = 0;
    unsigned protocol = 0;
    std::optional<Address> outer_source; // tunnel packets: who sent it
    unsigned length = 0;                 // bytes
    std::string rule;                    // that decided so: "SecurityGroup web rules[2] (...)"; empty: none did
};

// "attached", "waiting for device X", "on host Y", "placed nowhere", "error: ..."
struct InterfaceState {
    std::string interface;
    std::string state;
};

struct StepTime {
    std::string_view step; // "plan"
    double milliseconds = 0;
};

// Many errors may have one cause: a network that is gone breaks a rule for each of its interfaces.
struct ErrorList {
    static constexpr std::size_t kMost = 100;

    std::vector<std::string> first; // "file:line:column: sentence"
    std::size_t count = 0;          // of all

    void add(std::string text)
    {
        if (count++ < kMost)
            first.push_back(std::move(text));
    }
    friend bool operator==(const ErrorList&, const ErrorList&) = default;
};

struct ChangeView {
    double time = 0; // seconds since 1970
    std::vector<StepTime> steps;
    std::size_t rows_written = 0; // into kernel tables, removals included
    bool accepted = true;
    ErrorList errors;
};

struct UnderlayView {
    std::string device;
    Address address;
    unsigned mtu = 0;
    std::string encapsulation; // what this host receives
    std::string decapsulation; // "tc", "xdp" or "xdp-redirect"
};

// The way to the Internet.
struct ExternalView {
    std::string device; // empty: this host has none
    std::string state;  // "ready", "the device is not there", "the device is down"
    unsigned mtu = 0;
};

// Which programs run.
struct ProgramsView {
    std::string build = "embedded"; // or "host": compiled here
    std::string compiler;           // "clang 19.1.7, v4"
    std::string features;           // "vxlan, pair"
    std::string key;                // of the cache
    bool is_cached = false;         // compiled by an earlier run
    bool is_compiling = false;
    std::string warning; // why the embedded ones run where others are asked for
};

struct PeerView {
    std::string host;
    Address address;
    std::string state; // "resolved", "unresolved", "unreachable"
    std::string device;
    unsigned mtu = 0;
    std::string encapsulation;
};

struct MapView {
    std::string name;
    std::uint64_t entries = 0;
    std::uint64_t max = 0;
};

struct Status {
    std::string version;
    std::string host;
    pid_t pid = 0;
    double uptime_seconds = 0;
    std::string documents_directory;
    std::size_t files = 0;
    ChangeView last_change;
    ErrorList pending_errors; // of the documents as they are now; empty: they are in force
    ErrorList kernel_errors;  // being retried
    UnderlayView underlay;
    ExternalView external;
    ProgramsView programs;
    std::vector<PeerView> peers;
    std::size_t local_interfaces = 0;
    std::size_t attached_interfaces = 0;
    std::vector<std::string> waiting_interfaces; // "web-1-eth0: waiting for device tap-web-1"
    std::vector<MapView> maps;
    std::uint64_t flows = 0;         // entries, two a connection
    std::uint64_t pending_flows = 0; // of these, of connections nobody has answered yet
};

// Called on the thread of the event loop. Each answer is a snapshot.
class Views {
public:
    virtual ~Views() = default;

    virtual const Model& model() const = 0;
    virtual Quotas quotas() const = 0;
    virtual Status status() const = 0;
    virtual Result<std::vector<FlowView>> flows(const FlowFilter&) const = 0;
    // Ends the connections whose entries match, up to no limit: how many.
    virtual Result<std::size_t> end_flows(const FlowFilter&) const = 0;
    // Of each, in this order.
    virtual Result<std::vector<RuleHits>> rule_hits(const std::vector<RuleOrigin>&) const = 0;
    // Of packets in a VPC that no rule matched: allowed, dropped.
    virtual Result<std::pair<RuleHits, RuleHits>> unmatched_hits(const std::string& vpc) const = 0;
    virtual Result<std::vector<InterfaceCounters>> interface_counters() const = 0;
    // Of an ElasticIp; nothing when another host serves it.
    virtual Result<std::optional<PublicCounters>> public_counters(const std::string& elastic) const = 0;
    // Of an address of a NAT gateway; the same.
    virtual Result<std::optional<PublicUse>> public_use(const Address&) const = 0;
    // Of each backend of each listener, in their order; empty when this host does not play the load balancer.
    virtual Result<std::vector<BackendUse>> balancer_use(const LoadBalancer&) const = 0;
    virtual Result<std::vector<DropCount>> drop_counts() const = 0;
    virtual Result<std::vector<DatapathCounter>> datapath_counters() const = 0;
    virtual InterfaceState interface_state(std::string_view name) const = 0;
    // False: the kernel half does not produce drop records at all.
    virtual bool offers_drops() const { return true; }
    // What would become of a packet. An error of the source Config is one of the request.
    virtual Result<TraceAnswer> trace(const TraceRequest&) const = 0;
    // Somebody reads drop records, or nobody does any more: the kernel half need not produce them.
    virtual void follow_drops(bool on) = 0;
};

} // namespace vpcd
