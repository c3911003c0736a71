#include "dataplane/readings.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cerrno>

#include "dataplane/log.h"

namespace vpcd {

namespace {

constexpr __u32 kBatch = 4096;

std::size_t cpus()
{
    static const int kPossible = libbpf_num_possible_cpus();
    return kPossible > 0 ? static_cast<std::size_t>(kPossible) : 1;
}

// Flows come and go while they are read: a batch may repeat or miss some, which a listing bears.
Result<void>
walk_flows(int fd,
           const std::function<bool(const std::vector<::flow_key>&, const std::vector<::flow>&, __u32)>& visit)
{
    std::vector<::flow_key> keys(kBatch);
    std::vector<::flow> values(kBatch);
    __u64 position = 0;
    for (bool first = true;; first = false) {
        __u32 count = kBatch;
        const int error = bpf_map_lookup_batch(fd, first ? nullptr : &position, &position, keys.data(), values.data(),
                                               &count, nullptr);
        if (error && error != -ENOENT)
            return fail(bpf_error(error, "read table flows"));
        if (!visit(keys, values, count) || error)
            return {};
    }
}

} // namespace

Result<void> visit_flows(const Programs& programs, const FlowVisitor& visit)
{
    return walk_flows(programs.map("flows"), [&](const auto& keys, const auto& values, __u32 count) {
        for (__u32 i = 0; i < count; ++i)
            if (!visit(keys[i], values[i]))
                return false;
        return true;
    });
}

Result<std::uint64_t> count_flows(const Programs& programs)
{
    std::uint64_t total = 0;
    auto walked = walk_flows(programs.map("flows"), [&](const auto&, const auto&, __u32 count) {
        total += count;
        return true;
    });
    if (!walked)
        return fail(walked.error());
    return total;
}

Result<Table<::drop_key, ::drop_count>> read_drops(const Programs& programs)
{
    const int fd = programs.map("drops");
    Table<::drop_key, ::drop_count> table;
    std::vector<::drop_count> of_cpu(cpus());
    ::drop_key key{};

    for (int error = bpf_map_get_next_key(fd, nullptr, &key); !error; error = bpf_map_get_next_key(fd, &key, &key)) {
        if (bpf_map_lookup_elem(fd, &key, of_cpu.data()))
            continue;
        auto& sum = table[key];
        for (const auto& one : of_cpu) {
            sum.packets += one.packets;
            sum.bytes += one.bytes;
        }
    }
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

Result<::interface_counters> read_traffic(const Programs& programs, std::uint32_t interface_id)
{
    ::interface_counters sum{};
    std::vector<::interface_counters> of_cpu(cpus());

    if (const int error = bpf_map_lookup_elem(programs.map("traffic"), &interface_id, of_cpu.data()))
        return fail(bpf_error(error, "read table traffic"));
    for (const auto& one : of_cpu) {
        sum.tx_packets += one.tx_packets;
        sum.tx_bytes += one.tx_bytes;
        sum.rx_packets += one.rx_packets;
        sum.rx_bytes += one.rx_bytes;
    }
    return sum;
}

Result<void> clear_traffic(const Programs& programs, std::uint32_t interface_id)
{
    const std::vector<::interface_counters> nothing(cpus());
    if (const int error = bpf_map_update_elem(programs.map("traffic"), &interface_id, nothing.data(), BPF_ANY))
        return fail(bpf_error(error, "write table traffic"));
    return {};
}

} // namespace vpcd
