#include "config/yaml_tree.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <type_traits>

#include <fmt/format.h>

namespace vpcd {

namespace {

constexpr std::size_t kFewEntries = 16; // compared each with each

// The first entry, in the order of the text, whose key stands before it in the same mapping; `first` is where.
const YamlEntry* find_twice(std::span<const YamlEntry> entries, const YamlEntry*& first)
{
    if (entries.size() <= kFewEntries) {
        for (std::size_t i = 1; i < entries.size(); ++i)
            for (std::size_t j = 0; j < i; ++j)
                if (entries[i].key.text == entries[j].key.text) {
                    first = &entries[j];
                    return &entries[i];
                }
        return nullptr;
    }

    std::vector<const YamlEntry*> sorted(entries.size());
    std::ranges::transform(entries, sorted.begin(), [](const YamlEntry& entry) { return &entry; });
    std::ranges::stable_sort(sorted, {}, [](const YamlEntry* entry) { return entry->key.text; });
    const YamlEntry* second = nullptr;
    for (std::size_t i = 1; i < sorted.size(); ++i)
        if (sorted[i]->key.text == sorted[i - 1]->key.text && (!second || sorted[i] < second)) {
            first = sorted[i - 1];
            second = sorted[i];
        }
    return second;
}

} // namespace

bool is_null_word(std::string_view plain)
{
    return plain.empty() || plain == "~" || plain == "null" || plain == "Null" || plain == "NULL";
}

void YamlTree::clear()
{
    levels_.clear();
    nodes_.clear();
    too_long_.reset();
    arena_.release();
}

template <typename T>
T* YamlTree::allocate(std::size_t count)
{
    static_assert(std::is_trivially_destructible_v<T>, "the arena calls no destructors");
    return static_cast<T*>(arena_.allocate(count * sizeof(T), alignof(T)));
}

std::string_view YamlTree::keep(std::string_view text)
{
    if (text.empty())
        return {};
    char* const kept = allocate<char>(text.size());
    std::memcpy(kept, text.data(), text.size());
    return {kept, text.size()};
}

void YamlTree::open(YamlNode::Type type, unsigned line, unsigned column)
{
    YamlNode node;
    node.type = type;
    node.line = line;
    node.column = column;
    levels_.push_back({node, nodes_.size()});
}

std::expected<YamlNode, Refusal> YamlTree::close()
{
    auto [node, first] = levels_.back();
    levels_.pop_back();
    const std::span<const YamlNode> inside{nodes_.data() + first, nodes_.size() - first};

    if (node.type == YamlNode::Type::Sequence) {
        auto* const items = allocate<YamlNode>(inside.size());
        std::ranges::uninitialized_copy(inside, std::span{items, inside.size()});
        node.items = {items, inside.size()};
    } else {
        const std::size_t count = inside.size() / 2;
        auto* const entries = allocate<YamlEntry>(count);
        for (std::size_t i = 0; i < count; ++i)
            std::construct_at(entries + i, inside[2 * i], inside[2 * i + 1]);
        node.entries = {entries, count};
    }
    nodes_.resize(first);

    const YamlEntry* before = nullptr;
    if (const YamlEntry* twice = find_twice(node.entries, before))
        return std::unexpected(Refusal{
            twice->key.line, twice->key.column,
            fmt::format("key '{}' is already in line {} of the same mapping", twice->key.text, before->key.line)});
    nodes_.push_back(node);
    return node;
}

} // namespace vpcd
