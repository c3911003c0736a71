#include "dataplane/programs.h"

#include <algorithm>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <clock.skel.h>
#include <interface.skel.h>
#include <underlay.skel.h>
#include <xdp.skel.h>

#include "dataplane/log.h"

namespace vpcd {

namespace {

template <auto Destroy>
struct Deleter {
    template <typename Skeleton>
    void operator()(Skeleton* skeleton) const
    {
        Destroy(skeleton);
    }
};

template <typename Skeleton, auto Destroy>
using Owned = std::unique_ptr<Skeleton, Deleter<Destroy>>;

void resize(bpf_object* object, const MapSizes& sizes)
{
    const auto set = [&](const char* name, std::uint32_t entries) {
        if (bpf_map* map = bpf_object__find_map_by_name(object, name))
            bpf_map__set_max_entries(map, entries);
    };
    set("flows", sizes.flows);
    set("endpoints", sizes.endpoints);
    set("next_hops", sizes.endpoints);
}

} // namespace

struct Programs::Objects {
    Owned<interface_bpf, interface_bpf__destroy> interface;
    Owned<underlay_bpf, underlay_bpf__destroy> underlay;
    Owned<xdp_bpf, xdp_bpf__destroy> xdp;
    Owned<clock_bpf, clock_bpf__destroy> clock;

    std::vector<bpf_object*> all() const { return {interface->obj, underlay->obj, xdp->obj, clock->obj}; }
};

Programs::Programs() : objects_(std::make_unique<Objects>()) {}
Programs::Programs(Programs&&) noexcept = default;
Programs& Programs::operator=(Programs&&) noexcept = default;
Programs::~Programs() = default;

Result<void> Programs::open(const Pins& pins, const MapSizes& sizes)
{
    Objects& objects = *objects_;
    const std::string root = pins.maps().string();
    LIBBPF_OPTS(bpf_object_open_opts, options, .pin_root_path = root.c_str());

    objects.interface.reset(interface_bpf__open_opts(&options));
    objects.underlay.reset(underlay_bpf__open_opts(&options));
    objects.xdp.reset(xdp_bpf__open_opts(&options));
    objects.clock.reset(clock_bpf__open_opts(&options));
    if (!objects.interface || !objects.underlay || !objects.xdp || !objects.clock)
        return fail(bpf_error(errno, "open the embedded programs"));
    for (bpf_object* object : objects.all())
        resize(object, sizes);

    auto upgrade = Upgrade::plan(pins, objects.all());
    if (!upgrade)
        return fail(upgrade.error());
    upgrade_ = std::move(*upgrade);
    return {};
}

Result<std::vector<MapFate>> Programs::preview(const Pins& pins, const MapSizes& sizes)
{
    Programs programs;
    if (auto opened = programs.open(pins, sizes); !opened)
        return fail(opened.error());
    return programs.upgrade_->fates();
}

Result<Programs> Programs::load(const Pins& pins, const MapSizes& sizes)
{
    Programs programs;
    if (auto opened = programs.open(pins, sizes); !opened)
        return fail(opened.error());
    if (auto prepared = programs.upgrade_->prepare(); !prepared)
        return fail(prepared.error());

    for (bpf_object* object : programs.objects_->all()) {
        if (const int error = bpf_object__load(object))
            return fail(bpf_error(error, std::string{"load programs of "} + bpf_object__name(object)));

        bpf_program* program = nullptr;
        bpf_object__for_each_program(program, object) programs.programs_[bpf_program__name(program)] =
            bpf_program__fd(program);
        bpf_map* map = nullptr;
        bpf_object__for_each_map(map, object)
        {
            if (!bpf_map__pin_path(map))
                continue; // the object's own data
            programs.maps_[bpf_map__name(map)] = bpf_map__fd(map);
            programs.max_entries_[bpf_map__name(map)] = bpf_map__max_entries(map);
        }
    }
    if (auto filled = programs.upgrade_->fill(); !filled)
        return fail(filled.error());
    for (const auto& [name, fd] : programs.maps_)
        programs.map_names_.push_back(name);
    return programs;
}

int Programs::program(const std::string& name) const
{
    const auto found = programs_.find(name);
    return found == programs_.end() ? -1 : found->second;
}

int Programs::map(const std::string& name) const
{
    const auto found = maps_.find(name);
    return found == maps_.end() ? -1 : found->second;
}

std::uint32_t Programs::max_entries(const std::string& map) const
{
    const auto found = max_entries_.find(map);
    return found == max_entries_.end() ? 0 : found->second;
}

} // namespace vpcd
