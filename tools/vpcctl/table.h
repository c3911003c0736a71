// Rows with aligned columns. Numbers stand to the right; nothing is coloured.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vpcd {

class Table {
public:
    enum class Align { Left, Right };
    struct Column {
        std::string title;
        Align align = Align::Left;
    };

    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

    // An empty cell is shown as "-".
    void add(std::vector<std::string> row);
    bool empty() const { return rows_.empty(); }
    // One line each, with `indent` spaces in front and none at the end.
    std::string text(unsigned indent = 0) const;

private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

// "1.5 MiB", "3m07s"
std::string human_bytes(std::uint64_t bytes);
std::string human_seconds(double seconds);

} // namespace vpcd
