// Many packets of many clients while backends die, drain and come back, against a simple account of what a load
// balancer may do: who has a backend keeps it while that lives, who gets one gets one that takes connections, and
// whatever comes back comes from the load balancer.
#include <algorithm>
#include <map>
#include <random>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "service_world.h"

using namespace vpcd::test;

namespace {

constexpr std::uint16_t kPort = 53;        // of the load balancer
constexpr std::uint16_t kInnerPort = 5353; // of its backends
constexpr const char* kOutsiders[] = {"198.51.100.7", "198.51.100.8"};

struct BackendState {
    const char* address;
    std::uint32_t number = 0;
    bool is_dead = false, is_drained = false;

    bool takes() const { return !is_dead && !is_drained; }
};

// A load balancer of the VPC for 10.0.1.50, and one of the Internet, each with a backend here and one elsewhere.
struct Balancer {
    const char* address;
    bool is_public;
    std::vector<BackendState> backends{{"10.0.1.30"}, {"10.0.1.40"}};
};

struct Asker {
    bool is_public;
    std::string address;
    std::uint16_t port;

    auto operator<=>(const Asker&) const = default;
};

struct RandomServices : ServiceWorld {
    std::mt19937 random;
    Balancer inside{kService, false}, outside{kPublicService, true};
    std::map<Asker, std::string> served; // by whom
    int answered = 0;

    explicit RandomServices(unsigned seed, scheduler how) : random(seed)
    {
        for (auto* balancer : {&inside, &outside}) {
            std::vector<BackendRow> rows;
            for (const auto& backend : balancer->backends)
                rows.push_back({backend.address, kInnerPort, 1, true});
            const auto numbers = balances(balancer->address, kPort, rows, how, balancer->is_public ? 0 : kVpc, kUdp);
            for (std::size_t i = 0; i < numbers.size(); ++i) {
                balancer->backends[i].number = numbers[i];
                is(numbers[i], BACKEND_ALIVE);
            }
        }
    }

    unsigned draw(unsigned below) { return static_cast<unsigned>(random() % below); }
    Balancer& balancer_of(const Asker& who) { return who.is_public ? outside : inside; }
    BackendState& backend_at(const Asker& who, const std::string& address)
    {
        return *std::ranges::find(balancer_of(who).backends, address, &BackendState::address);
    }

    Asker draw_asker()
    {
        const bool is_public = draw(2) == 1;
        return {is_public, is_public ? kOutsiders[draw(2)] : "10.0.1.50",
                static_cast<std::uint16_t>(4000 + draw(20))};
    }

    void change_a_backend()
    {
        auto& balancer = draw(2) ? inside : outside;
        auto& backend = balancer.backends[draw(2)];
        if (draw(2)) {
            backend.is_dead = !backend.is_dead;
            is(backend.number, backend.is_dead ? BACKEND_DEAD : BACKEND_ALIVE);
        } else {
            backend.is_drained = !backend.is_drained;
            ::backend row{};
            OutsideWorld::datapath.get("backends", backend.number, row);
            row.weight = backend.is_drained ? 0 : 1;
            OutsideWorld::datapath.put("backends", backend.number, row);
        }
    }

    void ask(const Asker& asking)
    {
        const auto& balancer = balancer_of(asking);
        const auto packet = Packet{}.to(balancer.address).udp(asking.port, kPort);
        const auto out =
            asking.is_public
                ? receives_from_outside(from_client(balancer.address).from(asking.address).udp(asking.port, kPort))
                : client.sends(packet);
        const auto known = served.find(asking);
        const bool is_kept = known != served.end() && !backend_at(asking, known->second).is_dead;
        if (!is_kept && std::ranges::none_of(balancer.backends, &BackendState::takes)) {
            REQUIRE(out.verdict != kRedirected);
            served.erase(asking);
            return;
        }
        REQUIRE(out.verdict == kRedirected);
        const auto seen = view(out.bytes);
        const auto& to = seen.inner ? *seen.inner : seen;
        const auto by = "10.0.1." + std::to_string(to.to & 255);
        REQUIRE(to.to_port == kInnerPort);
        REQUIRE(to.from == ipv4(asking.address));
        REQUIRE(to.from_port == asking.port);
        REQUIRE(to.checksums_right);
        REQUIRE((is_kept ? by == known->second : backend_at(asking, by).takes()));
        served[asking] = by;
    }

    void answer(const Asker& asked, const std::string& by)
    {
        const auto packet = Packet{}.to(asked.address).udp(kInnerPort, asked.port);
        const auto from_there = Packet{packet}
                                    .from(by)
                                    .from_mac(asked.is_public ? kRouterMac : mac_of(by))
                                    .to_mac(asked.is_public ? kReturnMac : mac_of(asked.address));
        const auto back = by == "10.0.1.30" ? plain.sends(packet) : receives(vxlan(from_there), Via::kTc);
        REQUIRE(back.verdict == kRedirected);
        const auto seen = view(back.bytes);
        REQUIRE(seen.from == ipv4(balancer_of(asked).address));
        REQUIRE(seen.from_port == kPort);
        REQUIRE(seen.to == ipv4(asked.address));
        REQUIRE(seen.to_port == asked.port);
        REQUIRE(seen.checksums_right);
        ++answered;
    }
};

} // namespace

TEST_CASE("what load balancers do is what a simple account of them says", "[bpf][service]")
{
    const auto seed = GENERATE(range(1u, 4u));
    const auto how = GENERATE(SCHEDULER_ROUND_ROBIN, SCHEDULER_SOURCE_HASH, SCHEDULER_LEAST_CONNECTIONS);
    CAPTURE(seed, how);
    RandomServices world{seed, how};

    for (int step = 0; step < 1'000; ++step) {
        if (world.draw(20) == 0)
            world.change_a_backend();
        if (world.served.empty() || world.draw(2) == 0) {
            world.ask(world.draw_asker());
            continue;
        }
        auto which = world.served.begin();
        std::advance(which, world.draw(static_cast<unsigned>(world.served.size())));
        if (world.backend_at(which->first, which->second).is_dead)
            world.ask(which->first);
        else
            world.answer(which->first, which->second);
    }
    CHECK(world.answered > 100);
}
