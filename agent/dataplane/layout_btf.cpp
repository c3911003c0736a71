#include "dataplane/layout_btf.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <charconv>
#include <fmt/format.h>
#include <map>

#include "dataplane/declared_types.h"

namespace vpcd {

namespace {

constexpr std::string_view kTag = "layout:"; // VPCD_LAYOUT

// Layout numbers by the struct that carries them.
std::map<__u32, std::uint32_t> versions_of(const btf* types)
{
    std::map<__u32, std::uint32_t> versions;
    for (__u32 id = 1; id < btf__type_cnt(types); ++id) {
        const btf_type* type = btf__type_by_id(types, id);
        if (!btf_is_decl_tag(type) || btf_decl_tag(type)->component_idx != -1)
            continue;
        const std::string_view text{btf__name_by_offset(types, type->name_off)};
        std::uint32_t number = 0;
        if (text.starts_with(kTag) &&
            std::from_chars(text.data() + kTag.size(), text.data() + text.size(), number).ec == std::errc{})
            versions[type->type] = number;
    }
    return versions;
}

bool is_padding(std::string_view name)
{
    return name == "pad" || name.starts_with("pad_");
}

class Reader {
public:
    explicit Reader(const btf* types) : types_(types), versions_(versions_of(types)) {}

    Layout read(__u32 id) const
    {
        Layout layout;
        const __u32 plain = resolve(id);
        if (const auto found = versions_.find(plain); found != versions_.end())
            layout.version = found->second;
        layout.size = size_of(id);
        add(layout, "", 0, id);
        return layout;
    }

private:
    static bool is_alias(const btf_type* type)
    {
        return btf_is_typedef(type) || btf_is_mod(type) || btf_is_type_tag(type);
    }

    // Behind typedefs and qualifiers.
    __u32 resolve(__u32 id) const
    {
        for (const btf_type* type = btf__type_by_id(types_, id); is_alias(type); type = btf__type_by_id(types_, id))
            id = type->type;
        return id;
    }

    std::uint32_t size_of(__u32 id) const
    {
        const auto size = btf__resolve_size(types_, id);
        return size < 0 ? 0 : static_cast<std::uint32_t>(size);
    }

    MemberKind kind_of(__u32 id) const
    {
        const btf_type* type = btf__type_by_id(types_, id);
        for (; is_alias(type); type = btf__type_by_id(types_, type->type))
            if (std::string_view{btf__name_by_offset(types_, type->name_off)}.starts_with("__be"))
                return MemberKind::Network;
        if (btf_is_int(type))
            return (btf_int_encoding(type) & BTF_INT_SIGNED) != 0 ? MemberKind::Signed : MemberKind::Number;
        return btf_is_any_enum(type) ? MemberKind::Number : MemberKind::Raw;
    }

    void add(Layout& layout, const std::string& name, std::uint32_t offset, __u32 id) const
    {
        const btf_type* type = btf__type_by_id(types_, resolve(id));
        if (!btf_is_struct(type)) {
            layout.members.push_back({name.empty() ? "number" : name, offset, size_of(id), kind_of(id)});
            return;
        }
        const btf_member* members = btf_members(type);
        for (__u32 i = 0; i < btf_vlen(type); ++i) {
            const std::string_view own{btf__name_by_offset(types_, members[i].name_off)};
            if (is_padding(own))
                continue;
            const bool is_joined = !name.empty() && !own.empty(); // an anonymous struct adds no name
            add(layout, is_joined ? fmt::format("{}.{}", name, own) : name + std::string{own},
                offset + btf_member_bit_offset(type, i) / 8, members[i].type);
        }
    }

    const btf* types_;
    std::map<__u32, std::uint32_t> versions_;
};

} // namespace

Result<MapLayout> layout_of(const bpf_object* object, const bpf_map* map)
{
    const btf* types = bpf_object__btf(object);
    const auto [key, value] = declared_types(object, map);
    if (bpf_map__key_size(map) == 0)
        return MapLayout{};
    if (!types || key == 0 || value == 0)
        return fail(
            Error::config(fmt::format("table {}: the object says nothing about its types", bpf_map__name(map))));
    const Reader reader{types};
    return MapLayout{reader.read(key), reader.read(value)};
}

} // namespace vpcd
