// Writing a table's rows one by one; what fails ends the program.
#pragma once

#include <bpf/bpf.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <string>

namespace vpcd::bench {

[[noreturn]] inline void die(const std::string& doing)
{
    fmt::print(stderr, "{}: {}\n", doing, std::strerror(errno));
    std::exit(1);
}

template <typename Key, typename Value>
void put(int map, const Key& key, const Value& value)
{
    if (bpf_map_update_elem(map, &key, &value, BPF_ANY))
        die("write a table");
}

} // namespace vpcd::bench
