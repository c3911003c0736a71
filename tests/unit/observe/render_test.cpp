#include "vpcctl/render.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "observe/api.h"
#include "observe/json.h"
#include "observe/resources.h"
#include "unit/observe/fake_views.h"
#include "vpcctl/client.h"
#include "vpcctl/fields.h"
#include "vpcctl/table.h"

using namespace vpcd;
using Catch::Matchers::ContainsSubstring;

namespace {

boost::json::value ask(const std::string& target)
{
    const FakeViews views;
    DropFeed feed{[](bool) {}};
    const Router router = make_api(views, feed);
    const auto match = router.match("GET", target);
    REQUIRE(match);
    const auto answer = match->route->handler(match->request);
    REQUIRE(answer);
    return *answer;
}

} // namespace

TEST_CASE("columns are aligned, numbers to the right, empty cells visible, no space at the end")
{
    Table table{{{"NAME"}, {"COUNT", Table::Align::Right}, {"NOTE"}}};
    table.add({"a", "1", ""});
    table.add({"großer", "1000", "x"});

    CHECK(table.text() == "NAME    COUNT  NOTE\n"
                          "a           1  -\n"
                          "großer   1000  x\n");
}

TEST_CASE("bytes and seconds are shortened for people")
{
    CHECK(human_bytes(0) == "0 B");
    CHECK(human_bytes(1023) == "1023 B");
    CHECK(human_bytes(1536) == "1.5 KiB");
    CHECK(human_bytes(3ull << 40) == "3.0 TiB");
    CHECK(human_seconds(-1) == "0.0s");
    CHECK(human_seconds(0.54) == "0.5s");
    CHECK(human_seconds(75) == "75s");
    CHECK(human_seconds(187) == "3m07s");
    CHECK(human_seconds(7260) == "2h01m");
    CHECK(human_seconds(200'000) == "2d07h");
}

TEST_CASE("get shows a column for each field that some document has")
{
    CHECK(render_list(ask("/v1/resources/interface")) ==
          "NAME   SUBNET  HOST    DEVICE     ADDRESS    SECONDARY-ADDRESSES  MAC                SOURCE-CHECK  "
          "SECURITY-GROUPS  STATE\n"
          "db-1   db      node-b  tap-db-1   10.0.2.10  -                    02:00:0a:00:01:0a  yes           "
          "-                on host node-b\n"
          "web-1  web     node-a  tap-web-1  10.0.1.10  10.0.1.11            02:00:0a:00:01:0a  yes           "
          "web              attached\n");
    CHECK_THAT(render_list(ask("/v1/resources/vpc/prod")), ContainsSubstring("10.0.0.0/16"));
    CHECK_THAT(render_kinds(ask("/v1/resources")), ContainsSubstring("Interface             2\n"));
}

TEST_CASE("get of one security group shows what each of its rules has decided")
{
    const auto text = render_list(ask("/v1/resources/sg/web"));

    CHECK_THAT(text, ContainsSubstring(
                         "RULE       DIRECTION  PRIORITY  POLICY  PROTOCOL  PORTS  PEER         PACKETS  BYTES\n"
                         "rules[0]   ingress          10  allow   tcp       443    anybody            1    100\n"
                         "rules[1]   ingress           5  drop    tcp       22     10.0.2.0/24        2    200\n"
                         "members    ingress           -  allow   all       -      group web          7    700\n"
                         "members    egress            -  allow   all       -      group web          7    700\n"
                         "otherwise  ingress           -  drop    -         -      -                  -      -\n"
                         "otherwise  egress            -  allow   -         -      -                  -      -\n"));
    CHECK_THAT(text, ContainsSubstring("in all of VPC prod: 20 packets allowed, 3 dropped\n"));
    CHECK_THAT(render_list(ask("/v1/resources/acl/border")), ContainsSubstring("rules[0]   egress"));
    CHECK_THAT(render_list(ask("/v1/resources/sg")), !ContainsSubstring("PACKETS"));
}

TEST_CASE("rules whose hits cannot be read are shown without them, and why")
{
    FakeViews views;
    views.kernel_fails = true;

    const auto text = render_list(*show_resource(views, "sg", "web"));

    CHECK_THAT(text, ContainsSubstring("rules[0]   ingress"));
    CHECK_THAT(text, ContainsSubstring("cannot be read: "));
}

TEST_CASE("get -o yaml gives back documents with their places")
{
    const auto text = render_documents(ask("/v1/resources/subnet"));

    CHECK_THAT(text, ContainsSubstring("# prod.yaml:11:1\nkind: Subnet\nname: db\nvpc: prod\n"));
    CHECK_THAT(text, ContainsSubstring("---\n# prod.yaml:6:1\nkind: Subnet\nname: web\n"));
}

TEST_CASE("status tells what is wrong as well as what is right")
{
    const auto text = render_status(ask("/v1/status"));

    for (const char* part : {"Host:        node-a\n", "vpcd 0.1.0, pid 4711, up 75s", "/etc/vpcd (2 files)",
                             "2 Host, 1 Vpc, 0 PrefixList, 1 SecurityGroup, 1 NetworkAcl, 2 Subnet, 0 NatGateway, 1 "
                             "RouteTable, 2 Interface, 0 BandwidthPackage, 0 ElasticIp, 0 LoadBalancer",
                             "Flows:       12, 4 of them pending\n", "2026-03-01T12:00:00.250Z, refused",
                             "  prod.yaml:3:5: no such subnet\n", "  ... and 150 more\n", "  add link: busy\n",
                             "  web-2: waiting for device tap-web-2\n",
                             "192.0.2.1 on eth0, MTU 1500, receives vxlan, decapsulates in tc", "2 here, 1 attached",
                             "  node-b  192.0.2.2  resolved  eth0    1500  geneve\n", "  flows       12  262144\n"}) {
        CHECK_THAT(text, ContainsSubstring(part));
    }
}

TEST_CASE("describe outlines the resource, then its sections and tables")
{
    const auto text = render_describe(ask("/v1/describe/interface/web-1"));

    for (const char* part : {"Name:                 web-1\n", "Network:\n  Vpc:          prod\n",
                             "Effective routes:\n", "  10.0.2.0/24    system  subnet    db\n",
                             "Where:                prod.yaml:25:1\n", "Counters:\n", "Drops:\n"})
        CHECK_THAT(text, ContainsSubstring(part));
}

TEST_CASE("flows, counters and drops are tables with what an operator looks for")
{
    CHECK(
        render_flows(ask("/v1/flows")) ==
        "VPC   PROTO  SOURCE           DESTINATION    DIRECTION  STATE        PACKETS    BYTES    AGE  IDLE  "
        "LEADS-TO       ALLOWED-BY\n"
        "prod  tcp    10.0.1.10:40000  10.0.2.10:443  forward    established        7  2.0 KiB  3m07s  0.5s  "
        "db-1 @ node-b  no rule matched: outbound is allowed; SecurityGroup db rules[0] (ingress allow tcp 443 from "
        "anybody)\n");
    CHECK(render_ended({{"ended", 1}}) == "1 connection ended\n");
    CHECK(render_ended({{"ended", 3}}) == "3 connections ended\n");
    CHECK_THAT(render_flows(ask("/v1/flows?limit=1")), ContainsSubstring("the first 1; --limit"));
    CHECK(render_flows({{"flows", boost::json::array{}}}) == "no flows\n");

    CHECK_THAT(render_counters(ask("/v1/counters"), false), !ContainsSubstring("arp-reply"));
    CHECK_THAT(render_counters(ask("/v1/counters"), true), ContainsSubstring("arp-reply"));
    CHECK_THAT(render_counters(ask("/v1/counters"), false), ContainsSubstring("web-1      prod"));
    CHECK_THAT(render_drops(ask("/v1/drops")), ContainsSubstring("prod  web-1      no-route"));
    CHECK(render_drops({{"drops", boost::json::array{}}}) == "nothing was dropped\n");
}

TEST_CASE("a translated connection shows what its source or destination becomes")
{
    FlowView flow;
    flow.vpc = "prod";
    flow.source = ip("10.0.1.10");
    flow.destination = ip("198.51.100.7");
    flow.protocol = 17;
    flow.table = "translated";
    flow.becomes = TranslatedTo{.is_source = true, .address = ip("203.0.113.20"), .port = 1031};
    CHECK_THAT(render_flows({{"flows", boost::json::array{to_json(flow)}}}),
               ContainsSubstring("forward    translated        0    0 B  0.0s  0.0s  from 203.0.113.20:1031"));

    flow.becomes = TranslatedTo{.is_source = false, .address = ip("10.0.1.10"), .port = 5000};
    CHECK_THAT(render_flows({{"flows", boost::json::array{to_json(flow)}}}), ContainsSubstring("to 10.0.1.10:5000"));
}

TEST_CASE("get of one NAT gateway shows what each of its addresses carries")
{
    FakeViews views;
    NatGateway gateway;
    gateway.name = "out";
    gateway.vpc = "prod";
    gateway.hosts = {{"node-a"}};
    gateway.snat = {{.subnet = "web", .cidr = {}, .addresses = {ip("203.0.113.20")}}};
    views.declare(gateway, "nat.yaml", 1);

    CHECK_THAT(render_list(*show_resource(views, "nat", "out")),
               ContainsSubstring("ADDRESS       USE   CONNECTIONS  TX-PACKETS  TX-BYTES  RX-PACKETS  RX-BYTES\n"
                                 "203.0.113.20  snat            2           3       180           4       240\n"));

    gateway.snat[0].addresses = {ip("203.0.113.21")};
    views.declare(gateway, "nat.yaml", 1);
    CHECK_THAT(render_list(*show_resource(views, "nat", "out")),
               ContainsSubstring("what they carry is counted on node-a\n"));
    views.kernel_fails = true;
    CHECK_FALSE(render_list(*show_resource(views, "nat", "out")).empty());
}

TEST_CASE("get of one load balancer shows what each of its backends has")
{
    FakeViews views;
    LoadBalancer balancer;
    balancer.name = "in";
    balancer.vpc = "prod";
    balancer.address = ip("10.0.1.200");
    balancer.listeners = {
        {.protocol = NatProtocol::Tcp, .port = 80, .backend_port = {}, .scheduler = {}, .health_check = {}}};
    views.declare(balancer, "lb.yaml", 1);

    CHECK_THAT(render_list(*show_resource(views, "lb", "in")), ContainsSubstring("tcp/80"));
    CHECK_THAT(render_list(*show_resource(views, "lb", "in")), ContainsSubstring("10.0.1.10"));
    CHECK_THAT(
        render_list(*show_resource(views, "lb", "in")),
        ContainsSubstring("of tcp/80 is dead since 1970-01-12T13:46:40.000Z; the last check failed: connection "
                          "refused\n"));
    views.kernel_fails = true;
    CHECK_FALSE(render_list(*show_resource(views, "lb", "in")).empty());
}

TEST_CASE("a followed drop is one line, whatever is known of the packet")
{
    DropRecord tunnel;
    tunnel.reason = "unknown-vtep";
    tunnel.sentence = "no known host";
    tunnel.hook = "tc-underlay";
    tunnel.outer_source = ip("192.0.2.9");
    tunnel.length = 128;

    CHECK(render_drop(to_json(example_drop())) ==
          "2026-03-01T12:00:00.250Z no-route vpc prod interface web-1 at from-interface "
          "udp 10.0.1.10:40000 -> 8.8.8.8:53 98 bytes: no entry for the destination\n");
    CHECK(render_drop(to_json(tunnel)) == "1970-01-01T00:00:00.000Z unknown-vtep at tc-underlay from host 192.0.2.9 "
                                          "128 bytes: no known host\n");
    DropRecord denied = example_drop();
    denied.rule = "SecurityGroup web rules[1] (ingress drop tcp 22 from 10.0.2.0/24)";
    CHECK_THAT(render_drop(to_json(denied)),
               ContainsSubstring(": no entry for the destination; SecurityGroup web rules[1]"));
    CHECK(render_drop({{"lost", 12}}) == "... 12 more came faster than they could be shown\n");
}

TEST_CASE("an answer that lacks everything is still rendered")
{
    const boost::json::value nothing = boost::json::object{};

    CHECK_FALSE(render_status(nothing).empty());
    CHECK_FALSE(render_list(nothing).empty());
    CHECK_FALSE(render_flows(nothing).empty());
    CHECK_FALSE(render_counters(nothing, true).empty());
    CHECK_FALSE(render_drops(nothing).empty());
    CHECK_FALSE(render_drop(nothing).empty());
    CHECK(render_describe(nothing).empty());
}

TEST_CASE("targets are percent-encoded and empty filters left out")
{
    CHECK(make_target({"v1", "resources", "subnet", "a b/c"}) == "/v1/resources/subnet/a%20b%2Fc");
    CHECK(make_target({"v1", "flows"}, {{"vpc", ""}, {"interface", "x&y"}, {"port", "1"}}) ==
          "/v1/flows?interface=x%26y&port=1");
}

TEST_CASE("an address with a port is readable for both families")
{
    const boost::json::value flow{{"four", "10.0.1.10"}, {"six", "2001:db8::1"}, {"port", 443}};

    CHECK(endpoint(flow, "four", "port") == "10.0.1.10:443");
    CHECK(endpoint(flow, "six", "port") == "[2001:db8::1]:443");
    CHECK(endpoint(flow, "six", "none") == "2001:db8::1");
}
