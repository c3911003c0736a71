#include "config/yaml.h"

#include <algorithm>
#include <istream>
#include <map>
#include <streambuf>
#include <unordered_map>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "config/yaml_text.h"

namespace vpcd {

namespace {

// Ends the reading of one document.
struct Refusal {
    unsigned line;
    unsigned column;
    std::string sentence;
};

std::size_t count_nodes(const YamlNode& node)
{
    std::size_t count = 1;
    for (const auto& item : node.items)
        count += count_nodes(item);
    for (const auto& entry : node.entries)
        count += 1 + count_nodes(entry.value);
    return count;
}

// Builds the tree of one document from the parser's events.
class TreeBuilder : public YAML::EventHandler {
public:
    TreeBuilder(unsigned lines_before, std::size_t& aliased_nodes)
        : lines_before_(lines_before), aliased_nodes_(aliased_nodes)
    {
    }

    YamlNode take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark& mark) override
    {
        // The parser would take what follows a complete document for another one, without "---".
        if (documents_++ > 0)
            refuse(mark, "there is something behind the end of the document");
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(node_at(mark), anchor); }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override;
    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override
    {
        open(mark, YamlNode::Type::Sequence, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override
    {
        open(mark, YamlNode::Type::Mapping, anchor);
    }
    void OnMapEnd() override { close(); }

private:
    struct Level {
        YamlNode node;
        YAML::anchor_t anchor;
        bool has_key = false; // the last entry still waits for its value
        std::map<std::string, unsigned> key_lines;
    };

    [[noreturn]] void refuse(const YAML::Mark& mark, std::string sentence) const
    {
        const auto where = node_at(mark);
        throw Refusal{where.line, where.column, std::move(sentence)};
    }
    YamlNode node_at(const YAML::Mark& mark) const
    {
        YamlNode node;
        node.line = lines_before_ + static_cast<unsigned>(mark.line) + 1;
        node.column = static_cast<unsigned>(mark.column) + 1;
        return node;
    }
    void open(const YAML::Mark& mark, YamlNode::Type type, YAML::anchor_t anchor);
    void close();
    void add(YamlNode node, YAML::anchor_t anchor);
    void add_key(Level& level, YamlNode node);

    unsigned lines_before_;
    std::size_t& aliased_nodes_;
    unsigned documents_ = 0;
    YamlNode root_;
    std::vector<Level> levels_;
    std::unordered_map<YAML::anchor_t, YamlNode> anchored_;
};

void TreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor)
{
    const auto target = anchored_.find(anchor);
    if (target == anchored_.end())
        refuse(mark, "the alias stands inside what it refers to");
    aliased_nodes_ += count_nodes(target->second);
    if (aliased_nodes_ > kMostAliasedNodes)
        refuse(mark, fmt::format("the aliases of this file expand to more than {} values", kMostAliasedNodes));
    add(target->second, YAML::NullAnchor);
}

void TreeBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& value)
{
    YamlNode node = node_at(mark);
    node.type = YamlNode::Type::Scalar;
    node.is_quoted = tag == "!";
    node.text = value;
    add(std::move(node), anchor);
}

void TreeBuilder::open(const YAML::Mark& mark, YamlNode::Type type, YAML::anchor_t anchor)
{
    if (levels_.size() == kDeepestNesting)
        refuse(mark, fmt::format("nested more than {} levels deep", kDeepestNesting));
    Level level{node_at(mark), anchor, false, {}};
    level.node.type = type;
    levels_.push_back(std::move(level));
}

void TreeBuilder::close()
{
    Level level = std::move(levels_.back());
    levels_.pop_back();
    add(std::move(level.node), level.anchor);
}

void TreeBuilder::add(YamlNode node, YAML::anchor_t anchor)
{
    if (anchor != YAML::NullAnchor)
        anchored_[anchor] = node;
    if (levels_.empty()) {
        root_ = std::move(node);
        return;
    }
    Level& level = levels_.back();
    if (level.node.type == YamlNode::Type::Sequence) {
        level.node.items.push_back(std::move(node));
    } else if (level.has_key) {
        level.node.entries.back().value = std::move(node);
        level.has_key = false;
    } else {
        add_key(level, std::move(node));
    }
}

void TreeBuilder::add_key(Level& level, YamlNode node)
{
    if (node.type != YamlNode::Type::Scalar)
        throw Refusal{node.line, node.column, "a key must be a word"};
    const auto [first, is_new] = level.key_lines.emplace(node.text, node.line);
    if (!is_new)
        throw Refusal{node.line, node.column,
                      fmt::format("key '{}' is already in line {} of the same mapping", node.text, first->second)};
    level.node.entries.push_back({std::move(node), {}});
    level.has_key = true;
}

// Lets the parser read a piece of the file where it lies.
class ViewBuffer : public std::streambuf {
public:
    explicit ViewBuffer(std::string_view text)
    {
        char* begin = const_cast<char*>(text.data()); // streambuf's get area is never written
        setg(begin, begin, begin + text.size());
    }
};

YamlNode parse_document(const TextPiece& piece, std::size_t& aliased_nodes)
{
    if (piece.text.size() > kLargestDocument)
        throw Refusal{piece.line + 1, 1,
                      fmt::format("{} bytes up to the next '---'; a document has at most {} MiB", piece.text.size(),
                                  kLargestDocument >> 20)};
    // The parser takes a quote that is still open at the end for a closed one when a line end stands before that.
    ViewBuffer buffer{piece.text.substr(0, piece.text.find_last_not_of(" \t\r\n") + 1)};
    std::istream stream{&buffer};
    TreeBuilder builder{piece.line, aliased_nodes};
    try {
        YAML::Parser parser{stream};
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const YAML::Exception& problem) {
        throw Refusal{piece.line + static_cast<unsigned>(problem.mark.line) + 1,
                      static_cast<unsigned>(problem.mark.column) + 1, "not YAML: " + problem.msg};
    }
    return builder.take();
}

} // namespace

YamlFile parse_yaml(const std::string& file, std::string_view text)
{
    YamlFile result;
    if (text.size() > kLargestFile) {
        result.errors.push_back(
            Error::at({file, 0, 0}, fmt::format("{} bytes; a file of documents has at most {} MiB", text.size(),
                                                kLargestFile >> 20)));
        return result;
    }
    if (auto foreign = find_foreign_byte(file, text)) {
        result.errors.push_back(std::move(*foreign));
        return result;
    }

    std::size_t aliased_nodes = 0;
    for (const auto& piece : split_documents(text)) {
        try {
            if (auto root = parse_document(piece, aliased_nodes); root.type != YamlNode::Type::Null)
                result.documents.push_back(std::move(root));
        } catch (Refusal& refusal) {
            result.errors.push_back(Error::at({file, refusal.line, refusal.column}, std::move(refusal.sentence)));
        }
    }
    return result;
}

} // namespace vpcd
