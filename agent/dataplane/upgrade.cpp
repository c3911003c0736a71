#include "dataplane/upgrade.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cerrno>
#include <cstdio>
#include <fmt/format.h>
#include <set>

#include "dataplane/log.h"
#include "dataplane/map_copy.h"
#include "dataplane/table_owner.h"

namespace vpcd {

namespace {

std::uint32_t id_of_pin(const std::filesystem::path& path)
{
    const UniqueFd fd{bpf_obj_get(path.c_str())};
    const auto map =
        fd ? RawMap::open(fd.get(), path.filename().string()) : fail(Error::system(errno, path.string()));
    return map ? map->id() : 0;
}

Result<void> rename_pin(const std::filesystem::path& from, const std::filesystem::path& to)
{
    if (std::rename(from.c_str(), to.c_str()) != 0)
        return fail(Error::system(errno, fmt::format("rename {} to {}", from.string(), to.filename().string())));
    return {};
}

} // namespace

Upgrade::~Upgrade()
{
    if (step_ != Step::Planned && step_ != Step::Filled)
        return;
    for (const auto& [name, item] : items_)
        if (!item.maps.empty() && item.fate.fate != Fate::Keep)
            ::unlink(pin(name, kNew).c_str());
}

Result<void> Upgrade::prepare()
{
    for (const auto& name : pins_.map_names())
        if (name.ends_with(kNew)) // of a start that did not get so far that a program used it
            ::unlink(pin(name).c_str());
    auto records = LayoutRecords::open(pins_.maps() / kLayoutsPin);
    if (!records)
        return fail(records.error());
    records_ = std::move(*records);
    if (auto forgotten = forget_others(); !forgotten)
        return forgotten;

    for (auto& [name, item] : items_) {
        if (auto settled = settle_interrupted(item); !settled)
            return settled;
        const auto path = pin(name, item.fate.fate == Fate::Keep ? "" : kNew);
        for (bpf_map* map : item.maps)
            if (const int error = bpf_map__set_pin_path(map, path.c_str()))
                return fail(bpf_error(error, "set the pin of table " + name));
    }
    return {};
}

// An earlier upgrade was interrupted: programs may run that use NAME-old. With a map that is kept, this start goes on
// where that one stopped; else what they have written is brought into NAME, and from there into the new map.
Result<void> Upgrade::settle_interrupted(const Item& item)
{
    const auto old = pin(item.fate.name, kOld);
    const std::uint32_t id = id_of_pin(old);
    if (id == 0)
        return {};
    if (id == id_of_pin(pin(item.fate.name))) { // it had not taken the name yet
        ::unlink(old.c_str());
        return {};
    }
    return item.fate.fate == Fate::Keep ? Result<void>{} : carry_over_rest(item.fate.name);
}

Result<void> Upgrade::fill()
{
    step_ = Step::Filled;
    for (auto& [name, item] : items_) {
        if (item.maps.empty() || item.fate.fate == Fate::Keep)
            continue;
        const int fd = bpf_map__fd(item.maps.front());
        const auto map = RawMap::open(fd, name);
        if (!map)
            return fail(map.error());
        if (auto recorded = records_.put(map->id(), item.layout); !recorded)
            return recorded;
        if (item.fate.fate == Fate::Migrate)
            if (auto migrated = migrate(item, fd); !migrated)
                return migrated;
        if (item.fate.fate == Fate::Create)
            if (auto named = rename_pin(pin(name, kNew), pin(name)); !named)
                return named;
    }
    return {};
}

Result<void> Upgrade::migrate(const Item& item, int fd)
{
    const auto from = RawMap::open(item.old.get(), item.fate.name);
    const auto to = RawMap::open(fd, item.fate.name);
    if (!from || !to)
        return fail(!from ? from.error() : to.error());
    const auto record = records_.find(from->id());
    const auto conversion = record ? MapConversion::between(*record, item.layout) : std::unexpected(std::string{});
    if (!conversion)
        return fail(Error::config(fmt::format("table {} changed while it was being carried over", item.fate.name)));
    const auto copied = copy_entries(*from, *to, *conversion, false);
    if (!copied)
        return fail(copied.error().during("carry over table " + item.fate.name));
    return {};
}

Result<void> Upgrade::take_names()
{
    if (step_ != Step::Filled)
        return {};
    for (const auto& [name, item] : items_) {
        if (item.fate.fate != Fate::Migrate && item.fate.fate != Fate::Renew)
            continue;
        // From a table that starts anew nothing is carried over later either: it needs no name.
        if (item.fate.fate == Fate::Migrate && bpf_obj_pin(item.old.get(), pin(name, kOld).c_str()) &&
            errno != EEXIST)
            return fail(bpf_error(errno, "pin the old table " + name));
        const auto fresh = pin(name, kNew);
        if (auto named = rename_pin(fresh, pin(name)); !named && (named.error().code() != ENOENT))
            return named;
    }
    step_ = Step::Named;
    return {};
}

Result<void> Upgrade::finish()
{
    if (step_ != Step::Named)
        return {};
    for (const auto& [name, item] : items_) {
        if (item.fate.fate == Fate::Drop)
            ::unlink(pin(name).c_str());
        else if (auto carried = carry_over_rest(name); !carried)
            return carried;
    }
    step_ = Step::Finished;
    return forget_others();
}

// Records of maps that are pinned no more, also of starts that did not get to their end.
Result<void> Upgrade::forget_others() const
{
    std::set<std::uint32_t> ids;
    for (const auto& name : pins_.map_names())
        ids.insert(id_of_pin(pin(name)));
    return records_.keep_only(ids);
}

// What programs wrote into NAME-old since NAME was filled. Rows the agent writes are right already.
Result<void> Upgrade::carry_over_rest(const std::string& name)
{
    const auto path = pin(name, kOld);
    const UniqueFd old_fd{bpf_obj_get(path.c_str())};
    const UniqueFd fd{bpf_obj_get(pin(name).c_str())};
    if (!old_fd)
        return {};
    const auto from = RawMap::open(old_fd.get(), name);
    const auto to = fd ? RawMap::open(fd.get(), name) : fail(Error::system(errno, "open table " + name));
    if (!from || !to)
        return fail(!from ? from.error() : to.error());

    const auto before = records_.find(from->id());
    const auto after = records_.find(to->id());
    if (before && after && from->has_entries() && !from->is_array() && !is_written_by_plan(name))
        if (const auto conversion = MapConversion::between(*before, *after))
            if (const auto copied = copy_entries(*from, *to, *conversion, true); !copied)
                return fail(copied.error().during("carry over table " + name));
    ::unlink(path.c_str());
    return {};
}

} // namespace vpcd
