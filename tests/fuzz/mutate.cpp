#include "mutate.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace vpcd::fuzz {

using namespace std::string_view_literals;

namespace {

constexpr std::string_view kBytes = "\0\x04\t\n\r !\"#%&'*,-:>?@[]`{|}~\x7f\x80\xc2\xed\xff"sv;

constexpr std::string_view kValues[] = {"",
                                        "0",
                                        "-1",
                                        "1",
                                        "255",
                                        "256",
                                        "65536",
                                        "16777215",
                                        "16777216",
                                        "4294967295",
                                        "4294967296",
                                        "9223372036854775808",
                                        "18446744073709551616",
                                        "1e9",
                                        "0x10",
                                        "010",
                                        "1.5",
                                        ".inf",
                                        "~",
                                        "null",
                                        "true",
                                        "false",
                                        "yes",
                                        "[]",
                                        "{}",
                                        "[1, 2]",
                                        "[[[]]]",
                                        "{a: b}",
                                        "[{a: {b: [c]}}]",
                                        "'",
                                        "\"",
                                        "''",
                                        "\"\\u0000\"",
                                        "'a b'",
                                        "\"a\\nb\"",
                                        "| ",
                                        ">",
                                        "- x",
                                        "? x",
                                        "&a *a",
                                        "*a",
                                        "!!binary YQ==",
                                        "!x",
                                        "@",
                                        "%",
                                        "0.0.0.0",
                                        "0.0.0.0/0",
                                        "::",
                                        "::/0",
                                        "::1",
                                        "::ffff:10.0.0.1",
                                        "10.0.0.0/8",
                                        "10.0.0.0/33",
                                        "10.0.0.1/24",
                                        "10.0.0.0/-1",
                                        "10.0.1.0/30",
                                        "100.64.0.0/10",
                                        "127.0.0.1",
                                        "169.254.1.1",
                                        "224.0.0.1",
                                        "255.255.255.255",
                                        "256.1.1.1",
                                        "2001:db8::/32",
                                        "00:00:00:00:00:00",
                                        "ff:ff:ff:ff:ff:ff",
                                        "01:00:5e:00:00:01",
                                        "02:76:70:63:64:fe",
                                        "02-00-00-00-00-01",
                                        "02:00",
                                        "vxlan",
                                        "geneve",
                                        "gre",
                                        "main",
                                        "default",
                                        "default-default",
                                        "node-a",
                                        "node-z",
                                        "vpcd-vxlan",
                                        "lo",
                                        ".",
                                        "..",
                                        "../../etc/passwd",
                                        "/",
                                        "a/b",
                                        "%s%n",
                                        "$(id)",
                                        "\xc3\xa4\xc3\xb6",
                                        "\xe2\x80\xae",
                                        "\xe2\x80\xa8x",
                                        "\xc2\x85",
                                        "\xef\xbb\xbf",
                                        "\xf0\x9f\x98\x80",
                                        "\xc0\xaf",
                                        "Host",
                                        "Vpc",
                                        "Subnet",
                                        "RouteTable",
                                        "Interface",
                                        "SecurityGroup",
                                        "PrefixList",
                                        "NetworkAcl",
                                        "ElasticIp",
                                        "NatGateway",
                                        "LoadBalancer",
                                        "BandwidthPackage",
                                        "source-hash",
                                        "ingress",
                                        "egress",
                                        "allow",
                                        "drop",
                                        "tcp",
                                        "all",
                                        "65535",
                                        "22-80",
                                        "80-22",
                                        "[80, 1-65535]",
                                        "0-65535",
                                        "203.0.113.10",
                                        "[203.0.113.10, 203.0.113.20]",
                                        "udp",
                                        "arp",
                                        "route",
                                        "endpoint-independent",
                                        "{natGateway: internet}",
                                        "{device: external0}",
                                        "{group: web}",
                                        "{cidr: 0.0.0.0/0, group: web}",
                                        "default-1",
                                        "default-2"};

bool is_key_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string read_file(const std::filesystem::path& path)
{
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

} // namespace

std::vector<DocumentSet> read_sets(const std::vector<std::string>& directories)
{
    std::vector<DocumentSet> sets;
    for (const auto& directory : directories) {
        DocumentSet set;
        for (const auto& entry : std::filesystem::directory_iterator{directory})
            if (entry.path().extension() == ".yaml")
                set[entry.path().filename().string()] = read_file(entry.path());
        if (!set.empty())
            sets.push_back(std::move(set));
    }
    return sets;
}

DocumentSet Mutator::mutate(const DocumentSet& set)
{
    DocumentSet changed = set;
    const std::size_t files = 1 + below(2);
    for (std::size_t i = 0; i < files && !changed.empty(); ++i) {
        std::string& text = std::next(changed.begin(), static_cast<std::ptrdiff_t>(below(changed.size())))->second;
        const std::size_t mistakes = 1 + below(2);
        for (std::size_t j = 0; j < mistakes; ++j)
            text = mutate(std::move(text));
    }
    return changed;
}

std::string Mutator::mutate(std::string text)
{
    static constexpr std::array kMistakes{&Mutator::flip_bit,
                                          &Mutator::put_byte,
                                          &Mutator::cut_bytes,
                                          &Mutator::copy_bytes,
                                          &Mutator::truncate,
                                          &Mutator::remove_line,
                                          &Mutator::repeat_line,
                                          &Mutator::swap_lines,
                                          &Mutator::indent_line,
                                          &Mutator::join_lines,
                                          &Mutator::remove_document,
                                          &Mutator::repeat_document,
                                          &Mutator::end_lines_otherwise,
                                          &Mutator::remove_key,
                                          &Mutator::remove_key,
                                          &Mutator::misspell_key,
                                          &Mutator::change_value,
                                          &Mutator::change_value,
                                          &Mutator::change_value,
                                          &Mutator::change_value,
                                          &Mutator::exchange_values,
                                          &Mutator::exchange_values,
                                          &Mutator::change_number,
                                          &Mutator::change_number,
                                          &Mutator::nest_value,
                                          &Mutator::anchor_value,
                                          &Mutator::enlarge_value};
    (this->*kMistakes[below(kMistakes.size())])(text);
    return text;
}

Mutator::Span Mutator::line(const std::string& text)
{
    const std::size_t at = below(text.size());
    const auto before = at == 0 ? text.npos : text.rfind('\n', at - 1);
    const std::size_t begin = before == text.npos ? 0 : before + 1;
    const auto end = text.find('\n', begin);
    return {begin, (end == text.npos ? text.size() : end + 1) - begin};
}

Mutator::Span Mutator::document(const std::string& text)
{
    const auto before = text.rfind("\n---", below(text.size()));
    const std::size_t begin = before == text.npos ? 0 : before + 1;
    const auto end = text.find("\n---", begin);
    return {begin, (end == text.npos ? text.size() : end + 1) - begin};
}

// The word before the next ": ", or before ":" at the end of a line.
Mutator::Span Mutator::key(const std::string& text)
{
    for (std::size_t at = text.find(':', below(text.size())); at != text.npos; at = text.find(':', at + 1)) {
        std::size_t begin = at;
        while (begin > 0 && is_key_character(text[begin - 1]))
            --begin;
        const bool ends_word = at + 1 == text.size() || text[at + 1] == ' ' || text[at + 1] == '\n';
        if (begin < at && ends_word)
            return {begin, at - begin};
    }
    return {below(text.size()), 0};
}

Mutator::Span Mutator::value(const std::string& text)
{
    const Span before = key(text);
    if (before.size == 0)
        return before;
    const std::size_t begin = std::min(before.begin + before.size + 2, text.size());
    const bool is_list = begin < text.size() && text[begin] == '[';
    const auto end = text.find_first_of(is_list ? "]\n" : ",}\n", begin);
    return {begin, (end == text.npos ? text.size() : end + (is_list && text[end] == ']' ? 1 : 0)) - begin};
}

void Mutator::flip_bit(std::string& text)
{
    if (!text.empty())
        text[below(text.size())] ^= static_cast<char>(1u << below(8));
}

void Mutator::put_byte(std::string& text)
{
    text.insert(below(text.size() + 1), 1 + below(3), kBytes[below(kBytes.size())]);
}

void Mutator::cut_bytes(std::string& text)
{
    text.erase(below(text.size()), 1 + below(20));
}

void Mutator::copy_bytes(std::string& text)
{
    const std::string piece = text.substr(below(text.size()), 1 + below(60));
    text.insert(below(text.size() + 1), piece);
}

void Mutator::truncate(std::string& text)
{
    text.resize(below(text.size() + 1));
}

void Mutator::remove_line(std::string& text)
{
    const Span span = line(text);
    text.erase(span.begin, span.size);
}

void Mutator::repeat_line(std::string& text)
{
    const Span span = line(text);
    text.insert(span.begin, text.substr(span.begin, span.size));
}

void Mutator::swap_lines(std::string& text)
{
    const Span from = line(text);
    const std::string moved = text.substr(from.begin, from.size);
    text.erase(from.begin, from.size);
    text.insert(line(text).begin, moved);
}

void Mutator::indent_line(std::string& text)
{
    text.insert(line(text).begin, below(4) == 0 ? "\t" : std::string(1 + below(4), ' '));
}

void Mutator::join_lines(std::string& text)
{
    if (const auto end = text.find('\n', below(text.size())); end != text.npos)
        text[end] = ' ';
}

void Mutator::remove_document(std::string& text)
{
    const Span span = document(text);
    text.erase(span.begin, span.size);
}

void Mutator::repeat_document(std::string& text)
{
    const Span span = document(text);
    const std::string copy = text.substr(span.begin, span.size);
    text += (copy.starts_with("---") ? "\n" : "\n---\n") + copy;
}

void Mutator::end_lines_otherwise(std::string& text)
{
    std::string other;
    for (const char c : text)
        other += c == '\n' ? "\r\n" : std::string(1, c);
    text = std::move(other);
}

void Mutator::remove_key(std::string& text)
{
    const Span span = key(text);
    const auto end = text.find_first_of(",}\n", span.begin);
    text.erase(span.begin, end == text.npos ? end : end - span.begin + (text[end] == '}' ? 0 : 1));
}

void Mutator::misspell_key(std::string& text)
{
    const Span span = key(text);
    if (span.size == 0)
        return;
    if (below(2) == 0)
        text.erase(span.begin + below(span.size), 1);
    else
        text[span.begin + below(span.size)] = static_cast<char>('a' + below(26));
}

void Mutator::change_value(std::string& text)
{
    const Span span = value(text);
    text.replace(span.begin, span.size, kValues[below(std::size(kValues))]);
}

void Mutator::exchange_values(std::string& text)
{
    const Span from = value(text);
    const std::string moved = text.substr(from.begin, from.size);
    const Span to = value(text);
    text.replace(to.begin, to.size, moved);
}

void Mutator::change_number(std::string& text)
{
    const auto at = text.find_first_of("0123456789", below(text.size()));
    if (at != text.npos)
        text.replace(at, 1, std::to_string(below(300)));
}

void Mutator::nest_value(std::string& text)
{
    static constexpr std::size_t kDepths[] = {1, 2, 31, 32, 33, 1000, 50'000};
    const Span span = value(text);
    const std::size_t depth = kDepths[below(std::size(kDepths))];
    std::string nested;
    const bool is_list = below(2) == 0;
    for (std::size_t i = 0; i < depth; ++i)
        nested += is_list ? "[" : "{a: ";
    nested += text.substr(span.begin, span.size);
    if (below(4) != 0)
        nested += std::string(depth, is_list ? ']' : '}');
    text.replace(span.begin, span.size, nested);
}

void Mutator::anchor_value(std::string& text)
{
    const Span first = value(text);
    text.insert(first.begin, "&anchor ");
    if (const Span second = value(text); second.begin > first.begin + 8)
        text.replace(second.begin, second.size, "*anchor");
}

void Mutator::enlarge_value(std::string& text)
{
    static constexpr std::size_t kSizes[] = {15, 16, 55, 56, 63, 64, 255, 256, 65'536, 300'000};
    const Span span = value(text);
    text.insert(span.begin + span.size, kSizes[below(std::size(kSizes))], static_cast<char>('a' + below(26)));
}

} // namespace vpcd::fuzz
