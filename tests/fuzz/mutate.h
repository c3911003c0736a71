// Documents as a slip of the pen, a broken disk or an enemy would leave them. The same seed gives the same text on
// every machine.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace vpcd::fuzz {

// A set of documents by file name, as a directory holds it.
using DocumentSet = std::map<std::string, std::string>;

// Each directory is one set.
std::vector<DocumentSet> read_sets(const std::vector<std::string>& directories);

class Mutator {
public:
    explicit Mutator(std::uint64_t seed) : random_(seed) {}

    // One to four mistakes in one or two files of the set.
    DocumentSet mutate(const DocumentSet&);
    // One mistake.
    std::string mutate(std::string text);

private:
    using Mistake = void (Mutator::*)(std::string&);
    struct Span {
        std::size_t begin;
        std::size_t size;
    };

    // Of bytes.
    void flip_bit(std::string&);
    void put_byte(std::string&);
    void cut_bytes(std::string&);
    void copy_bytes(std::string&);
    void truncate(std::string&);
    // Of lines.
    void remove_line(std::string&);
    void repeat_line(std::string&);
    void swap_lines(std::string&);
    void indent_line(std::string&);
    void join_lines(std::string&);
    // Of documents.
    void remove_document(std::string&);
    void repeat_document(std::string&);
    void end_lines_otherwise(std::string&);
    // Of keys and values.
    void remove_key(std::string&);
    void misspell_key(std::string&);
    void change_value(std::string&);
    void exchange_values(std::string&);
    void change_number(std::string&);
    void nest_value(std::string&);
    void anchor_value(std::string&);
    void enlarge_value(std::string&);

    std::size_t below(std::size_t end) { return end == 0 ? 0 : static_cast<std::size_t>(random_() % end); }
    Span line(const std::string&);     // with its line end
    Span document(const std::string&); // with its separator
    Span key(const std::string&);
    Span value(const std::string&); // behind "key: "

    std::mt19937_64 random_;
};

} // namespace vpcd::fuzz
