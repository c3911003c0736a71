// What the oracle says where everybody knows the answer.
#include <catch2/catch_test_macros.hpp>

#include "scenario.h"

namespace vpcd::oracle {

using tcp::kAck, tcp::kFin, tcp::kRst, tcp::kSyn;

namespace {

constexpr const char* kSshOnly = R"(
kind: SecurityGroup
name: ssh
vpc: blue
isolated: true
rules:
  - {direction: ingress, protocol: tcp, ports: 22}
)";

} // namespace

TEST_CASE("members of the default group reach each other, here and on the other host")
{
    Scenario world;

    CHECK(outcome(world.leaves("web-1", udp("10.0.1.10", 1, "10.0.1.11", 2))) == "delivered web-2");
    CHECK(outcome(world.leaves("web-1", udp("10.0.1.10", 1, "10.0.2.11", 2))) == "sent node-b");
    CHECK(outcome(world.arrives("web-1", udp("10.0.2.11", 5, "10.0.1.10", 6))) == "delivered web-1");
}

TEST_CASE("nobody sends what is not theirs")
{
    Scenario world;

    CHECK(outcome(world.leaves("web-1", udp("10.0.1.11", 1, "10.0.2.10", 2))) == "dropped source-address");
    auto liar = world.get<Interface>("web-1");
    liar.source_check = false;
    world.change(liar);
    CHECK(outcome(world.leaves("web-1", udp("10.0.1.11", 1, "10.0.2.10", 2))) == "delivered db-1");
}

TEST_CASE("who is in no common group needs a rule; answers need none")
{
    Scenario world;
    world.with(kSshOnly).join("web-2", {"ssh"});

    CHECK(outcome(world.leaves("web-1", tcp_packet("10.0.1.10", 40000, "10.0.1.11", 23, kSyn))) ==
          "dropped group-in");
    CHECK(outcome(world.leaves("web-1", tcp_packet("10.0.1.10", 40000, "10.0.1.11", 22, kSyn))) == "delivered web-2");
    CHECK(outcome(world.leaves("web-2", tcp_packet("10.0.1.11", 22, "10.0.1.10", 40000, kSyn | kAck))) ==
          "delivered web-1");
    CHECK(outcome(world.leaves("web-1", tcp_packet("10.0.1.10", 40000, "10.0.1.11", 22, kAck))) == "delivered web-2");
}

TEST_CASE("a rule that goes takes its connections with it, one that comes lets them go on")
{
    Scenario world;
    world.with(kSshOnly).join("web-2", {"ssh"});
    world.leaves("web-1", tcp_packet("10.0.1.10", 40000, "10.0.1.11", 22, kSyn));
    auto ssh = world.get<SecurityGroup>("ssh");
    const auto rules = std::exchange(ssh.rules, {});

    world.change(ssh);
    CHECK(outcome(world.leaves("web-2", tcp_packet("10.0.1.11", 22, "10.0.1.10", 40000, kSyn | kAck))) ==
          "dropped group-in");
    ssh.rules = rules;
    world.change(ssh);
    CHECK(outcome(world.leaves("web-2", tcp_packet("10.0.1.11", 22, "10.0.1.10", 40000, kSyn | kAck))) ==
          "delivered web-1");
}

TEST_CASE("the smaller priority decides, and of equal ones the one that drops")
{
    Scenario world;
    const auto group = [](const char* name, const char* policy, unsigned priority) {
        return "kind: SecurityGroup\nname: " + std::string{name} +
               "\nvpc: blue\nrules:\n  - {direction: ingress, policy: " + policy +
               ", protocol: udp, priority: " + std::to_string(priority) + "}\n";
    };
    const auto packet = udp("10.0.1.10", 1, "10.0.1.11", 2);

    world.with(group("a", "allow", 5)).with(group("b", "drop", 5)).join("web-2", {"a", "b"});
    const auto tie = world.leaves("web-1", packet);
    world.with(group("c", "allow", 4)).join("web-2", {"a", "b", "c"});
    const auto smaller = world.leaves("web-1", packet);

    CHECK(outcome(tie) == "dropped group-in");
    REQUIRE(tie.hits.size() == 2);
    CHECK(tie.hits[0].rule == kOtherwise);
    CHECK(tie.hits[1].rule == "SecurityGroup b: " + to_string(world.get<SecurityGroup>("b").rules[0]));
    CHECK(outcome(smaller) == "delivered web-2");
    CHECK(smaller.hits[1].rule == "SecurityGroup c: " + to_string(world.get<SecurityGroup>("c").rules[0]));
}

TEST_CASE("a network ACL stands between subnets, for questions and for answers, not within one")
{
    Scenario world;
    world.with("kind: NetworkAcl\nname: narrow\nvpc: blue\nrules:\n"
               "  - {direction: egress, protocol: udp, ports: 53}\n"
               "  - {direction: ingress, protocol: udp, ports: 1000-2000}\n");
    auto web = world.get<vpcd::Subnet>("web");
    web.network_acl = "narrow";
    world.change(web);

    CHECK(outcome(world.leaves("web-1", udp("10.0.1.10", 999, "10.0.1.11", 7))) == "delivered web-2");
    CHECK(outcome(world.leaves("web-1", udp("10.0.1.10", 999, "10.0.2.10", 7))) == "dropped acl-out");
    CHECK(outcome(world.leaves("web-1", udp("10.0.1.10", 999, "10.0.2.10", 53))) == "delivered db-1");
    CHECK(outcome(world.leaves("db-1", udp("10.0.2.10", 53, "10.0.1.10", 999))) == "dropped acl-in");
    CHECK(outcome(world.leaves("web-1", udp("10.0.1.10", 1500, "10.0.2.10", 53))) == "delivered db-1");
    CHECK(outcome(world.leaves("db-1", udp("10.0.2.10", 53, "10.0.1.10", 1500))) == "delivered web-1");
}

TEST_CASE("TCP in the middle of nothing is dropped, taken up after a move, or where the VPC says so")
{
    Scenario world;
    const auto data = tcp_packet("10.0.1.10", 40000, "10.0.2.11", 80, kAck);
    auto blue = world.get<Vpc>("blue");

    CHECK(outcome(world.leaves("web-1", data)) == "dropped tcp-unknown");
    world.oracle.open_window("web-1");
    CHECK(outcome(world.leaves("web-1", tcp_packet("10.0.1.10", 1, "10.0.2.11", 80, kRst))) == "dropped tcp-unknown");
    CHECK(outcome(world.leaves("web-1", data)) == "sent node-b");
    blue.midstream = Midstream::Accept;
    world.change(blue);
    CHECK(outcome(world.leaves("web-2", tcp_packet("10.0.1.11", 40000, "10.0.2.11", 80, kAck))) == "sent node-b");
    blue.midstream = Midstream::Drop;
    world.change(blue);
    CHECK(outcome(world.leaves("web-2", tcp_packet("10.0.1.11", 40001, "10.0.2.11", 80, kAck))) ==
          "dropped tcp-unknown");
}

TEST_CASE("flags that contradict each other are refused, also in a known connection")
{
    Scenario world;
    world.leaves("web-1", tcp_packet("10.0.1.10", 40000, "10.0.1.11", 22, kSyn));

    for (const int flags : {kSyn | kFin, kSyn | kRst, 0, int{kFin}})
        CHECK(outcome(world.leaves("web-1", tcp_packet("10.0.1.10", 40000, "10.0.1.11", 22, flags))) ==
              "dropped tcp-flags");
}

TEST_CASE("a SYN against a live connection is for the rules and changes nothing; after its end it opens a new one")
{
    Scenario world;
    world.with(kSshOnly).join("web-2", {"ssh"});
    const auto from_web_1 = [&](int flags) {
        return outcome(world.leaves("web-1", tcp_packet("10.0.1.10", 40000, "10.0.1.11", 22, flags)));
    };
    const auto from_web_2 = [&](int flags) {
        return outcome(world.leaves("web-2", tcp_packet("10.0.1.11", 22, "10.0.1.10", 40000, flags)));
    };
    from_web_1(kSyn);
    from_web_2(kSyn | kAck);
    from_web_1(kAck);

    CHECK(from_web_2(kSyn) == "dropped group-in");
    CHECK(from_web_2(kAck) == "delivered web-1");
    CHECK(from_web_2(kFin | kAck) == "delivered web-1");
    CHECK(from_web_1(kFin | kAck) == "delivered web-2");
    CHECK(from_web_1(kSyn) == "delivered web-2");
    CHECK(from_web_2(kRst | kAck) == "delivered web-1");
}

TEST_CASE("an echo reply needs its question, an error the packet it quotes")
{
    Scenario world;
    world.with(kSshOnly).join("db-1", {"ssh"});
    const auto asked = udp("10.0.2.10", 999, "10.0.1.10", 7);

    CHECK(outcome(world.leaves("web-1", pong("10.0.1.10", "10.0.1.11"))) == "dropped icmp-unasked");
    CHECK(outcome(world.leaves("web-2", ping("10.0.1.11", "10.0.1.10"))) == "delivered web-1");
    CHECK(outcome(world.leaves("web-1", pong("10.0.1.10", "10.0.1.11"))) == "delivered web-2");
    CHECK(outcome(world.leaves("web-1", pong("10.0.1.10", "10.0.1.11", 8))) == "dropped icmp-unasked");

    CHECK(outcome(world.leaves("web-1", unreachable("10.0.1.10", "10.0.2.10", asked))) ==
          "dropped icmp-unrelated, icmp-unrelated");
    world.join("web-1", {"ssh"})
        .with("kind: SecurityGroup\nname: open\nvpc: blue\nrules:\n"
              "  - {direction: ingress, protocol: udp}\n");
    world.join("web-1", {"open"});
    CHECK(outcome(world.leaves("db-1", asked)) == "delivered web-1");
    CHECK(outcome(world.leaves("web-1", unreachable("10.0.1.10", "10.0.2.10", asked))) == "delivered db-1");
    CHECK(outcome(world.leaves("web-2", unreachable("10.0.1.11", "10.0.2.10", asked))) == "dropped icmp-unrelated");
}

TEST_CASE("later fragments follow the first, and wait for nothing")
{
    Scenario world;
    auto first = udp("10.0.1.10", 1, "10.0.1.11", 2);
    first.id = 5;
    first.more = true;
    auto later = first;
    later.offset = 48;
    later.more = false;

    CHECK(outcome(world.leaves("web-1", later)) == "dropped fragment-early");
    CHECK(outcome(world.leaves("web-1", first)) == "delivered web-2");
    CHECK(outcome(world.leaves("web-1", later)) == "delivered web-2");
    later.id = 6;
    CHECK(outcome(world.leaves("web-1", later)) == "dropped fragment-early");
    later.protocol = kTcp;
    later.offset = 8;
    CHECK(outcome(world.leaves("web-1", later)) == "dropped malformed");
}

TEST_CASE("who was opened to by somebody who only pretends is not answered: a poisoned leg opens nothing")
{
    Scenario world;
    world.with(kSshOnly).join("web-1", {"ssh"});
    auto router = world.get<Interface>("web-2");
    router.source_check = false;
    world.change(router);

    CHECK(outcome(world.leaves("web-2", udp("10.0.1.10", 999, "10.0.2.10", 53))) == "dropped group-in");
    world.with("kind: SecurityGroup\nname: open\nvpc: blue\nrules:\n  - {direction: ingress, protocol: udp}\n");
    world.join("db-1", {"open"});
    CHECK(outcome(world.leaves("web-2", udp("10.0.1.10", 999, "10.0.2.10", 53))) == "delivered db-1");
    CHECK(outcome(world.leaves("db-1", udp("10.0.2.10", 53, "10.0.1.10", 999))) == "dropped group-in");
}

TEST_CASE("tenants never meet, whatever they share")
{
    Scenario world;
    world.leaves("web-1", udp("10.0.1.10", 1, "10.0.2.11", 2));

    const auto red = world.leaves("red-1", udp("10.0.1.10", 1, "10.0.2.10", 2));
    CHECK(outcome(red) == "sent node-b");
    CHECK(red.outer->vni == 200);
    CHECK(outcome(world.leaves("red-1", udp("10.0.1.10", 1, "10.0.2.11", 2))) == "told no-endpoint");
}

TEST_CASE("the virtual router takes one from the TTL, answers ping, and says what it cannot do")
{
    Scenario world;
    auto dying = udp("10.0.1.10", 1, "10.0.2.11", 2);
    dying.ttl = 1;
    auto big = udp("10.0.1.10", 1, "10.0.2.11", 2);
    big.payload = 1423;

    const auto sent = world.leaves("web-1", udp("10.0.1.10", 1, "10.0.2.10", 2));
    CHECK(read_ip(View{sent.frame}.subspan(kEthernetHeader))->ttl == 63);
    CHECK(outcome(world.leaves("web-1", dying)) == "told ttl-exceeded");
    CHECK(outcome(world.leaves("web-1", big)) == "told too-big");
    CHECK(outcome(world.leaves("web-1", ping("10.0.1.10", "10.0.1.253"))) == "told");
    CHECK(outcome(world.leaves("web-1", udp("10.0.1.10", 1, "10.0.1.253", 2))) == "told to-router");
}

TEST_CASE("a tunnel packet is believed from known hosts, for VPCs and cards that are here")
{
    Scenario world;
    const auto packet = udp("10.0.2.11", 1, "10.0.1.10", 2);

    CHECK(outcome(world.arrives("web-1", packet)) == "delivered web-1");
    CHECK(outcome(world.arrives("db-2", packet)) == "dropped not-local");
}

} // namespace vpcd::oracle
