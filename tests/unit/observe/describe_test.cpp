#include "observe/describe.h"

#include <vector>

#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "unit/observe/fake_views.h"

using namespace vpcd;
namespace json = boost::json;

TEST_CASE("a description shows what is related to the resource")
{
    struct Row {
        const char* kind;
        const char* name;
        const char* pointer;
        const char* value; // as JSON
    };
    const auto row = GENERATE(from_range(std::vector<Row>{
        {"interface", "web-1", "/resource/address", R"("10.0.1.10")"},
        {"interface", "web-1", "/where", R"("prod.yaml:25:1")"},
        {"interface", "web-1", "/state", R"("attached")"},
        {"interface", "web-1", "/network/vni", "100"},
        {"interface", "web-1", "/network/gateway", R"("10.0.1.253")"},
        {"interface", "web-1", "/network/routeTable", R"("main")"},
        {"interface", "web-1", "/effectiveRoutes/0/type", R"("system")"},
        {"interface", "web-1", "/routesToIt/0", R"({"routeTable":"inner","destination":"0.0.0.0/0"})"},
        {"interface", "web-1", "/counters/txBytes", "60"},
        {"interface", "web-1", "/memberOf", R"(["web"])"},
        {"interface", "web-1", "/effectiveRules/0/rule", R"("rules[1]")"}, // priority 5
        {"interface", "web-1", "/effectiveRules/0/packets", "2"},
        {"interface", "web-1", "/effectiveRules/1/rule", R"("rules[0]")"},
        {"interface", "web-1", "/effectiveRules/2/rule", R"("members")"},
        {"interface", "web-1", "/effectiveRules/3/rule", R"("otherwise")"},
        {"interface", "web-1", "/effectiveRules/3/policy", R"("drop")"},
        {"interface", "web-1", "/effectiveRules/5/policy", R"("allow")"}, // outbound, otherwise
        {"interface", "db-1", "/memberOf", R"(["default-1"])"},
        {"interface", "db-1", "/network/networkAcl", R"("border")"},
        {"sg", "web", "/interfaces/0/name", R"("web-1")"},
        {"sg", "web", "/rules/0/packets", "1"},
        {"acl", "border", "/subnets/0/name", R"("db")"},
        {"interface", "web-1", "/drops/0/reason", R"("no-route")"},
        {"subnet", "web", "/addresses", R"({"total":256,"reserved":4,"used":2,"free":250})"},
        {"subnet", "db", "/network/routeTable", R"("inner")"},
        {"subnet", "web", "/interfaces/0/name", R"("web-1")"},
        {"vpc", "prod", "/subnets/0/name", R"("db")"},
        {"vpc", "prod", "/subnets/1/interfaces", "1"},
        {"vpc", "prod", "/routeTables/0", R"({"name":"inner","customRoutes":2,"subnets":1})"},
        {"vpc", "prod", "/routeTables/1", R"({"name":"main","customRoutes":0,"subnets":1})"},
        {"vpc", "prod", "/quota/routeTables", "2"},
        {"vpc", "prod", "/quota/routeTablesAllowed", "10"},
        {"vpc", "prod", "/interfaces/1/name", R"("web-1")"},
        {"rt", "inner", "/subnets/0/name", R"("db")"},
        {"rt", "inner", "/quota/customRoutes", "2"},
        {"rt", "inner", "/quota/customRoutesAllowed", "40"},
        {"host", "node-a", "/peer/state", R"("this host")"},
        {"host", "node-b", "/peer/state", R"("resolved")"},
        {"host", "node-b", "/interfaces/0/name", R"("db-1")"},
    }));
    CAPTURE(row.kind, row.name, row.pointer);
    const FakeViews views;

    const auto answer = describe_resource(views, row.kind, row.name);

    REQUIRE(answer);
    json::error_code error;
    const auto* value = answer->find_pointer(row.pointer, error);
    INFO(json::serialize(*answer));
    REQUIRE(value != nullptr);
    CHECK(json::serialize(*value) == row.value);
}

TEST_CASE("the routes of a bound table show custom ones in place of the system's")
{
    const FakeViews views;

    const auto answer = describe_resource(views, "routetable", "inner");

    REQUIRE(answer);
    const std::string routes = json::serialize(answer->at("effectiveRoutes"));
    CHECK(routes.find(R"({"destination":"0.0.0.0/0","type":"custom","leadsTo":"interface","target":"web-1"})") !=
          routes.npos);
    CHECK(routes.find(R"({"destination":"10.0.1.0/24","type":"custom","leadsTo":"blackhole"})") != routes.npos);
    CHECK(routes.find(R"({"destination":"10.0.2.0/24","type":"system","leadsTo":"subnet","target":"db"})") !=
          routes.npos);
    CHECK(routes.find(R"({"destination":"100.64.0.0/10","type":"system","leadsTo":"service"})") != routes.npos);
    CHECK(answer->at("effectiveRoutes").as_array().size() == 4);
}

TEST_CASE("numbers that cannot be read are told of in their place")
{
    FakeViews views;
    views.kernel_fails = true;

    const auto answer = describe_resource(views, "interface", "web-1");

    REQUIRE(answer);
    CHECK(json::serialize(answer->at("counters")).find("read counters") != std::string::npos);
    CHECK(json::serialize(answer->at("drops")).find("read drops") != std::string::npos);
}
