#include "observe/router.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_range.hpp>

using namespace vpcd;

namespace {

Router example()
{
    Router router;
    const auto nothing = [](const Request&) -> Answer<boost::json::value> { return nullptr; };
    router.get("/v1/things", {"limit", "colour"}, nothing);
    router.get("/v1/things/{kind}/{name}", {}, nothing);
    router.remove("/v1/things", {"colour"}, nothing);
    return router;
}

} // namespace

TEST_CASE("segments and values of a target are percent-decoded")
{
    const Router router = example();

    const auto named = router.match("GET", "/v1/things/a%20b/c%2Fd");
    REQUIRE(named);
    CHECK(named->request.parameter("kind") == "a b");
    CHECK(named->request.parameter("name") == "c/d");
    CHECK(named->request.parameter("other").empty());

    const auto queried = router.match("GET", "/v1/things?colour=dark+blue%26&limit=5");
    REQUIRE(queried);
    CHECK(queried->request.query_value("colour") == "dark blue&");
    CHECK(queried->request.query_value("limit") == "5");
}

TEST_CASE("a path has an answer of its own for each method")
{
    const Router router = example();

    CHECK(router.match("GET", "/v1/things?limit=5"));
    CHECK(router.match("DELETE", "/v1/things?colour=blue"));
    CHECK_FALSE(router.match("DELETE", "/v1/things?limit=5")); // a parameter of the other
    CHECK(router.match("POST", "/v1/things").error().allow == "GET, DELETE");
    CHECK(router.match("POST", "/v1/things/a/b").error().allow == "GET");
}

TEST_CASE("a request that fits nothing is refused with a status that says how")
{
    struct Row {
        const char* what;
        const char* method;
        const char* target;
        unsigned status;
    };
    const auto row = GENERATE_COPY(from_range(std::vector<Row>{
        {"unknown path", "GET", "/v1/nothing", 404},
        {"path too long", "GET", "/v1/things/a/b/c", 404},
        {"root", "GET", "/", 404},
        {"writing", "POST", "/v1/things", 405},
        {"removing what can only be read", "DELETE", "/v1/things/a/b", 405},
        {"writing nowhere", "DELETE", "/v1/nothing", 404},
        {"no slash in front", "GET", "v1/things", 400},
        {"cut percent sign", "GET", "/v1/things/a/b%2", 400},
        {"no hexadecimal digits", "GET", "/v1/things/a/%zz", 400},
        {"percent sign in a query", "GET", "/v1/things?colour=%", 400},
        {"unknown parameter", "GET", "/v1/things?size=1", 400},
        {"parameter where there is none", "GET", "/v1/things/a/b?size=1", 400},
        {"parameter twice", "GET", "/v1/things?limit=1&limit=2", 400},
    }));
    CAPTURE(row.what);

    const Router router = example();
    const auto match = router.match(row.method, row.target);

    REQUIRE_FALSE(match);
    CHECK(match.error().status == row.status);
    CHECK_FALSE(match.error().sentence.empty());
}
