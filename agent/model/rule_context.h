// What the rules of one kind see while a change is checked: the model, who was touched, and where to report.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/model.h"
#include "model/quotas.h"
#include "model/rules.h"

namespace vpcd {

class RuleContext {
public:
    RuleContext(const Model& model, const ResourceIds& touched, const ResourceIds& dependents, const Quotas& quotas,
                const FormerValues& former)
        : model_(model), touched_(touched), dependents_(dependents), quotas_(quotas), former_(former)
    {
    }

    const Model& model() const { return model_; }
    const Quotas& quotas() const { return quotas_; }
    // What the change made another; nullptr: it is new, or not touched.
    template <typename T>
    const T* former(std::string_view name) const
    {
        const auto known = former_.find(ResourceKey{T::kKind, name});
        return known == former_.end() ? nullptr : std::get_if<T>(known->second);
    }

    // The resource that report() is about from now on. `origin` stays where it is meanwhile.
    void about(const ResourceKey& key, const Origin& origin)
    {
        about_ = key;
        origin_ = &origin;
    }
    // `path` of the field that breaks the rule; the sentence says what is wrong, and which rule.
    void report(std::string_view path, std::string sentence);
    // More than kMostErrors: there is no use in looking for others.
    bool has_enough() const { return errors_.size() > kMostErrors; }
    std::vector<Error> take_errors() { return std::move(errors_); }

    // "net.yaml:4:7"
    std::string place(const ResourceId&, std::string_view path = {}) const;
    // Of two that cannot stand together, which one stays: one that the change does not concern, then the one written
    // first.
    bool precedes(const ResourceId&, const ResourceId&) const;
    // The first sibling that overlaps this subnet and precedes it; nullptr: none.
    const Subnet* overlap(const Subnet&);
    // How many custom route tables of the same VPC precede this one.
    std::size_t rank(const RouteTable&);

    // Of a group that lives as long as the check.
    const RuleCounts& rule_counts(const SecurityGroup&);

    // Names, and what names are made of: 1 to `longest` characters [A-Za-z0-9][A-Za-z0-9._-]*.
    void check_name(std::string_view path, std::string_view name, std::size_t longest = 63);
    // What the kernel accepts as the name of a network device.
    void check_device(std::string_view path, std::string_view device);
    // False, and reported, when it is not IPv4.
    bool check_family(std::string_view path, const Address&);
    bool check_family(std::string_view path, const Prefix&);

private:
    using Overlaps = std::map<std::string, std::string>; // subnet -> the first preceding one that overlaps it
    Overlaps find_overlaps(const std::string& vpc) const;

    const Model& model_;
    const ResourceIds& touched_;
    const ResourceIds& dependents_;
    const Quotas& quotas_;
    const FormerValues& former_;
    ResourceKey about_;
    const Origin* origin_ = nullptr;
    std::vector<Error> errors_;
    // Found once per check.
    std::map<std::string, Overlaps> overlaps_;
    std::unordered_map<const SecurityGroup*, RuleCounts> rule_counts_;
    std::map<std::string, std::map<std::string, std::size_t>> ranks_;
};

// An IPv4 address that one machine can have: not of 0.0.0.0/8, loopback, multicast or what is kept above that.
bool is_unicast(const Address&);

// What an existing resource claims.
Claims claims_at(const Model&, const ResourceId&);

} // namespace vpcd
