#include "config/parse.h"

#include <algorithm>
#include <iterator>
#include <memory>

#include <fmt/format.h>

#include "config/reader.h"
#include "config/yaml.h"
#include "model/kind_names.h"

namespace vpcd {

namespace {

const YamlNode* find_word(const YamlNode& mapping, std::string_view key)
{
    const auto entry = std::ranges::find_if(mapping.entries, [&](const auto& e) { return e.key.text == key; });
    if (entry == mapping.entries.end() || entry->value.type != YamlNode::Type::Scalar)
        return nullptr;
    return &entry->value;
}

class DocumentParser {
public:
    DocumentParser(std::shared_ptr<const std::string> file, ParsedFile& result)
        : file_(std::move(file)), result_(result)
    {
    }

    // False: there is no use in going on.
    bool parse(const YamlNode& document)
    {
        if (result_.errors.size() >= kMostErrors) {
            result_.errors.push_back(too_many_errors(*file_, document.line));
            result_.unreadable.others = true;
            return false;
        }
        parse_any(document);
        return true;
    }

private:
    void parse_any(const YamlNode& document)
    {
        if (document.type != YamlNode::Type::Mapping) {
            refuse(document, "a document is a mapping of keys, with 'kind' and 'name'");
            return;
        }
        const YamlNode* kind = find_word(document, "kind");
        if (!kind) {
            refuse(document, fmt::format("the document has no 'kind'; the kinds are {}", kinds()));
            return;
        }
        const bool is_known =
            with_kind(kind->text, [&]<typename Kind>(std::type_identity<Kind>) { parse_as<Kind>(document); });
        if (!is_known)
            refuse_kind(*kind);
    }

    static std::string kinds() { return fmt::format("{}", fmt::join(kind_names(), ", ")); }

    void refuse(const YamlNode& node, std::string sentence)
    {
        result_.unreadable.others = true;
        result_.errors.push_back(Error::at({*file_, node.line, node.column}, std::move(sentence)));
    }

    void refuse_kind(const YamlNode& kind)
    {
        const auto meant = closest(kind.text, kind_names());
        const auto hint = meant.empty() ? std::string{} : fmt::format("did you mean {}? ", meant);
        refuse(kind, fmt::format("there is no kind '{}'; {}the kinds are {}", kind.text, hint, kinds()));
    }

    template <typename Kind>
    void parse_as(const YamlNode& document)
    {
        const YamlNode* name = find_word(document, "name");
        Origin origin{file_, document.line, document.column};
        std::vector<Error> errors;
        ReadingContext context{*file_, origin, errors};
        Reader reader{document, {Kind::kKind, name ? name->text : std::string_view{}}, context};
        Kind value;
        reader.skip("kind");
        reader.read_fields(value);

        if (errors.empty()) {
            layouts_.share(origin);
            ResourceId id = id_of(value);
            result_.declarations.push_back({std::move(id), std::move(value), std::move(origin)});
            return;
        }
        if (name)
            result_.unreadable.ids.insert({Kind::kKind, std::string{name->text}});
        else
            result_.unreadable.others = true;
        for (const auto& error : errors)
            result_.errors.push_back(name ? error.about(to_string(ResourceId{Kind::kKind, std::string{name->text}}))
                                          : error);
    }

    std::shared_ptr<const std::string> file_;
    ParsedFile& result_;
    LayoutPool layouts_;
};

} // namespace

ParsedFile parse_documents(const std::string& file, std::string_view text)
{
    ParsedFile result;
    DocumentParser parser{std::make_shared<const std::string>(file), result};
    auto errors = parse_yaml(file, text, [&](const YamlNode& document) { return parser.parse(document); });
    result.unreadable.others |= !errors.empty();
    std::ranges::move(errors, std::back_inserter(result.errors));
    return result;
}

} // namespace vpcd
