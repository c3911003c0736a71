// Laying out columns.
#include "vpcctl/table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

namespace vpcd {

namespace {

// Code points, not bytes: names may be in any script.
std::size_t width(std::string_view text)
{
    return std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

} // namespace

void Table::add(std::vector<std::string> row)
{
    row.resize(columns_.size());
    for (auto& cell : row)
        if (cell.empty())
            cell = "-";
    rows_.push_back(std::move(row));
}

std::string Table::text(unsigned indent) const
{
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        widths.push_back(width(columns_[i].title));
        for (const auto& row : rows_)
            widths[i] = std::max(widths[i], width(row[i]));
    }

    std::string out;
    const auto add_line = [&](auto&& cell_of) {
        std::string line(indent, ' ');
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            const std::string& cell = cell_of(i);
            const std::string space(widths[i] - width(cell), ' ');
            line += columns_[i].align == Align::Right ? space + cell : cell + space;
            line += "  ";
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + '\n';
    };
    add_line([&](std::size_t i) -> const std::string& { return columns_[i].title; });
    for (const auto& row : rows_)
        add_line([&](std::size_t i) -> const std::string& { return row[i]; });
    return out;
}

std::string human_bytes(std::uint64_t bytes)
{
    static constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < kUnits.size()) {
        value /= 1024;
        ++unit;
    }
    return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string human_seconds(double seconds)
{
    if (seconds < 10)
        return fmt::format("{:.1f}s", std::max(seconds, 0.0));
    const auto whole = static_cast<long long>(std::llround(seconds));
    if (whole < 120)
        return fmt::format("{}s", whole);
    if (whole < 7200)
        return fmt::format("{}m{:02}s", whole / 60, whole % 60);
    if (whole < 172'800)
        return fmt::format("{}h{:02}m", whole / 3600, whole / 60 % 60);
    return fmt::format("{}d{:02}h", whole / 86'400, whole / 3600 % 24);
}

} // namespace vpcd
