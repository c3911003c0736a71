#include "dataplane/layout_records.h"

#include <array>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "dataplane/log.h"
#include "dataplane/raw_map.h"

namespace vpcd {

namespace {

constexpr std::uint32_t kMaps = 256;
using Text = std::array<char, 4096>; // ends with a zero

bool is_ours(int fd)
{
    bpf_map_info info{};
    __u32 length = sizeof(info);
    return bpf_map_get_info_by_fd(fd, &info, &length) == 0 && info.type == BPF_MAP_TYPE_HASH &&
           info.key_size == sizeof(std::uint32_t) && info.value_size == sizeof(Text);
}

struct FreeTypes {
    void operator()(btf* types) const { btf__free(types); }
};

// So that bpftool shows the records as text. Without types the map does as well.
std::unique_ptr<btf, FreeTypes> load_types(bpf_map_create_opts& options)
{
    std::unique_ptr<btf, FreeTypes> types{btf__new_empty()};
    if (!types)
        return nullptr;
    const int number = btf__add_int(types.get(), "unsigned int", sizeof(std::uint32_t), 0);
    const int letter = btf__add_int(types.get(), "char", 1, BTF_INT_CHAR);
    const int text = btf__add_array(types.get(), number, letter, sizeof(Text));
    const int record = btf__add_struct(types.get(), "layout_record", sizeof(Text));
    if (number < 0 || letter < 0 || text < 0 || record < 0 || btf__add_field(types.get(), "text", text, 0, 0) ||
        btf__load_into_kernel(types.get())) {
        discard_libbpf_log();
        return nullptr;
    }
    options.btf_fd = static_cast<__u32>(btf__fd(types.get()));
    options.btf_key_type_id = static_cast<__u32>(number);
    options.btf_value_type_id = static_cast<__u32>(record);
    return types;
}

} // namespace

LayoutRecords LayoutRecords::look(const std::filesystem::path& pin)
{
    UniqueFd fd{bpf_obj_get(pin.c_str())};
    if (fd && !is_ours(fd.get()))
        fd.reset();
    return LayoutRecords{std::move(fd)};
}

Result<LayoutRecords> LayoutRecords::open(const std::filesystem::path& pin)
{
    if (auto found = look(pin); found.fd_)
        return found;
    ::unlink(pin.c_str());
    LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_NO_PREALLOC);
    const auto types = load_types(options);
    UniqueFd fd{bpf_map_create(BPF_MAP_TYPE_HASH, kLayoutsPin, sizeof(std::uint32_t), sizeof(Text), kMaps, &options)};
    if (!fd)
        return fail(bpf_error(errno, "create the table of layouts"));
    if (bpf_obj_pin(fd.get(), pin.c_str()))
        return fail(bpf_error(errno, "pin " + pin.string()));
    return LayoutRecords{std::move(fd)};
}

std::optional<MapLayout> LayoutRecords::find(std::uint32_t map) const
{
    Text text{};
    if (!fd_ || bpf_map_lookup_elem(fd_.get(), &map, text.data()))
        return std::nullopt;
    text.back() = 0;
    return parse_map_layout(text.data());
}

Result<void> LayoutRecords::put(std::uint32_t map, const MapLayout& layout) const
{
    Text text{};
    const std::string words = to_text(layout);
    if (words.size() >= text.size())
        return fail(Error::system(E2BIG, "record the layout of a table"));
    std::memcpy(text.data(), words.data(), words.size());
    if (const int error = bpf_map_update_elem(fd_.get(), &map, text.data(), BPF_ANY))
        return fail(bpf_error(error, "record the layout of a table"));
    return {};
}

Result<void> LayoutRecords::keep_only(const std::set<std::uint32_t>& maps) const
{
    const auto records = RawMap::open(fd_.get(), "layouts");
    if (!records)
        return fail(records.error());
    std::vector<std::uint32_t> gone;
    auto walked = records->walk([&](const RawMap::Batch& batch) -> Result<bool> {
        for (std::size_t i = 0; i < batch.count; ++i) {
            std::uint32_t map = 0;
            std::memcpy(&map, batch.keys.data() + i * sizeof(map), sizeof(map));
            if (!maps.contains(map))
                gone.push_back(map);
        }
        return true;
    });
    for (const auto id : gone)
        bpf_map_delete_elem(fd_.get(), &id);
    return walked;
}

} // namespace vpcd
