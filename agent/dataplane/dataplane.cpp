#include "dataplane/dataplane.h"

#include <algorithm>

#include "dataplane/log.h"
#include "dataplane/map.h"
#include "dataplane/readings.h"
#include "dataplane/table_change.h"

namespace vpcd {

namespace {

bool unsettles_flow_counts(const MapFate& fate)
{
    return fate.fate != Fate::Keep && (fate.name == "flows" || fate.name == "flow_counts");
}

bool unsettles_translation_counts(const MapFate& fate)
{
    return fate.fate != Fate::Keep && (fate.name == "translations" || fate.name == "translation_counts");
}

} // namespace

Dataplane::Dataplane(Pins pins, Programs programs, KernelClock clock, SettingsRow settings, GracePeriod grace,
                     const DataplaneOptions& options)
    : pins_(std::move(pins)),
      programs_(std::move(programs)),
      clock_(clock),
      settings_(settings),
      grace_(std::move(grace)),
      options_(options),
      hooks_(pins_)
{
}

Result<std::unique_ptr<Dataplane>> Dataplane::open(const std::filesystem::path& pin_directory, const MapSizes& sizes,
                                                   const DataplaneOptions& options)
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
    auto settings = SettingsRow::open(programs->map("settings"));
    if (!settings)
        return fail(settings.error());
    auto grace = GracePeriod::open();
    if (!grace)
        return fail(grace.error());
    // An agent that was killed while somebody followed drops has left them on.
    if (auto quiet = settings->produce_events(false); !quiet)
        return fail(quiet.error());
    if (auto set = settings->produce_denials(options.denials); !set)
        return fail(set.error());
    return std::unique_ptr<Dataplane>{
        new Dataplane(std::move(*pins), std::move(*programs), *clock, *settings, std::move(*grace), options)};
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
    if (const auto found = tables.settings.find(0); found != tables.settings.end()) {
        found->second = SettingsRow::planned(found->second);
        if (same_bytes(found->second, ::settings{}))
            tables.settings.erase(found);
    }
    return tables;
}

// Ids go round: who has one now that was free before?
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

std::set<std::uint32_t> Dataplane::newly_used(const Changes<::public_key, ::public_address>& changes) const
{
    std::set<std::uint32_t> ids;
    for (const auto& [key, row] : changes.upserts) {
        ::public_address former{};
        if (bpf_map_lookup_elem(programs_.map("publics"), &key, &former) != 0 || former.id != row.id)
            ids.insert(row.id);
    }
    return ids;
}

// What was counted for the last one who had the id is not theirs; TCP connections they bring from another host are.
Result<void> Dataplane::welcome(const std::set<std::uint32_t>& newcomers)
{
    if (newcomers.empty())
        return {};
    if (auto cleared = clear_counts(programs_, newcomers); !cleared)
        return cleared;
    if (auto updated = clock_.update(); !updated)
        return updated;
    const __u64 until = clock_.jiffies() + clock_.jiffies_in(options_.timeouts[FLOW_TIMEOUT_TCP_ESTABLISHED]);
    for (const __u32 id : newcomers)
        if (const int error = bpf_map_update_elem(programs_.map("midstream_until"), &id, &until, BPF_ANY))
            return fail(bpf_error(error, "write table midstream_until"));
    return {};
}

std::vector<Error> Dataplane::apply(const PlanChanges& changes)
{
    const auto welcomed = welcome(newly_used(changes.interfaces));
    const auto cleared = clear_public_counts(programs_, newly_used(changes.publics));
    auto errors = TableChange{programs_, grace_, settings_, changes}.run();
    if (!welcomed)
        errors.push_back(welcomed.error());
    if (!cleared)
        errors.push_back(cleared.error());
    return errors;
}

Result<Expired> Dataplane::expire_flows()
{
    if (auto updated = clock_.update(); !updated)
        return fail(updated.error());
    return vpcd::expire_flows(programs_, clock_, options_.timeouts);
}

std::vector<Error> Dataplane::attach(const std::set<Hook>& wanted)
{
    Upgrade& upgrade = programs_.upgrade();
    if (auto named = upgrade.take_names(); !named)
        return {named.error()};
    auto errors = hooks_.apply(wanted, programs_);
    if (!errors.empty() || upgrade.is_finished())
        return errors; // while a program of an earlier agent may run, its tables stay
    auto finished = upgrade.finish();
    if (finished && std::ranges::any_of(upgrade.fates(), unsettles_flow_counts))
        finished = recount_flows(programs_);
    if (finished && std::ranges::any_of(upgrade.fates(), unsettles_translation_counts))
        finished = recount_translations(programs_);
    if (!finished)
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

} // namespace vpcd
