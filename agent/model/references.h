// Which other resources a resource names, found through describe().
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/kinds.h"

namespace vpcd {

// A field's place within its resource. The text is made only when somebody asks for it.
struct ReferencePath {
    const ReferencePath* outer = nullptr;
    std::string_view key;
    int item = -1; // of a list

    std::string text() const
    {
        std::string text = outer ? outer->text() + "." : std::string{};
        text += key;
        if (item >= 0)
            text += "[" + std::to_string(item) + "]";
        return text;
    }
};

// Calls act(kind, name, places, ReferencePath) for each reference.
template <typename Act>
class ReferenceVisitor {
public:
    ReferenceVisitor(Act& act, const ReferencePath* outer) : act_(act), outer_(outer) {}

    void required(std::string_view key, const auto& value, Reference to = {}) { walk({outer_, key, -1}, value, to); }
    void optional(std::string_view key, const auto& value, Reference to = {}) { walk({outer_, key, -1}, value, to); }

private:
    template <typename T>
    void walk(const ReferencePath& path, const T& value, const Reference& to)
    {
        if constexpr (std::is_same_v<T, std::string>) {
            if (!to.kind.empty() && !value.empty() && !to.is_builtin(value))
                act_(to.kind, std::string_view{value}, to.places, path);
        } else if constexpr (is_vector<T>) {
            for (std::size_t i = 0; i < value.size(); ++i)
                walk({path.outer, path.key, static_cast<int>(i)}, value[i], to);
        } else if constexpr (Described<const T>) {
            ReferenceVisitor nested{act_, &path};
            T::describe(value, nested);
        }
    }

    Act& act_;
    const ReferencePath* outer_;
};

template <typename Kind, typename Act>
void for_each_reference(const Kind& resource, Act act)
{
    ReferenceVisitor<Act> visitor{act, nullptr};
    Kind::describe(resource, visitor);
}

struct FieldReference {
    ResourceId target;
    std::string path; // of the field: "routes[2].nextHop.interface"
    bool places = true;

    friend bool operator==(const FieldReference&, const FieldReference&) = default;
};

template <typename Kind>
std::vector<FieldReference> references(const Kind& resource)
{
    std::vector<FieldReference> found;
    for_each_reference(resource,
                       [&](std::string_view kind, std::string_view name, bool places, const ReferencePath& path) {
                           found.push_back({{kind, std::string{name}}, path.text(), places});
                       });
    return found;
}

} // namespace vpcd
