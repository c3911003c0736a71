#include "config/reader.h"

#include <algorithm>
#include <charconv>

#include "model/kind_names.h"

namespace vpcd {

const YamlEntry* Reader::take(std::string_view key)
{
    keys_.push_back(key);
    for (std::size_t i = 0; i < mapping_.entries.size(); ++i)
        if (mapping_.entries[i].key.text == key) {
            is_known_[i] = true;
            return &mapping_.entries[i];
        }
    return nullptr;
}

void Reader::finish()
{
    for (std::size_t i = 0; i < mapping_.entries.size(); ++i) {
        if (is_known_[i])
            continue;
        const YamlNode& key = mapping_.entries[i].key;
        const auto meant = closest(key.text, keys_);
        const auto hint = meant.empty() ? fmt::format("the keys are {}", fmt::join(keys_, ", "))
                                        : fmt::format("did you mean '{}'?", meant);
        context_.report(key.line, key.column, fmt::format("{} has no key '{}'; {}", what_, key.text, hint));
    }
}

bool Reader::expect(const YamlNode& node, YamlNode::Type type, const std::string& path, std::string_view wanted)
{
    if (node.type == type)
        return true;
    static constexpr std::string_view kTypes[] = {"empty", "a word", "a list", "a mapping of keys"};
    report(node, path, fmt::format("this is {}, not {}", kTypes[static_cast<std::size_t>(node.type)], wanted));
    return false;
}

void Reader::report(const YamlNode& node, const std::string& path, std::string_view problem)
{
    context_.report(node.line, node.column, fmt::format("{}: {}", path, problem));
}

void Reader::report_choice(const YamlNode& node, const std::string& path, const std::vector<std::string_view>& words)
{
    const auto meant = closest(node.text, words);
    const auto hint = meant.empty() ? std::string{} : fmt::format("; did you mean '{}'?", meant);
    report(node, path, fmt::format("'{}' is none of {}{}", node.text, fmt::join(words, ", "), hint));
}

void Reader::read(const YamlNode& node, const std::string& path, std::string& value)
{
    if (!expect(node, YamlNode::Type::Scalar, path, "a word"))
        return;
    if (node.text.empty())
        report(node, path, "the text is empty; leave the key out or give it a value");
    else if (std::ranges::any_of(node.text, [](unsigned char c) { return c < ' ' || c == 0x7f; }))
        report(node, path, "the text has a line end or another control character");
    value = node.text;
}

void Reader::read(const YamlNode& node, const std::string& path, bool& value)
{
    if (!expect(node, YamlNode::Type::Scalar, path, "true or false"))
        return;
    if (node.is_quoted || (node.text != "true" && node.text != "false"))
        report(node, path, fmt::format("'{}' is not true or false (without quotes)", node.text));
    value = node.text == "true";
}

void Reader::read(const YamlNode& node, const std::string& path, unsigned& value)
{
    if (!expect(node, YamlNode::Type::Scalar, path, "a number"))
        return;
    unsigned parsed = 0;
    const char* const end = node.text.data() + node.text.size();
    const auto [stop, error] = std::from_chars(node.text.data(), end, parsed);
    // A leading zero would be octal to other readers of YAML.
    const bool is_decimal = stop == end && (node.text.size() == 1 || node.text.front() != '0');
    if (error == std::errc::result_out_of_range)
        report(node, path, fmt::format("{} is too large", node.text));
    else if (node.is_quoted || error != std::errc{} || !is_decimal)
        report(node, path, fmt::format("'{}' is not a whole number (decimal, without quotes)", node.text));
    else
        value = parsed;
}

} // namespace vpcd
