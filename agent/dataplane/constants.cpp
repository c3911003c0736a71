#include "dataplane/constants.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <cstring>

namespace vpcd {

namespace {

constexpr const char* kSection = ".rodata";

bpf_map* constants_of(const bpf_object* object)
{
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, object) if (bpf_map__is_internal(map) &&
                                              std::string_view{bpf_map__name(map)}.ends_with(kSection)) return map;
    return nullptr;
}

} // namespace

bool set_constant(bpf_object* object, std::string_view name, std::uint32_t value)
{
    const btf* types = bpf_object__btf(object);
    const __s32 id = types ? btf__find_by_name_kind(types, kSection, BTF_KIND_DATASEC) : -1;
    std::size_t size = 0;
    bpf_map* map = constants_of(object);
    auto* bytes = map ? static_cast<char*>(bpf_map__initial_value(map, &size)) : nullptr;
    if (id < 0 || !bytes)
        return false;

    const btf_type* section = btf__type_by_id(types, static_cast<__u32>(id));
    const btf_var_secinfo* variable = btf_var_secinfos(section);
    for (unsigned i = 0; i < btf_vlen(section); ++i, ++variable) {
        const btf_type* type = btf__type_by_id(types, variable->type);
        if (name != btf__name_by_offset(types, type->name_off) || variable->size != sizeof(value) ||
            variable->offset + sizeof(value) > size)
            continue;
        std::memcpy(bytes + variable->offset, &value, sizeof(value));
        return true;
    }
    return false;
}

} // namespace vpcd
