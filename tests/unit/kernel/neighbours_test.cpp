#include "kernel/neighbours.h"

#include <catch2/catch_test_macros.hpp>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "values.h"

using namespace vpcd;

namespace {

const Neighbour kOurs{
    .mac = Mac{{2, 0, 0, 0, 0, 1}}, .is_managed = true, .is_external = true, .protocol = kRouteProtocol};
const Neighbour kLearned{.mac = Mac{{2, 0, 0, 0, 0, 2}}};
const Neighbour kPermanent{.mac = Mac{{2, 0, 0, 0, 0, 3}}, .is_static = true};

Message neighbour_message(std::uint16_t state, std::uint8_t family = AF_INET)
{
    ndmsg header{};
    header.ndm_family = family;
    header.ndm_ifindex = 3;
    header.ndm_state = state;
    Message message{RTM_NEWNEIGH, 0, header};
    message.put_address(NDA_DST, ip("192.0.2.9")).put(NDA_LLADDR, mac_of("02:00:00:00:00:09").bytes().data(), 6);
    return message;
}

} // namespace

TEST_CASE("a neighbour's MAC counts in the states in which the kernel would use it", "[kernel][neighbours]")
{
    struct Row {
        const char* what;
        std::uint16_t state;
        bool has_mac;
    };
    const Row rows[] = {
        {"none", NUD_NONE, false},     {"incomplete", NUD_INCOMPLETE, false},
        {"failed", NUD_FAILED, false}, {"reachable", NUD_REACHABLE, true},
        {"stale", NUD_STALE, true},    {"delay", NUD_DELAY, true},
        {"probe", NUD_PROBE, true},    {"permanent", NUD_PERMANENT, true},
        {"noarp", NUD_NOARP, true},
    };

    for (const auto& row : rows) {
        INFO(row.what);
        const auto parsed = parse_neighbour(neighbour_message(row.state).header());
        REQUIRE(parsed);
        CHECK(parsed->first == NeighbourKey{3, ip("192.0.2.9")});
        CHECK(parsed->second.mac.has_value() == row.has_mac);
    }
}

TEST_CASE("an entry is ours by protocol and by being managed", "[kernel][neighbours]")
{
    auto message = neighbour_message(NUD_REACHABLE);
    message.put_u8(NDA_PROTOCOL, kRouteProtocol).put_u32(NDA_FLAGS_EXT, NTF_EXT_MANAGED);

    CHECK(is_ours(parse_neighbour(message.header())->second));
    CHECK_FALSE(is_ours(parse_neighbour(neighbour_message(NUD_REACHABLE).header())->second));
}

TEST_CASE("what somebody set up on purpose is foreign; what the kernel learned is not", "[kernel][neighbours]")
{
    struct Row {
        const char* what;
        Neighbour neighbour;
        bool is_ours;
        bool is_foreign;
    };
    const Row rows[] = {
        {"ours", kOurs, true, false},
        {"learned", kLearned, false, false},
        {"permanent", kPermanent, false, true},
        {"ours, made permanent by an administrator",
         {.is_static = true, .is_managed = true, .protocol = kRouteProtocol},
         false,
         true},
        {"ours, no longer managed", {.protocol = kRouteProtocol}, false, false},
        {"of a routing daemon", {.protocol = 186}, false, true},
        {"managed for somebody else", {.is_managed = true}, false, true},
        {"of a control plane", {.is_external = true}, false, true},
    };

    for (const auto& row : rows) {
        INFO(row.what);
        CHECK(is_ours(row.neighbour) == row.is_ours);
        CHECK(is_foreign(row.neighbour) == row.is_foreign);
    }
}

TEST_CASE("proxy entries and those of bridges are not neighbours", "[kernel][neighbours]")
{
    ndmsg proxy{};
    proxy.ndm_family = AF_INET;
    proxy.ndm_flags = NTF_PROXY;
    Message proxied{RTM_NEWNEIGH, 0, proxy};
    proxied.put_address(NDA_DST, ip("192.0.2.9"));

    CHECK_FALSE(parse_neighbour(proxied.header()));
    CHECK_FALSE(parse_neighbour(neighbour_message(NUD_REACHABLE, AF_BRIDGE).header()));
}

TEST_CASE("the difference keeps what is missing or unowned and releases what nobody needs", "[kernel][neighbours]")
{
    const NeighbourKey missing{3, ip("192.0.2.1")};
    const NeighbourKey learned{3, ip("192.0.2.2")};
    const NeighbourKey ours{3, ip("192.0.2.3")};
    const NeighbourKey permanent{3, ip("192.0.2.4")};
    const NeighbourKey unneeded{3, ip("192.0.2.5")};
    const NeighbourKey unneeded_foreign{3, ip("192.0.2.6")};
    const NeighbourTable observed{{learned, kLearned},
                                  {ours, kOurs},
                                  {permanent, kPermanent},
                                  {unneeded, kOurs},
                                  {unneeded_foreign, kPermanent}};

    const auto changes = diff_neighbours({missing, learned, ours, permanent}, observed);

    CHECK(changes == NeighbourChanges{.keep = {missing, learned}, .release = {unneeded}});
}

TEST_CASE("a second pass over kept neighbours is empty", "[kernel][neighbours]")
{
    const NeighbourKey key{3, ip("192.0.2.3")};
    auto unresolved = kOurs;
    unresolved.mac.reset();

    CHECK(diff_neighbours({key}, {{key, kOurs}}) == NeighbourChanges{});
    CHECK(diff_neighbours({key}, {{key, unresolved}}) == NeighbourChanges{});
}
