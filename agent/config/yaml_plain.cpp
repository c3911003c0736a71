#include "config/yaml_plain.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "config/yaml_text.h"

namespace vpcd {

namespace {

constexpr unsigned kDeepest = 16;         // deeper ones are read by libyaml, which also knows the limit
constexpr std::size_t kLongestKey = 1000; // YAML allows 1024 characters

// Characters that mean nothing to YAML, wherever they stand in a word.
constexpr auto kWord = [] {
    std::array<bool, 256> is_word{};
    for (unsigned char c = '0'; c <= '9'; ++c)
        is_word[c] = true;
    for (unsigned char c = 'a'; c <= 'z'; ++c)
        is_word[c] = is_word[static_cast<unsigned char>(c - 'a' + 'A')] = true;
    for (const unsigned char c : {'_', '.', '/', '+'})
        is_word[c] = true;
    return is_word;
}();

bool is_word(char c)
{
    return kWord[static_cast<unsigned char>(c)];
}

// Each function returns false for what it does not know, and that ends the reading. `indent_` is the column of the
// next content, -1 at the end of the text.
class PlainParser {
public:
    PlainParser(std::string_view text, unsigned lines_before, YamlTree& tree)
        : at_(text.data()), end_(text.data() + text.size()), line_start_(at_), line_(lines_before + 1), tree_(tree)
    {
    }

    bool parse();

private:
    bool is_at(char c) const { return at_ != end_ && *at_ == c; }
    bool is_line_end() const { return at_ == end_ || *at_ == '\n'; }
    // The character after the one at the cursor ends a word: "- x", "key: x".
    bool is_followed_by_space() const { return at_ + 1 == end_ || at_[1] == ' ' || at_[1] == '\n'; }
    bool is_item() const { return is_at('-') && at_ + 1 != end_ && at_[1] == ' '; }
    void skip_spaces()
    {
        while (is_at(' '))
            ++at_;
    }

    void next_content();
    bool end_line();
    bool block(int indent);
    bool mapping(int indent);
    bool sequence(int indent);
    bool value(int indent);
    bool item();
    bool key();
    bool one_line();
    bool plain();
    bool quoted();
    bool flow();
    bool flow_item(char closing);
    bool flow_word();

    void open(YamlNode::Type type) { tree_.open(type, line_, static_cast<unsigned>(at_ - line_start_) + 1); }
    bool close() { return tree_.close().has_value(); }
    void add(std::string_view text, const char* start, bool is_quoted = false);

    const char* at_;
    const char* end_;
    const char* line_start_;
    unsigned line_;
    int indent_ = 0;
    YamlTree& tree_;
};

bool PlainParser::parse()
{
    if (end_ - at_ >= 3 && std::memcmp(at_, "---", 3) == 0) {
        at_ += 3;
        if (!is_line_end() && !is_at(' '))
            return false;
        const char* const after_marker = at_;
        skip_spaces();
        if (is_at('{') || is_at('['))
            return flow() && end_line() && indent_ == -1;
        at_ = after_marker;
        if (!end_line())
            return false;
    } else {
        next_content();
    }
    if (indent_ == -1)
        return true;
    if (is_at('{') || is_at('['))
        return flow() && end_line() && indent_ == -1;
    return block(indent_) && indent_ == -1;
}

// From the start of a line to the next that holds more than a comment.
void PlainParser::next_content()
{
    for (;;) {
        line_start_ = at_;
        skip_spaces();
        if (is_at('#'))
            at_ = std::find(at_, end_, '\n');
        if (at_ == end_) {
            indent_ = -1;
            return;
        }
        if (*at_ != '\n') {
            indent_ = static_cast<int>(at_ - line_start_);
            return;
        }
        ++at_;
        ++line_;
    }
}

// What may stand behind a value: a comment.
bool PlainParser::end_line()
{
    const char* const value_end = at_;
    skip_spaces();
    if (is_at('#') && at_ != value_end)
        at_ = std::find(at_, end_, '\n');
    if (!is_line_end())
        return false;
    if (at_ == end_) {
        indent_ = -1;
        return true;
    }
    ++at_;
    ++line_;
    next_content();
    return true;
}

bool PlainParser::block(int indent)
{
    if (tree_.depth() >= kDeepest)
        return false;
    return is_item() ? sequence(indent) : mapping(indent);
}

bool PlainParser::mapping(int indent)
{
    open(YamlNode::Type::Mapping);
    while (indent_ == indent)
        if (!key() || !value(indent))
            return false;
    // Deeper than the keys: the value goes on in the next line.
    return indent_ < indent && close();
}

bool PlainParser::sequence(int indent)
{
    open(YamlNode::Type::Sequence);
    while (indent_ == indent && is_item())
        if (!item())
            return false;
    return indent_ <= indent && close();
}

bool PlainParser::item()
{
    ++at_;
    skip_spaces();
    const char* const start = at_;
    while (at_ != end_ && (is_word(*at_) || *at_ == '-'))
        ++at_;
    const bool is_mapping = at_ != start && is_at(':') && is_followed_by_space();
    at_ = start;
    if (!is_mapping)
        return one_line() && end_line();
    indent_ = static_cast<int>(at_ - line_start_);
    return tree_.depth() < kDeepest && mapping(indent_);
}

bool PlainParser::key()
{
    const char* const start = at_;
    if (!is_line_end() && is_word(*at_))
        while (at_ != end_ && (is_word(*at_) || *at_ == '-'))
            ++at_;
    const auto length = static_cast<std::size_t>(at_ - start);
    if (length == 0 || length > kLongestKey || !is_at(':') || !is_followed_by_space() ||
        is_null_word({start, length}))
        return false;
    add({start, at_}, start);
    ++at_;
    return true;
}

bool PlainParser::value(int indent)
{
    const char* const after_colon = at_;
    skip_spaces();
    const bool is_comment = is_at('#') && at_ != after_colon;
    if (!is_line_end() && !is_comment)
        return one_line() && end_line();

    at_ = after_colon;
    if (!end_line())
        return false;
    if (indent_ > indent)
        return block(indent_);
    if (indent_ == indent && is_item())
        return tree_.depth() < kDeepest && sequence(indent);
    YamlNode none;
    none.line = tree_.last().line;
    none.column = tree_.last().column;
    tree_.add(none);
    return true;
}

bool PlainParser::one_line()
{
    if (at_ == end_)
        return false;
    if (*at_ == '"' || *at_ == '\'')
        return quoted();
    if (*at_ == '[' || *at_ == '{')
        return flow();
    return plain();
}

// A word or several, up to the end of the line or a comment.
bool PlainParser::plain()
{
    const char* const start = at_;
    const char* last = at_; // behind the last character that is no space
    if (is_line_end() || !is_word(*at_))
        return false;
    for (; !is_line_end(); ++at_) {
        if (*at_ == ' ')
            continue;
        if (*at_ == '#' && last != at_)
            break;
        if (*at_ == ':' && is_followed_by_space())
            return false;
        last = at_ + 1;
    }
    at_ = last;
    add({start, last}, start);
    return true;
}

bool PlainParser::quoted()
{
    const char quote = *at_;
    const char* const opening = at_++;
    for (; !is_at(quote); ++at_)
        if (is_line_end() || *at_ == '\\')
            return false;
    ++at_;
    if (is_at(quote))
        return false; // '' in '...'
    add({opening + 1, at_ - 1}, opening, true);
    return true;
}

// [a, b] or {a: b}, in one line.
bool PlainParser::flow()
{
    if (tree_.depth() >= kDeepest)
        return false;
    const char closing = *at_ == '[' ? ']' : '}';
    open(closing == ']' ? YamlNode::Type::Sequence : YamlNode::Type::Mapping);
    ++at_;
    skip_spaces();
    if (!is_at(closing)) {
        if (!flow_item(closing))
            return false;
        while (is_at(',')) {
            ++at_;
            skip_spaces();
            if (!flow_item(closing))
                return false;
        }
        if (!is_at(closing))
            return false;
    }
    ++at_;
    return close();
}

bool PlainParser::flow_item(char closing)
{
    if (closing == '}') {
        if (!key() || !is_at(' '))
            return false;
        skip_spaces();
    }
    const bool is_read = is_at('[') || is_at('{') ? flow() : is_at('"') || is_at('\'') ? quoted() : flow_word();
    skip_spaces();
    return is_read;
}

bool PlainParser::flow_word()
{
    const char* const start = at_;
    if (is_line_end() || !is_word(*at_))
        return false;
    const auto is_inside = [this] {
        return is_word(*at_) || *at_ == '-' || (*at_ == ':' && at_ + 1 != end_ && is_word(at_[1]));
    };
    while (at_ != end_ && is_inside())
        ++at_;
    add({start, at_}, start);
    return true;
}

void PlainParser::add(std::string_view text, const char* start, bool is_quoted)
{
    YamlNode node;
    node.line = line_;
    node.column = static_cast<unsigned>(start - line_start_) + 1;
    node.is_quoted = is_quoted;
    if (is_quoted || !is_null_word(text)) {
        node.type = YamlNode::Type::Scalar;
        node.text = text;
    }
    tree_.add(node);
}

} // namespace

bool parse_plain(std::string_view text, unsigned lines_before, YamlTree& tree)
{
    tree.clear();
    return is_plain_text(text) && PlainParser{text, lines_before, tree}.parse();
}

} // namespace vpcd
