#include "model/kind_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>
#include <string>

#include "model/kinds.h"

namespace vpcd {

namespace {

std::string folded(std::string_view text)
{
    std::string result;
    for (const char c : text)
        if (c != '-' && c != '_')
            result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return result;
}

// What people say for the longer ones.
std::string_view short_form(std::string_view kind)
{
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kForms{
        {{SecurityGroup::kKind, "sg"},
         {NetworkAcl::kKind, "acl"},
         {PrefixList::kKind, "pl"},
         {NatGateway::kKind, "nat"},
         {LoadBalancer::kKind, "lb"},
         {ElasticIp::kKind, "eip"}}};
    for (const auto& [long_form, form] : kForms)
        if (long_form == kind)
            return form;
    return {};
}

std::string plural(const std::string& word)
{
    if (word.ends_with("y") && !word.ends_with("ay"))
        return word.substr(0, word.size() - 1) + "ies";
    return word + (word.ends_with("s") ? "es" : "s");
}

// Slips of the pen between two words: letters put in, left out, mistaken, or two neighbours exchanged.
std::size_t distance(std::string_view left, std::string_view right)
{
    std::vector<std::vector<std::size_t>> slips(left.size() + 1, std::vector<std::size_t>(right.size() + 1));
    std::iota(slips[0].begin(), slips[0].end(), std::size_t{0});
    for (std::size_t i = 1; i <= left.size(); ++i) {
        slips[i][0] = i;
        for (std::size_t j = 1; j <= right.size(); ++j) {
            slips[i][j] = std::min(
                {slips[i - 1][j] + 1, slips[i][j - 1] + 1, slips[i - 1][j - 1] + (left[i - 1] != right[j - 1])});
            if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                slips[i][j] = std::min(slips[i][j], slips[i - 2][j - 2] + 1);
        }
    }
    return slips.back().back();
}

} // namespace

const std::vector<std::string_view>& kind_names()
{
    static const std::vector<std::string_view> kNames = [] {
        std::vector<std::string_view> names;
        for_each_kind([&]<typename Kind>(std::type_identity<Kind>) { names.push_back(Kind::kKind); });
        return names;
    }();
    return kNames;
}

std::optional<std::string_view> kind_by_name(std::string_view typed)
{
    const auto wanted = folded(typed);
    for (const auto kind : kind_names())
        for (const auto& word : {folded(kind), std::string{short_form(kind)}})
            if (!word.empty() && (wanted == word || wanted == plural(word)))
                return kind;
    return std::nullopt;
}

std::string_view closest(std::string_view typed, const std::vector<std::string_view>& known)
{
    // A longer text is no slip; and comparing it would cost its length.
    if (typed.size() > 64)
        return {};
    const auto wanted = folded(typed);
    std::string_view best;
    std::size_t best_distance = typed.size() < 4 ? 2 : 3;
    for (const auto word : known)
        if (const auto d = distance(wanted, folded(word)); d < best_distance) {
            best = word;
            best_distance = d;
        }
    return best;
}

} // namespace vpcd
