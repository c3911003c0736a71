#include "program_tables.h"

#include <cstring>
#include <netinet/in.h>
#include <system_error>
#include <unistd.h>

#include <vpcd/abi/bandwidth.h>
#include <vpcd/abi/encapsulation.h>
#include <vpcd/abi/endpoint.h>
#include <vpcd/abi/flow.h>
#include <vpcd/abi/host.h>
#include <vpcd/abi/interface.h>
#include <vpcd/abi/limits.h>
#include <vpcd/abi/policy.h>
#include <vpcd/abi/route.h>
#include <vpcd/abi/vpc.h>

#include "base/address.h"
#include "put.h"
#include "rule_sets.h"

namespace vpcd::bench {

using test::Bytes;
using test::Packet;
using test::parse_mac;

namespace {

constexpr __u32 kVni = 100;
constexpr __u32 kHere = 1;     // interface id, next hop and subnet of the instance on this host
constexpr __u32 kThere = 2;    // next hop of the instance elsewhere, and its host
constexpr __u32 kLoopback = 1; // ifindex: TEST_RUN only wants one that exists

::mac mac(unsigned char last)
{
    return {{0x02, 0, 0, 0, 0, last}};
}

const Address kSource = Address::v4(0x0a00010a);      // 10.0.1.10
const Address kDestination = Address::v4(0x0a00020a); // 10.0.2.10
const Address kThisHost = Address::v4(0xc0000201);
const Address kOtherHost = Address::v4(0xc0000202);

// Flow n: its own pair of ports.
std::uint16_t source_port(unsigned n)
{
    return static_cast<std::uint16_t>(1024 + n % 60'000);
}
std::uint16_t destination_port(unsigned n)
{
    return static_cast<std::uint16_t>(1024 + n / 60'000);
}

::flow_key key_of(unsigned n, bool arriving)
{
    ::flow_key key{};
    key.source = (arriving ? kDestination : kSource).abi();
    key.destination = (arriving ? kSource : kDestination).abi();
    key.vpc = kVni;
    key.entry = arriving ? FLOW_ENTRY_UNDERLAY | 1 : kHere;
    key.source_port = htons(arriving ? destination_port(n) : source_port(n));
    key.destination_port = htons(arriving ? source_port(n) : destination_port(n));
    key.protocol = IPPROTO_UDP;
    return key;
}

} // namespace

Programs::Programs(unsigned flows, const std::map<std::string, std::string>& directories)
    : pins_("/sys/fs/bpf/vpcd-bench-" + std::to_string(::getpid()))
{
    std::filesystem::create_directories(pins_);
    const std::string root = pins_.string();
    LIBBPF_OPTS(bpf_object_open_opts, options, .pin_root_path = root.c_str());
    interface = interface_bpf__open_opts(&options);
    underlay = underlay_bpf__open_opts(&options);
    xdp = xdp_bpf__open_opts(&options);
    lookup = lookup_bpf__open_opts(&options);
    interface->rodata->trace_mark = underlay->rodata->trace_mark = 0x5eed0; // as the agent: the question is asked
    for (bpf_object* object : {interface->obj, underlay->obj, xdp->obj, lookup->obj}) {
        bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "flows"), 4 * flows + 4096);
        if (bpf_object__load(object))
            die("load programs");
    }
    for (const auto& [name, directory] : directories) {
        auto build =
            OtherBuild::load(test::read_objects(directory.c_str()), {interface->obj, underlay->obj, xdp->obj});
        if (!build)
            die(build.error().text());
        others.emplace_back(name, std::move(*build));
    }
}

Programs::~Programs()
{
    interface_bpf__destroy(interface);
    underlay_bpf__destroy(underlay);
    xdp_bpf__destroy(xdp);
    lookup_bpf__destroy(lookup);
    std::error_code ignored;
    std::filesystem::remove_all(pins_, ignored);
}

void Programs::fill_rules() const
{
    for (__u32 policy = OneRule; policy < PolicyCount; ++policy) {
        write_rule_set([&](const char* name) { return map(name); }, policy, kRules[policy], kVni);
        put(map("policies"), policy, ::policy{{policy, policy}});
    }
}

void Programs::use_policy(Policy policy, bool is_capped) const
{
    const __u32 ingress = is_capped ? 1 : 0, egress = is_capped ? 2 : 0;
    for (const __u32 limit : {ingress, egress})
        if (limit != 0)
            put(map("limits"), limit, ::limit{1, 1'000'000'000});
    put(map("interfaces"), kHere,
        ::interface{kVni, 1, 1, kLoopback, kHere, INTERFACE_SOURCE_CHECK | INTERFACE_PEER, mac(1), policy, policy,
                    ingress, egress});
}

void Programs::fill_tables() const
{
    const __u32 zero = 0;
    put(map("settings"), zero,
        ::settings{kThisHost.abi(), ENCAPSULATION_VXLAN, 0, 0, 0, 0, 0, 0, 0, {}, 0, 0, 0, 0, 0, 0, 0});
    put(map("vpcs"), ::vpc_key{kVni}, ::vpc{9, 0, 0, 0});
    for (__u32 subnet = 1; subnet <= 2; ++subnet)
        put(map("subnets"), ::subnet_key{kVni, subnet},
            ::subnet{Address::v4(0x0a0000fd | subnet << 8).abi(), 1, 0, 0});
    put(map("devices"), ::device_key{kLoopback}, ::device{kHere});
    use_policy(NoRules, false);
    put(map("next_hops"), kHere, ::next_hop{1, kVni, 0, kHere, mac(1), 0});
    put(map("next_hops"), kThere, ::next_hop{1, kVni, kThere, 0, mac(2), 0});
    put(map("endpoints"), ::endpoint_key{kSource.abi(), kVni}, ::endpoint{kHere, 1, 0, kGroupSet, 0});
    put(map("endpoints"), ::endpoint_key{kDestination.abi(), kVni}, ::endpoint{kThere, 2, 0, kGroupSet, 0});
    put(map("stations"), ::station_key{kVni, mac(1), 0}, ::station{kHere});
    put(map("hosts"), kThere,
        ::host{kOtherHost.abi(), kThisHost.abi(), kLoopback, 1500, ENCAPSULATION_VXLAN,
               HOST_RESOLVED | HOST_REACHABLE, mac(0xb), mac(0xa), 0});
    put(map("vteps"), ::vtep_key{kOtherHost.abi()}, ::vtep{kThere});
    for (unsigned subnet = 1; subnet <= 2; ++subnet)
        put(map("routes"),
            ::route_key{ROUTE_PREFIX_FIXED + 96 + 24, kVni, 1, Address::v4(0x0a000000 | subnet << 8).abi()},
            ::route{ROUTE_SUBNET, 0});
}

void Programs::fill_flows(unsigned flows) const
{
    for (unsigned n = 0; n < flows; ++n) {
        ::flow flow{};
        flow.flags = FLOW_DECIDED | FLOW_ROUTED;
        flow.last_seen = FLOW_GONE + 1;
        flow.next_hop_serial = 1;
        flow.tunnel_port = htons(50'000);

        flow.next_hop = kThere;
        flow.source_interface = kHere;
        flow.source_generation = 1;
        put(map("flows"), key_of(n, false), flow);

        flow.next_hop = kHere;
        flow.source_interface = flow.source_generation = 0;
        flow.destination_interface = kHere;
        flow.destination_generation = 1;
        flow.host = kThere;
        put(map("flows"), key_of(n, true), flow);
    }
}

Bytes leaving(unsigned n)
{
    return Packet{}
        .from_mac(parse_mac("02:00:00:00:00:01"))
        .to_mac(parse_mac("02:76:70:63:64:fe"))
        .from("10.0.1.10")
        .to("10.0.2.10")
        .udp(source_port(n), destination_port(n))
        .bytes();
}

Bytes arriving(unsigned n)
{
    const Packet inner = Packet{}
                             .from_mac(parse_mac("02:76:70:63:64:fe"))
                             .to_mac(parse_mac("02:00:00:00:00:01"))
                             .from("10.0.2.10")
                             .to("10.0.1.10")
                             .udp(destination_port(n), source_port(n));
    return Packet{}.from("192.0.2.2").to("192.0.2.1").udp(50'000, VPCD_VXLAN_PORT).vxlan(kVni, inner).bytes();
}

Bytes bare_key(unsigned n)
{
    const ::flow_key key = key_of(n, false);
    Bytes bytes(14 + sizeof(key));
    std::memcpy(bytes.data() + 14, &key, sizeof(key));
    return bytes;
}

} // namespace vpcd::bench
