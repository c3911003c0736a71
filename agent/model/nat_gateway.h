// NatGateway: public addresses that a VPC shares. SNAT lets instances without one of their own open connections to
// the Internet; DNAT lets the Internet open connections to some of them. An instance's own ElasticIp wins over both.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <netinet/in.h>

#include "base/address.h"
#include "model/access_rule.h"
#include "model/bandwidth.h"
#include "model/host.h"
#include "model/public_address.h"
#include "model/subnet.h"
#include "model/vpc.h"

namespace vpcd {

enum class NatProtocol { Tcp = IPPROTO_TCP, Udp = IPPROTO_UDP };
const std::vector<std::pair<std::string_view, NatProtocol>>& names(NatProtocol);

// Which connections of one private address and port may have different public ports (RFC 4787, 4.1).
enum class NatMapping {
    PerDestination,      // those to different destinations: a port serves many at a time
    EndpointIndependent, // none
};
const std::vector<std::pair<std::string_view, NatMapping>>& names(NatMapping);

// Who shares which addresses. Exactly one of `subnet` and `cidr` is set; of several that match, the longest prefix
// decides.
struct SnatEntry {
    static constexpr std::size_t kMostAddresses = 16;

    std::string subnet; // counts as its block
    std::optional<Prefix> cidr;
    std::vector<PublicAddress> addresses; // 1 to kMostAddresses

    friend bool operator==(const SnatEntry&, const SnatEntry&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.optional("subnet", self.subnet, Reference{Subnet::kKind, false});
        visit.optional("cidr", self.cidr);
        visit.required("addresses", self.addresses);
    }
};

// The block of addresses it is about; empty while its subnet is not there.
std::optional<Prefix> source_of(const SnatEntry&, const Model&);

// One port, or all of a public address, every port and both directions.
struct DnatEntry {
    PublicAddress address;
    Address to; // in the VPC
    std::optional<NatProtocol> protocol;
    std::optional<unsigned> port;    // with `protocol`; neither: the whole address
    std::optional<unsigned> to_port; // empty: `port`

    friend bool operator==(const DnatEntry&, const DnatEntry&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.required("address", self.address);
        visit.required("to", self.to);
        visit.optional("protocol", self.protocol);
        visit.optional("port", self.port);
        visit.optional("toPort", self.to_port);
    }

    bool is_whole() const { return !protocol && !port && !to_port; }
};

// One of the hosts that serve a gateway. Several share its SNAT: each has ports of its own of every address.
struct NatHost {
    static constexpr std::string_view kShorthand = "name"; // the field a lone word is
    static constexpr bool kMayStandAlone = true;

    std::string name;
    std::optional<PortRange> ports{}; // of all hosts, or of none: then they have equal parts

    friend bool operator==(const NatHost&, const NatHost&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.required("name", self.name, Reference{Host::kKind, false});
        visit.optional("ports", self.ports);
    }
};

struct NatGateway {
    static constexpr std::string_view kKind = "NatGateway";
    static constexpr std::size_t kMostHosts = 64;

    std::string name;
    std::string vpc;
    std::vector<NatHost> hosts; // 1 to kMostHosts, which lead to the Internet; DNAT is the first one's
    std::vector<SnatEntry> snat;
    std::vector<DnatEntry> dnat;
    PortRange ports{1024, 65535}; // what SNAT takes public ports from
    NatMapping mapping = NatMapping::PerDestination;
    Announce announce = Announce::Arp;
    std::optional<Bandwidth> bandwidth{}; // of all its addresses together

    friend bool operator==(const NatGateway&, const NatGateway&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.required("name", self.name);
        visit.required("vpc", self.vpc, reference<Vpc>);
        visit.required("host", self.hosts);
        visit.optional("snat", self.snat);
        visit.optional("dnat", self.dnat);
        visit.optional("ports", self.ports);
        visit.optional("mapping", self.mapping);
        visit.optional("announce", self.announce);
        visit.optional("bandwidth", self.bandwidth);
    }
};

// What SNAT of each of its hosts takes public ports from, in the order of the hosts.
std::vector<PortRange> slices_of(const NatGateway&);
bool is_served_by(const NatGateway&, std::string_view host);

// Who maps a whole public address to this private one. `vpc` must outlive it.
Claim whole_mapping_claim(const Address& to, std::string_view vpc);

void check(const NatGateway&, RuleContext&);
Claims claims(const NatGateway&, const Model&);

} // namespace vpcd
