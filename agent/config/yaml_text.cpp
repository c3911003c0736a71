#include "config/yaml_text.h"

#include <algorithm>

#include <fmt/format.h>

namespace vpcd {

namespace {

// Length of the UTF-8 sequence at the start of `text`; 0: there is none. Overlong forms, surrogates and what is above
// U+10FFFF are none.
std::size_t sequence_length(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    const auto continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
        return byte(i) >= low && byte(i) <= high;
    };
    const unsigned first = byte(0);

    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return continues(1) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef) {
        const unsigned low = first == 0xe0 ? 0xa0 : 0x80;
        const unsigned high = first == 0xed ? 0x9f : 0xbf;
        return continues(1, low, high) && continues(2) ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        const unsigned low = first == 0xf0 ? 0x90 : 0x80;
        const unsigned high = first == 0xf4 ? 0x8f : 0xbf;
        return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
    }
    return 0;
}

bool is_control(unsigned char byte)
{
    return (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f;
}

bool is_marker(std::string_view line, std::string_view marker)
{
    return line.starts_with(marker) &&
           (line.size() == marker.size() ||
            std::string_view{" \t\r"}.find(line[marker.size()]) != std::string_view::npos);
}

// What ends a line for some readers and not for others, so that they count lines differently: a carriage return
// alone, U+0085, U+2028 and U+2029.
bool is_doubtful_line_end(std::string_view text)
{
    if (text.starts_with('\r'))
        return text.substr(1, 1) != "\n" && text.size() > 1;
    return text.starts_with("\xc2\x85") || text.starts_with("\xe2\x80\xa8") || text.starts_with("\xe2\x80\xa9");
}

// Of the character at the start, of `length` bytes; nullptr: none.
const char* problem_at(std::string_view text, std::size_t length)
{
    if (length == 0)
        return "is not UTF-8";
    if (is_control(static_cast<unsigned char>(text[0])))
        return "is a control character";
    if (is_doubtful_line_end(text))
        return "is a line end that is not one everywhere";
    return nullptr;
}

// Blocks of a constant size, so that the compiler tests many bytes at once.
bool all_bytes(std::string_view text, auto&& is_good)
{
    constexpr std::size_t kBlock = 32;
    std::size_t at = 0;
    for (; at + kBlock <= text.size(); at += kBlock) {
        unsigned char bad = 0;
        for (std::size_t i = 0; i < kBlock; ++i)
            bad |= static_cast<unsigned char>(!is_good(static_cast<unsigned char>(text[at + i])));
        if (bad != 0)
            return false;
    }
    return std::ranges::all_of(text.substr(at), [&](char c) { return is_good(static_cast<unsigned char>(c)); });
}

bool is_ascii_text(std::string_view text)
{
    return all_bytes(text, [](unsigned char c) { return ((c >= 0x20) & (c < 0x7f)) | (c == '\n') | (c == '\t'); });
}

// Only "%..." lines, comments and nothing: they are no document yet.
bool is_prologue(std::string_view line)
{
    const auto first = line.find_first_not_of(" \t\r");
    return first == line.npos || line[first] == '#' || line.front() == '%';
}

} // namespace

bool is_plain_text(std::string_view text)
{
    return all_bytes(text, [](unsigned char c) { return ((c >= 0x20) & (c < 0x7f)) | (c == '\n'); });
}

std::pair<unsigned, unsigned> place_of(std::string_view text, std::size_t offset)
{
    const auto before = text.substr(0, offset);
    const auto line = static_cast<unsigned>(std::ranges::count(before, '\n')) + 1;
    return {line, static_cast<unsigned>(before.size() - (before.rfind('\n') + 1)) + 1};
}

std::optional<Error> find_foreign_byte(const std::string& file, std::string_view text)
{
    for (std::size_t i = 0; i < text.size();) {
        constexpr std::size_t kAtOnce = 4096;
        if (const auto ahead = text.substr(i, kAtOnce); is_ascii_text(ahead)) {
            i += ahead.size();
            continue;
        }
        for (const std::size_t stop = std::min(i + kAtOnce, text.size()); i < stop;) {
            const auto byte = static_cast<unsigned char>(text[i]);
            const std::size_t length = sequence_length(text.substr(i));
            const char* const problem = problem_at(text.substr(i), length);
            if (problem) {
                const auto [line, column] = place_of(text, i);
                return Error::at({file, line, column},
                                 fmt::format("byte 0x{:02x} {}; a document is plain UTF-8 text", byte, problem));
            }
            i += length;
        }
    }
    return std::nullopt;
}

std::vector<TextPiece> split_documents(std::string_view text)
{
    std::vector<TextPiece> pieces;
    std::size_t start = 0;
    unsigned start_line = 0;
    unsigned line = 0;
    bool has_directive = false; // in the lines before a document
    bool has_content = false;
    const auto cut = [&](std::size_t end, std::size_t next, unsigned next_line) {
        if (end > start)
            pieces.push_back({text.substr(start, end - start), start_line});
        start = next;
        start_line = next_line;
        has_directive = has_content = false;
    };

    for (std::size_t at = 0; at < text.size(); ++line) {
        const auto newline = text.find('\n', at);
        const std::size_t end = newline == text.npos ? text.size() : newline + 1;
        const auto content = text.substr(at, (newline == text.npos ? end : newline) - at);
        if (is_marker(content, "---")) {
            if (has_content || !has_directive)
                cut(at, at, line);
            has_content = true;
        } else if (is_marker(content, "...")) {
            cut(at, end, line + 1);
        } else if (!has_content) {
            has_content = !is_prologue(content);
            has_directive |= content.starts_with('%');
        }
        at = end;
    }
    cut(text.size(), text.size(), line);
    return pieces;
}

} // namespace vpcd
