// Nanoseconds a packet costs in each program, measured by the kernel itself (BPF_PROG_TEST_RUN), on a table of many
// flows. Every figure is of single runs on packets of random flows: repeating one packet would show a warm cache
// only.
#include <algorithm>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <netinet/in.h>
#include <numeric>
#include <random>
#include <string>
#include <unistd.h>
#include <vector>

#include <vpcd/abi/drop.h>
#include <vpcd/abi/encapsulation.h>
#include <vpcd/abi/endpoint.h>
#include <vpcd/abi/flow.h>
#include <vpcd/abi/host.h>
#include <vpcd/abi/interface.h>
#include <vpcd/abi/limits.h>
#include <vpcd/abi/route.h>
#include <vpcd/abi/vpc.h>

#include <interface.skel.h>
#include <lookup.skel.h>
#include <underlay.skel.h>
#include <xdp.skel.h>

#include "base/address.h"
#include "support/objects.h"
#include "support/packet.h"

namespace {

using namespace vpcd;
using test::Bytes;
using test::Packet;
using test::parse_mac;

constexpr __u32 kVni = 100;
constexpr __u32 kHere = 1;     // interface id, next hop and subnet of the instance on this host
constexpr __u32 kThere = 2;    // next hop of the instance elsewhere, and its host
constexpr __u32 kLoopback = 1; // ifindex: TEST_RUN only wants one that exists
constexpr unsigned kSamples = 20'000;

[[noreturn]] void die(const std::string& doing)
{
    fmt::print(stderr, "{}: {}\n", doing, std::strerror(errno));
    std::exit(1);
}

template <typename Key, typename Value>
void put(int map, const Key& key, const Value& value)
{
    if (bpf_map_update_elem(map, &key, &value, BPF_ANY))
        die("write a table");
}

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

struct Programs {
    std::filesystem::path pins{"/sys/fs/bpf/vpcd-bench-" + std::to_string(::getpid())};
    interface_bpf* interface = nullptr;
    underlay_bpf* underlay = nullptr;
    xdp_bpf* xdp = nullptr;
    lookup_bpf* lookup = nullptr;

    std::vector<std::pair<std::string, OtherBuild>> others; // with their names

    Programs(unsigned flows, const std::map<std::string, std::string>& directories)
    {
        std::filesystem::create_directories(pins);
        const std::string root = pins.string();
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
    Programs(const Programs&) = delete;
    Programs& operator=(const Programs&) = delete;
    ~Programs()
    {
        interface_bpf__destroy(interface);
        underlay_bpf__destroy(underlay);
        xdp_bpf__destroy(xdp);
        lookup_bpf__destroy(lookup);
        std::error_code ignored;
        std::filesystem::remove_all(pins, ignored);
    }
    int map(const char* name) const { return bpf_object__find_map_fd_by_name(interface->obj, name); }
};

// Two subnets of one VPC; 10.0.1.10 is here, 10.0.2.10 on another host.
void fill_tables(const Programs& programs)
{
    const __u32 zero = 0;
    put(programs.map("settings"), zero, ::settings{kThisHost.abi(), ENCAPSULATION_VXLAN, 0, 0, 0});
    put(programs.map("vpcs"), ::vpc_key{kVni}, ::vpc{9});
    for (__u32 subnet = 1; subnet <= 2; ++subnet)
        put(programs.map("subnets"), ::subnet_key{kVni, subnet},
            ::subnet{Address::v4(0x0a0000fd | subnet << 8).abi(), 1});
    put(programs.map("devices"), ::device_key{kLoopback}, ::device{kHere});
    put(programs.map("interfaces"), kHere,
        ::interface{kVni, 1, 1, kLoopback, kHere, INTERFACE_SOURCE_CHECK | INTERFACE_PEER, mac(1)});
    put(programs.map("next_hops"), kHere, ::next_hop{1, kVni, 0, kHere, mac(1), 0});
    put(programs.map("next_hops"), kThere, ::next_hop{1, kVni, kThere, 0, mac(2), 0});
    put(programs.map("endpoints"), ::endpoint_key{kSource.abi(), kVni}, ::endpoint{kHere, 1, 0});
    put(programs.map("endpoints"), ::endpoint_key{kDestination.abi(), kVni}, ::endpoint{kThere, 2, 0});
    put(programs.map("stations"), ::station_key{kVni, mac(1), 0}, ::station{kHere});
    put(programs.map("hosts"), kThere,
        ::host{kOtherHost.abi(), kThisHost.abi(), kLoopback, 1500, ENCAPSULATION_VXLAN,
               HOST_RESOLVED | HOST_REACHABLE, mac(0xb), mac(0xa), 0});
    put(programs.map("vteps"), ::vtep_key{kOtherHost.abi()}, ::vtep{kThere});
    for (unsigned subnet = 1; subnet <= 2; ++subnet)
        put(programs.map("routes"),
            ::route_key{ROUTE_PREFIX_FIXED + 96 + 24, kVni, 1, Address::v4(0x0a000000 | subnet << 8).abi()},
            ::route{ROUTE_SUBNET, 0});
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

void fill_flows(const Programs& programs, unsigned flows)
{
    for (unsigned n = 0; n < flows; ++n) {
        ::flow flow{};
        flow.flags = FLOW_DECIDED | FLOW_ROUTED;
        flow.next_hop_serial = 1;
        flow.tunnel_port = htons(50'000);

        flow.next_hop = kThere;
        flow.source_interface = kHere;
        flow.source_generation = 1;
        put(programs.map("flows"), key_of(n, false), flow);

        flow.next_hop = kHere;
        flow.source_interface = flow.source_generation = 0;
        flow.destination_interface = kHere;
        flow.destination_generation = 1;
        flow.host = kThere;
        put(programs.map("flows"), key_of(n, true), flow);
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

struct Subject {
    std::string name;
    int program;
    int expected; // the action of an established packet
    std::function<Bytes(unsigned)> packet;
};

std::uint32_t run_once(const Subject& subject, unsigned flow)
{
    static Bytes out(4096);
    Bytes packet = subject.packet(flow);
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet.data(), .data_out = out.data(),
                .data_size_in = static_cast<__u32>(packet.size()), .data_size_out = static_cast<__u32>(out.size()),
                .repeat = 1);
    if (bpf_prog_test_run_opts(subject.program, &options))
        die("run " + subject.name);
    if (static_cast<int>(options.retval) != subject.expected) {
        fmt::print(stderr, "{}: returned {} instead of {}\n", subject.name, options.retval, subject.expected);
        std::exit(1);
    }
    return options.duration;
}

// The mean of the middle half: neither interrupts nor the clock's coarse ticks show.
double typical(std::vector<std::uint32_t> values)
{
    std::ranges::sort(values);
    const std::size_t first = values.size() / 4, count = values.size() / 2;
    return std::accumulate(values.begin() + static_cast<std::ptrdiff_t>(first),
                           values.begin() + static_cast<std::ptrdiff_t>(first + count), 0.0) /
           static_cast<double>(count);
}

// Interleaved: each subject in turn gets a flow that none has touched just before.
std::vector<double> measure(const std::vector<Subject>& subjects, unsigned flows)
{
    std::mt19937 random{1};
    std::vector<std::vector<std::uint32_t>> times(subjects.size());
    for (unsigned sample = 0; sample < kSamples; ++sample)
        for (std::size_t i = 0; i < subjects.size(); ++i)
            times[i].push_back(run_once(subjects[i], static_cast<unsigned>(random() % flows)));

    std::vector<double> typicals;
    typicals.reserve(times.size());
    for (auto& values : times)
        typicals.push_back(typical(std::move(values)));
    return typicals;
}

void report(const std::vector<Subject>& subjects, unsigned flows, const std::vector<double>& typicals, bool json)
{
    const double overhead = typicals[0];
    const double lookup = typicals[1] - overhead;
    for (std::size_t i = 1; i < subjects.size(); ++i) {
        const double cost = typicals[i] - overhead;
        if (json)
            fmt::print(
                "{{\"path\": \"{}\", \"metric\": \"ns\", \"flows\": {}, \"typical\": {:.1f}, \"ratio\": {:.2f}}}\n",
                subjects[i].name, flows, cost, cost / lookup);
        else
            fmt::print("{:>9}  {:<48} {:>7.1f} ns  {:>5.2f}\n", flows, subjects[i].name, cost, cost / lookup);
    }
}

// Interleaved with them: the same programs of other builds.
void add_others(const Programs& programs, std::vector<Subject>& subjects)
{
    const std::vector<Subject> embedded{subjects.begin() + 2, subjects.end()};
    for (const auto& [name, build] : programs.others)
        for (const auto& subject : embedded)
            subjects.push_back({fmt::format("{}, {}", subject.name, name), build.program(subject.name),
                                subject.expected, subject.packet});
}

} // namespace

int main(int argc, char** argv)
{
    bool json = false;
    std::map<std::string, std::string> directories; // of other builds, by name
    std::vector<unsigned> sizes{256, 500'000};
    for (int i = 1; i < argc; ++i) {
        if (std::string_view{argv[i]} == "--json")
            json = true;
        else if (const std::string_view word{argv[i]}; word.find('=') != std::string_view::npos)
            directories[std::string{word.substr(0, word.find('='))}] = word.substr(word.find('=') + 1);
        else
            sizes = {static_cast<unsigned>(std::max(1, std::atoi(argv[i])))};
    }
    libbpf_set_print([](libbpf_print_level level, const char* format, va_list arguments) {
        return level == LIBBPF_WARN ? std::vfprintf(stderr, format, arguments) : 0;
    });

    if (!json)
        fmt::print("    flows  program                                                cost   of one flow lookup\n");
    for (const unsigned flows : sizes) {
        const Programs programs{flows, directories};
        fill_tables(programs);
        fill_flows(programs, flows);
        std::vector<Subject> subjects{
            {"empty", bpf_program__fd(programs.lookup->progs.empty), 0, leaving},
            {"lookup", bpf_program__fd(programs.lookup->progs.lookup), 0, bare_key},
            {"from_interface", bpf_program__fd(programs.interface->progs.from_interface), 7, leaving},
            {"tc_underlay", bpf_program__fd(programs.underlay->progs.tc_underlay), 7, arriving},
            {"xdp_underlay", bpf_program__fd(programs.xdp->progs.xdp_underlay), 2, arriving},
        };
        add_others(programs, subjects);
        report(subjects, flows, measure(subjects, flows), json);
    }
    return 0;
}
