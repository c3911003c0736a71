// vpcctl trace, from the question in the query to the text on the screen.
#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <netinet/in.h>

#include "observe/api.h"
#include "observe/json.h"
#include "observe/words.h"
#include "unit/observe/fake_views.h"
#include "vpcctl/render.h"

using namespace vpcd;
using Catch::Matchers::ContainsSubstring;

namespace {

struct World {
    FakeViews views;
    DropFeed feed{[](bool) {}};
    Router router = make_api(views, feed);

    Answer<boost::json::value> ask(const std::string& query) const
    {
        const auto match = router.match("GET", "/v1/trace?" + query);
        if (!match)
            return std::unexpected(match.error());
        return match->route->handler(match->request);
    }
};

} // namespace

TEST_CASE("a trace is asked for with everything the query says")
{
    const World world;
    REQUIRE(world.ask("from=web-1&to=10.0.2.10&vpc=prod&source=10.0.9.9&protocol=tcp&sport=1000&dport=443&size=1500"
                      "&ttl=7&fresh=true&arriving=true"));
    const auto& asked = world.views.asked_trace;
    CHECK(asked.from == "web-1");
    CHECK(asked.to == "10.0.2.10");
    CHECK(asked.vpc == "prod");
    CHECK(asked.source == ip("10.0.9.9"));
    CHECK(asked.protocol == IPPROTO_TCP);
    CHECK(asked.source_port == 1000);
    CHECK(asked.destination_port == 443);
    CHECK(asked.size == 1500);
    CHECK(asked.ttl == 7);
    CHECK(asked.fresh);
    CHECK(asked.arriving);
}

TEST_CASE("a trace may be of any TCP packet and of any ICMP message")
{
    const World world;
    REQUIRE(world.ask("from=web-1&to=10.0.2.10&protocol=tcp&flags=syn%7Cack"));
    CHECK(world.views.asked_trace.tcp_flags == 0x12u);
    REQUIRE(world.ask("from=web-1&to=10.0.2.10&icmpType=3&icmpCode=1"));
    CHECK(world.views.asked_trace.icmp_type == 3u);
    CHECK(world.views.asked_trace.icmp_code == 1);
    CHECK(!world.views.asked_trace.tcp_flags);
}

TEST_CASE("flags are read as they are written")
{
    for (const char* text : {"syn", "syn|ack", "fin|psh|ack", "rst", "none"})
        CHECK(tcp_flag_names(parse_tcp_flags(text).value()) == text);
    CHECK(parse_tcp_flags("ack,fin") == 0x11u);
    for (const char* text : {"", "SYN", "syn|", "|syn", "syn ack"})
        CHECK_FALSE(parse_tcp_flags(text));
}

TEST_CASE("a traced packet says of its headers what is not usual")
{
    auto answer = example_sent_trace();
    CHECK_THAT(render_trace(to_json(answer)), !ContainsSubstring("flags"));
    answer.packet.tcp_flags = 0x10;
    CHECK_THAT(render_trace(to_json(answer)), ContainsSubstring("10.0.2.10:443, flags ack, 84 bytes"));

    answer = example_drop_trace();
    answer.packet.icmp_type = 3;
    answer.packet.icmp_code = 1;
    answer.rule = "SecurityGroup web rules[1]";
    const auto json = to_json(answer);
    CHECK_THAT(render_trace(json), ContainsSubstring("icmp 10.0.1.10 -> 8.8.8.8, type 3, code 1, 84 bytes"));
    CHECK(json.at("rule") == "SecurityGroup web rules[1]");
    CHECK(!json.at("packet").as_object().contains("echoId"));
}

TEST_CASE("what a trace leaves out has its default")
{
    const World world;
    REQUIRE(world.ask("from=web-1&to=10.0.2.10"));
    const auto& asked = world.views.asked_trace;
    CHECK(asked.protocol == IPPROTO_ICMP);
    CHECK(asked.ttl == 64);
    CHECK(asked.size == 0);
    CHECK(!asked.vpc);
    CHECK(!asked.source);
    CHECK(!asked.fresh);
    CHECK(!asked.arriving);
}

TEST_CASE("a wrong question is answered with a sentence that names the key")
{
    struct Row {
        const char* query;
        const char* sentence;
    };
    const auto row = GENERATE(from_range(std::vector<Row>{
        {"to=10.0.2.10", "from and to"},
        {"from=web-1", "from and to"},
        {"from=nobody&to=10.0.2.10", "there is no interface nobody"},
        {"from=web-1&to=10.0.2.10&source=10.0.0", "source"},
        {"from=web-1&to=10.0.2.10&protocol=ospfx", "protocol"},
        {"from=web-1&to=10.0.2.10&sport=0", "sport"},
        {"from=web-1&to=10.0.2.10&dport=65536", "dport"},
        {"from=web-1&to=10.0.2.10&size=19", "size"},
        {"from=web-1&to=10.0.2.10&size=65536", "size"},
        {"from=web-1&to=10.0.2.10&ttl=256", "ttl"},
        {"from=web-1&to=10.0.2.10&fresh=maybe", "fresh"},
        {"from=web-1&to=10.0.2.10&protocol=tcp&flags=sin", "flags: 'sin'"},
        {"from=web-1&to=10.0.2.10&protocol=udp&flags=syn", "only TCP"},
        {"from=web-1&to=10.0.2.10&protocol=tcp&icmpType=3", "only ICMP"},
        {"from=web-1&to=10.0.2.10&icmpType=256", "icmpType"},
        {"from=web-1&to=10.0.2.10&colour=red", "colour"},
    }));
    CAPTURE(row.query);
    const World world;

    const auto answer = world.ask(row.query);

    REQUIRE(!answer);
    CHECK(answer.error().status == 400);
    CHECK_THAT(answer.error().sentence, ContainsSubstring(row.sentence));
}

TEST_CASE("a kernel that refuses the run is no fault of the question")
{
    World world;
    world.views.kernel_fails = true;
    CHECK(world.ask("from=web-1&to=10.0.2.10").error().status == 500);
}

TEST_CASE("a trace as JSON holds every fact once")
{
    const auto sent = to_json(example_sent_trace());
    CHECK(sent.at("outcome") == "sent");
    CHECK(sent.at("arrives") == true);
    CHECK(sent.at_pointer("/legs/0/steps/0/values/interface") == "web-1");
    CHECK(sent.at_pointer("/packet/destinationPort") == 443);
    CHECK(sent.at_pointer("/outer/destination") == "192.0.2.2");
    CHECK(!sent.at("outer").as_object().contains("destinationMac")); // not known yet
    CHECK(!sent.as_object().contains("reason"));

    const auto dropped = to_json(example_drop_trace());
    CHECK(dropped.at("outcome") == "dropped");
    CHECK(dropped.at("arrives") == false);
    CHECK(dropped.at("reason") == "no-route");
    CHECK(!dropped.as_object().contains("to"));
    CHECK(!dropped.as_object().contains("outer"));
}

TEST_CASE("a trace reads as steps, outer headers, how to go on, and the verdict last")
{
    CHECK(render_trace(to_json(example_sent_trace())) ==
          "web-1 on node-a to 10.0.2.10 (db-1 on node-b), VPC prod (VNI 100)\n"
          "tcp 10.0.1.10:40000 -> 10.0.2.10:443, 84 bytes, TTL 64, MAC 02:00:0a:00:01:0a -> 02:76:70:63:64:fe\n"
          "\n"
          "from-interface: the packet\n"
          "  sender    sent by web-1\n"
          "  next-hop  leads to db-1 @ node-b\n"
          "\n"
          "outer headers\n"
          "  vxlan VNI 100: 192.0.2.1:50000 -> 192.0.2.2:4789, 134 bytes, TTL 64, TOS 0, don't fragment\n"
          "  MAC 02:aa:00:00:00:01 -> (not known)\n"
          "  inner MAC 02:76:70:63:64:fe -> 02:00:0a:00:02:0a\n"
          "\n"
          "what that host does with it, there: vpcctl trace --arriving --from web-1 --to 10.0.2.10\n"
          "\n"
          "sent to host node-b by vxlan vni 100\n");
}

TEST_CASE("a trace that ends early says so, and why")
{
    const auto text = render_trace(to_json(example_drop_trace()));
    CHECK_THAT(text, ContainsSubstring("web-1 on node-a to 8.8.8.8, VPC prod"));
    CHECK_THAT(text, ContainsSubstring("icmp 10.0.1.10 -> 8.8.8.8, echo id 40000, 84 bytes, TTL 64"));
    CHECK_THAT(text, ContainsSubstring("... more steps than are kept"));
    CHECK_THAT(text, !ContainsSubstring("outer headers"));
    CHECK_THAT(text, Catch::Matchers::EndsWith("\ndropped: no-route: no entry for the destination\n"));
}
