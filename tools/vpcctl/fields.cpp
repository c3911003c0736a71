// Tolerant access to JSON, and words made of its keys.
#include "vpcctl/fields.h"

#include <cctype>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace vpcd {

namespace json = boost::json;

const json::value& member_of(const json::value& object, std::string_view key)
{
    static const json::value kNull;
    const auto* members = object.if_object();
    const auto* member = members != nullptr ? members->if_contains(key) : nullptr;
    return member != nullptr ? *member : kNull;
}

std::string text_of(const json::value& value)
{
    if (value.is_null())
        return {};
    if (const auto* text = value.if_string())
        return std::string{*text};
    if (const auto* flag = value.if_bool())
        return *flag ? "yes" : "no";
    std::string out;
    if (const auto* object = value.if_object()) {
        for (const auto& [key, member] : *object)
            out += fmt::format("{}{}={}", out.empty() ? "" : ",", std::string_view{key}, text_of(member));
        return out;
    }
    const auto* array = value.if_array();
    if (array == nullptr)
        return json::serialize(value);
    for (const auto& each : *array) {
        if (each.is_structured())
            return std::to_string(array->size());
        out += (out.empty() ? "" : ",") + text_of(each);
    }
    return out;
}

std::string text_of(const json::value& object, std::string_view key)
{
    return text_of(member_of(object, key));
}

double number_of(const json::value& object, std::string_view key)
{
    const auto& member = member_of(object, key);
    if (const auto* number = member.if_double())
        return *number;
    if (const auto* number = member.if_uint64())
        return static_cast<double>(*number);
    if (const auto* number = member.if_int64())
        return static_cast<double>(*number);
    return 0;
}

bool is_set(const json::value& object, std::string_view key)
{
    const auto* flag = member_of(object, key).if_bool();
    return flag != nullptr && *flag;
}

const json::array& array_of(const json::value& object, std::string_view key)
{
    static const json::array kNone;
    const auto* array = member_of(object, key).if_array();
    return array != nullptr ? *array : kNone;
}

std::string endpoint(const json::value& object, std::string_view address, std::string_view port)
{
    std::string host = text_of(object, address);
    const std::string number = text_of(object, port);
    if (number.empty())
        return host;
    return host.contains(':') ? '[' + host + "]:" + number : host + ':' + number;
}

std::string title_of(std::string_view key)
{
    std::string out;
    for (const char c : key) {
        if (std::isupper(static_cast<unsigned char>(c)))
            out += '-';
        out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return out;
}

std::string label_of(std::string_view key)
{
    std::string out;
    for (const char c : key) {
        if (std::isupper(static_cast<unsigned char>(c)))
            out += ' ';
        out += static_cast<char>(out.empty() ? std::toupper(static_cast<unsigned char>(c))
                                             : std::tolower(static_cast<unsigned char>(c)));
    }
    return out;
}

} // namespace vpcd
