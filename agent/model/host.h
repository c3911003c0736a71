// Host: a machine of the underlay that runs vpcd (or any VXLAN/Geneve/GRE endpoint that speaks like one).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <vpcd/abi/encapsulation.h>
#include <vpcd/abi/limits.h>

#include "base/address.h"
#include "model/fields.h"

namespace vpcd {

enum class Encapsulation { Vxlan = ENCAPSULATION_VXLAN, Geneve = ENCAPSULATION_GENEVE, Gre = ENCAPSULATION_GRE };
// The words documents use.
const std::vector<std::pair<std::string_view, Encapsulation>>& names(Encapsulation);
// Bytes the tunnel adds to an inner IP packet.
unsigned overhead(Encapsulation);

// A zone's default subnet is named after it ("default-<zone>"), and names have at most 63 characters.
inline constexpr std::size_t kLongestZone = 55;

// Where a host meets the Internet: public addresses are served there.
struct ExternalLink {
    std::string device; // may be the underlay's

    friend bool operator==(const ExternalLink&, const ExternalLink&) = default;

    static constexpr std::string_view kShorthand = "device";

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.required("device", self.device);
    }
};

struct Host {
    static constexpr std::string_view kKind = "Host";

    std::string name;
    Address address;                                    // tunnel endpoint on the underlay; IPv4 for now
    std::string device;                                 // underlay device; empty: the one that has `address`
    Encapsulation encapsulation = Encapsulation::Vxlan; // what this host receives
    std::string zone = "default";
    std::optional<ExternalLink> external = {}; // only a host that has it serves public addresses

    friend bool operator==(const Host&, const Host&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.required("name", self.name);
        visit.required("address", self.address);
        visit.optional("device", self.device);
        visit.optional("encapsulation", self.encapsulation);
        visit.optional("zone", self.zone);
        visit.optional("external", self.external);
    }

    bool has_external() const { return external.has_value(); }
};

void check(const Host&, RuleContext&);
Claims claims(const Host&, const Model&);

} // namespace vpcd
