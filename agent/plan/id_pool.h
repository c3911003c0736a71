// Small numbers for things that have names. A number stays with its name for as long as somebody claims it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/error.h"
#include "base/hash.h"

namespace vpcd {

// Ids 1..limit-1. Claims are counted, so that in one change a name can be taken over by a new owner before the old
// one lets go. `what` names the resource in the error of an exhausted pool.
class IdPool {
public:
    // Which free id is next. Late: all others have their turn first, so that changes that are not written at once,
    // but together, do not give an id another meaning under those who still use it.
    enum class Reuse { Lowest, Late };

    IdPool(std::string what, std::uint32_t limit, Reuse reuse = Reuse::Lowest)
        : what_(std::move(what)), limit_(limit), reuse_(reuse)
    {
    }

    // Keeps `id` for `name` until drop_unclaimed(). False if either is taken.
    bool adopt(const std::string& name, std::uint32_t id);
    // One more claim.
    Result<std::uint32_t> acquire(const std::string& name);
    // One claim less; the id when that was the last one and it is free again.
    std::optional<std::uint32_t> release(const std::string& name);
    // After adoption: what nobody claimed is free. Returns the ids, in no order.
    std::vector<std::uint32_t> drop_unclaimed();

    std::size_t room() const { return free_.size() + (limit_ - next_); }
    std::optional<std::uint32_t> find(std::string_view name) const;
    // nullptr: nobody has it.
    const std::string* name_of(std::uint32_t id) const;

private:
    struct Entry {
        std::uint32_t id;
        unsigned claims;
    };

    std::uint32_t take();
    Error exhausted() const;
    void free(std::uint32_t id);

    std::string what_;
    std::uint32_t limit_;
    Reuse reuse_;
    std::uint32_t next_ = 1;
    std::uint32_t last_ = 0;       // taken
    std::set<std::uint32_t> free_; // below next_
    boost::unordered_flat_map<std::string, Entry, HashName, std::equal_to<>> entries_;
    std::map<std::uint32_t, std::string> names_;
};

// Ids that follow from the name alone, unique within a scope (a VPC); never 0. Of two names with the same hash, the
// later one gets the next number.
class NameIds {
public:
    std::uint32_t acquire(const std::string& scope, const std::string& name);
    void release(const std::string& scope, const std::string& name);
    void release_all(const std::string& scope) { scopes_.erase(scope); }
    const std::string* name_of(const std::string& scope, std::uint32_t id) const;

private:
    struct Scope {
        boost::unordered_flat_map<std::string, std::uint32_t, HashName, std::equal_to<>> ids;
        std::map<std::uint32_t, std::string> names;
    };
    boost::unordered_flat_map<std::string, Scope, HashName, std::equal_to<>> scopes_;
};

} // namespace vpcd
