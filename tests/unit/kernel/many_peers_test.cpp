// A fleet of a thousand hosts: what a pass costs in messages to the kernel, and that nothing is missed for it.
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>

#include "kernel/tunnel_device.h"
#include "network_namespace.h"
#include "observing_host.h"
#include "values.h"

using namespace vpcd;

namespace {

constexpr std::size_t kPeers = 1000;

// The far host answers for each address of 10.0.0.0/16.
class Fleet {
public:
    Fleet()
    {
        hosts_.far_command("route add local 10.0.0.0/16 dev lo");
        ip_command("route add 10.0.0.0/16 dev eth0");
        for (std::uint32_t i = 0; i < kPeers; ++i)
            peers_.insert(Address::v4(0x0a000100 + i)); // 10.0.1.0 and on
    }

    const std::set<Address>& peers() const { return peers_; }
    KernelNeeds needs() const { return {.peers = peers_, .tunnel_device = true}; }
    bool is_resolved(ObservingHost& host) const
    {
        for (const auto& [peer, path] : host.facts(peers_).paths)
            if (path.destination_mac != mac_of("02:00:00:00:00:02"))
                return false;
        return true;
    }
    // In the state in which a fleet spends its days.
    void settle(ObservingHost& host) const
    {
        host.observe(peers_);
        REQUIRE(host.apply(needs()).empty());
        host.until([&] { return is_resolved(host); });
        host.until_quiet([&] {
            host.observe(peers_);
            REQUIRE(host.apply(needs()).empty());
        });
    }

private:
    TwoHosts hosts_;
    std::set<Address> peers_;
};

} // namespace

TEST_CASE("a second pass over a thousand peers asks the kernel nothing", "[kernel][namespace]")
{
    const Fleet fleet;
    ObservingHost host;
    CHECK(host.observe(fleet.peers()).paths == fleet.peers());
    fleet.settle(host);
    CHECK(host.kept() == fleet.peers());

    CHECK_FALSE(host.observe(fleet.peers()).any());
    CHECK(host.apply(fleet.needs()).empty());

    CHECK(host.requests() == 0);
}

TEST_CASE("neighbours that confirm their MAC are not told", "[kernel][namespace]")
{
    const Fleet fleet;
    ObservingHost host;
    fleet.settle(host);
    host.until_heard("198.51.100.101");
    host.observe(fleet.peers());
    const auto before = host.calls();

    for (int i = 0; i < 5; ++i)
        ip_command("neighbour change 10.0.1." + std::to_string(i) +
                   " lladdr 02:00:00:00:00:02 nud stale dev eth0 extern_learn managed");
    host.until_heard("198.51.100.102");

    CHECK(host.calls() == before + 1); // the marker alone
    CHECK(host.observe(fleet.peers()) == FactChanges{.links = {}, .paths = {}, .local_addresses = true});
}

TEST_CASE("one changed neighbour among a thousand costs a few messages", "[kernel][namespace]")
{
    const Fleet fleet;
    ObservingHost host;
    fleet.settle(host);
    const auto peer = ip("10.0.1.7");

    SECTION("another MAC")
    {
        ip_command("neighbour replace 10.0.1.7 lladdr 02:00:00:00:00:77 nud permanent dev eth0");
        CHECK(host.observe(fleet.peers()) == FactChanges{.links = {}, .paths = {peer}});
        CHECK(host.apply(fleet.needs()).empty());
        CHECK(host.facts(fleet.peers()).paths.at(peer).destination_mac == mac_of("02:00:00:00:00:77"));
        CHECK(host.requests() <= 1);
    }
    SECTION("removed by hand")
    {
        ip_command("neighbour delete 10.0.1.7 dev eth0");
        CHECK(host.observe(fleet.peers()).paths == std::set{peer});
        CHECK(host.apply(fleet.needs()).empty());
        CHECK(host.kept() == fleet.peers());
        CHECK(host.requests() <= 3); // looked at, kept, looked at again
    }
    SECTION("a peer leaves the fleet")
    {
        auto fewer = fleet.peers();
        fewer.erase(peer);
        CHECK(host.observe(fewer) == FactChanges{});
        CHECK(host.apply({.peers = fewer, .tunnel_device = true}).empty());
        CHECK(host.observe(fewer).paths == std::set{peer});
        CHECK(host.kept() == fewer);
        CHECK(host.requests() <= 3);
    }
}

TEST_CASE("a changed route is asked for again by those it may concern", "[kernel][namespace]")
{
    const Fleet fleet;
    ObservingHost host;
    fleet.settle(host);

    ip_command("route replace 10.0.1.8/30 via 192.0.2.254 dev eth0");
    const std::set concerned{ip("10.0.1.8"), ip("10.0.1.9"), ip("10.0.1.10"), ip("10.0.1.11")};
    CHECK(host.observe(fleet.peers()).paths == concerned);
    CHECK(host.facts(fleet.peers()).paths.at(ip("10.0.1.9")).gateway == ip("192.0.2.254"));
    CHECK(host.requests() == concerned.size());

    CHECK(host.apply(fleet.needs()).empty());
    auto kept = fleet.peers();
    for (const auto& peer : concerned)
        kept.erase(peer);
    kept.insert(ip("192.0.2.254"));
    CHECK(host.kept() == kept);
    host.until([&] { return fleet.is_resolved(host); }); // the gateway too
    host.requests();

    ip_command("route replace 10.0.0.0/16 dev eth0 mtu 1300");
    CHECK(host.observe(fleet.peers()).paths.size() == kPeers - concerned.size());
    CHECK(host.requests() == kPeers);
    ip_command("route add 172.16.0.0/12 dev eth0");
    CHECK_FALSE(host.observe(fleet.peers()).any());
    CHECK(host.requests() == 0);
}

TEST_CASE("an instance's device coming and going asks about that device alone", "[kernel][namespace]")
{
    const Fleet fleet;
    ObservingHost host;
    fleet.settle(host);

    ip_command("tuntap add dev tap0 mode tap");
    ip_command("link set tap0 up");
    CHECK(host.observe(fleet.peers()).links == std::set<std::string>{"tap0"});
    ip_command("link delete tap0");
    CHECK(host.observe(fleet.peers()).links == std::set<std::string>{"tap0"});

    CHECK(host.requests() <= 2);
}

TEST_CASE("a burst that the socket cannot hold has everything observed anew", "[kernel][namespace]")
{
    const Fleet fleet;
    ObservingHost host;
    ip_command("neighbour add 192.0.2.50 lladdr 02:00:00:00:00:50 nud permanent dev eth0");
    fleet.settle(host);
    const auto before = host.calls();

    const std::string routes =
        "for i in $(seq 0 39999); do echo route add 172.16.$((i / 256)).$((i % 256))/32 dev eth0; "
        "done | ip -batch -";
    REQUIRE(std::system(routes.c_str()) == 0);
    // What the full socket did not take.
    ip_command("neighbour replace 10.0.1.7 lladdr 02:00:00:00:00:77 nud permanent dev eth0");
    ip_command("neighbour delete 10.0.1.8 dev eth0");
    ip_command("route add 10.0.1.9/32 via 192.0.2.254");
    ip_command(std::string{"link delete "} + kTunnelDevice);

    host.until([&] { return host.calls() > before; });
    CHECK(host.requests() >= 3 + kPeers);
    CHECK(host.facts(fleet.peers()).paths.at(ip("10.0.1.7")).destination_mac == mac_of("02:00:00:00:00:77"));
    CHECK(host.facts(fleet.peers()).paths.at(ip("10.0.1.9")).gateway == ip("192.0.2.254"));
    CHECK(host.apply(fleet.needs()).empty());
    CHECK(host.kept().contains(ip("10.0.1.8")));
    CHECK(host.has_device(kTunnelDevice));
    CHECK(host.facts({ip("192.0.2.50")}).paths.at(ip("192.0.2.50")).destination_mac == mac_of("02:00:00:00:00:50"));
}
