#include "dataplane/readings.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cerrno>
#include <cstring>
#include <utility>

#include "dataplane/log.h"
#include "dataplane/raw_map.h"

namespace vpcd {

namespace {

constexpr std::array kFlowTables{FlowTable::Established, FlowTable::Pending};

std::size_t cpus()
{
    static const int kPossible = libbpf_num_possible_cpus();
    return kPossible > 0 ? static_cast<std::size_t>(kPossible) : 1;
}

Result<void> walk(const Programs& programs, const char* table, const RawMap::Visitor& visit)
{
    const auto map = RawMap::open(programs.map(table), table);
    if (!map)
        return fail(map.error());
    return map->walk(visit);
}

template <typename Record>
Record record_at(const std::vector<std::byte>& bytes, std::size_t offset)
{
    Record record;
    std::memcpy(&record, bytes.data() + offset, sizeof(record));
    return record;
}

} // namespace

const char* name_of(FlowTable table)
{
    return table == FlowTable::Established ? "flows" : "pending";
}

Result<void> visit_flows(const Programs& programs, const FlowVisitor& visit)
{
    bool goes_on = true;
    for (const auto table : kFlowTables) {
        auto walked = walk(programs, name_of(table), [&](const RawMap::Batch& batch) -> Result<bool> {
            for (std::size_t i = 0; i < batch.count && goes_on; ++i) {
                const auto flow = record_at<::flow>(batch.values, i * sizeof(::flow));
                if (flow.last_seen != FLOW_GONE)
                    goes_on = visit(table, record_at<::flow_key>(batch.keys, i * sizeof(::flow_key)), flow);
            }
            return goes_on;
        });
        if (!walked || !goes_on)
            return walked;
    }
    return {};
}

Result<void> visit_translations(const Programs& programs, const TranslationVisitor& visit)
{
    return walk(programs, "translations", [&](const RawMap::Batch& batch) -> Result<bool> {
        bool goes_on = true;
        for (std::size_t i = 0; i < batch.count && goes_on; ++i) {
            const auto translation = record_at<::translation>(batch.values, i * sizeof(::translation));
            if (translation.last_seen != FLOW_GONE)
                goes_on = visit(record_at<::flow_key>(batch.keys, i * sizeof(::flow_key)), translation);
        }
        return goes_on;
    });
}

std::optional<::translation> find_translation(const Programs& programs, const ::flow_key& key)
{
    ::translation translation{};
    if (bpf_map_lookup_elem(programs.map("translations"), &key, &translation) || translation.last_seen == FLOW_GONE)
        return std::nullopt;
    return translation;
}

Result<std::uint64_t> read_backend_connections(const Programs& programs, std::uint32_t backend)
{
    std::uint64_t connections = 0;
    if (const int error = bpf_map_lookup_elem(programs.map("backend_connections"), &backend, &connections))
        return fail(bpf_error(error, "read table backend_connections"));
    return static_cast<std::int64_t>(connections) < 0 ? 0 : connections; // not exact while one ends on another CPU
}

Result<std::uint64_t> count_translations(const Programs& programs, const ::translation_count_key& key)
{
    ::translation_count count{};
    const int error = bpf_map_lookup_elem(programs.map("translation_counts"), &key, &count);
    if (error && error != -ENOENT)
        return fail(bpf_error(error, "read table translation_counts"));
    return count.pairs;
}

Result<std::uint64_t> count_flows(const Programs& programs, FlowTable table)
{
    const std::string name{name_of(table)};
    const auto map = RawMap::open(programs.map(name), name);
    if (!map)
        return fail(map.error());
    return map->count();
}

std::optional<::flow_key> answer_key(const ::flow_key& key, const ::flow& flow)
{
    if (flow.peer_entry == 0)
        return std::nullopt;
    ::flow_key answer = key;
    std::swap(answer.source, answer.destination);
    std::swap(answer.source_port, answer.destination_port);
    answer.entry = flow.peer_entry;
    return answer;
}

std::optional<::flow> find_flow(const Programs& programs, const ::flow_key& key)
{
    ::flow flow{};
    for (const auto table : kFlowTables)
        if (bpf_map_lookup_elem(programs.map(std::string{name_of(table)}), &key, &flow) == 0 &&
            flow.last_seen != FLOW_GONE)
            return flow;
    return std::nullopt;
}

Result<Table<::rule_hit_key, ::rule_hits>> read_rule_hits(const Programs& programs)
{
    Table<::rule_hit_key, ::rule_hits> table;
    auto walked = walk(programs, "rule_hits", [&](const RawMap::Batch& batch) -> Result<bool> {
        for (std::size_t i = 0; i < batch.count; ++i)
            table.insert_or_assign(record_at<::rule_hit_key>(batch.keys, i * sizeof(::rule_hit_key)),
                                   record_at<::rule_hits>(batch.values, i * sizeof(::rule_hits)));
        return true;
    });
    if (!walked)
        return fail(walked.error());
    return table;
}

Result<::rule_hits> read_rule_hits(const Programs& programs, const ::rule_hit_key& key)
{
    ::rule_hits hits{};
    if (const int error = bpf_map_lookup_elem(programs.map("rule_hits"), &key, &hits); error && error != -ENOENT)
        return fail(bpf_error(error, "read table rule_hits"));
    return hits;
}

Result<void> forget_rule_hits(const Programs& programs, const std::vector<::rule_hit_key>& keys)
{
    for (const auto& key : keys)
        if (const int error = bpf_map_delete_elem(programs.map("rule_hits"), &key); error && error != -ENOENT)
            return fail(bpf_error(error, "remove from table rule_hits"));
    return {};
}

Result<Table<::drop_key, ::drop_count>> read_drops(const Programs& programs)
{
    Table<::drop_key, ::drop_count> table;
    auto walked = walk(programs, "drops", [&](const RawMap::Batch& batch) -> Result<bool> {
        for (std::size_t i = 0; i < batch.count; ++i) {
            ::drop_count sum{};
            for (std::size_t cpu = 0; cpu < cpus(); ++cpu) {
                const auto one = record_at<::drop_count>(batch.values, (i * cpus() + cpu) * sizeof(::drop_count));
                sum.packets += one.packets;
                sum.bytes += one.bytes;
            }
            table.insert_or_assign(record_at<::drop_key>(batch.keys, i * sizeof(::drop_key)), sum);
        }
        return true;
    });
    if (!walked)
        return fail(walked.error());
    return table;
}

Result<std::array<std::uint64_t, COUNTER_COUNT>> read_counters(const Programs& programs)
{
    std::array<std::uint64_t, COUNTER_COUNT> sums{};
    std::vector<__u64> of_cpu(cpus());

    for (__u32 counter = 0; counter < COUNTER_COUNT; ++counter) {
        if (const int error = bpf_map_lookup_elem(programs.map("counters"), &counter, of_cpu.data()))
            return fail(bpf_error(error, "read table counters"));
        for (const auto value : of_cpu)
            sums.at(counter) += value;
    }
    return sums;
}

namespace {

template <typename Counters>
Result<Counters> read_sum(const Programs& programs, const char* table, std::uint32_t id)
{
    Counters sum{};
    std::vector<Counters> of_cpu(cpus());

    if (const int error = bpf_map_lookup_elem(programs.map(table), &id, of_cpu.data()))
        return fail(bpf_error(error, std::string{"read table "} + table));
    for (const auto& one : of_cpu) {
        sum.tx_packets += one.tx_packets;
        sum.tx_bytes += one.tx_bytes;
        sum.rx_packets += one.rx_packets;
        sum.rx_bytes += one.rx_bytes;
    }
    return sum;
}

} // namespace

Result<::interface_counters> read_traffic(const Programs& programs, std::uint32_t interface_id)
{
    return read_sum<::interface_counters>(programs, "traffic", interface_id);
}

Result<::public_counters> read_public_traffic(const Programs& programs, std::uint32_t public_id)
{
    return read_sum<::public_counters>(programs, "public_traffic", public_id);
}

Result<void> clear_public_counts(const Programs& programs, const std::set<std::uint32_t>& public_ids)
{
    const std::vector<::public_counters> nothing(cpus());
    for (const auto id : public_ids)
        if (const int error = bpf_map_update_elem(programs.map("public_traffic"), &id, nothing.data(), BPF_ANY))
            return fail(bpf_error(error, "write table public_traffic"));
    return {};
}

Result<void> clear_counts(const Programs& programs, const std::set<std::uint32_t>& interface_ids)
{
    if (interface_ids.empty())
        return {};
    const std::vector<::interface_counters> nothing(cpus());
    for (const auto id : interface_ids)
        if (const int error = bpf_map_update_elem(programs.map("traffic"), &id, nothing.data(), BPF_ANY))
            return fail(bpf_error(error, "write table traffic"));

    const auto drops = read_drops(programs);
    if (!drops)
        return fail(drops.error());
    for (const auto& [key, count] : *drops)
        if (interface_ids.contains(key.interface))
            if (const int error = bpf_map_delete_elem(programs.map("drops"), &key); error && error != -ENOENT)
                return fail(bpf_error(error, "write table drops"));
    return {};
}

} // namespace vpcd
