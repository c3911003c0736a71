#include "dataplane/declared_types.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <string_view>

namespace vpcd {

namespace {

// `struct { __type(key, ...); ... } name SEC(".maps")`; nullptr: there is no such table.
const btf_type* definition_of(const btf* types, std::string_view name)
{
    const __s32 id = btf__find_by_name_kind(types, ".maps", BTF_KIND_DATASEC);
    const btf_type* section = id < 0 ? nullptr : btf__type_by_id(types, static_cast<__u32>(id));
    for (__u32 i = 0; section && i < btf_vlen(section); ++i) {
        const btf_type* variable = btf__type_by_id(types, btf_var_secinfos(section)[i].type);
        if (name == btf__name_by_offset(types, variable->name_off))
            return btf__type_by_id(types, static_cast<__u32>(btf__resolve_type(types, variable->type)));
    }
    return nullptr;
}

} // namespace

DeclaredTypes declared_types(const bpf_object* object, const bpf_map* map)
{
    DeclaredTypes declared;
    const btf* types = bpf_object__btf(object);
    const btf_type* definition = types ? definition_of(types, bpf_map__name(map)) : nullptr;
    if (!definition || !btf_is_struct(definition))
        return declared;
    for (__u32 i = 0; i < btf_vlen(definition); ++i) {
        const btf_member& member = btf_members(definition)[i];
        const std::string_view name{btf__name_by_offset(types, member.name_off)};
        const __u32 pointed_to = btf__type_by_id(types, member.type)->type; // __type() declares pointers
        if (name == "key")
            declared.key = pointed_to;
        else if (name == "value")
            declared.value = pointed_to;
    }
    return declared;
}

} // namespace vpcd
