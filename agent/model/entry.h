// Where the model keeps resources: one entry each, whose address stays while the resource exists.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <boost/unordered/unordered_flat_set.hpp>

#include "model/kinds.h"
#include "model/origin.h"

namespace vpcd {

// What indexes point to; with_entry() finds out which kind it is.
struct EntryBase {
    std::uint8_t kind; // index in AnyResource
};

template <typename T>
struct Entry : EntryBase {
    T value;
    Origin origin;
};

template <typename T>
inline constexpr std::uint8_t kKindIndex = AnyResource{std::in_place_type<T>}.index();

// Calls act(const Entry<Kind>&).
void with_entry(const EntryBase& entry, auto&& act)
{
    for_each_kind([&]<typename Kind>(std::type_identity<Kind>) {
        if (kKindIndex<Kind> == entry.kind)
            act(static_cast<const Entry<Kind>&>(entry));
    });
}

inline ResourceKey key_of(const EntryBase& entry)
{
    ResourceKey key;
    with_entry(entry, [&](const auto& found) { key = key_of(found.value); });
    return key;
}

// The resources of one kind, by name. In no order: sorted() is for people.
template <typename T>
class ResourceTable {
    struct ByName {
        using is_transparent = void;
        using Held = std::unique_ptr<Entry<T>>;

        static std::string_view name(const Held& held) { return held->value.name; }
        static std::string_view name(std::string_view text) { return text; }
        std::size_t operator()(const auto& held) const { return std::hash<std::string_view>{}(name(held)); }
        bool operator()(const auto& left, const auto& right) const { return name(left) == name(right); }
    };
    using Set = boost::unordered_flat_set<typename ByName::Held, ByName, ByName>;

public:
    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using difference_type = std::ptrdiff_t;
        using value_type = std::pair<const std::string&, const Entry<T>&>;
        using reference = value_type;
        using pointer = void;

        Iterator() = default;
        explicit Iterator(typename Set::const_iterator at) : at_(at) {}

        reference operator*() const { return {(*at_)->value.name, **at_}; }
        Iterator& operator++()
        {
            ++at_;
            return *this;
        }
        Iterator operator++(int) { return Iterator{at_++}; }
        friend bool operator==(const Iterator&, const Iterator&) = default;

    private:
        typename Set::const_iterator at_;
    };

    Iterator begin() const { return Iterator{entries_.begin()}; }
    Iterator end() const { return Iterator{entries_.end()}; }
    std::size_t size() const { return entries_.size(); }
    bool empty() const { return entries_.empty(); }

    const Entry<T>* find(std::string_view name) const
    {
        const auto found = entries_.find(name);
        return found == entries_.end() ? nullptr : found->get();
    }
    Entry<T>* find(std::string_view name)
    {
        const auto found = entries_.find(name);
        return found == entries_.end() ? nullptr : found->get();
    }
    Entry<T>* emplace(T value, Origin origin)
    {
        auto entry = std::make_unique<Entry<T>>(EntryBase{kKindIndex<T>}, std::move(value), std::move(origin));
        return entries_.insert(std::move(entry)).first->get();
    }
    void reserve(std::size_t more) { entries_.reserve(entries_.size() + more); }
    void erase(std::string_view name)
    {
        if (const auto found = entries_.find(name); found != entries_.end())
            entries_.erase(found);
    }
    // Up to `limit` of those behind `after`, by name.
    std::vector<const Entry<T>*> sorted(std::string_view after = {}, std::size_t limit = SIZE_MAX) const
    {
        std::vector<const Entry<T>*> found;
        for (const auto& entry : entries_)
            if (after.empty() || entry->value.name > after)
                found.push_back(entry.get());
        const auto by_name = [](const Entry<T>* entry) -> const std::string& { return entry->value.name; };
        const auto end = found.begin() + static_cast<std::ptrdiff_t>(std::min(limit, found.size()));
        std::ranges::partial_sort(found, end, {}, by_name);
        found.erase(end, found.end());
        return found;
    }

private:
    Set entries_;
};

} // namespace vpcd
