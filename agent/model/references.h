// Which other resources a resource names, found through describe().
#pragma once

#include <string>
#include <vector>

#include "model/kinds.h"

namespace vpcd {

struct FieldReference {
    ResourceId target;
    std::string path; // of the field: "routes[2].nextHop.interface"
    bool places = true;

    friend bool operator==(const FieldReference&, const FieldReference&) = default;
};

class ReferenceCollector {
public:
    explicit ReferenceCollector(std::vector<FieldReference>& found, std::string prefix = {})
        : found_(found), prefix_(std::move(prefix))
    {
    }

    void required(std::string_view key, const auto& value, Reference to = {})
    {
        walk(prefix_ + std::string{key}, value, to);
    }
    void optional(std::string_view key, const auto& value, Reference to = {})
    {
        walk(prefix_ + std::string{key}, value, to);
    }

private:
    template <typename T>
    void walk(const std::string& path, const T& value, const Reference& to)
    {
        if constexpr (std::is_same_v<T, std::string>) {
            if (!to.kind.empty() && !value.empty() && value != to.builtin)
                found_.push_back({{to.kind, value}, path, to.places});
        } else if constexpr (is_vector<T>) {
            for (std::size_t i = 0; i < value.size(); ++i)
                walk(path + "[" + std::to_string(i) + "]", value[i], to);
        } else if constexpr (Described<const T>) {
            ReferenceCollector nested{found_, path + "."};
            T::describe(value, nested);
        }
    }

    std::vector<FieldReference>& found_;
    std::string prefix_;
};

template <typename Kind>
std::vector<FieldReference> references(const Kind& resource)
{
    std::vector<FieldReference> found;
    ReferenceCollector collector{found};
    Kind::describe(resource, collector);
    return found;
}

} // namespace vpcd
