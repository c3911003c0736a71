#include "observe/api.h"

#include <vector>

#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <netinet/in.h>

#include "unit/observe/fake_views.h"

using namespace vpcd;
using Catch::Matchers::ContainsSubstring;
namespace json = boost::json;

namespace {

struct World {
    FakeViews views;
    DropFeed feed{[this](bool on) { views.follow_drops(on); }};
    Router router = make_api(views, feed);

    Answer<json::value> get(std::string_view target) const { return ask("GET", target); }
    Answer<json::value> ask(std::string_view method, std::string_view target) const
    {
        const auto match = router.match(method, target);
        if (!match)
            return std::unexpected(match.error());
        return match->route->handler(match->request);
    }
};

} // namespace

TEST_CASE("every path of the API has the answer it promises")
{
    struct Row {
        const char* target;
        const char* pointer;
        const char* value; // as JSON
    };
    const auto row = GENERATE(from_range(std::vector<Row>{
        {"/v1/status", "/host", R"("node-a")"},
        {"/v1/status", "/resources/Subnet", "2"},
        {"/v1/status", "/lastChange/time", R"("2026-03-01T12:00:00.250Z")"},
        {"/v1/status", "/lastChange/accepted", "false"},
        {"/v1/status", "/pendingErrors/0", R"("prod.yaml:3:5: no such subnet")"},
        {"/v1/status", "/underlay/decapsulation", R"("tc")"},
        {"/v1/status", "/external/state", R"("ready")"},
        {"/v1/status", "/peers/0/state", R"("resolved")"},
        {"/v1/status", "/interfaces/waiting/0", R"("web-2: waiting for device tap-web-2")"},
        {"/v1/status", "/maps/0/entries", "12"},
        {"/v1/resources", "/kinds/Interface", "2"},
        {"/v1/resources/subnets", "/items/1/resource/name", R"("web")"},
        {"/v1/resources/subnets", "/kind", R"("Subnet")"},
        {"/v1/resources/rt", "/items/0/resource/kind", R"("RouteTable")"},
        {"/v1/resources/natgw", "/kind", R"("NatGateway")"},
        {"/v1/resources/eips", "/kind", R"("ElasticIp")"},
        {"/v1/resources/ENIs", "/items/0/state", R"("on host node-b")"},
        {"/v1/resources/interface/web-1", "/where", R"("prod.yaml:25:1")"},
        {"/v1/resources/interface/web-1", "/state", R"("attached")"},
        {"/v1/resources/vpc/prod", "/resource/vni", "100"},
        {"/v1/flows", "/flows/0/protocol", R"("tcp")"},
        {"/v1/flows", "/flows/0/leadsTo", R"("db-1 @ node-b")"},
        {"/v1/flows", "/flows/0/table", R"("established")"},
        {"/v1/flows", "/flows/0/egressRule", R"("no rule matched: outbound is allowed")"},
        {"/v1/status", "/pendingFlows", "4"},
        {"/v1/resources/sg/web", "/rules/0/rule", R"("rules[0]")"},
        {"/v1/resources/sg/web", "/rules/1/packets", "2"},
        {"/v1/resources/sg/web", "/rules/1/peer", R"("10.0.2.0/24")"},
        {"/v1/resources/sg/web", "/rules/2/rule", R"("members")"},
        {"/v1/resources/sg/web", "/rules/4", R"({"rule":"otherwise","direction":"ingress","policy":"drop"})"},
        {"/v1/resources/sg/web", "/unmatched/droppedPackets", "3"},
        {"/v1/resources/sg/default-1", "/where", R"("no document; every VPC has it")"},
        {"/v1/resources/sg/default-1", "/rules/1/ports", R"("22, 80, 443, 3389")"},
        {"/v1/resources/network-acl/border", "/rules/0/bytes", "100"},
        {"/v1/counters", "/interfaces/0/rxBytes", "120"},
        {"/v1/counters", "/datapath/0/name", R"("flow-miss")"},
        {"/v1/drops", "/drops/1/reason", R"("unknown-vtep")"},
        {"/v1/drops?interface=web-1", "/drops/0/packets", "3"},
        {"/v1/drops?reason=unknown-vtep", "/drops/0/reason", R"("unknown-vtep")"},
    }));
    CAPTURE(row.target, row.pointer);
    const World world;

    const auto answer = world.get(row.target);

    REQUIRE(answer);
    REQUIRE(answer->is_object());
    json::error_code error;
    const auto* value = answer->find_pointer(row.pointer, error);
    INFO(json::serialize(*answer));
    REQUIRE(value != nullptr);
    CHECK(json::serialize(*value) == row.value);
}

TEST_CASE("what the API cannot answer is refused with a sentence that helps")
{
    struct Row {
        const char* target;
        unsigned status;
        const char* sentence;
    };
    const auto row = GENERATE(from_range(std::vector<Row>{
        {"/v1/resources/pod", 404, "no kind 'pod'; there are Host, Vpc"},
        {"/v1/resources/subnet/none", 404, "no Subnet 'none'"},
        {"/v1/describe/subnet/none", 404, "no Subnet 'none'"},
        {"/v1/resources/subnet?limit=0", 400, "limit"},
        {"/v1/resources/subnet?limit=many", 400, "limit"},
        {"/v1/flows?port=65536", 400, "port"},
        {"/v1/flows?port=-1", 400, "port"},
        {"/v1/flows?address=10.0.0", 400, "address"},
        {"/v1/flows?protocol=tcpp", 400, "protocol"},
        {"/v1/flows?protocol=256", 400, "protocol"},
        {"/v1/flows?limit=1000000", 400, "limit"},
        {"/v1/flows?colour=blue", 400, "unknown parameter 'colour'"},
    }));
    CAPTURE(row.target);

    const auto answer = World{}.get(row.target);

    REQUIRE_FALSE(answer);
    CHECK(answer.error().status == row.status);
    CHECK_THAT(answer.error().sentence, ContainsSubstring(row.sentence));
}

TEST_CASE("every filter of flows reaches the view")
{
    const World world;

    REQUIRE(world.get("/v1/flows?vpc=prod&address=10.0.1.10&port=443&protocol=UDP&interface=web-1&limit=5"));

    CHECK(world.views.asked.vpc == "prod");
    CHECK(world.views.asked.address == ip("10.0.1.10"));
    CHECK(world.views.asked.port == 443);
    CHECK(world.views.asked.protocol == IPPROTO_UDP);
    CHECK(world.views.asked.interface == "web-1");
    CHECK(world.views.asked.limit == 5);
}

TEST_CASE("flows end by a filter, or all of them on request")
{
    const World world;

    const auto some = world.ask("DELETE", "/v1/flows?vpc=prod&port=443");
    REQUIRE(some);
    CHECK(some->at("ended") == 3);
    CHECK(world.views.asked.vpc == "prod");
    CHECK(world.views.asked.port == 443);

    REQUIRE(world.ask("DELETE", "/v1/flows?all=true"));
    CHECK(world.views.asked.is_any());
}

TEST_CASE("flows that nobody named do not end")
{
    struct Row {
        const char* target;
        const char* sentence;
    };
    const auto row = GENERATE(from_range(std::vector<Row>{
        {"/v1/flows", "by a filter or with all=true"},
        {"/v1/flows?all=false", "by a filter or with all=true"},
        {"/v1/flows?all=true&vpc=prod", "contradict"},
        {"/v1/flows?all=yes", "neither true nor false"},
        {"/v1/flows?port=0", "port"},
        {"/v1/flows?limit=5&vpc=prod", "unknown parameter 'limit'"},
    }));
    CAPTURE(row.target);
    World world;
    world.views.asked.vpc = "nobody asked";

    const auto answer = world.ask("DELETE", row.target);

    REQUIRE_FALSE(answer);
    CHECK(answer.error().status == 400);
    CHECK_THAT(answer.error().sentence, ContainsSubstring(row.sentence));
    CHECK(world.views.asked.vpc == "nobody asked");
}

TEST_CASE("a long list comes in pages, each resource once")
{
    World world;
    for (int i = 0; i < 7; ++i)
        world.views.declare(Vpc{.name = "v" + std::to_string(i), .vni = 200u + i, .cidrs = {}}, "many.yaml", 1);
    std::vector<std::string> names;
    std::string after;

    do {
        const auto page = world.get("/v1/resources/vpc?limit=3&after=" + after);
        REQUIRE(page);
        for (const auto& item : page->at("items").as_array())
            names.emplace_back(item.at("resource").at("name").as_string());
        const auto* next = page->as_object().if_contains("next");
        after = next != nullptr ? std::string{next->as_string()} : "";
    } while (!after.empty() && names.size() < 100);

    CHECK(names == std::vector<std::string>{"prod", "v0", "v1", "v2", "v3", "v4", "v5", "v6"});
}

TEST_CASE("a kernel that cannot be read is an error of the agent, not an empty answer")
{
    World world;
    world.views.kernel_fails = true;

    for (const char* target : {"/v1/flows", "/v1/counters", "/v1/drops"}) {
        CAPTURE(target);
        const auto answer = world.get(target);
        REQUIRE_FALSE(answer);
        CHECK(answer.error().status == 500);
        CHECK_THAT(answer.error().sentence, ContainsSubstring("read "));
    }
    CHECK(world.get("/v1/describe/interface/web-1"));
    CHECK_THAT(json::serialize(*world.get("/v1/resources/sg/web")), ContainsSubstring("read rule hits"));
    CHECK(world.ask("DELETE", "/v1/flows?all=true").error().status == 500);
}
