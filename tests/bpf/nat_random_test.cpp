// Many packets of many connections, against a simple account of what a NAT gateway may do: every packet that leaves
// is translated, two connections never look the same outside, and each answer comes back to who was asked for it.
#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <tuple>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "nat_world.h"

using namespace vpcd::test;

namespace {

struct Connection {
    std::uint32_t vni;
    std::string private_address;
    std::uint16_t port;
    std::string remote;
    std::uint16_t remote_port;
    bool is_tcp;

    auto operator<=>(const Connection&) const = default;
};

struct Outside {
    std::uint32_t address, remote;
    std::uint16_t port, remote_port;
    bool is_tcp;

    auto operator<=>(const Outside&) const = default;
};

// Two tenants with the same addresses, each with its own pool, one per-destination and one endpoint-independent.
struct RandomWorld : NatWorld {
    std::mt19937 random;
    std::map<Connection, Outside> open;
    std::map<Outside, Connection> taken;

    explicit RandomWorld(unsigned seed) : random(seed)
    {
        vpc(kOtherVpc);
        subnet(1, kMainTable, kOtherVpc);
        shares("10.0.1.0/24", {.addresses = {kShared, kOtherShared}, .first_port = 3000, .last_port = 3039});
        shares("10.0.1.0/24",
               {.addresses = {"203.0.113.50"}, .first_port = 3000, .last_port = 3199, .is_independent = true},
               kOtherVpc);
        far("10.0.1.40", there, kOtherVpc);
        far("10.0.1.41", there, kVpc);
        far("10.0.1.41", there, kOtherVpc);
    }

    unsigned draw(unsigned below) { return static_cast<unsigned>(random() % below); }

    Connection draw_connection()
    {
        return {draw(2) ? kVpc : kOtherVpc,
                draw(2) ? "10.0.1.40" : "10.0.1.41",
                static_cast<std::uint16_t>(5000 + draw(40)),
                draw(2) ? "198.51.100.7" : "198.51.100.8",
                static_cast<std::uint16_t>(80 + draw(2)),
                draw(2) == 1};
    }

    void send(const Connection& c)
    {
        Packet packet = Packet{}.from(c.private_address).to(c.remote);
        c.is_tcp ? packet.tcp(c.port, c.remote_port).flags(open.contains(c) ? kAck : kSyn)
                 : packet.udp(c.port, c.remote_port);
        const auto out = relays(packet, c.vni);
        if (out.verdict == dropped(DROP_NO_PORT)) {
            CHECK_FALSE(open.contains(c));
            return;
        }
        REQUIRE(out.verdict == kRedirected);
        const auto seen = view(out.bytes);
        REQUIRE(seen.checksums_right);
        const Outside outside{seen.from, seen.to, seen.from_port, seen.to_port, c.is_tcp};
        const auto is_of_tenant = [&](std::uint32_t address) {
            return c.vni == kVpc ? address == ipv4(kShared) || address == ipv4(kOtherShared)
                                 : address == ipv4("203.0.113.50");
        };
        REQUIRE(is_of_tenant(seen.from));
        REQUIRE(seen.from_port >= 3000);
        REQUIRE(seen.from_port <= (c.vni == kVpc ? 3039 : 3199));
        if (const auto known = open.find(c); known != open.end()) {
            REQUIRE(known->second == outside);
            return;
        }
        REQUIRE_FALSE(taken.contains(outside));
        open.emplace(c, outside);
        taken.emplace(outside, c);
    }

    void answer(const Connection& c, const Outside& o)
    {
        const auto to = std::to_string(o.address >> 24) + '.' + std::to_string(o.address >> 16 & 255) + '.' +
                        std::to_string(o.address >> 8 & 255) + '.' + std::to_string(o.address & 255);
        Packet packet = from_client(to).from(c.remote);
        c.is_tcp ? packet.tcp(o.remote_port, o.port) : packet.udp(o.remote_port, o.port);
        const auto in = receives_from_outside(packet);
        REQUIRE(in.verdict == kRedirected);
        const auto seen = view(in.bytes);
        REQUIRE(seen.inner);
        REQUIRE(seen.vni == c.vni);
        REQUIRE(seen.inner->to == ipv4(c.private_address));
        REQUIRE(seen.inner->to_port == c.port);
        REQUIRE(seen.inner->checksums_right);
    }
};

} // namespace

TEST_CASE("translations are what a simple account of them says", "[bpf][nat]")
{
    const auto seed = GENERATE(range(1u, 6u));
    CAPTURE(seed);
    RandomWorld world{seed};

    for (int step = 0; step < 1500; ++step) {
        if (world.open.empty() || world.draw(3) != 0) {
            world.send(world.draw_connection());
            continue;
        }
        auto which = world.open.begin();
        std::advance(which, world.draw(static_cast<unsigned>(world.open.size())));
        world.answer(which->first, which->second);
    }

    const auto of_tenant = [&](std::uint32_t vni) {
        return std::ranges::count_if(world.open, [&](const auto& entry) { return entry.first.vni == vni; });
    };
    CHECK(world.pairs(kVpc) == static_cast<std::uint64_t>(of_tenant(kVpc)));
    std::set<std::tuple<std::string, std::uint16_t, bool>> mappings;
    for (const auto& [c, outside] : world.open)
        if (c.vni == kOtherVpc)
            mappings.emplace(c.private_address, c.port, c.is_tcp);
    CHECK(world.pairs(kOtherVpc) == of_tenant(kOtherVpc) + mappings.size());
}
