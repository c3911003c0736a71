#include "model/render.h"

#include <optional>

#include <boost/json.hpp>

namespace vpcd {

namespace {

class JsonWriter {
public:
    explicit JsonWriter(boost::json::object& object) : object_(object) {}

    void required(std::string_view key, const auto& value, Reference = {}) { object_[key] = write(value); }
    void optional(std::string_view key, const auto& value, Reference = {})
    {
        if constexpr (requires { value.empty(); }) {
            if (value.empty())
                return;
        } else if constexpr (requires { value.has_value(); }) {
            if (!value.has_value())
                return;
        }
        auto written = write(value);
        if (!written.is_object() || !written.get_object().empty())
            object_[key] = std::move(written);
    }

private:
    template <typename T>
    static boost::json::value write(const T& value)
    {
        if constexpr (is_vector<T>) {
            boost::json::array array;
            for (const auto& item : value)
                array.push_back(write(item));
            return array;
        } else if constexpr (requires { value.has_value(); }) {
            return value ? write(*value) : boost::json::value{};
        } else if constexpr (Described<const T>) {
            boost::json::object object;
            JsonWriter nested{object};
            T::describe(value, nested);
            return object;
        } else if constexpr (Named<T>) {
            return boost::json::string{word_of(value)};
        } else if constexpr (std::is_arithmetic_v<T>) {
            return value;
        } else if constexpr (std::is_same_v<T, std::string>) {
            return boost::json::string{value};
        } else {
            return word(to_string(value));
        }
    }
    // A number where a document has one: `ports: 80`.
    static boost::json::value word(const std::string& text)
    {
        if (text.find_first_not_of("0123456789") == text.npos)
            return std::stoul(text);
        return boost::json::string{text};
    }

    boost::json::object& object_;
};

bool is_plain_character(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-' || c == '/' ||
           c == ':';
}

// Words that are the same to every YAML reader with or without quotes: no number, no boolean, no null.
bool is_plain(std::string_view text)
{
    if (text.empty() || text.back() == ':' || text.front() == '-')
        return false;
    for (const char c : text)
        if (!is_plain_character(c))
            return false;
    if (text.find_first_not_of("0123456789.eExXoO_+-:") == text.npos)
        return false;
    std::string lower;
    for (const char c : text)
        lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    for (const std::string_view word : {"null", "true", "false", "yes", "no", "on", "off", "y", "n", ".nan", ".inf"})
        if (lower == word)
            return false;
    return true;
}

void write_yaml(const boost::json::value& value, std::size_t indent, std::string& text);

bool is_block(const boost::json::value& value)
{
    return (value.is_object() && !value.get_object().empty()) || (value.is_array() && !value.get_array().empty());
}

void write_scalar(const boost::json::value& value, std::string& text)
{
    if (value.is_string() && is_plain(value.get_string()))
        text += std::string_view{value.get_string()};
    else
        text += boost::json::serialize(value); // double quotes as in YAML; also {} and []
    text += '\n';
}

void write_object(const boost::json::object& object, std::size_t indent, std::string& text)
{
    bool is_first = true;
    for (const auto& [key, value] : object) {
        // The first key stands where the caller left the pen: after "- ", or at the start of the document.
        text.append(is_first ? 0 : indent, ' ');
        is_first = false;
        text.append(key).append(is_block(value) ? ":\n" : ": ");
        if (is_block(value)) {
            text.append(indent + 2, ' ');
            write_yaml(value, indent + 2, text);
        } else {
            write_scalar(value, text);
        }
    }
}

void write_yaml(const boost::json::value& value, std::size_t indent, std::string& text)
{
    if (!is_block(value)) {
        write_scalar(value, text);
    } else if (value.is_object()) {
        write_object(value.get_object(), indent, text);
    } else {
        bool is_first = true;
        for (const auto& item : value.get_array()) {
            text.append(is_first ? 0 : indent, ' ').append("- ");
            is_first = false;
            write_yaml(item, indent + 2, text);
        }
    }
}

} // namespace

boost::json::value to_json(const AnyResource& resource)
{
    boost::json::object object;
    std::visit(
        [&]<typename Kind>(const Kind& value) {
            object["kind"] = Kind::kKind;
            JsonWriter writer{object};
            Kind::describe(value, writer);
        },
        resource);
    return object;
}

std::string to_yaml(const AnyResource& resource)
{
    return to_yaml(to_json(resource));
}

std::string to_yaml(const boost::json::value& value)
{
    std::string text;
    write_yaml(value, 0, text);
    return text;
}

} // namespace vpcd
