#include "shrink.h"

#include <algorithm>
#include <utility>

namespace vpcd::oracle {
namespace {

class Shrinker {
public:
    Shrinker(Case found, const Fails& fails, std::size_t tries) : best_(std::move(found)), fails_(fails), left_(tries)
    {
    }

    Case run()
    {
        std::size_t before = 0;
        do {
            before = size();
            leave_out([](Case& of) -> auto& { return of.steps; });
            leave_out([](Case& of) -> auto& { return of.documents; });
            for (std::size_t i = 0; i < best_.documents.size(); i++)
                shrink_document(i);
        } while (size() < before && left_ > 0);
        return best_;
    }

private:
    std::size_t size() const
    {
        std::size_t size = best_.steps.size() + best_.documents.size();
        for (const auto& document : best_.documents)
            std::visit([&](const auto& value) { size += parts(value); }, document);
        return size;
    }
    template <typename Kind>
    static std::size_t parts(const Kind& value)
    {
        if constexpr (requires { value.rules; })
            return value.rules.size();
        else if constexpr (requires { value.routes; })
            return value.routes.size();
        else if constexpr (requires { value.prefixes; })
            return value.prefixes.size();
        else if constexpr (requires { value.security_groups; })
            return value.security_groups.size() + value.secondary_addresses.size();
        else
            return 0;
    }

    void try_out(Case smaller)
    {
        if (left_ == 0)
            return;
        left_--;
        if (fails_(smaller))
            best_ = std::move(smaller);
    }

    // Ever smaller pieces of one list, from the end on, which nothing builds upon.
    template <typename ListOf>
    void leave_out(ListOf list_of)
    {
        for (std::size_t piece = std::max<std::size_t>(list_of(best_).size() / 2, 1); piece > 0; piece /= 2)
            for (std::size_t end = list_of(best_).size(); end > 0; end -= std::min(end, piece)) {
                Case smaller = best_;
                auto& list = list_of(smaller);
                const auto last = std::min(end, list.size());
                const auto first = last - std::min(last, piece);
                list.erase(list.begin() + static_cast<std::ptrdiff_t>(first),
                           list.begin() + static_cast<std::ptrdiff_t>(last));
                try_out(std::move(smaller));
            }
    }

    template <typename Kind, typename Member>
    void leave_out_of(std::size_t document, Member Kind::* member)
    {
        leave_out([&](Case& of) -> auto& { return std::get<Kind>(of.documents[document]).*member; });
    }

    void shrink_document(std::size_t i)
    {
        const auto& document = best_.documents[i];
        if (std::holds_alternative<SecurityGroup>(document))
            leave_out_of(i, &SecurityGroup::rules);
        else if (std::holds_alternative<NetworkAcl>(document))
            leave_out_of(i, &NetworkAcl::rules);
        else if (std::holds_alternative<RouteTable>(document))
            leave_out_of(i, &RouteTable::routes);
        else if (std::holds_alternative<PrefixList>(document))
            leave_out_of(i, &PrefixList::prefixes);
        else if (std::holds_alternative<Interface>(document))
            shrink_card(i);
        else if (std::holds_alternative<vpcd::Subnet>(document))
            shrink_subnet(i);
    }

    void shrink_card(std::size_t i)
    {
        leave_out_of(i, &Interface::security_groups);
        leave_out_of(i, &Interface::secondary_addresses);
    }

    void shrink_subnet(std::size_t i)
    {
        Case smaller = best_;
        std::get<vpcd::Subnet>(smaller.documents[i]).network_acl.clear();
        try_out(std::move(smaller));
        smaller = best_;
        std::get<vpcd::Subnet>(smaller.documents[i]).route_table = "main";
        try_out(std::move(smaller));
    }

    Case best_;
    const Fails& fails_;
    std::size_t left_;
};

} // namespace

Case shrink(Case found, const Fails& fails, std::size_t tries)
{
    return Shrinker{std::move(found), fails, tries}.run();
}

} // namespace vpcd::oracle
