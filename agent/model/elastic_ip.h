// ElasticIp: a public address that stands for one private address of an interface, every port and both directions. It
// can be bound to another at any time, unless it is fixed.
#pragma once

#include <optional>
#include <string>

#include "base/address.h"
#include "model/bandwidth_package.h"
#include "model/host.h"
#include "model/interface.h"
#include "model/public_address.h"

namespace vpcd {

struct ElasticIp {
    static constexpr std::string_view kKind = "ElasticIp";

    std::string name;
    PublicAddress address;
    std::string interface;                  // empty: bound to nothing; the address stays reserved
    std::optional<Address> private_address; // of `interface`; empty: the primary one, whichever that is
    std::string host;                       // serves it where the interface's own host does not lead to the Internet
    bool fixed = false;                     // bound as it is for as long as it exists (S1, Fixed public IP)
    Announce announce = Announce::Arp;
    // At most one of the two.
    std::optional<Bandwidth> bandwidth{};
    std::string bandwidth_package{};

    friend bool operator==(const ElasticIp&, const ElasticIp&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.required("name", self.name);
        visit.required("address", self.address);
        visit.optional("interface", self.interface, Reference{Interface::kKind, false});
        visit.optional("privateAddress", self.private_address);
        visit.optional("host", self.host, Reference{Host::kKind, false});
        visit.optional("fixed", self.fixed);
        visit.optional("announce", self.announce);
        visit.optional("bandwidth", self.bandwidth);
        visit.optional("bandwidthPackage", self.bandwidth_package, Reference{BandwidthPackage::kKind, false});
    }

    // The address of `bound`, its interface, that it stands for.
    Address private_address_of(const Interface& bound) const { return private_address.value_or(bound.address); }
};

void check(const ElasticIp&, RuleContext&);
Claims claims(const ElasticIp&, const Model&);

} // namespace vpcd
