// LoadBalancer: an address whose connections several instances answer, each as it came: they see the client's own
// address. With `host` the address is one of the Internet, which that host serves; with `subnet` one of the VPC, for
// its own instances.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.h"
#include "model/health_check.h"
#include "model/host.h"
#include "model/interface.h"
#include "model/nat_gateway.h"
#include "model/public_address.h"
#include "model/subnet.h"
#include "model/vpc.h"

namespace vpcd {

// Who gets the next connection.
enum class Scheduler {
    RoundRobin,         // by turns; of weights only 0 matters
    WeightedRoundRobin, // as many turns in a round as the weight says
    LeastConnections,   // who has the fewest for its weight
    SourceHash,         // by the client's address (Maglev); as many clients as the weight says
};
const std::vector<std::pair<std::string_view, Scheduler>>& names(Scheduler);

struct BalancedPort {
    NatProtocol protocol = NatProtocol::Tcp;
    unsigned port = 0;                    // 1 to 65535
    std::optional<unsigned> backend_port; // empty: `port`
    Scheduler scheduler = Scheduler::RoundRobin;
    std::optional<HealthCheck> health_check; // empty: every backend counts as alive

    friend bool operator==(const BalancedPort&, const BalancedPort&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.required("protocol", self.protocol);
        visit.required("port", self.port);
        visit.optional("backendPort", self.backend_port);
        visit.optional("scheduler", self.scheduler);
        visit.optional("healthCheck", self.health_check);
    }

    unsigned to_port() const { return backend_port.value_or(port); }
};

struct Backend {
    static constexpr unsigned kFullWeight = 100;

    std::string interface;         // answers by its primary address
    unsigned weight = kFullWeight; // 0: it keeps the connections it has, and gets no others

    friend bool operator==(const Backend&, const Backend&) = default;

    static constexpr std::string_view kShorthand = "interface"; // the field a lone word is

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.required("interface", self.interface, Reference{Interface::kKind, false});
        visit.optional("weight", self.weight);
    }
};

struct LoadBalancer {
    static constexpr std::string_view kKind = "LoadBalancer";
    static constexpr std::size_t kMostListeners = 50;
    static constexpr std::size_t kMostBackends = 200;
    static constexpr std::size_t kMostClients = 200;

    std::string name;
    std::string vpc;
    Address address;
    // Exactly one of the two.
    std::string host;   // leads to the Internet and serves the address
    std::string subnet; // the address is in it
    std::vector<BalancedPort> listeners;
    std::vector<Backend> backends;
    std::vector<Prefix> clients; // who may open connections; empty: everybody
    Announce announce = Announce::Arp;
    bool direct_return = false; // backends' own hosts answer the Internet, where they lead there

    friend bool operator==(const LoadBalancer&, const LoadBalancer&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.required("name", self.name);
        visit.required("vpc", self.vpc, reference<Vpc>);
        visit.required("address", self.address);
        visit.optional("host", self.host, Reference{Host::kKind, false});
        visit.optional("subnet", self.subnet, reference<Subnet>);
        visit.required("listeners", self.listeners);
        visit.optional("backends", self.backends);
        visit.optional("clients", self.clients);
        visit.optional("announce", self.announce);
        visit.optional("directReturn", self.direct_return);
    }

    bool is_public() const { return !host.empty(); }
};

void check(const LoadBalancer&, RuleContext&);
Claims claims(const LoadBalancer&, const Model&);

} // namespace vpcd
