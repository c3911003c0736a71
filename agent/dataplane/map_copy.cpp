#include "dataplane/map_copy.h"

namespace vpcd {

std::expected<MapConversion, std::string> MapConversion::between(const MapLayout& from, const MapLayout& to)
{
    auto key = Conversion::between(from.key, to.key);
    if (!key)
        return std::unexpected("key: " + key.error());
    auto value = Conversion::between(from.value, to.value);
    if (!value)
        return std::unexpected(value.error());
    return MapConversion{std::move(*key), std::move(*value)};
}

std::string MapConversion::words() const
{
    const bool has_both = !key.words().empty() && !value.words().empty();
    return (key.words().empty() ? "" : "key: " + key.words()) + (has_both ? "; " : "") + value.words();
}

Result<std::uint64_t> copy_entries(const RawMap& from, const RawMap& to, const MapConversion& conversion,
                                   bool add_only)
{
    std::uint64_t refused = 0;
    RawMap::Batch out;
    auto walked = from.walk([&](RawMap::Batch& in) -> Result<bool> {
        out.count = in.count;
        out.keys.resize(std::size_t{in.count} * to.key_size());
        out.values.resize(in.count * to.value_bytes());
        for (std::uint32_t i = 0; i < in.count; ++i) {
            conversion.key.run(in.keys.data() + std::size_t{i} * from.key_size(),
                               out.keys.data() + std::size_t{i} * to.key_size());
            for (std::size_t part = 0; part < from.values_per_entry(); ++part)
                conversion.value.run(in.values.data() + i * from.value_bytes() + part * from.value_stride(),
                                     out.values.data() + i * to.value_bytes() + part * to.value_stride());
        }
        auto written = to.write(out, add_only);
        if (!written)
            return fail(written.error());
        refused += *written;
        return true;
    });
    if (!walked)
        return fail(walked.error());
    return refused;
}

} // namespace vpcd
