#include "config/yaml.h"

#include <fmt/format.h>

#include "config/yaml_events.h"
#include "config/yaml_plain.h"
#include "config/yaml_text.h"
#include "config/yaml_tree.h"

namespace vpcd {

namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// libyaml compares each directive with all before it.
std::optional<Refusal> check_directives(const TextPiece& piece)
{
    unsigned directives = 0;
    unsigned line = piece.line;
    for (std::size_t at = 0; at != piece.text.npos && at < piece.text.size();) {
        ++line;
        if (piece.text[at] == '%' && ++directives > kMostDirectives)
            return Refusal{line, 1, fmt::format("more than {} lines that begin with '%'", kMostDirectives)};
        const auto newline = piece.text.find('\n', at);
        at = newline == piece.text.npos ? newline : newline + 1;
    }
    return std::nullopt;
}

std::optional<Refusal> parse_tree(const TextPiece& piece, std::size_t& aliased_nodes, YamlTree& tree)
{
    if (piece.text.size() > kLargestDocument)
        return Refusal{piece.line + 1, 1,
                       fmt::format("{} bytes up to the next '---'; a document has at most {} MiB", piece.text.size(),
                                   kLargestDocument >> 20)};
    if (parse_plain(piece.text, piece.line, tree))
        return std::nullopt;
    if (auto refused = check_directives(piece))
        return refused;
    return parse_by_events(piece.text, piece.line, aliased_nodes, tree);
}

std::optional<Refusal> parse_document(const TextPiece& piece, std::size_t& aliased_nodes, YamlTree& tree)
{
    if (auto refused = parse_tree(piece, aliased_nodes, tree))
        return refused;
    if (const auto& word = tree.too_long())
        return Refusal{word->line, word->column,
                       fmt::format("{} bytes; a word has at most {}", word->text.size(), kLongestWord)};
    return std::nullopt;
}

} // namespace

std::vector<Error> parse_yaml(const std::string& file, std::string_view text,
                              const std::function<bool(const YamlNode&)>& take)
{
    if (text.size() > kLargestFile)
        return {Error::at({file, 0, 0}, fmt::format("{} bytes; a file of documents has at most {} MiB", text.size(),
                                                    kLargestFile >> 20))};
    if (const auto foreign = find_foreign_byte(file, text))
        return {*foreign};
    if (text.starts_with(kByteOrderMark))
        text.remove_prefix(kByteOrderMark.size());

    std::vector<Error> errors;
    std::size_t aliased_nodes = 0;
    YamlTree tree;
    for (const auto& piece : split_documents(text)) {
        if (errors.size() == kMostErrors) {
            errors.push_back(too_many_errors(file, piece.line + 1));
            break;
        }
        if (auto refused = parse_document(piece, aliased_nodes, tree)) {
            errors.push_back(Error::at({file, refused->line, refused->column}, std::move(refused->sentence)));
        } else if (const YamlNode* root = tree.root(); root && root->type != YamlNode::Type::Null) {
            if (!take(*root))
                break;
        }
    }
    return errors;
}

Error too_many_errors(const std::string& file, unsigned line)
{
    return Error::at({file, line, 1},
                     fmt::format("more than {} errors; from here on the file is not read", kMostErrors));
}

} // namespace vpcd
