#include "dataplane/other_build.h"

#include <bpf/libbpf.h>

#include "dataplane/log.h"

namespace vpcd {

namespace {

// The tables of `own` instead of new ones.
Result<void> share_tables(bpf_object* object, const bpf_object* own)
{
    bpf_map* map = nullptr;
    while ((map = bpf_object__next_map(object, map))) {
        if (bpf_map__is_internal(map))
            continue;
        const bpf_map* shared = bpf_object__find_map_by_name(own, bpf_map__name(map));
        bpf_map__set_max_entries(map, bpf_map__max_entries(shared)); // sizes are settings, not layout
        if (const int error = bpf_map__set_pin_path(map, nullptr))
            return fail(bpf_error(error, std::string{"share table "} + bpf_map__name(map)));
        if (const int error = bpf_map__reuse_fd(map, bpf_map__fd(shared)))
            return fail(bpf_error(error, std::string{"share table "} + bpf_map__name(map)));
    }
    return {};
}

Result<ObjectFile> load_over(const std::string& name, const std::string& image, bpf_object* own)
{
    auto object = open_object(name, image, {});
    if (!object)
        return object;
    if (auto checked = check_interchangeable(object->get(), own); !checked)
        return fail(checked.error());
    if (auto shared = share_tables(object->get(), own); !shared)
        return fail(shared.error());
    copy_constants(own, object->get());
    if (const int error = bpf_object__load(object->get()))
        return fail(bpf_error(error, "load programs of " + name));
    return object;
}

} // namespace

Result<OtherBuild> OtherBuild::load(const ObjectImages& images, const std::vector<bpf_object*>& own)
{
    OtherBuild build;
    for (bpf_object* object : own) {
        const std::string name = bpf_object__name(object);
        const auto image = images.find(name.substr(0, name.rfind("_bpf")));
        if (image == images.end())
            continue;
        auto loaded = load_over(image->first, image->second, object);
        if (!loaded)
            return fail(loaded.error());
        build.objects_.push_back(std::move(*loaded));
    }
    return build;
}

int OtherBuild::program(const std::string& name) const
{
    for (const auto& object : objects_)
        if (const auto* program = bpf_object__find_program_by_name(object.get(), name.c_str()))
            return bpf_program__fd(program);
    return -1;
}

} // namespace vpcd
