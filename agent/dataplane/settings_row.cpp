#include "dataplane/settings_row.h"

#include <bpf/bpf.h>
#include <cstring>

#include "dataplane/log.h"

namespace vpcd {

namespace {

constexpr __u32 kOnlyRow = 0;

} // namespace

Result<SettingsRow> SettingsRow::open(int map)
{
    SettingsRow settings{map};
    const auto row = settings.read();
    if (!row)
        return fail(row.error());
    settings.own_.events = row->events;
    settings.own_.denials = row->denials;
    settings.own_.epoch = row->epoch;
    return settings;
}

Result<::settings> SettingsRow::read() const
{
    ::settings row{};
    if (const int error = bpf_map_lookup_elem(map_, &kOnlyRow, &row))
        return fail(bpf_error(error, "read table settings"));
    return row;
}

::settings SettingsRow::planned(::settings row)
{
    return SettingsRow{-1}.with_own(row);
}

::settings SettingsRow::with_own(::settings row) const
{
    row.events = own_.events;
    row.denials = own_.denials;
    row.epoch = own_.epoch;
    return row;
}

Result<void> SettingsRow::write_planned(const ::settings& planned_row) const
{
    const auto row = with_own(planned_row);
    if (const int error = bpf_map_update_elem(map_, &kOnlyRow, &row, BPF_ANY))
        return fail(bpf_error(error, "write table settings"));
    return {};
}

Result<void> SettingsRow::rewrite() const
{
    const auto row = read();
    if (!row)
        return fail(row.error());
    const auto wanted = with_own(*row);
    if (std::memcmp(&wanted, &*row, sizeof(wanted)) == 0)
        return {};
    return write_planned(*row);
}

Result<void> SettingsRow::produce_events(bool on)
{
    own_.events = on ? 1 : 0;
    return rewrite();
}

Result<void> SettingsRow::produce_denials(unsigned per_second)
{
    own_.denials = per_second;
    return rewrite();
}

Result<void> SettingsRow::switch_rules()
{
    ++own_.epoch;
    auto written = rewrite();
    if (!written)
        --own_.epoch;
    return written;
}

} // namespace vpcd
