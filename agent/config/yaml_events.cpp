#include "config/yaml_events.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>
#include <yaml.h>

#include "config/yaml_text.h"

namespace vpcd {

namespace {

std::string_view view(const yaml_char_t* text)
{
    return text ? std::string_view{reinterpret_cast<const char*>(text)} : std::string_view{};
}

std::size_t count_nodes(const YamlNode& node)
{
    std::size_t count = 1;
    for (const auto& item : node.items)
        count += count_nodes(item);
    for (const auto& entry : node.entries)
        count += 1 + count_nodes(entry.value);
    return count;
}

// One event, freed at the next.
class Event {
public:
    Event() = default;
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    ~Event() { yaml_event_delete(&event_); }

    bool next(yaml_parser_t& parser)
    {
        yaml_event_delete(&event_);
        return yaml_parser_parse(&parser, &event_) != 0;
    }
    const yaml_event_t* operator->() const { return &event_; }
    const yaml_event_t& operator*() const { return event_; }

private:
    yaml_event_t event_{};
};

class EventReader {
public:
    EventReader(std::string_view text, unsigned lines_before, std::size_t& aliased_nodes, YamlTree& tree)
        : text_(text), lines_before_(lines_before), aliased_nodes_(aliased_nodes), tree_(tree)
    {
        is_ready_ = yaml_parser_initialize(&parser_) != 0;
        yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
    }
    EventReader(const EventReader&) = delete;
    EventReader& operator=(const EventReader&) = delete;
    ~EventReader() { yaml_parser_delete(&parser_); }

    std::optional<Refusal> read();

private:
    using Step = std::optional<Refusal>;

    Step take(const yaml_event_t& event);
    Step open(YamlNode::Type type, const yaml_char_t* anchor, const yaml_event_t& event);
    Step close();
    Step add_scalar(const yaml_event_t& event);
    Step add_alias(const yaml_event_t& event);
    Step not_yaml() const;

    Refusal refuse(const yaml_mark_t& mark, std::string sentence) const
    {
        return {line(mark), column(mark), std::move(sentence)};
    }
    unsigned line(const yaml_mark_t& mark) const { return lines_before_ + static_cast<unsigned>(mark.line) + 1; }
    static unsigned column(const yaml_mark_t& mark) { return static_cast<unsigned>(mark.column) + 1; }

    std::string_view text_;
    unsigned lines_before_;
    std::size_t& aliased_nodes_;
    YamlTree& tree_;
    yaml_parser_t parser_{};
    bool is_ready_ = false;
    std::vector<std::string_view> open_anchors_; // of each level; empty: it has none
    std::unordered_map<std::string_view, YamlNode> anchored_;
};

EventReader::Step EventReader::read()
{
    if (!is_ready_)
        return not_yaml();
    Event event;
    unsigned documents = 0;
    do {
        if (!event.next(parser_))
            return not_yaml();
        // libyaml takes a document that is complete for the end of it.
        if (event->type == YAML_DOCUMENT_START_EVENT && documents++ > 0)
            return refuse(event->start_mark, "there is something behind the end of the document");
        if (auto refused = take(*event))
            return refused;
    } while (event->type != YAML_STREAM_END_EVENT);
    return std::nullopt;
}

EventReader::Step EventReader::take(const yaml_event_t& event)
{
    const bool is_collection = event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_MAPPING_START_EVENT;
    if (is_collection && tree_.expects_key())
        return refuse(event.start_mark, "a key must be a word");
    switch (event.type) {
    case YAML_SCALAR_EVENT:
        return add_scalar(event);
    case YAML_ALIAS_EVENT:
        return add_alias(event);
    case YAML_SEQUENCE_START_EVENT:
        return open(YamlNode::Type::Sequence, event.data.sequence_start.anchor, event);
    case YAML_MAPPING_START_EVENT:
        return open(YamlNode::Type::Mapping, event.data.mapping_start.anchor, event);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close();
    default:
        return std::nullopt;
    }
}

EventReader::Step EventReader::open(YamlNode::Type type, const yaml_char_t* anchor, const yaml_event_t& event)
{
    if (tree_.depth() == kDeepestNesting)
        return refuse(event.start_mark, fmt::format("nested more than {} levels deep", kDeepestNesting));
    open_anchors_.push_back(tree_.keep(view(anchor)));
    tree_.open(type, line(event.start_mark), column(event.start_mark));
    return std::nullopt;
}

EventReader::Step EventReader::close()
{
    const auto closed = tree_.close();
    if (!closed)
        return closed.error();
    if (const auto anchor = open_anchors_.back(); !anchor.empty())
        anchored_[anchor] = *closed;
    open_anchors_.pop_back();
    return std::nullopt;
}

EventReader::Step EventReader::add_scalar(const yaml_event_t& event)
{
    const auto& scalar = event.data.scalar;
    const std::string_view text{reinterpret_cast<const char*>(scalar.value), scalar.length};
    YamlNode node;
    node.line = line(event.start_mark);
    node.column = column(event.start_mark);
    node.is_quoted = scalar.style != YAML_PLAIN_SCALAR_STYLE || view(scalar.tag) == "!";
    if (node.is_quoted || !is_null_word(text)) {
        node.type = YamlNode::Type::Scalar;
        node.text = tree_.keep(text);
    }
    if (node.type == YamlNode::Type::Null && tree_.expects_key())
        return refuse(event.start_mark, "a key must be a word");
    // A value that is missing has no place of its own.
    if (text.empty() && !node.is_quoted && tree_.expects_value()) {
        node.line = tree_.last().line;
        node.column = tree_.last().column;
    }
    tree_.add(node);
    if (scalar.anchor)
        anchored_[tree_.keep(view(scalar.anchor))] = node;
    return std::nullopt;
}

EventReader::Step EventReader::add_alias(const yaml_event_t& event)
{
    const auto name = view(event.data.alias.anchor);
    if (std::ranges::find(open_anchors_, name) != open_anchors_.end())
        return refuse(event.start_mark, "the alias stands inside what it refers to");
    const auto target = anchored_.find(name);
    if (target == anchored_.end())
        return refuse(event.start_mark, fmt::format("not YAML: there is no anchor '{}' before this alias", name));
    if (tree_.expects_key() && target->second.type != YamlNode::Type::Scalar)
        return refuse(event.start_mark, "a key must be a word");

    aliased_nodes_ += count_nodes(target->second);
    if (aliased_nodes_ > kMostAliasedNodes)
        return refuse(event.start_mark,
                      fmt::format("the aliases of this file expand to more than {} values", kMostAliasedNodes));
    tree_.add(target->second);
    return std::nullopt;
}

// Tells a quote or bracket that is never closed where it opens, the rest where the text stops making sense.
EventReader::Step EventReader::not_yaml() const
{
    if (!is_ready_ || parser_.error == YAML_MEMORY_ERROR || !parser_.problem)
        return Refusal{lines_before_ + 1, 1, "no memory to read the document"};
    if (parser_.error == YAML_READER_ERROR) {
        const auto [line, column] = place_of(text_, parser_.problem_offset);
        return Refusal{lines_before_ + line, column, fmt::format("not YAML: {}", parser_.problem)};
    }
    const std::string context = parser_.context ? fmt::format(" {}", parser_.context) : std::string{};
    const auto sentence = fmt::format("not YAML: {}{}", parser_.problem, context);
    const bool is_at_end = parser_.eof != 0 && parser_.mark.index <= parser_.problem_mark.index;
    return refuse(parser_.context && is_at_end ? parser_.context_mark : parser_.problem_mark, sentence);
}

} // namespace

std::optional<Refusal> parse_by_events(std::string_view text, unsigned lines_before, std::size_t& aliased_nodes,
                                       YamlTree& tree)
{
    tree.clear();
    return EventReader{text, lines_before, aliased_nodes, tree}.read();
}

} // namespace vpcd
