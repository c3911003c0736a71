// Where a resource was written, so that a broken rule can be shown at the field that breaks it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace vpcd {

// Fields are found by their path: "cidr", "routes[2].nextHop.interface".
class Origin {
public:
    Origin() = default;
    Origin(std::shared_ptr<const std::string> file, unsigned line, unsigned column);
    // Of a resource without a document: where the need for it arose.
    static Origin generated(const Location& cause);

    void add(std::string path, unsigned line, unsigned column);
    // The place of a field; when it was not written, of what encloses it: at last, of the document.
    Location at(std::string_view path = {}) const;
    // The document has this very field.
    bool wrote(std::string_view path) const;
    bool is_generated() const { return is_generated_; }

    friend bool operator==(const Origin& left, const Origin& right);

private:
    struct Field {
        std::string path;
        unsigned line;
        unsigned column;

        friend bool operator==(const Field&, const Field&) = default;
    };
    const Field* find(std::string_view path) const;

    std::shared_ptr<const std::string> file_;
    unsigned line_ = 0;
    unsigned column_ = 0;
    bool is_generated_ = false;
    std::vector<Field> fields_;
};

} // namespace vpcd
