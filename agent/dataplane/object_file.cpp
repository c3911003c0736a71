#include "dataplane/object_file.h"

#include <algorithm>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <set>
#include <span>

#include <clock.skel.h>
#include <expire.skel.h>
#include <interface.skel.h>
#include <underlay.skel.h>
#include <xdp.skel.h>

#include "dataplane/declared_types.h"
#include "dataplane/log.h"

namespace vpcd {

namespace {

std::string bytes_of(const void* (*elf_bytes)(std::size_t*))
{
    std::size_t size = 0;
    const void* bytes = elf_bytes(&size);
    return {static_cast<const char*>(bytes), size};
}

// A type as text that two builds share exactly when they lay it out alike.
std::string describe(const btf* types, __u32 id)
{
    const btf_type* type = btf__type_by_id(types, id);
    if (!type)
        return "void";
    switch (btf_kind(type)) {
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_CONST:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_TYPE_TAG:
        return describe(types, type->type);
    case BTF_KIND_ARRAY:
        return fmt::format("{}[{}]", describe(types, btf_array(type)->type), btf_array(type)->nelems);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION: {
        std::string text = fmt::format("{}:{}{{", btf_kind(type), type->size);
        for (__u32 i = 0; i < btf_vlen(type); ++i) {
            const btf_member& member = btf_members(type)[i];
            text += fmt::format("{}@{}={};", btf__name_by_offset(types, member.name_off),
                                btf_member_bit_offset(type, i), describe(types, member.type));
        }
        return text + "}";
    }
    default:
        return fmt::format("{}:{}", btf_kind(type), type->size);
    }
}

struct Shape {
    bpf_map_type type;
    __u32 key_size;
    __u32 value_size;
    __u32 flags;
    std::string key;
    std::string value;

    friend bool operator==(const Shape&, const Shape&) = default;
};

// Tables that programs and agent share; not an object's own data.
std::map<std::string, Shape> shapes(const bpf_object* object)
{
    std::map<std::string, Shape> found;
    const btf* types = bpf_object__btf(object);
    const bpf_map* map = nullptr;
    while ((map = bpf_object__next_map(object, map))) {
        if (bpf_map__is_internal(map))
            continue;
        const auto [key, value] = declared_types(object, map);
        found[bpf_map__name(map)] = {bpf_map__type(map),      bpf_map__key_size(map), bpf_map__value_size(map),
                                     bpf_map__map_flags(map), describe(types, key),   describe(types, value)};
    }
    return found;
}

std::set<std::string> programs(const bpf_object* object)
{
    std::set<std::string> names;
    const bpf_program* program = nullptr;
    while ((program = bpf_object__next_program(const_cast<bpf_object*>(object), const_cast<bpf_program*>(program))))
        names.insert(fmt::format("{} ({})", bpf_program__name(program), bpf_program__section_name(program)));
    return names;
}

// Where the loader puts the constants the agent sets; empty: the object has none.
std::span<std::byte> constants(bpf_object* object)
{
    bpf_map* map = nullptr;
    while ((map = bpf_object__next_map(object, map))) {
        std::size_t size = 0;
        void* bytes = bpf_map__initial_value(map, &size);
        if (bpf_map__is_internal(map) && bytes && std::string_view{bpf_map__name(map)}.ends_with(".rodata"))
            return {static_cast<std::byte*>(bytes), size};
    }
    return {};
}

// Name to offset and size.
std::map<std::string, std::pair<__u32, __u32>> constant_places(const bpf_object* object)
{
    std::map<std::string, std::pair<__u32, __u32>> places;
    const btf* types = bpf_object__btf(object);
    const __s32 section = btf__find_by_name_kind(types, ".rodata", BTF_KIND_DATASEC);
    if (section < 0)
        return places;
    const btf_type* type = btf__type_by_id(types, static_cast<__u32>(section));
    for (__u32 i = 0; i < btf_vlen(type); ++i) {
        const btf_var_secinfo& place = btf_var_secinfos(type)[i];
        const btf_type* variable = btf__type_by_id(types, place.type);
        places[btf__name_by_offset(types, variable->name_off)] = {place.offset, place.size};
    }
    return places;
}

} // namespace

const ObjectImages& embedded_images()
{
    static const ObjectImages kImages{
        {"interface", bytes_of(interface_bpf__elf_bytes)},
        {"underlay", bytes_of(underlay_bpf__elf_bytes)},
        {"xdp", bytes_of(xdp_bpf__elf_bytes)},
        {"clock", bytes_of(clock_bpf__elf_bytes)},
        {"expire", bytes_of(expire_bpf__elf_bytes)},
    };
    return kImages;
}

void CloseObject::operator()(bpf_object* object) const
{
    bpf_object__close(object);
}

Result<ObjectFile> open_object(const std::string& name, const std::string& image, const std::string& pins)
{
    const std::string object_name = name + "_bpf"; // at most 15 characters: the kernel shows it with the data maps
    LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = object_name.c_str(), .pin_root_path = pins.c_str());
    ObjectFile object{bpf_object__open_mem(image.data(), image.size(), &options)};
    if (!object)
        return fail(bpf_error(errno, fmt::format("open the programs {}", name)));
    return object;
}

void copy_constants(bpf_object* from, bpf_object* to)
{
    const auto source = constants(from), target = constants(to);
    const auto target_places = constant_places(to);
    for (const auto& [name, place] : constant_places(from)) {
        const auto [offset, size] = place;
        const auto found = target_places.find(name);
        if (found != target_places.end() && found->second.second == size && offset + size <= source.size() &&
            found->second.first + size <= target.size())
            std::ranges::copy(source.subspan(offset, size), target.subspan(found->second.first).begin());
    }
}

Result<void> check_interchangeable(const bpf_object* object, const bpf_object* reference)
{
    const std::string name = bpf_object__name(reference);
    if (programs(object) != programs(reference))
        return fail(
            Error::config(fmt::format("{} has other programs than the agent's own ({}, not {})", name,
                                      fmt::join(programs(object), ", "), fmt::join(programs(reference), ", "))));
    const auto expected = shapes(reference);
    const auto found = shapes(object);
    for (const auto& [table, shape] : expected)
        if (const auto other = found.find(table); other == found.end() || other->second != shape)
            return fail(Error::config(fmt::format(
                "table {} of {} is not laid out as the agent's own: the source is of another version", table, name)));
    for (const auto& [table, shape] : found)
        if (!expected.contains(table))
            return fail(Error::config(fmt::format("{} has a table {} the agent does not know", name, table)));
    return {};
}

} // namespace vpcd
