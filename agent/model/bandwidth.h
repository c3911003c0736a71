// How much an interface or a public address may send and receive.
#pragma once

#include <optional>
#include <string>

#include "model/fields.h"

namespace vpcd {

// Megabits (10^6 bits) of Ethernet frames a second, of each direction for itself. Empty: no cap.
struct Bandwidth {
    static constexpr unsigned kMost = 400'000;

    std::optional<unsigned> ingress; // towards the instance
    std::optional<unsigned> egress;

    friend bool operator==(const Bandwidth&, const Bandwidth&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.optional("ingress", self.ingress);
        visit.optional("egress", self.egress);
    }
};

// Of a document that may have them.
void check(const std::optional<Bandwidth>&, RuleContext&);

} // namespace vpcd
