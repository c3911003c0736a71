// vpcctl describe: any answer as an outline; lists of objects become tables.
#include <algorithm>

#include "vpcctl/fields.h"
#include "vpcctl/render.h"
#include "vpcctl/table.h"

namespace vpcd {

namespace json = boost::json;

namespace {

constexpr unsigned kIndent = 2;

std::string table_of(const json::array& rows, unsigned indent)
{
    std::vector<std::string> keys;
    std::vector<Table::Column> columns;
    for (const auto& row : rows)
        if (const auto* object = row.if_object())
            for (const auto& member : *object)
                if (std::ranges::find(keys, std::string_view{member.key()}) == keys.end()) {
                    keys.emplace_back(member.key());
                    columns.push_back({title_of(member.key()),
                                       member.value().is_number() ? Table::Align::Right : Table::Align::Left});
                }
    Table table{std::move(columns)};
    for (const auto& row : rows) {
        std::vector<std::string> cells;
        for (const auto& key : keys)
            cells.push_back(text_of(row, key));
        table.add(std::move(cells));
    }
    return table.text(indent);
}

bool is_plain(const json::value& value)
{
    const auto* array = value.if_array();
    return !value.is_object() && (array == nullptr || std::ranges::none_of(*array, &json::value::is_structured));
}

// Plain members first, aligned; then the sections.
std::string outline(const json::object& object, unsigned indent)
{
    std::size_t width = 0;
    for (const auto& member : object)
        if (is_plain(member.value()))
            width = std::max(width, label_of(member.key()).size() + 2);

    const std::string margin(indent, ' ');
    std::string out;
    for (const auto& member : object) {
        if (!is_plain(member.value()))
            continue;
        std::string label = label_of(member.key()) + ':';
        label.resize(width, ' ');
        const std::string text = text_of(member.value());
        out += margin + label + ' ' + (text.empty() ? "-" : text) + '\n';
    }
    for (const auto& member : object) {
        if (is_plain(member.value()))
            continue;
        out += margin + label_of(member.key()) + ":\n";
        if (const auto* section = member.value().if_object())
            out += outline(*section, indent + kIndent);
        else
            out += table_of(member.value().get_array(), indent + kIndent);
    }
    return out;
}

} // namespace

std::string render_describe(const json::value& answer)
{
    const auto* object = answer.if_object();
    if (object == nullptr)
        return text_of(answer) + '\n';
    // The document leads, and what belongs to it follows as if it were part of it.
    json::object flat;
    if (const auto* resource = member_of(answer, "resource").if_object())
        flat = *resource;
    for (const auto& member : *object)
        if (member.key() != "resource")
            flat[member.key()] = member.value(); // "rules" with what they have decided, instead of the document's
    return outline(flat, 0);
}

} // namespace vpcd
