// The facade against a real kernel, with a second host that answers.
#include "kernel/host_kernel.h"

#include <catch2/catch_test_macros.hpp>
#include <chrono>

#include "kernel/tunnel_device.h"
#include "network_namespace.h"
#include "values.h"

using namespace vpcd;
using namespace std::chrono_literals;

namespace {

class Host {
public:
    Host()
    {
        auto opened = HostKernel::open(context_);
        REQUIRE(opened);
        kernel_ = std::move(*opened);
        kernel_->on_change([this](Changed changed) { seen_ |= changed, route_calls_ += changed.routes; });
        auto netlink = Netlink::open();
        REQUIRE(netlink);
        netlink_ = std::make_unique<Netlink>(std::move(*netlink));
    }

    // Runs the io_context until `condition` holds; fails the test at the deadline.
    template <typename Condition>
    void until(Condition condition)
    {
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        while (!condition()) {
            REQUIRE(std::chrono::steady_clock::now() < deadline);
            context_.restart();
            context_.run_one_for(100ms);
        }
    }
    Facts observe(const std::set<Address>& vteps)
    {
        auto facts = kernel_->observe(vteps);
        REQUIRE(facts);
        return *facts;
    }
    std::vector<Error> apply(const KernelNeeds& needs) { return kernel_->apply(needs); }
    std::set<Address> kept()
    {
        const auto keys = observe_kept_neighbours(*netlink_);
        REQUIRE(keys);
        std::set<Address> addresses;
        for (const auto& key : *keys)
            addresses.insert(key.address);
        return addresses;
    }
    bool has_tunnel_device() { return observe({}).links.contains(kTunnelDevice); }
    void forget_seen()
    {
        seen_ = {};
        route_calls_ = 0;
    }
    const Changed& seen() const { return seen_; }
    int route_calls() const { return route_calls_; }

private:
    boost::asio::io_context context_;
    std::unique_ptr<HostKernel> kernel_;
    std::unique_ptr<Netlink> netlink_;
    Changed seen_;
    int route_calls_ = 0;
};

} // namespace

TEST_CASE("a peer that is kept becomes resolved without anybody sending to it", "[kernel][namespace]")
{
    const TwoHosts hosts;
    Host host;
    const auto v4_peer = ip("192.0.2.2");
    const auto v6_peer = ip("2001:db8::2");
    REQUIRE_FALSE(host.observe({v4_peer}).paths.at(v4_peer).destination_mac);

    CHECK(host.apply({.peers = {v4_peer, v6_peer}}).empty());

    for (const auto& peer : {v4_peer, v6_peer}) {
        INFO(to_string(peer));
        host.until(
            [&] { return host.observe({peer}).paths.at(peer).destination_mac == mac_of("02:00:00:00:00:02"); });
    }
    host.until([&] { return host.seen().neighbours; });
}

TEST_CASE("applying again changes nothing; needing less removes only ours", "[kernel][namespace]")
{
    const TwoHosts hosts;
    Host host;
    ip_command("route add 198.51.100.0/24 via 192.0.2.254");
    ip_command("neighbour add 192.0.2.50 lladdr 02:00:00:00:00:50 nud permanent dev eth0");
    const KernelNeeds needs{.peers = {ip("192.0.2.2"), ip("198.51.100.1"), ip("198.51.100.2"), ip("203.0.113.1")},
                            .tunnel_device = true};

    CHECK(host.apply(needs).empty());
    CHECK(host.kept() == std::set{ip("192.0.2.2"), ip("192.0.2.254")}); // one gateway for two, none for the last
    CHECK(host.has_tunnel_device());
    const auto before = host.observe(needs.peers).links;

    CHECK(host.apply(needs).empty());
    CHECK(host.observe(needs.peers).links == before);
    CHECK(host.kept() == std::set{ip("192.0.2.2"), ip("192.0.2.254")});

    CHECK(host.apply({.peers = {ip("192.0.2.2")}}).empty());
    CHECK(host.kept() == std::set{ip("192.0.2.2")});
    CHECK_FALSE(host.has_tunnel_device());
    CHECK(host.observe({ip("192.0.2.50")}).paths.at(ip("192.0.2.50")).destination_mac == mac_of("02:00:00:00:00:50"));
}

TEST_CASE("what is removed behind our back is reported, and the next apply repairs it", "[kernel][namespace]")
{
    const TwoHosts hosts;
    Host host;
    const KernelNeeds needs{.peers = {ip("192.0.2.2")}, .tunnel_device = true};
    REQUIRE(host.apply(needs).empty());
    host.observe(needs.peers);
    host.until([&] { return host.seen().links; });
    host.forget_seen();

    ip_command("neighbour delete 192.0.2.2 dev eth0");
    ip_command(std::string{"link delete "} + kTunnelDevice);
    host.until([&] { return host.seen().neighbours && host.seen().links; });
    CHECK(host.kept().empty());

    CHECK(host.apply(needs).empty());
    CHECK(host.kept() == needs.peers);
    CHECK(host.has_tunnel_device());
}

TEST_CASE("one object that fails does not hold up the others", "[kernel][namespace]")
{
    const TwoHosts hosts;
    Host host;
    ip_command(std::string{"link add "} + kTunnelDevice + " type bridge");

    const auto errors = host.apply({.peers = {ip("192.0.2.2")}, .tunnel_device = true});

    REQUIRE(errors.size() == 1);
    CHECK(errors.front().text().find(kTunnelDevice) != std::string::npos);
    CHECK(host.kept() == std::set{ip("192.0.2.2")});
}

TEST_CASE("changes are reported by kind, a burst in few calls", "[kernel][namespace]")
{
    const TwoHosts hosts;
    Host host;
    host.observe({ip("192.0.2.2")});

    ip_command("address add 192.0.2.60/24 dev eth0");
    host.until([&] { return host.seen().addresses && host.seen().routes; });
    host.forget_seen();

    for (int i = 1; i <= 5; ++i)
        ip_command("route add 198.51.100." + std::to_string(i) + "/32 via 192.0.2.254");
    host.until([&] { return host.seen().routes; });
    CHECK(host.route_calls() == 1);
    CHECK_FALSE(host.seen().addresses);
    CHECK_FALSE(host.seen().neighbours);
}

TEST_CASE("a burst that the socket cannot hold counts as everything changed", "[kernel][namespace]")
{
    const TwoHosts hosts;
    Host host;
    host.observe({ip("192.0.2.2")});
    const std::string routes = "for i in $(seq 0 20000); do echo route add 10.$((i / 65536)).$((i / 256 % 256))."
                               "$((i % 256))/32 dev eth0; done | ip -batch -";

    REQUIRE(std::system(routes.c_str()) == 0);

    host.until([&] { return host.seen() == Changed::everything(); });
}
