// How a kind describes its fields: once. The YAML reader, the JSON writer of the API and the index of references all
// walk the same description.
//
//   struct Subnet {
//       ...
//       template <typename Self, typename Visitor>
//       static void describe(Self& self, Visitor& visit)   // Self is Subnet or const Subnet
//       {
//           visit.required("name", self.name);
//           visit.required("vpc", self.vpc, reference<Vpc>);
//           visit.optional("zone", self.zone);
//       }
//   };
//
// A visitor offers required(key, value[, Reference]) and optional(key, value[, Reference]). Values are std::string,
// bool, unsigned, types with parse() and to_string(), enums with a `names()` table, nested structs with describe(),
// std::optional of these and std::vector of these.
//
// Two short forms of documents are said by the type: a struct with `kShorthand`, the key of one of its fields, may be
// written as that field's value alone (`peer: 10.0.0.0/8`); a list of what has `kMayStandAlone` may be written as its
// only item (`ports: 80`).
#pragma once

#include <algorithm>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include <boost/container/small_vector.hpp>

namespace vpcd {

// Marks a string (or vector of strings) as the name of another resource of kind `kind`.
struct Reference {
    std::string_view kind;
    // The referrer lies inside the other (a subnet in its VPC), so what changes the other's place changes the
    // referrer's too. False: it only makes use of the other, and a change of the other ends there.
    bool places = true;
    std::span<const std::string_view> builtins = {}; // names that exist without a document

    bool is_builtin(std::string_view name) const { return std::ranges::find(builtins, name) != builtins.end(); }
};

template <typename Kind>
inline constexpr Reference reference{Kind::kKind};

// Structs with describe().
struct AnyVisitor {
    void required(std::string_view, auto&&, Reference = {}) {}
    void optional(std::string_view, auto&&, Reference = {}) {}
};
template <typename T>
concept Described = requires(T& value, AnyVisitor& visitor) { T::describe(value, visitor); };

// Enums with a table of words.
template <typename T>
concept Named = std::is_enum_v<T> && requires(T value) { names(value); };

template <Named T>
std::string_view word_of(T value)
{
    for (const auto& [word, meaning] : names(value))
        if (meaning == value)
            return word;
    return {};
}

template <typename T>
concept MayStandAlone = requires { T::kMayStandAlone; };

template <typename T>
concept HasShorthand = requires { T::kShorthand; };

template <typename T>
inline constexpr bool is_vector = false;
template <typename T>
inline constexpr bool is_vector<std::vector<T>> = true;

// Each kind declares beside its struct, and defines in its .cpp:
//   void check(const Kind&, RuleContext&);                        the rules (rule_context.h)
//   Claims claims(const Kind&, const Model&);                     what nobody else may have (claims.h)
class Model;
class RuleContext;
struct Claim;
using Claims = boost::container::small_vector<Claim, 4>;

} // namespace vpcd
