// Reads one mapping into a struct that describes its fields (model/fields.h). Every problem is reported, not only the
// first, each where it stands. A field type needs one `read`. What is right costs no text: paths and sentences are
// made for errors alone.
#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "config/yaml.h"
#include "model/fields.h"
#include "model/origin.h"

namespace vpcd {

// What all readers of one document share.
struct ReadingContext {
    const std::string& file;
    Origin& origin; // gets the place of every field
    std::vector<Error>& errors;

    bool has_enough() const { return errors.size() >= kMostErrors; }
    void report(unsigned line, unsigned column, std::string sentence)
    {
        if (!has_enough())
            errors.push_back(Error::at({file, line, column}, std::move(sentence)));
    }
};

// "routes[2].nextHop", by its last part.
class FieldPath {
public:
    FieldPath() = default;
    FieldPath(const FieldPath& parent, std::string_view key);
    FieldPath(const FieldPath& parent, std::size_t index);

    PathHash hash() const { return hash_; }
    std::string text() const;

private:
    const FieldPath* parent_ = nullptr; // none: the document
    std::string_view key_;              // empty: an item of a list
    std::size_t index_ = 0;
    PathHash hash_;
};

// What a word becomes: Address, PortRange.
template <typename T>
concept Parsed = requires(std::string_view text) {
    { T::parse(text) } -> std::same_as<Result<T>>;
};

class Reader {
public:
    // What errors call the whole document: "Subnet web-a".
    struct Title {
        std::string_view kind;
        std::string_view name = {};
    };
    Reader(const YamlNode& document, Title title, ReadingContext& context)
        : mapping_(document), title_(title), context_(context)
    {
        context.origin.reserve(document.entries.size());
    }

    // A key that is no field, such as `kind`.
    void skip(std::string_view key)
    {
        skipped_ = key;
        take(key);
    }
    // All fields. What is left over then was not asked for.
    template <Described T>
    void read_fields(T& value)
    {
        T::describe(value, *this);
        if (taken_ < mapping_.entries.size()) {
            Keys keys;
            if (!skipped_.empty())
                keys.all.push_back(skipped_);
            T::describe(value, keys);
            report_left_over(keys.all);
        }
    }

    // For describe().
    template <typename T>
    void required(std::string_view key, T& value, Reference = {})
    {
        if (const YamlEntry* entry = take(key))
            read_entry(*entry, value);
        else
            context_.report(mapping_.line, mapping_.column, fmt::format("{} has no '{}'", title(), key));
    }
    template <typename T>
    void optional(std::string_view key, T& value, Reference to = {})
    {
        const YamlEntry* entry = take(key);
        if (entry && is_unlike_left_out<T>(entry->value, to))
            report_empty(*entry, {path_, key});
        else if (entry)
            read_entry(*entry, value);
    }

private:
    struct Keys {
        std::vector<std::string_view> all;
        void required(std::string_view key, auto&&, Reference = {}) { all.push_back(key); }
        void optional(std::string_view key, auto&&, Reference = {}) { all.push_back(key); }
    };

    // Reads a word into the field of a struct that it stands for.
    struct Shorthand {
        Reader& reader;
        const YamlNode& word;
        const FieldPath& path;
        std::string_view field;

        template <typename T>
        void required(std::string_view key, T& value, Reference = {})
        {
            if (key == field)
                reader.read(word, path, value);
        }
        template <typename T>
        void optional(std::string_view key, T& value, Reference = {})
        {
            required(key, value);
        }
    };

    Reader(const YamlNode& mapping, const FieldPath& path, ReadingContext& context)
        : mapping_(mapping), path_(path), context_(context)
    {
    }

    const YamlEntry* take(std::string_view key);
    void report_left_over(const std::vector<std::string_view>& known);
    std::string title() const;

    // An empty list of what somebody chose: nobody means "all ports" or "the default groups" by it.
    template <typename T>
    static bool is_unlike_left_out(const YamlNode& node, const Reference& to)
    {
        if constexpr (is_vector<T>)
            return (MayStandAlone<typename T::value_type> || !to.kind.empty()) &&
                   node.type == YamlNode::Type::Sequence && node.items.empty();
        return false;
    }

    template <typename T>
    void read_entry(const YamlEntry& entry, T& value)
    {
        const FieldPath path{path_, entry.key.text};
        context_.origin.add(path.hash(), entry.value.line, entry.value.column);
        if (entry.value.type == YamlNode::Type::Null)
            report_empty(entry, path);
        else
            read(entry.value, path, value);
    }

    template <typename T>
    void read(const YamlNode& node, const FieldPath& path, std::vector<T>& value);
    template <typename T>
    void read(const YamlNode& node, const FieldPath& path, std::optional<T>& value)
    {
        read(node, path, value.emplace());
    }
    template <Described T>
    void read(const YamlNode& node, const FieldPath& path, T& value);
    template <Named T>
    void read(const YamlNode& node, const FieldPath& path, T& value);
    void read(const YamlNode& node, const FieldPath& path, std::string& value);
    void read(const YamlNode& node, const FieldPath& path, bool& value);
    void read(const YamlNode& node, const FieldPath& path, unsigned& value);
    template <Parsed T>
    void read(const YamlNode& node, const FieldPath& path, T& value);

    // False, and reported, when it is another type of node.
    bool expect(const YamlNode& node, YamlNode::Type type, const FieldPath& path, std::string_view wanted);
    void report(const YamlNode& node, const FieldPath& path, std::string_view problem);
    void report_empty(const YamlEntry& entry, const FieldPath& path);
    void report_choice(const YamlNode& node, const FieldPath& path, const std::vector<std::string_view>& words);

    const YamlNode& mapping_;
    FieldPath path_;
    Title title_{}; // of a document
    ReadingContext& context_;
    std::string_view skipped_;
    std::size_t taken_ = 0; // entries; each key is asked for once
};

template <typename T>
void Reader::read(const YamlNode& node, const FieldPath& path, std::vector<T>& value)
{
    value.clear();
    if constexpr (MayStandAlone<T>)
        if (node.type == YamlNode::Type::Scalar) {
            read(node, path, value.emplace_back());
            return;
        }
    if (!expect(node, YamlNode::Type::Sequence, path, "a list"))
        return;
    value.reserve(node.items.size());
    for (std::size_t i = 0; i < node.items.size(); ++i) {
        const FieldPath item_path{path, i};
        context_.origin.add(item_path.hash(), node.items[i].line, node.items[i].column);
        read(node.items[i], item_path, value.emplace_back());
    }
}

template <Described T>
void Reader::read(const YamlNode& node, const FieldPath& path, T& value)
{
    if constexpr (HasShorthand<T>)
        if (node.type == YamlNode::Type::Scalar) {
            Shorthand shorthand{*this, node, path, T::kShorthand};
            T::describe(value, shorthand);
            return;
        }
    if (expect(node, YamlNode::Type::Mapping, path, "a mapping of keys"))
        Reader{node, path, context_}.read_fields(value);
}

template <Named T>
void Reader::read(const YamlNode& node, const FieldPath& path, T& value)
{
    if (!expect(node, YamlNode::Type::Scalar, path, "a word"))
        return;
    std::vector<std::string_view> words;
    for (const auto& [word, meaning] : names(value)) {
        if (word == node.text) {
            value = meaning;
            return;
        }
        words.push_back(word);
    }
    report_choice(node, path, words);
}

template <Parsed T>
void Reader::read(const YamlNode& node, const FieldPath& path, T& value)
{
    if (!expect(node, YamlNode::Type::Scalar, path, "a word"))
        return;
    if (auto parsed = T::parse(node.text))
        value = *parsed;
    else
        report(node, path, parsed.error().sentence());
}

} // namespace vpcd
