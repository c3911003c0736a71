// Entries of the table of NAT gateways as operators read them.
#include "app/translation_views.h"

#include <arpa/inet.h>
#include <catch2/catch_test_macros.hpp>
#include <netinet/in.h>

#include "plan/table.h"
#include "unit/plan/world.h"

namespace vpcd::test {

namespace {

// 10.0.1.10 port 5000 of VPC 100 to 198.51.100.7 port 443, from 203.0.113.20 port 1031.
::flow_key outward()
{
    ::flow_key key{};
    key.source = address("10.0.1.10").abi();
    key.destination = address("198.51.100.7").abi();
    key.vpc = 100;
    key.source_port = htons(5000);
    key.destination_port = htons(443);
    key.protocol = IPPROTO_TCP;
    return key;
}

::translation translated(bool goes_out, unsigned state = TCP_STATE_ESTABLISHED)
{
    ::translation value{};
    value.address = address(goes_out ? "203.0.113.20" : "10.0.1.10").abi();
    value.port = htons(goes_out ? 1031 : 5000);
    value.vpc = 100;
    value.flags = goes_out ? TRANSLATION_OUT : 0;
    value.tcp_state = static_cast<__u8>(state);
    return value;
}

} // namespace

TEST_CASE("each direction of a translation leads to the other")
{
    const auto key = outward();
    const auto inward = answer_key(key, translated(true));

    CHECK(inward.vpc == 0);
    CHECK(Address::from_abi(inward.source) == address("198.51.100.7"));
    CHECK(Address::from_abi(inward.destination) == address("203.0.113.20"));
    CHECK(ntohs(inward.source_port) == 443);
    CHECK(ntohs(inward.destination_port) == 1031);
    CHECK(same_bytes(answer_key(inward, translated(false)), key));
}

TEST_CASE("each direction through a load balancer of a VPC leads to the other")
{
    for (const unsigned hairpin : {0u, unsigned{TRANSLATION_HAIRPIN}}) {
        INFO(hairpin);
        const char* client = "10.0.1.50";
        ::flow_key asked = outward(); // port 5000 to 443
        asked.source = address(client).abi();
        asked.destination = address("10.0.1.200").abi();
        auto there = translated(false);
        there.address = address(hairpin ? client : "10.0.1.10").abi();
        there.port = htons(8443);
        there.flags = static_cast<__u8>(TRANSLATION_INSIDE | TRANSLATION_OF_SERVICE | hairpin);
        auto back = translated(true);
        back.address = asked.destination;
        back.port = asked.destination_port;
        back.flags = static_cast<__u8>(there.flags | TRANSLATION_OUT);

        const auto answer = answer_key(asked, there);

        CHECK(answer.vpc == 100);
        CHECK(ntohs(answer.source_port) == 8443);
        CHECK(ntohs(answer.destination_port) == 5000);
        CHECK(same_bytes(answer.source, there.address));
        CHECK(same_bytes(answer.destination, hairpin ? asked.destination : asked.source));
        CHECK(same_bytes(answer_key(answer, back), asked));
    }
}

TEST_CASE("a translated TCP connection is established once both sides have agreed")
{
    const auto key = outward();
    const auto state = [&](unsigned own, unsigned other) {
        const auto one = translated(true, own), two = translated(false, other);
        return state_of(TranslationEntry{key, one, &two});
    };

    CHECK(state(TCP_STATE_SYN, TCP_STATE_NONE) == "handshake");
    CHECK(state(TCP_STATE_SYN, TCP_STATE_SYN) == "handshake");
    CHECK(state(TCP_STATE_ESTABLISHED, TCP_STATE_SYN) == "established");
    CHECK(state(TCP_STATE_CLOSING, TCP_STATE_ESTABLISHED) == "closing");
    CHECK(state(TCP_STATE_CLOSING, TCP_STATE_CLOSING) == "closed");
    CHECK(state(TCP_STATE_ESTABLISHED, TCP_STATE_CLOSED) == "closed");
    auto udp = key;
    udp.protocol = IPPROTO_UDP;
    const auto one = translated(true);
    CHECK(state_of(TranslationEntry{udp, one, nullptr}).empty());
}

TEST_CASE("a filter finds a translation by its private, its public and its remote end")
{
    const World world = planned_network();
    const auto key = outward();
    const auto entry = translated(true);
    const auto finds = [&](const FlowFilter& filter) {
        return FlowSelection{filter, world.planner}.selects(key, entry);
    };

    CHECK(finds({}));
    for (const auto* at : {"10.0.1.10", "198.51.100.7", "203.0.113.20"})
        CHECK(finds({.vpc = {}, .address = address(at), .port = {}, .protocol = {}, .interface = {}}));
    CHECK_FALSE(finds({.vpc = {}, .address = address("203.0.113.21"), .port = {}, .protocol = {}, .interface = {}}));
    for (const unsigned port : {5000u, 443u, 1031u})
        CHECK(finds({.vpc = {}, .address = {}, .port = port, .protocol = {}, .interface = {}}));
    CHECK_FALSE(finds({.vpc = {}, .address = {}, .port = 80, .protocol = {}, .interface = {}}));
    CHECK(finds({.vpc = "blue", .address = {}, .port = {}, .protocol = IPPROTO_TCP, .interface = {}}));
    CHECK_FALSE(finds({.vpc = "red", .address = {}, .port = {}, .protocol = {}, .interface = {}}));
    CHECK_FALSE(finds({.vpc = {}, .address = {}, .port = {}, .protocol = IPPROTO_UDP, .interface = {}}));
    CHECK_FALSE(finds({.vpc = {}, .address = {}, .port = {}, .protocol = {}, .interface = "web-1"}));
}

} // namespace vpcd::test
