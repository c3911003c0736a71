#include "dataplane/programs.h"

#include <algorithm>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <random>

#include <vpcd/abi/limits.h>
#include <vpcd/abi/trace.h>

#include "dataplane/constants.h"
#include "dataplane/log.h"

namespace vpcd {

namespace {

std::uint32_t draw_trace_mark()
{
    std::random_device random;
    std::uint32_t mark = 0;
    while (mark == 0 || mark == (VPCD_MARK & ~TRACE_MARK_FRESH))
        mark = random() & ~TRACE_MARK_FRESH;
    return mark;
}

void resize(bpf_object* object, const MapSizes& sizes)
{
    const auto set = [&](const char* name, std::uint32_t entries) {
        if (bpf_map* map = bpf_object__find_map_by_name(object, name))
            bpf_map__set_max_entries(map, entries);
    };
    set("flows", sizes.flows);
    set("pending", sizes.pending);
    set("translations", sizes.translations);
    set("endpoints", sizes.endpoints);
    set("next_hops", sizes.endpoints);
}

} // namespace

struct Programs::Objects {
    std::vector<ObjectFile> files;

    std::vector<bpf_object*> all() const
    {
        std::vector<bpf_object*> objects;
        for (const auto& file : files)
            objects.push_back(file.get());
        return objects;
    }
};

Programs::Programs() : objects_(std::make_unique<Objects>()) {}
Programs::Programs(Programs&&) noexcept = default;
Programs& Programs::operator=(Programs&&) noexcept = default;
Programs::~Programs() = default;

Result<void> Programs::open(const Pins& pins, const MapSizes& sizes)
{
    Objects& objects = *objects_;
    for (const auto& [name, image] : embedded_images()) {
        auto file = open_object(name, image, pins.maps().string());
        if (!file)
            return fail(file.error());
        objects.files.push_back(std::move(*file));
    }
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

    programs.trace_mark_ = draw_trace_mark();
    for (bpf_object* object : programs.objects_->all()) {
        set_constant(object, "trace_mark", programs.trace_mark_); // which XDP programs do not have
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
    return programs;
}

Result<void> Programs::prefer(const ObjectImages& images)
{
    auto build = OtherBuild::load(images, objects_->all());
    if (!build)
        return fail(build.error());
    preferred_ = std::move(*build);
    return {};
}

int Programs::program(const std::string& name) const
{
    const int preferred = preferred_ ? preferred_->program(name) : -1;
    if (preferred >= 0)
        return preferred;
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
