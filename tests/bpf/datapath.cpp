#include "datapath.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <catch2/catch_test_macros.hpp>
#include <expire.skel.h>
#include <forge.skel.h>
#include <interface.skel.h>
#include <sched.h>
#include <sys/mount.h>
#include <underlay.skel.h>
#include <unistd.h>
#include <xdp.skel.h>

#include "support/objects.h"

namespace vpcd::test {
namespace {

constexpr const char* kPins = "/sys/fs/bpf";

constexpr std::pair<const char*, std::uint32_t> kSizes[] = {
    {"devices", 64},
    {"interfaces", 64},
    {"vpcs", 64},
    {"subnets", 64},
    {"endpoints", 1024},
    {"next_hops", 1024},
    {"hosts", 64},
    {"stations", 64},
    {"routes", 1024},
    {"vteps", 64},
    {"flows", 4096},
    {"drops", 1024},
    {"traffic", 64},
    {"events", 1 << 16},
    {"pending", 4096},
    {"flow_counts", 64},
    {"fragments", 256},
    {"midstream_until", 64},
    {"policies", 64},
    {"rule_sets", 256},
    {"rules", 8192},
    {"rule_peers", 8192},
    {"rule_groups", 4096},
    {"rule_ports", 16384},
    {"rule_hits", 4096},
    {"publics", 64},
    {"elastics", 64},
    {"public_traffic", 64},
    {"snats", 64},
    {"slices", 64},
    {"forwards", 64},
    {"translations", 2048},
    {"translation_counts", 64},
    {"public_generations", 64},
    {"services", 64},
    {"service_slots", 256},
    {"service_turns", 64},
    {"service_clients", 64},
    {"backends", 64},
    {"limits", 64},
    {"limit_times", 64},
    {"public_limits", 64},
    {"backend_states", 64},
    {"backend_connections", 64},
};

void must(bool condition, const char* what)
{
    if (!condition)
        FAIL(what << ": " << std::strerror(errno));
}

int print_warnings(libbpf_print_level level, const char* format, va_list arguments)
{
    return level == LIBBPF_WARN ? std::vfprintf(stderr, format, arguments) : 0;
}

void enter_own_namespaces()
{
    must(unshare(CLONE_NEWNET | CLONE_NEWNS) == 0, "unshare");
    must(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "make mounts private");
    must(mount("bpf", kPins, "bpf", 0, nullptr) == 0, "mount bpffs");
}

void make_devices()
{
    FILE* ip = popen("ip -batch -", "w");
    must(ip, "start ip");
    for (std::uint32_t i = 0; i < kDevices; i++) {
        const auto index = kUnderlayDevice + i;
        std::fprintf(ip, "link add d%u index %u type veth peer name p%u index %u\n", index, index, index,
                     index + kPeerOffset);
    }
    must(pclose(ip) == 0, "ip link add");
}

template <typename Skeleton>
void shrink(Skeleton* skeleton)
{
    for (const auto& [name, entries] : kSizes)
        bpf_map__set_max_entries(bpf_object__find_map_by_name(skeleton->obj, name), entries);
}

template <typename Skeleton, auto Destroy>
struct Owner {
    void operator()(Skeleton* skeleton) const { Destroy(skeleton); }
};
template <typename Skeleton, auto Destroy>
using Owned = std::unique_ptr<Skeleton, Owner<Skeleton, Destroy>>;

template <typename Context>
void run_with(int program, Context& context)
{
    bpf_test_run_opts run{};
    run.sz = sizeof(run);
    run.ctx_in = &context;
    run.ctx_size_in = sizeof(context);
    must(bpf_prog_test_run_opts(program, &run) == 0, "run a program of the agent's");
}

// A test forgets what the one before it wrote.
void erase_all(int map, std::uint32_t key_size)
{
    Bytes key(key_size);
    while (bpf_map_get_next_key(map, nullptr, key.data()) == 0)
        bpf_map_delete_elem(map, key.data());
}

} // namespace

struct Datapath::Objects {
    bpf_object_open_opts options{};
    Owned<interface_bpf, interface_bpf::destroy> interface;
    Owned<underlay_bpf, underlay_bpf::destroy> underlay;
    Owned<xdp_bpf, xdp_bpf::destroy> xdp;
    Owned<expire_bpf, expire_bpf::destroy> expire;
    std::optional<OtherBuild> other; // tried instead, see tests/support/objects.h
    Owned<forge_bpf, forge_bpf::destroy> forge;
    std::unique_ptr<ring_buffer, decltype(&ring_buffer__free)> ring{nullptr, ring_buffer__free};
    std::vector<drop_event> events;
};

Datapath& Datapath::instance()
{
    if (geteuid() != 0)
        SKIP("loading programs needs root");
    static Datapath datapath;
    return datapath;
}

Datapath::Datapath() : objects_{std::make_unique<Objects>()}
{
    libbpf_set_print(print_warnings);
    enter_own_namespaces();
    make_devices();

    auto& o = *objects_;
    o.options.sz = sizeof(o.options);
    o.options.pin_root_path = kPins;
    const auto load = [&](auto& owner, auto* skeleton, const char* what) {
        owner.reset(skeleton);
        must(skeleton, what);
        shrink(skeleton);
        if constexpr (requires { skeleton->rodata->trace_mark; })
            skeleton->rodata->trace_mark = kTraceMark;
        must(bpf_object__load_skeleton(skeleton->skeleton) == 0, what);
    };
    load(o.interface, interface_bpf::open(&o.options), "load interface");
    load(o.underlay, underlay_bpf::open(&o.options), "load underlay");
    load(o.xdp, xdp_bpf::open(&o.options), "load xdp");
    load(o.expire, expire_bpf::open(&o.options), "load expire");
    o.other = test::other_build({o.interface->obj, o.underlay->obj, o.xdp->obj});
    o.forge.reset(forge_bpf::open_and_load());
    must(o.forge != nullptr, "load forge");
    const std::uint32_t zero = 0;
    const int from_tunnel = program(Program::kFromTunnel);
    put_raw(bpf_map__fd(o.forge->maps.next), &zero, &from_tunnel);

    const auto keep = [](void* context, void* data, std::size_t) {
        static_cast<std::vector<drop_event>*>(context)->push_back(*static_cast<const drop_event*>(data));
        return 0;
    };
    o.ring.reset(ring_buffer__new(map("events"), keep, &o.events, nullptr));
    must(o.ring != nullptr, "open events");
}

Datapath::~Datapath() = default;

int Datapath::map(const char* name) const
{
    return bpf_object__find_map_fd_by_name(objects_->interface->obj, name);
}

int Datapath::program(Program which) const
{
    const auto& o = *objects_;
    const auto handle = [&](const bpf_program* program) {
        return o.other ? o.other->program(bpf_program__name(program)) : bpf_program__fd(program);
    };
    switch (which) {
    case Program::kFromInterface:
        return handle(o.interface->progs.from_interface);
    case Program::kToInterface:
        return handle(o.interface->progs.to_interface);
    case Program::kTcUnderlay:
        return handle(o.underlay->progs.tc_underlay);
    case Program::kXdpUnderlay:
        return handle(o.xdp->progs.xdp_underlay);
    case Program::kXdpInterface:
        return handle(o.xdp->progs.xdp_interface);
    case Program::kFromTunnel:
        return handle(o.underlay->progs.from_tunnel);
    case Program::kFromExternal:
        return handle(o.underlay->progs.from_external);
    case Program::kFromChecks:
        return handle(o.underlay->progs.from_checks);
    }
    return -1;
}

void Datapath::clear()
{
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, objects_->interface->obj)
    {
        const auto type = bpf_map__type(map);
        const auto key_size = bpf_map__key_size(map);
        if (bpf_map__is_internal(map) || type == BPF_MAP_TYPE_RINGBUF)
            continue;
        if (type != BPF_MAP_TYPE_ARRAY && type != BPF_MAP_TYPE_PERCPU_ARRAY) {
            erase_all(bpf_map__fd(map), key_size);
            continue;
        }
        const Bytes zero(bpf_map__value_size(map) * static_cast<std::size_t>(libbpf_num_possible_cpus()) + 64);
        for (std::uint32_t i = 0; i < std::min(bpf_map__max_entries(map), 64u); i++)
            put_raw(bpf_map__fd(map), &i, zero.data());
    }
    take_events();
}

RunResult Datapath::run(Program which, const Bytes& packet, const RunOptions& options) const
{
    const bool xdp = which == Program::kXdpUnderlay || which == Program::kXdpInterface;
    RunResult out;
    Bytes buffer(8192);
    xdp_md xdp_context{}, xdp_after{};
    __sk_buff context{}, after{};
    Bytes in{options.metadata};
    in.insert(in.end(), packet.begin(), packet.end());
    xdp_context.data = static_cast<std::uint32_t>(options.metadata.size());
    xdp_context.data_end = static_cast<std::uint32_t>(in.size());
    context.ifindex = options.ifindex;
    context.mark = options.mark;
    context.gso_size = options.gso_size;
    context.wire_len = options.wire_length;

    bpf_test_run_opts run{};
    run.sz = sizeof(run);
    run.data_in = in.data();
    run.data_size_in = static_cast<std::uint32_t>(in.size());
    run.data_out = buffer.data();
    run.data_size_out = static_cast<std::uint32_t>(buffer.size());
    run.ctx_in = xdp ? static_cast<void*>(&xdp_context) : &context;
    run.ctx_size_in = xdp ? sizeof(xdp_context) : sizeof(context);
    run.ctx_out = xdp ? static_cast<void*>(&xdp_after) : &after;
    run.ctx_size_out = run.ctx_size_in;
    run.repeat = static_cast<int>(options.repeat);
    must(bpf_prog_test_run_opts(program(which), &run) == 0, "run a packet");

    const auto metadata = xdp ? static_cast<std::ptrdiff_t>(xdp_after.data) : 0;
    out.action = run.retval;
    out.mark = after.mark;
    out.metadata.assign(buffer.begin(), buffer.begin() + metadata);
    out.bytes.assign(buffer.begin() + metadata, buffer.begin() + run.data_size_out);
    return out;
}

RunResult Datapath::run_from_tunnel(const Bytes& inner, std::uint32_t vni, std::uint32_t outer_source) const
{
    Bytes buffer(8192);
    RunResult out;
    bpf_test_run_opts run{};
    objects_->forge->bss->tunnel_vni = vni;
    objects_->forge->bss->tunnel_source = outer_source;
    run.sz = sizeof(run);
    run.data_in = inner.data();
    run.data_size_in = static_cast<std::uint32_t>(inner.size());
    run.data_out = buffer.data();
    run.data_size_out = static_cast<std::uint32_t>(buffer.size());
    must(bpf_prog_test_run_opts(bpf_program__fd(objects_->forge->progs.forge_tunnel), &run) == 0, "run a packet");
    out.action = run.retval;
    out.bytes.assign(buffer.begin(), buffer.begin() + run.data_size_out);
    return out;
}

int Datapath::forger(const Bytes& metadata) const
{
    std::uint64_t value = 0;
    std::memcpy(&value, metadata.data(), std::min(metadata.size(), sizeof(value)));
    objects_->forge->bss->metadata = value;
    objects_->forge->bss->metadata_size = static_cast<std::uint32_t>(metadata.size());
    return bpf_program__fd(objects_->forge->progs.forge_metadata);
}

std::size_t Datapath::most_metadata() const
{
    std::size_t most = 0;
    for (std::uint32_t size = 4; size < 256; size += 4) {
        const Bytes packet(size + 64);
        xdp_md context{};
        context.data = size;
        context.data_end = static_cast<std::uint32_t>(packet.size());
        bpf_test_run_opts run{};
        run.sz = sizeof(run);
        run.data_in = packet.data();
        run.data_size_in = context.data_end;
        run.ctx_in = &context;
        run.ctx_size_in = sizeof(context);
        if (bpf_prog_test_run_opts(program(Program::kXdpUnderlay), &run) == 0)
            most = size;
    }
    return most;
}

void Datapath::expire_flows(::expiry& expiry) const
{
    run_with(bpf_program__fd(objects_->expire->progs.expire_flows), expiry);
}

void Datapath::forget_translation(::forgetting& forgetting) const
{
    run_with(bpf_program__fd(objects_->expire->progs.forget_translation), forgetting);
}

void Datapath::forget_flow(::forgetting& forgetting) const
{
    run_with(bpf_program__fd(objects_->expire->progs.forget_flow), forgetting);
}

std::vector<drop_event> Datapath::take_events() const
{
    ring_buffer__consume(objects_->ring.get());
    return std::exchange(objects_->events, {});
}

void Datapath::put_raw(int map, const void* key, const void* value)
{
    must(try_put_raw(map, key, value), "write a map");
}

bool Datapath::try_put_raw(int map, const void* key, const void* value)
{
    return bpf_map_update_elem(map, key, value, BPF_ANY) == 0;
}

void Datapath::erase_raw(int map, const void* key)
{
    must(bpf_map_delete_elem(map, key) == 0, "erase from a map");
}

bool Datapath::get_raw(int map, const void* key, void* value)
{
    return bpf_map_lookup_elem(map, key, value) == 0;
}

void Datapath::sum_raw(int map, const void* key, std::uint64_t* words, std::size_t count)
{
    const auto processors = static_cast<std::size_t>(libbpf_num_possible_cpus());
    std::vector<std::uint64_t> all(processors * count);
    if (bpf_map_lookup_elem(map, key, all.data()))
        return;
    for (std::size_t i = 0; i < all.size(); i++)
        words[i % count] += all[i];
}

bool Datapath::next_raw(int map, const void* before, void* key)
{
    return bpf_map_get_next_key(map, before, key) == 0;
}

} // namespace vpcd::test
