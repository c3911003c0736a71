// The tree of one document while it grows, in an arena that the next document uses again.
#pragma once

#include <array>
#include <cstddef>
#include <expected>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml.h"

namespace vpcd {

// Why a document cannot be read.
struct Refusal {
    unsigned line;
    unsigned column;
    std::string sentence;
};

bool is_null_word(std::string_view plain);

class YamlTree {
public:
    YamlTree() = default;
    YamlTree(const YamlTree&) = delete;
    YamlTree& operator=(const YamlTree&) = delete;

    // Forgets the document before.
    void clear();
    // Until the close(), what is added lies inside. Of a mapping: key, value, key, value.
    void open(YamlNode::Type type, unsigned line, unsigned column);
    // The node that is complete now; or the second place of a key that is there twice.
    std::expected<YamlNode, Refusal> close();
    void add(const YamlNode& node)
    {
        if (node.text.size() > kLongestWord && !too_long_)
            too_long_ = node;
        nodes_.push_back(node);
    }
    // A text that lives as long as the tree.
    std::string_view keep(std::string_view text);

    std::size_t depth() const { return levels_.size(); }
    // The next node is the key of a mapping; or the value of last(), its key.
    bool expects_key() const { return is_in_mapping() && nodes_inside() % 2 == 0; }
    bool expects_value() const { return is_in_mapping() && nodes_inside() % 2 == 1; }
    const YamlNode& last() const { return nodes_.back(); }
    // The first word above kLongestWord.
    const std::optional<YamlNode>& too_long() const { return too_long_; }
    // nullptr: the document is empty.
    const YamlNode* root() const { return nodes_.empty() ? nullptr : &nodes_.front(); }

private:
    struct Level {
        YamlNode node;
        std::size_t first; // of nodes_
    };
    bool is_in_mapping() const { return !levels_.empty() && levels_.back().node.type == YamlNode::Type::Mapping; }
    std::size_t nodes_inside() const { return nodes_.size() - levels_.back().first; }
    template <typename T>
    T* allocate(std::size_t count);

    alignas(std::max_align_t) std::array<std::byte, 16 * 1024> first_block_;
    std::pmr::monotonic_buffer_resource arena_{first_block_.data(), first_block_.size()};
    std::vector<Level> levels_;
    std::vector<YamlNode> nodes_; // of all levels, the innermost last
    std::optional<YamlNode> too_long_;
};

} // namespace vpcd
