#include "dataplane/dataplane.h"

#include <algorithm>
#include <functional>

#include "dataplane/log.h"
#include "dataplane/map.h"
#include "dataplane/readings.h"

namespace vpcd {

Dataplane::Dataplane(Pins pins, Programs programs, KernelClock clock)
    : pins_(std::move(pins)), programs_(std::move(programs)), clock_(clock), hooks_(pins_)
{
}

Result<std::unique_ptr<Dataplane>> Dataplane::open(const std::filesystem::path& pin_directory, const MapSizes& sizes)
{
    capture_libbpf_log();
    auto pins = Pins::open(pin_directory);
    if (!pins)
        return fail(pins.error());
    auto programs = Programs::load(*pins, sizes);
    if (!programs)
        return fail(programs.error());
    auto clock = KernelClock::open(programs->program("read_clock"));
    if (!clock)
        return fail(clock.error());
    std::unique_ptr<Dataplane> dataplane{new Dataplane(std::move(*pins), std::move(*programs), *clock)};
    // An agent that was killed while somebody followed drops has left them on.
    if (auto quiet = dataplane->produce_events(false); !quiet)
        return fail(quiet.error());
    return dataplane;
}

Result<std::vector<MapFate>> Dataplane::preview(const std::filesystem::path& pin_directory, const MapSizes& sizes)
{
    capture_libbpf_log();
    return Programs::preview(Pins::at(pin_directory), sizes);
}

Result<Tables> Dataplane::observe() const
{
    Tables tables;
    std::optional<Error> error;
    for_each_table([&](const auto& table) {
        using Info = std::decay_t<decltype(table)>;
        const std::string name{table.name};
        auto rows = Map<typename Info::Key, typename Info::Value>{programs_.map(name), name, table.kind}.read();
        if (rows)
            tables.*table.rows = std::move(*rows);
        else
            error = rows.error();
    });
    if (error)
        return fail(*error);
    if (const auto found = tables.settings.find(0); found != tables.settings.end())
        found->second.events = 0; // not the plan's business
    return tables;
}

// Ids go round. What was counted for the last one who had it, and what his programs count until they are detached, is
// not the next one's.
std::set<std::uint32_t> Dataplane::newly_used(const Changes<__u32, ::interface>& changes) const
{
    std::set<std::uint32_t> ids;
    for (const auto& [id, row] : changes.upserts) {
        ::interface former{};
        if (row.vpc != 0 && bpf_map_lookup_elem(programs_.map("interfaces"), &id, &former) == 0 && former.vpc == 0)
            ids.insert(id);
    }
    return ids;
}

std::vector<Error> Dataplane::apply(const PlanChanges& changes)
{
    std::vector<Error> errors;
    std::vector<std::function<Result<void>()>> removals;
    const auto note = [&](const Result<void>& done) {
        if (!done)
            errors.push_back(done.error());
    };

    note(clear_counts(programs_, newly_used(changes.interfaces)));
    for_each_table([&](const auto& table) {
        using Info = std::decay_t<decltype(table)>;
        const std::string name{table.name};
        const Map<typename Info::Key, typename Info::Value> map{programs_.map(name), name, table.kind};
        const auto& rows = (changes.*table.changes).upserts;
        if constexpr (std::is_same_v<typename Info::Value, ::settings>) {
            auto patched = rows;
            for (auto& row : patched)
                row.second.events = events_ ? 1 : 0;
            note(map.put(patched));
        } else {
            note(map.put(rows));
        }
        removals.push_back([map, &keys = (changes.*table.changes).deletes] { return map.erase(keys); });
    });
    std::ranges::reverse(removals); // who refers goes before what it refers to
    for (const auto& remove : removals)
        note(remove());
    return errors;
}

std::vector<Error> Dataplane::attach(const std::set<Hook>& wanted)
{
    Upgrade& upgrade = programs_.upgrade();
    if (auto named = upgrade.take_names(); !named)
        return {named.error()};
    auto errors = hooks_.apply(wanted, programs_);
    if (!errors.empty() || upgrade.is_finished())
        return errors; // while a program of an earlier agent may run, its tables stay
    if (auto finished = upgrade.finish(); !finished)
        errors.push_back(finished.error());
    return errors;
}

Result<void> Dataplane::use(const ObjectImages& images)
{
    if (auto loaded = programs_.prefer(images); !loaded)
        return loaded;
    const auto errors = hooks_.replace(programs_);
    if (errors.empty())
        return {};
    (void)use_embedded(); // where that fails too the next pass tries it again
    return fail(errors.front());
}

Result<void> Dataplane::use_embedded()
{
    programs_.prefer_own();
    const auto errors = hooks_.replace(programs_);
    if (!errors.empty())
        return fail(errors.front());
    return {};
}

Result<::settings> Dataplane::read_settings() const
{
    const __u32 zero = 0;
    ::settings settings{};
    if (const int error = bpf_map_lookup_elem(programs_.map("settings"), &zero, &settings))
        return fail(bpf_error(error, "read table settings"));
    return settings;
}

Result<void> Dataplane::produce_events(bool on)
{
    events_ = on;
    const __u32 zero = 0;
    auto settings = read_settings();
    if (!settings)
        return fail(settings.error());
    if (settings->events == (on ? 1 : 0))
        return {};
    settings->events = on ? 1 : 0;
    if (const int error = bpf_map_update_elem(programs_.map("settings"), &zero, &*settings, BPF_ANY))
        return fail(bpf_error(error, "write table settings"));
    return {};
}

} // namespace vpcd
