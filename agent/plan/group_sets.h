// The sets of security groups that interfaces are members of: a number each, by which rules know their peers.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/hash.h"
#include "model/interface.h"
#include "plan/id_pool.h"

namespace vpcd {

// Numbers are unique in a VPC and follow from the names of the groups. A set is there from its first interface until
// settle() after its last. With a million interfaces most of them name no group or one: no text is made for these.
class GroupSets {
public:
    // A set in the VPC that has it.
    using Place = std::pair<std::string, std::uint32_t>;

    struct Set {
        std::vector<std::string> groups; // sorted
        std::size_t interfaces = 0;
        bool is_settled = false;
    };

    // One interface more, or less.
    std::uint32_t acquire(const std::string& vpc, const Interface&);
    void release(const std::string& vpc, std::uint32_t id);
    // Forgets the sets that have no interface any more.
    void settle();

    // nullptr: there is none, or it has been forgotten.
    const Set* find(const std::string& vpc, std::uint32_t id) const;
    // Those with interfaces and with one of `groups`, in order.
    std::set<std::uint32_t> with_any(const std::string& vpc, const auto& groups) const
    {
        std::set<std::uint32_t> found;
        for (const auto& [group, unused] : groups)
            add_with(vpc, group, found);
        return found;
    }
    // Since settle() they have got their first interface, or lost their last one.
    std::vector<Place> come() const { return changed(false); }
    std::vector<Place> gone() const { return changed(true); }

private:
    struct InVpc {
        std::string default_set; // of interfaces that name no group
        boost::unordered_flat_map<std::string, std::uint32_t, HashName, std::equal_to<>> ids;
        boost::unordered_flat_map<std::uint32_t, Set> sets;
        std::map<std::string, std::set<std::uint32_t>, std::less<>> by_group;
    };

    std::uint32_t make(const std::string& vpc, InVpc&, const std::string& name, std::vector<std::string> groups);
    void forget(const std::string& vpc, std::uint32_t id);
    void add_with(const std::string& vpc, const std::string& group, std::set<std::uint32_t>& found) const;
    std::vector<Place> changed(bool was_there) const;

    NameIds ids_;
    boost::unordered_flat_map<std::string, InVpc, HashName, std::equal_to<>> vpcs_;
    std::set<Place> touched_; // perhaps come or gone
};

// "db, web"
std::string to_string(const GroupSets::Set&);

} // namespace vpcd
