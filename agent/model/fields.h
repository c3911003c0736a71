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
// bool, unsigned, Address, Mac, Prefix, enums with a `names()` table, nested structs with describe(), std::optional
// of these and std::vector of these.
#pragma once

#include <string_view>

namespace vpcd {

// Marks a string (or vector of strings) as the name of another resource of kind `kind`.
struct Reference {
    std::string_view kind;
};

template <typename Kind>
inline constexpr Reference reference{Kind::kKind};

} // namespace vpcd
