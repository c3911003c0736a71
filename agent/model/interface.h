// Interface: an instance's network card (ENI). It keeps address and MAC wherever it runs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "model/bandwidth.h"
#include "model/host.h"
#include "model/security_group.h"
#include "model/subnet.h"

namespace vpcd {

struct Interface {
    static constexpr std::string_view kKind = "Interface";

    std::string name;
    std::string subnet; // left out: the default subnet of the host's zone, filled in by defaults.h
    std::string host;   // empty: placed nowhere; the address stays reserved and unreachable
    std::string device; // on `host`: a veth's outer end, or a tap
    Address address;
    std::vector<Address> secondary_addresses;
    Mac mac;
    bool source_check = true; // off for an instance that routes for others
    // 1 to 5, of its VPC. Left out: the default group, see group_names().
    std::vector<std::string> security_groups;
    std::optional<Bandwidth> bandwidth{};

    friend bool operator==(const Interface&, const Interface&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.required("name", self.name);
        visit.optional("subnet", self.subnet, reference<Subnet>);
        visit.optional("host", self.host, reference<Host>);
        visit.optional("device", self.device);
        visit.required("address", self.address);
        visit.optional("secondaryAddresses", self.secondary_addresses);
        visit.required("mac", self.mac);
        visit.optional("sourceCheck", self.source_check);
        visit.optional("securityGroups", self.security_groups, kGroupReference);
        visit.optional("bandwidth", self.bandwidth);
    }
};

// The groups it is a member of, sorted and each once: those it names, or the default one of its VPC.
std::vector<std::string> group_names(const Interface&, std::string_view vpc);

// Who has this address in a VPC; nullptr: nobody.
const Interface* interface_at(const Address&, std::string_view vpc, const Model&);

// An address of an instance or a load balancer lies in its subnet, and is not reserved there.
void check_in_subnet(const std::string& path, const Address&, const Subnet&, RuleContext&);
// Nobody else in the VPC has it. `vpc` must outlive it.
Claim private_address_claim(const Address&, std::string_view vpc);

void check(const Interface&, RuleContext&);
Claims claims(const Interface&, const Model&);

} // namespace vpcd
