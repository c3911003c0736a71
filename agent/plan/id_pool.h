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

#include "base/error.h"

namespace vpcd {

// Ids 1..limit-1, the lowest free one first. Claims are counted, so that in one change a name can be taken over by
// a new owner before the old one lets go. `what` names the resource in the error of an exhausted pool.
template <typename Key, typename Less = std::less<Key>>
class IdPool {
public:
    IdPool(std::string what, std::uint32_t limit) : what_(std::move(what)), limit_(limit) {}

    // Keeps `id` for `key` until drop_unclaimed(). False if either is taken.
    bool adopt(const Key& key, std::uint32_t id)
    {
        if (id == 0 || id >= limit_ || names_.contains(id) || entries_.contains(key))
            return false;
        for (; next_ <= id; ++next_)
            free_.insert(next_);
        free_.erase(id);
        names_.emplace(id, key);
        entries_.emplace(key, Entry{id, 0});
        return true;
    }

    // One more claim.
    Result<std::uint32_t> acquire(const Key& key)
    {
        if (const auto found = entries_.find(key); found != entries_.end()) {
            ++found->second.claims;
            return found->second.id;
        }
        if (room() == 0)
            return fail(exhausted());
        const std::uint32_t id = free_.empty() ? next_++ : free_.extract(free_.begin()).value();
        names_.emplace(id, key);
        entries_.emplace(key, Entry{id, 1});
        return id;
    }

    std::size_t room() const { return free_.size() + (limit_ - next_); }
    Error exhausted() const
    {
        return Error::config("all " + std::to_string(limit_ - 1) + " " + what_ + " are in use");
    }

    // One claim less; the id when that was the last one and it is free again.
    std::optional<std::uint32_t> release(const Key& key)
    {
        const auto found = entries_.find(key);
        if (found == entries_.end() || --found->second.claims > 0)
            return std::nullopt;
        return erase(found);
    }

    // After adoption: what nobody claimed is free. Returns the ids.
    std::vector<std::uint32_t> drop_unclaimed()
    {
        std::vector<std::uint32_t> dropped;
        for (auto it = entries_.begin(); it != entries_.end();)
            if (const auto entry = it++; entry->second.claims == 0)
                dropped.push_back(erase(entry));
        return dropped;
    }

    std::optional<std::uint32_t> find(const Key& key) const
    {
        const auto found = entries_.find(key);
        return found == entries_.end() ? std::nullopt : std::optional{found->second.id};
    }
    const Key* name_of(std::uint32_t id) const
    {
        const auto found = names_.find(id);
        return found == names_.end() ? nullptr : &found->second;
    }

private:
    struct Entry {
        std::uint32_t id;
        unsigned claims;
    };
    using Entries = std::map<Key, Entry, Less>;

    std::uint32_t erase(typename Entries::iterator entry)
    {
        const std::uint32_t id = entry->second.id;
        free_.insert(id);
        names_.erase(id);
        entries_.erase(entry);
        return id;
    }

    std::string what_;
    std::uint32_t limit_;
    std::uint32_t next_ = 1;
    std::set<std::uint32_t> free_; // below next_
    Entries entries_;
    std::map<std::uint32_t, Key> names_;
};

// Ids that follow from the name alone, so that every host and every run computes the same one. Unique within a
// scope (a VPC); never 0.
class NameIds {
public:
    std::uint32_t acquire(const std::string& scope, const std::string& name);
    void release(const std::string& scope, const std::string& name);
    void release_all(const std::string& scope) { scopes_.erase(scope); }
    const std::string* name_of(const std::string& scope, std::uint32_t id) const;

private:
    struct Scope {
        std::map<std::string, std::uint32_t> ids;
        std::map<std::uint32_t, std::string> names;
    };
    std::map<std::string, Scope> scopes_;
};

// 32-bit FNV-1a.
std::uint32_t fnv1a(std::string_view text);

} // namespace vpcd
