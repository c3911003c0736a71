#include "config/reader.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "model/kind_names.h"

namespace vpcd {

FieldPath::FieldPath(const FieldPath& parent, std::string_view key)
    : parent_(&parent), key_(key), hash_(parent.parent_ ? parent.hash_.then(".").then(key) : PathHash{key})
{
}

FieldPath::FieldPath(const FieldPath& parent, std::size_t index) : parent_(&parent), index_(index)
{
    std::array<char, 24> digits{'['};
    char* const end = std::to_chars(digits.data() + 1, digits.data() + digits.size() - 1, index).ptr;
    *end = ']';
    hash_ = parent.hash_.then({digits.data(), end + 1});
}

std::string FieldPath::text() const
{
    if (!parent_)
        return {};
    const std::string before = parent_->text();
    if (key_.empty())
        return fmt::format("{}[{}]", before, index_);
    return before.empty() ? std::string{key_} : fmt::format("{}.{}", before, key_);
}

const YamlEntry* Reader::take(std::string_view key)
{
    // Most documents have their keys in the order in which they are asked for.
    const auto& entries = mapping_.entries;
    for (std::size_t i = 0, at = taken_; i < entries.size(); ++i, ++at) {
        if (at >= entries.size())
            at = 0;
        if (entries[at].key.text == key) {
            ++taken_;
            return &entries[at];
        }
    }
    return nullptr;
}

void Reader::report_left_over(const std::vector<std::string_view>& known)
{
    for (const auto& [key, value] : mapping_.entries) {
        if (context_.has_enough())
            return;
        if (std::ranges::find(known, key.text) != known.end())
            continue;
        const auto meant = closest(key.text, known);
        const auto hint = meant.empty() ? fmt::format("the keys are {}", fmt::join(known, ", "))
                                        : fmt::format("did you mean '{}'?", meant);
        context_.report(key.line, key.column, fmt::format("{} has no key '{}'; {}", title(), key.text, hint));
    }
}

std::string Reader::title() const
{
    if (title_.kind.empty())
        return fmt::format("'{}'", path_.text());
    return fmt::format("{}{}{}", title_.kind, title_.name.empty() ? "" : " ", title_.name);
}

bool Reader::expect(const YamlNode& node, YamlNode::Type type, const FieldPath& path, std::string_view wanted)
{
    if (node.type == type)
        return true;
    static constexpr std::string_view kTypes[] = {"empty", "a word", "a list", "a mapping of keys"};
    report(node, path, fmt::format("this is {}, not {}", kTypes[static_cast<std::size_t>(node.type)], wanted));
    return false;
}

void Reader::report(const YamlNode& node, const FieldPath& path, std::string_view problem)
{
    context_.report(node.line, node.column, fmt::format("{}: {}", path.text(), problem));
}

void Reader::report_empty(const YamlEntry& entry, const FieldPath& path)
{
    context_.report(entry.value.line, entry.value.column,
                    fmt::format("'{}' is empty; leave it out or give it a value", path.text()));
}

void Reader::report_choice(const YamlNode& node, const FieldPath& path, const std::vector<std::string_view>& words)
{
    const auto meant = closest(node.text, words);
    const auto hint = meant.empty() ? std::string{} : fmt::format("; did you mean '{}'?", meant);
    report(node, path, fmt::format("'{}' is none of {}{}", node.text, fmt::join(words, ", "), hint));
}

void Reader::read(const YamlNode& node, const FieldPath& path, std::string& value)
{
    if (!expect(node, YamlNode::Type::Scalar, path, "a word"))
        return;
    if (node.text.empty())
        report(node, path, "the text is empty; leave the key out or give it a value");
    else if (std::ranges::any_of(node.text, [](unsigned char c) { return c < ' ' || c == 0x7f; }))
        report(node, path, "the text has a line end or another control character");
    value = node.text;
}

void Reader::read(const YamlNode& node, const FieldPath& path, bool& value)
{
    if (!expect(node, YamlNode::Type::Scalar, path, "true or false"))
        return;
    if (node.is_quoted || (node.text != "true" && node.text != "false"))
        report(node, path, fmt::format("'{}' is not true or false (without quotes)", node.text));
    value = node.text == "true";
}

void Reader::read(const YamlNode& node, const FieldPath& path, unsigned& value)
{
    if (!expect(node, YamlNode::Type::Scalar, path, "a number"))
        return;
    unsigned parsed = 0;
    const auto [stop, error] = std::from_chars(node.text.data(), node.text.data() + node.text.size(), parsed);
    const bool is_whole = error == std::errc{} && stop == node.text.data() + node.text.size();
    // A leading zero would be octal to other readers of YAML.
    const bool is_decimal = is_whole && (node.text == "0" || !node.text.starts_with('0'));
    if (error == std::errc::result_out_of_range)
        report(node, path, fmt::format("{} is too large", node.text));
    else if (node.is_quoted || !is_decimal)
        report(node, path, fmt::format("'{}' is not a whole number (decimal, without quotes)", node.text));
    else
        value = parsed;
}

} // namespace vpcd
