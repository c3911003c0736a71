#include "kernel/monitor.h"

#include <catch2/catch_test_macros.hpp>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "values.h"

using namespace vpcd;

namespace {

constexpr unsigned kUnderlay = 3;
constexpr unsigned kInstance = 4;

Message neighbour(unsigned ifindex, std::uint16_t state, const char* lladdr, int type = RTM_NEWNEIGH)
{
    ndmsg header{};
    header.ndm_family = AF_INET;
    header.ndm_ifindex = static_cast<int>(ifindex);
    header.ndm_state = state;
    Message message{type, 0, header};
    message.put_address(NDA_DST, ip("192.0.2.9")).put(NDA_LLADDR, mac_of(lladdr).bytes().data(), 6);
    return message;
}

ChangeFilter underlay_filter()
{
    ChangeFilter filter;
    filter.set_underlay_devices({kUnderlay});
    return filter;
}

} // namespace

TEST_CASE("each kind of message changes its part of the facts", "[kernel][monitor]")
{
    struct Row {
        const char* what;
        int type;
        Changed expected;
    };
    const Row rows[] = {
        {"device", RTM_NEWLINK, {.links = true}},      {"device gone", RTM_DELLINK, {.links = true}},
        {"address", RTM_NEWADDR, {.addresses = true}}, {"address gone", RTM_DELADDR, {.addresses = true}},
        {"route", RTM_NEWROUTE, {.routes = true}},     {"route gone", RTM_DELROUTE, {.routes = true}},
        {"rule", RTM_NEWRULE, {.routes = true}},       {"next hop object", RTM_DELNEXTHOP, {.routes = true}},
        {"something else", RTM_NEWQDISC, {}},
    };

    for (const auto& row : rows) {
        INFO(row.what);
        CHECK(ChangeFilter{}.classify(Message{row.type, 0, rtmsg{}}.header()) == row.expected);
    }
}

TEST_CASE("neighbours count on underlay devices only", "[kernel][monitor]")
{
    auto filter = underlay_filter();

    CHECK(filter.classify(neighbour(kUnderlay, NUD_REACHABLE, "02:00:00:00:00:01").header()).neighbours);
    CHECK_FALSE(filter.classify(neighbour(kInstance, NUD_REACHABLE, "02:00:00:00:00:01").header()).any());
    CHECK_FALSE(
        filter.classify(neighbour(kInstance, NUD_REACHABLE, "02:00:00:00:00:01", RTM_DELNEIGH).header()).any());
}

TEST_CASE("a neighbour's state machine is no news as long as the MAC stays", "[kernel][monitor]")
{
    auto filter = underlay_filter();
    const auto is_news = [&](std::uint16_t state, const char* lladdr, int type = RTM_NEWNEIGH) {
        return filter.classify(neighbour(kUnderlay, state, lladdr, type).header()).neighbours;
    };

    CHECK(is_news(NUD_REACHABLE, "02:00:00:00:00:01"));
    CHECK_FALSE(is_news(NUD_STALE, "02:00:00:00:00:01"));
    CHECK_FALSE(is_news(NUD_PROBE, "02:00:00:00:00:01"));
    CHECK(is_news(NUD_REACHABLE, "02:00:00:00:00:02"));
    CHECK(is_news(NUD_FAILED, "02:00:00:00:00:02"));
    CHECK(is_news(NUD_REACHABLE, "02:00:00:00:00:02"));
    CHECK(is_news(NUD_PERMANENT, "02:00:00:00:00:02"));
    CHECK(is_news(NUD_FAILED, "02:00:00:00:00:02", RTM_DELNEIGH));
    CHECK(is_news(NUD_PERMANENT, "02:00:00:00:00:02"));

    filter.forget();
    CHECK(is_news(NUD_PERMANENT, "02:00:00:00:00:02"));
}
