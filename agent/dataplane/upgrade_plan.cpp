// The pure half of an upgrade: looks, compares, and decides.
#include <algorithm>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cstring>
#include <fmt/format.h>

#include "dataplane/layout_btf.h"
#include "dataplane/map_copy.h"
#include "dataplane/table_owner.h"
#include "dataplane/upgrade.h"

namespace vpcd {

namespace {

bool is_hash(std::uint32_t type)
{
    return type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_LRU_HASH;
}

// Would libbpf take the pinned map for this one?
bool is_same_shape(const RawMap& old, const bpf_map* map)
{
    const bool is_ring = !old.has_entries();
    return old.type() == bpf_map__type(map) && old.max_entries() == bpf_map__max_entries(map) &&
           old.flags() == bpf_map__map_flags(map) &&
           (is_ring || (old.key_size() == bpf_map__key_size(map) && old.value_size() == bpf_map__value_size(map)));
}

void add_words(std::string& words, const std::string& more)
{
    if (!more.empty())
        words += (words.empty() ? "" : ", ") + more;
}

// Rows of an array that a smaller one has no place for.
Result<bool> loses_rows(const RawMap& old, std::uint32_t size)
{
    bool is_losing = false;
    if (!old.is_array() || size >= old.max_entries())
        return false;
    auto walked = old.walk([&](RawMap::Batch& batch) -> Result<bool> {
        for (std::uint32_t i = 0; i < batch.count; ++i) {
            std::uint32_t index = 0;
            std::memcpy(&index, batch.keys.data() + i * sizeof(index), sizeof(index));
            is_losing = is_losing || index >= size;
        }
        return !is_losing;
    });
    if (!walked)
        return fail(walked.error());
    return is_losing;
}

} // namespace

Result<std::unique_ptr<Upgrade>> Upgrade::plan(const Pins& pins, const std::vector<bpf_object*>& objects)
{
    std::unique_ptr<Upgrade> upgrade{new Upgrade{pins, LayoutRecords::look(pins.maps() / kLayoutsPin)}};
    for (bpf_object* object : objects) {
        bpf_map* map = nullptr;
        bpf_object__for_each_map(map, object)
        {
            if (!bpf_map__pin_path(map))
                continue; // the object's own data
            auto& item = upgrade->items_[bpf_map__name(map)];
            item.maps.push_back(map);
            if (item.maps.size() > 1)
                continue;
            auto layout = layout_of(object, map);
            if (!layout)
                return fail(layout.error());
            item.layout = std::move(*layout);
            item.fate.name = bpf_map__name(map);
            if (auto planned = upgrade->plan_item(item); !planned)
                return fail(planned.error());
        }
    }
    for (auto step : {&Upgrade::spread_renewals, &Upgrade::plan_drops})
        if (auto done = ((*upgrade).*step)(); !done)
            return fail(done.error());
    return upgrade;
}

Result<void> Upgrade::plan_item(Item& item)
{
    const bpf_map* map = item.maps.front();
    item.old = UniqueFd{bpf_obj_get(pin(item.fate.name).c_str())};
    if (!item.old) {
        item.fate.fate = Fate::Create;
        return {};
    }
    const auto old = RawMap::open(item.old.get(), item.fate.name);
    if (!old)
        return fail(old.error());
    const auto record = records_.find(old->id());
    if (record && *record == item.layout && is_same_shape(*old, map))
        return {};

    const auto entries = old->count();
    if (!entries)
        return fail(entries.error());
    item.fate.entries = *entries;
    const auto renew = [&](std::string reason) {
        item.fate.fate = Fate::Renew;
        item.fate.reason = std::move(reason);
        return Result<void>{};
    };
    if (!record)
        return renew("its layout is not known: it was made by a version that kept no record");
    if (old->type() != bpf_map__type(map) && (!is_hash(old->type()) || !is_hash(bpf_map__type(map))))
        return renew("it is another kind of table now");
    if (!old->has_entries())
        return renew("its size has changed");
    const auto conversion = MapConversion::between(*record, item.layout);
    if (!conversion)
        return renew(conversion.error());

    item.fate.fate = Fate::Migrate;
    item.fate.reason = conversion->words();
    const std::uint32_t room = bpf_map__max_entries(map);
    if (old->max_entries() != room)
        add_words(item.fate.reason, fmt::format("room for {} instead of {}", room, old->max_entries()));
    if (!old->is_array() && *entries > room)
        add_words(item.fate.reason, fmt::format("{} do not fit", *entries - room));
    if (item.fate.reason.empty())
        item.fate.reason = "another way to store them";
    return {};
}

// Entries that refer to numbers of a table which starts anew would lead elsewhere.
Result<void> Upgrade::spread_renewals()
{
    for (const auto& [name, item] : items_) {
        bool is_anew = item.fate.fate == Fate::Renew;
        if (item.fate.fate == Fate::Migrate) {
            const auto old = RawMap::open(item.old.get(), name);
            const auto loses = old ? loses_rows(*old, bpf_map__max_entries(item.maps.front())) : fail(old.error());
            if (!loses)
                return fail(loses.error());
            is_anew = *loses;
        }
        if (!is_anew)
            continue;
        for (const auto& referrer : referrers_of(name)) {
            const auto found = items_.find(std::string{referrer});
            if (found == items_.end() || !found->second.old || found->second.fate.fate == Fate::Renew)
                continue;
            auto& other = found->second;
            const auto old = RawMap::open(other.old.get(), other.fate.name);
            const auto entries = old ? old->count() : fail(old.error());
            if (!entries)
                return fail(entries.error());
            other.fate = {other.fate.name, Fate::Renew, *entries,
                          fmt::format("they refer to rows of {}, which is made anew", name)};
        }
    }
    return {};
}

Result<void> Upgrade::plan_drops()
{
    for (const auto& name : pins_.map_names()) {
        if (name == kLayoutsPin || items_.contains(name) || name.ends_with(kNew) || name.ends_with(kOld))
            continue;
        Item item;
        item.fate = {name, Fate::Drop, 0, {}};
        item.old = UniqueFd{bpf_obj_get(pin(name).c_str())};
        if (const auto old = item.old ? RawMap::open(item.old.get(), name) : fail(Error::system(errno, name)))
            if (const auto entries = old->count())
                item.fate.entries = *entries;
        items_.emplace(name, std::move(item));
    }
    return {};
}

std::vector<MapFate> Upgrade::fates() const
{
    std::vector<MapFate> fates;
    for (const auto& [name, item] : items_)
        fates.push_back(item.fate);
    return fates;
}

} // namespace vpcd
