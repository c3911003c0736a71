// Entries of the flow tables as operators read them.
#include "app/flow_views.h"

#include <arpa/inet.h>
#include <catch2/catch_test_macros.hpp>
#include <netinet/in.h>

#include "unit/plan/world.h"

namespace vpcd::test {

namespace {

::flow_key key_of(std::uint8_t protocol)
{
    ::flow_key key{};
    key.source = address("10.0.1.10").abi();
    key.destination = address("10.0.2.10").abi();
    key.vpc = 100;
    key.source_port = htons(40000);
    key.destination_port = htons(443);
    key.protocol = protocol;
    return key;
}

::flow in_state(unsigned state)
{
    ::flow flow{};
    flow.tcp_state = static_cast<__u8>(state);
    return flow;
}

} // namespace

TEST_CASE("a TCP connection has one state, made of those of its two directions")
{
    struct Row {
        const char* name;
        FlowTable table;
        unsigned own, other;
        const char* state;
    };
    constexpr auto kPending = FlowTable::Pending, kEstablished = FlowTable::Established;
    const Row rows[] = {
        {"SYN", kPending, TCP_STATE_SYN, TCP_STATE_NONE, "handshake"},
        {"SYN and its answer", kPending, TCP_STATE_SYN, TCP_STATE_SYN, "handshake"},
        {"SYN refused", kPending, TCP_STATE_SYN, TCP_STATE_CLOSED, "closed"},
        {"handshake done, one side has said nothing yet", kEstablished, TCP_STATE_SYN, TCP_STATE_ESTABLISHED,
         "established"},
        {"data both ways", kEstablished, TCP_STATE_ESTABLISHED, TCP_STATE_ESTABLISHED, "established"},
        {"one FIN", kEstablished, TCP_STATE_CLOSING, TCP_STATE_ESTABLISHED, "closing"},
        {"the other's FIN", kEstablished, TCP_STATE_ESTABLISHED, TCP_STATE_CLOSING, "closing"},
        {"both FIN", kEstablished, TCP_STATE_CLOSING, TCP_STATE_CLOSING, "closed"},
        {"RST", kEstablished, TCP_STATE_ESTABLISHED, TCP_STATE_CLOSED, "closed"},
    };
    const World world = planned_network();
    for (const auto& row : rows) {
        CAPTURE(row.name);
        const auto own = in_state(row.own), other = in_state(row.other);
        const auto tcp = key_of(IPPROTO_TCP), udp = key_of(IPPROTO_UDP);

        CHECK(state_of({row.table, tcp, own, &other}) == row.state);
        CHECK(state_of({row.table, udp, own, &other}).empty());
    }
}

TEST_CASE("a connection taken up in its middle is told from one that begins")
{
    auto flow = in_state(TCP_STATE_ESTABLISHED);
    flow.flags = FLOW_MIDSTREAM;
    const auto key = key_of(IPPROTO_TCP);

    CHECK(state_of({FlowTable::Pending, key, flow, nullptr}) == "midstream");
    CHECK(state_of({FlowTable::Established, key, flow, nullptr}) == "established");
}

TEST_CASE("the answer's key is the same seen from the other end, where it is known")
{
    const auto key = key_of(IPPROTO_TCP);
    ::flow flow{};
    CHECK_FALSE(answer_key(key, flow));

    flow.peer_entry = 7;
    const auto answer = answer_key(key, flow);

    REQUIRE(answer);
    CHECK(same_bytes(answer->source, key.destination));
    CHECK(same_bytes(answer->destination, key.source));
    CHECK(answer->source_port == key.destination_port);
    CHECK(answer->destination_port == key.source_port);
    CHECK(answer->entry == 7);
    CHECK(answer->vpc == key.vpc);
}

} // namespace vpcd::test
