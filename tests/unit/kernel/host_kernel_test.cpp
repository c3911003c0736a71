// The facade against a real kernel, with a second host that answers.
#include "kernel/host_kernel.h"

#include <arpa/inet.h>
#include <future>
#include <netinet/in.h>
#include <thread>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "kernel/served_routes.h"
#include "kernel/tunnel_device.h"
#include "network_namespace.h"
#include "observing_host.h"
#include "values.h"

using namespace vpcd;

namespace {

sockaddr_in socket_address(std::string_view address)
{
    sockaddr_in made{};
    made.sin_family = AF_INET;
    made.sin_port = htons(53);
    made.sin_addr.s_addr = htonl(ip(address).v4_value());
    return made;
}

bool binds(int socket, std::string_view address)
{
    const auto to = socket_address(address);
    return ::bind(socket, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0;
}

bool connects(int socket, std::string_view address)
{
    const auto to = socket_address(address);
    return ::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0;
}

} // namespace

TEST_CASE("a peer that is kept becomes resolved without anybody sending to it", "[kernel][namespace]")
{
    const TwoHosts hosts;
    ObservingHost host;
    const auto v4_peer = ip("192.0.2.2");
    const auto v6_peer = ip("2001:db8::2");
    const std::set peers{v4_peer, v6_peer};
    REQUIRE_FALSE(host.facts(peers).paths.at(v4_peer).destination_mac);

    CHECK(host.apply({.peers = peers}).empty());

    for (const auto& peer : peers) {
        INFO(to_string(peer));
        host.until([&] { return host.facts(peers).paths.at(peer).destination_mac == mac_of("02:00:00:00:00:02"); });
    }
}

TEST_CASE("applying again changes nothing; needing less removes only ours", "[kernel][namespace]")
{
    const TwoHosts hosts;
    ObservingHost host;
    ip_command("route add 198.51.100.0/24 via 192.0.2.254");
    ip_command("neighbour add 192.0.2.50 lladdr 02:00:00:00:00:50 nud permanent dev eth0");
    const KernelNeeds needs{.peers = {ip("192.0.2.2"), ip("198.51.100.1"), ip("198.51.100.2"), ip("203.0.113.1")},
                            .tunnel_device = true};

    CHECK(host.apply(needs).empty());
    CHECK(host.kept() == std::set{ip("192.0.2.2"), ip("192.0.2.254")}); // one gateway for two, none for the last
    CHECK(host.has_device(kTunnelDevice));
    const auto before = host.facts(needs.peers).links;
    CHECK(before.contains(kTunnelDevice));

    CHECK(host.apply(needs).empty());
    CHECK(host.facts(needs.peers).links == before);
    CHECK(host.kept() == std::set{ip("192.0.2.2"), ip("192.0.2.254")});

    CHECK(host.apply({.peers = {ip("192.0.2.2")}}).empty());
    CHECK(host.kept() == std::set{ip("192.0.2.2")});
    CHECK_FALSE(host.has_device(kTunnelDevice));
    CHECK_FALSE(host.facts({}).links.contains(kTunnelDevice));
    CHECK(host.facts({ip("192.0.2.50")}).paths.at(ip("192.0.2.50")).destination_mac == mac_of("02:00:00:00:00:50"));
}

TEST_CASE("what is removed behind our back is reported, and the next apply repairs it", "[kernel][namespace]")
{
    const TwoHosts hosts;
    ObservingHost host;
    const KernelNeeds needs{.peers = {ip("192.0.2.2")}, .tunnel_device = true};
    const auto removal =
        GENERATE(std::string{"neighbour delete 192.0.2.2 dev eth0"}, std::string{"link delete "} + kTunnelDevice,
                 std::string{"link set vpcd-vxlan down"});
    INFO(removal);
    REQUIRE(host.apply(needs).empty());
    host.until([&] { return host.facts(needs.peers).paths.at(ip("192.0.2.2")).destination_mac.has_value(); });
    const auto before = host.calls();

    ip_command(removal);
    host.until([&] { return host.calls() > before; });

    CHECK(host.apply(needs).empty());
    CHECK(host.kept() == needs.peers);
    CHECK(host.facts(needs.peers).links.at(kTunnelDevice).is_up);
}

TEST_CASE("public addresses that are to be announced by routes have one each, and nobody else's is touched",
          "[kernel][namespace]")
{
    const TwoHosts hosts;
    ObservingHost host;
    const auto routes = [] { return observe_served_routes().value(); };
    const auto one = ip("203.0.113.10");
    const auto other = ip("203.0.113.11");
    ip_command("route add unreachable 203.0.113.11/32 metric 5");
    ip_command("route add unreachable 203.0.113.12/32 protocol 118"); // ours by its protocol, but not by its metric

    CHECK(host.apply({.peers = {}, .served = {one, other}}).empty());
    CHECK(routes().empty()); // nothing comes before it can be taken
    CHECK(host.announce({one, other}).empty());
    CHECK(routes() == std::set{one, other});
    CHECK(host.apply({.peers = {}, .served = {other}}).empty());
    CHECK(routes() == std::set{other});

    const auto before = host.calls();
    ip_command("route delete unreachable 203.0.113.11/32 protocol 118");
    host.until([&] { return host.calls() > before; });
    CHECK(host.apply({.peers = {}, .served = {other}}).empty());
    CHECK(host.announce({other}).empty());
    CHECK(routes() == std::set{other});

    CHECK(ObservingHost{}.apply({.peers = {}, .served = {other}}).empty()); // another agent keeps what is to stay
    CHECK(routes() == std::set{other});
    CHECK(ObservingHost{}.apply({}).empty());
    CHECK(routes().empty());
    ip_command("route delete unreachable 203.0.113.11/32 metric 5");
    ip_command("route delete unreachable 203.0.113.12/32 protocol 118");
}

TEST_CASE("where there is no address there is no table, and no route of a public address", "[kernel][namespace]")
{
    const NetworkNamespace empty;
    CHECK(observe_served_routes().value().empty());
}

TEST_CASE("health checks have a namespace of their own, and a pair of devices that leads here", "[kernel][namespace]")
{
    const TwoHosts hosts;
    ObservingHost host;
    std::promise<Result<CheckNamespace>> entered;
    std::thread{[&entered] { entered.set_value(CheckNamespace::enter()); }}.join();
    auto there = entered.get_future().get();
    REQUIRE(there);
    const KernelNeeds needs{.peers = {}, .tunnel_device = false, .checks = &*there};

    REQUIRE(host.apply(needs).empty());
    const auto made = host.facts({}).links.at(kCheckDevice);
    CHECK(made.is_up);
    CHECK(made.kind == "veth");
    CHECK(made.is_ours);
    CHECK(made.mtu == 65535); // no answer is too big
    CHECK(host.apply(needs).empty());
    CHECK(host.facts({}).links.at(kCheckDevice).ifindex == made.ifindex);

    std::thread{[&there] {
        CHECK(::setns(there->fd(), CLONE_NEWNET) == 0);
        const UniqueFd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
        CHECK(binds(socket.get(), "240.0.0.100"));
        CHECK(connects(socket.get(), "10.0.1.10"));
        const UniqueFd other{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
        CHECK_FALSE(binds(other.get(), "192.0.2.1"));
    }}.join();

    const auto before = host.calls();
    ip_command(std::string{"link delete "} + kCheckDevice);
    host.until([&] { return host.calls() > before; });
    CHECK(host.apply(needs).empty());
    CHECK(host.has_device(kCheckDevice));
    CHECK(host.facts({}).links.at(kCheckDevice).ifindex != made.ifindex);

    CHECK(host.apply({}).empty());
    CHECK_FALSE(host.has_device(kCheckDevice));
}

TEST_CASE("a device of the name of ours that is somebody else's stays", "[kernel][namespace]")
{
    const TwoHosts hosts;
    ObservingHost host;
    std::promise<Result<CheckNamespace>> entered;
    std::thread{[&entered] { entered.set_value(CheckNamespace::enter()); }}.join();
    auto there = entered.get_future().get();
    REQUIRE(there);
    ip_command(std::string{"link add "} + kCheckDevice + " type bridge");

    const auto errors = host.apply({.peers = {}, .tunnel_device = false, .checks = &*there});

    REQUIRE(errors.size() == 1);
    CHECK(errors.front().text().find(kCheckDevice) != std::string::npos);
    CHECK(host.has_device(kCheckDevice));
}

TEST_CASE("neighbours kept by an earlier run are released when nobody needs them", "[kernel][namespace]")
{
    const TwoHosts hosts;
    const std::set needed{ip("192.0.2.2")};
    REQUIRE(ObservingHost{}.apply({.peers = {ip("192.0.2.2"), ip("192.0.2.77")}}).empty());

    ObservingHost host;
    CHECK(host.apply({.peers = needed}).empty());

    CHECK(host.kept() == needed);
}

TEST_CASE("one object that fails does not hold up the others", "[kernel][namespace]")
{
    const TwoHosts hosts;
    ObservingHost host;
    ip_command(std::string{"link add "} + kTunnelDevice + " type bridge");

    for (int pass = 1; pass <= 2; ++pass) {
        const auto errors = host.apply({.peers = {ip("192.0.2.2")}, .tunnel_device = true});

        INFO("pass " << pass);
        REQUIRE(errors.size() == 1); // told as long as it lasts
        CHECK(errors.front().text().find(kTunnelDevice) != std::string::npos);
        CHECK(host.kept() == std::set{ip("192.0.2.2")});
    }
}

TEST_CASE("facts follow what happens to devices, addresses and routes", "[kernel][namespace]")
{
    const TwoHosts hosts;
    ObservingHost host;
    const auto peer = ip("192.0.2.2");
    host.observe({peer});
    const auto links = [&] { return host.facts({peer}).links; };
    const auto path = [&] { return host.facts({peer}).paths.at(peer); };

    ip_command("link add here0 type veth peer name here1");
    CHECK(host.observe({peer}) == FactChanges{.links = {"here0", "here1"}});
    CHECK(links().at("here0").is_peer_here);

    const NetworkNamespace elsewhere;
    hosts.enter_near();
    ip_command("link set here1 netns " + elsewhere.name());
    CHECK_FALSE(links().contains("here1"));
    CHECK_FALSE(links().at("here0").is_peer_here);

    ip_command("link set here0 name there0");
    CHECK(host.observe({peer}) == FactChanges{.links = {"here0", "there0"}});
    CHECK_FALSE(links().contains("here0"));

    ip_command("address add 198.51.100.9/32 dev there0");
    CHECK(host.facts({peer}).local_addresses.at(ip("198.51.100.9")) == "there0");
    ip_command("link delete there0");
    CHECK_FALSE(host.facts({peer}).local_addresses.contains(ip("198.51.100.9")));

    ip_command("link set eth0 mtu 1300");
    CHECK(path().mtu == 1300);
    ip_command("address add 192.0.2.61/32 dev lo");
    ip_command("route add 192.0.2.2/32 dev eth0 src 192.0.2.61");
    CHECK(path().source == ip("192.0.2.61"));
    ip_command("address delete 192.0.2.61/32 dev lo"); // and with it the route, of which the kernel tells nothing
    CHECK(path().source == ip("192.0.2.1"));

    ip_command("link set eth0 down");
    CHECK_FALSE(host.facts({peer}).paths.contains(peer));
    ip_command("link set eth0 up");
    CHECK(host.facts({peer}).paths.contains(peer));
    ip_command("rule add to 192.0.2.2 blackhole");
    CHECK_FALSE(host.facts({peer}).paths.contains(peer));
}

TEST_CASE("a burst of changes is told in one call; what does not matter is not told", "[kernel][namespace]")
{
    const TwoHosts hosts;
    ObservingHost host;
    host.observe({ip("192.0.2.2")});
    host.until_heard("198.51.100.101");
    host.observe({ip("192.0.2.2")});
    auto before = host.calls();

    ip_command("route add 10.1.0.0/16 via 192.0.2.254");
    ip_command("neighbour add 192.0.2.99 lladdr 02:00:00:00:00:99 dev eth0");
    host.until_heard("198.51.100.102");
    CHECK(host.calls() == before + 1); // the marker alone
    CHECK(host.observe({ip("192.0.2.2")}) == FactChanges{.local_addresses = true});

    before = host.calls();
    for (int mtu = 1300; mtu < 1305; ++mtu)
        ip_command("route replace 192.0.2.2/32 dev eth0 mtu " + std::to_string(mtu));
    host.until([&] { return host.calls() > before; });
    CHECK(host.calls() == before + 1);
    CHECK(host.observe({ip("192.0.2.2")}).paths == std::set{ip("192.0.2.2")});
}

TEST_CASE("what netlink does not tell of a device is asked when the device changes", "[kernel][namespace]")
{
    const TwoHosts hosts;
    std::vector<std::string> inspected;
    ObservingHost host{{.inspect = [&](Link& link) {
        inspected.push_back(link.name);
        link.accepts_xdp_redirect = true;
    }}};
    CHECK(host.facts({}).links.at("eth0").accepts_xdp_redirect);
    host.until_quiet([&] { host.observe({}); });
    inspected.clear();

    host.observe({});
    CHECK(inspected.empty());
    ip_command("link set eth0 mtu 1300");
    CHECK(host.facts({}).links.at("eth0").accepts_xdp_redirect);
    CHECK(inspected == std::vector<std::string>{"eth0"});
}

TEST_CASE("what was not notified is seen by the resync", "[kernel][namespace]")
{
    const TwoHosts hosts;
    ObservingHost patient;
    ObservingHost eager{{.inspect = nullptr, .resync = std::chrono::seconds{0}}};
    patient.until_quiet([&] { patient.observe({}); });
    eager.observe({});
    eager.requests();

    patient.observe({});
    eager.observe({});

    CHECK(patient.requests() == 0);
    CHECK(eager.requests() == 3); // devices, addresses, neighbours
}
