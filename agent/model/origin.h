// Where a resource was written, so that a broken rule can be shown at the field that breaks it.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/hash.h"

namespace vpcd {

// A path that grows to its end: four bytes, whatever its length, as many resources remember many.
class PathHash {
public:
    constexpr PathHash() = default;
    constexpr explicit PathHash(std::string_view path) : PathHash(PathHash{}.then(path)) {}

    constexpr PathHash then(std::string_view text) const
    {
        PathHash longer;
        longer.value_ = fnv1a(text, value_);
        return longer;
    }
    friend auto operator<=>(PathHash, PathHash) = default;

private:
    std::uint32_t value_ = kFnvStart;
};

// Fields are found by their path: "cidr", "routes[2].nextHop.interface".
class Origin {
public:
    Origin() = default;
    Origin(std::shared_ptr<const std::string> file, unsigned line, unsigned column);
    // Of a resource without a document: where the need for it arose.
    static Origin generated(const Location& cause);

    void add(PathHash path, unsigned line, unsigned column);
    void add(std::string_view path, unsigned line, unsigned column) { add(PathHash{path}, line, column); }
    void reserve(std::size_t fields);
    // The place of a field; when it was not written, of what encloses it: at last, of the document.
    Location at(std::string_view path = {}) const;
    // The document has this very field.
    bool wrote(std::string_view path) const;
    bool is_generated() const { return is_generated_; }
    // Empty: unknown.
    std::string_view file() const { return file_ ? std::string_view{*file_} : std::string_view{}; }

    friend bool operator==(const Origin& left, const Origin& right);

private:
    friend class LayoutPool;

    struct Field {
        PathHash path;
        unsigned lines; // below the document's first
        unsigned column;

        friend auto operator<=>(const Field&, const Field&) = default;
    };
    using Layout = std::vector<Field>;

    const Field* find(std::string_view path) const;
    Layout& layout();

    std::shared_ptr<const std::string> file_;
    std::shared_ptr<Layout> layout_;
    unsigned line_ = 0;
    unsigned column_ = 0;
    bool is_generated_ = false;
};

// Documents written in the same manner have their fields at the same places relative to their first line. Such
// origins share one list: of a million interfaces, most do.
class LayoutPool {
public:
    void share(Origin&);

private:
    struct ByContent {
        bool operator()(const auto& left, const auto& right) const { return *left < *right; }
    };

    std::set<std::shared_ptr<Origin::Layout>, ByContent> layouts_;
};

} // namespace vpcd
