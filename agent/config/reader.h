// Reads one mapping into a struct that describes its fields (model/fields.h). Every problem is reported, not only the
// first, each where it stands.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/address.h"
#include "config/yaml.h"
#include "model/fields.h"
#include "model/origin.h"

namespace vpcd {

// What all readers of one document share.
struct ReadingContext {
    std::shared_ptr<const std::string> file;
    Origin& origin; // gets the place of every field
    std::vector<Error>& errors;

    void report(unsigned line, unsigned column, std::string sentence)
    {
        errors.push_back(Error::at({*file, line, column}, std::move(sentence)));
    }
};

class Reader {
public:
    // `what` is said when a key is missing: "Subnet web-a". `path` is that of the mapping: "" or "routes[2]."
    Reader(const YamlNode& mapping, std::string what, std::string path, ReadingContext& context)
        : mapping_(mapping),
          what_(std::move(what)),
          path_(std::move(path)),
          context_(context),
          is_known_(mapping.entries.size())
    {
    }

    template <typename T>
    void required(std::string_view key, T& value, Reference = {})
    {
        if (const YamlEntry* entry = take(key))
            read_entry(*entry, value);
        else
            context_.report(mapping_.line, mapping_.column, fmt::format("{} has no '{}'", what_, key));
    }
    template <typename T>
    void optional(std::string_view key, T& value, Reference = {})
    {
        if (const YamlEntry* entry = take(key))
            read_entry(*entry, value);
    }
    // A key that is no field, such as `kind`.
    void skip(std::string_view key) { take(key); }
    // After all fields: what is left over was not asked for.
    void finish();

private:
    const YamlEntry* take(std::string_view key);

    template <typename T>
    void read_entry(const YamlEntry& entry, T& value)
    {
        const std::string path = path_ + entry.key.text;
        // An empty value has no place of its own.
        const YamlNode& shown = entry.value.type == YamlNode::Type::Null ? entry.key : entry.value;
        context_.origin.add(path, shown.line, shown.column);
        if (entry.value.type == YamlNode::Type::Null)
            context_.report(shown.line, shown.column,
                            fmt::format("'{}' is empty; leave it out or give it a value", path));
        else
            read(entry.value, path, value);
    }

    template <typename T>
    void read(const YamlNode& node, const std::string& path, std::vector<T>& value);
    template <typename T>
    void read(const YamlNode& node, const std::string& path, std::optional<T>& value)
    {
        read(node, path, value.emplace());
    }
    template <Described T>
    void read(const YamlNode& node, const std::string& path, T& value);
    template <Named T>
    void read(const YamlNode& node, const std::string& path, T& value);
    void read(const YamlNode& node, const std::string& path, std::string& value);
    void read(const YamlNode& node, const std::string& path, bool& value);
    void read(const YamlNode& node, const std::string& path, unsigned& value);
    void read(const YamlNode& node, const std::string& path, Address& value) { parse(node, path, value); }
    void read(const YamlNode& node, const std::string& path, Mac& value) { parse(node, path, value); }
    void read(const YamlNode& node, const std::string& path, Prefix& value) { parse(node, path, value); }

    template <typename T>
    void parse(const YamlNode& node, const std::string& path, T& value);
    // False, and reported, when it is another type of node.
    bool expect(const YamlNode& node, YamlNode::Type type, const std::string& path, std::string_view wanted);
    void report(const YamlNode& node, const std::string& path, std::string_view problem);
    void report_choice(const YamlNode& node, const std::string& path, const std::vector<std::string_view>& words);

    const YamlNode& mapping_;
    std::string what_;
    std::string path_;
    ReadingContext& context_;
    std::vector<std::string_view> keys_; // that were asked for
    std::vector<bool> is_known_;         // of each entry
};

template <typename T>
void Reader::read(const YamlNode& node, const std::string& path, std::vector<T>& value)
{
    if (!expect(node, YamlNode::Type::Sequence, path, "a list"))
        return;
    value.clear();
    for (std::size_t i = 0; i < node.items.size(); ++i) {
        const auto item_path = fmt::format("{}[{}]", path, i);
        context_.origin.add(item_path, node.items[i].line, node.items[i].column);
        read(node.items[i], item_path, value.emplace_back());
    }
}

template <Described T>
void Reader::read(const YamlNode& node, const std::string& path, T& value)
{
    if (!expect(node, YamlNode::Type::Mapping, path, "a mapping of keys"))
        return;
    Reader nested{node, fmt::format("'{}'", path), path + ".", context_};
    T::describe(value, nested);
    nested.finish();
}

template <Named T>
void Reader::read(const YamlNode& node, const std::string& path, T& value)
{
    std::vector<std::string_view> words;
    if (!expect(node, YamlNode::Type::Scalar, path, "a word"))
        return;
    for (const auto& [word, meaning] : names(value)) {
        if (word == node.text) {
            value = meaning;
            return;
        }
        words.push_back(word);
    }
    report_choice(node, path, words);
}

template <typename T>
void Reader::parse(const YamlNode& node, const std::string& path, T& value)
{
    if (!expect(node, YamlNode::Type::Scalar, path, "a word"))
        return;
    if (auto parsed = T::parse(node.text))
        value = *parsed;
    else
        report(node, path, parsed.error().sentence());
}

} // namespace vpcd
