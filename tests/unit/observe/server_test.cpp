#include "observe/server.h"

#include <future>
#include <vector>

#include <boost/json/serialize.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fmt/format.h>

#include "unit/observe/fixture.h"
#include "vpcctl/client.h"

using namespace vpcd;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

constexpr const char* kGet = "GET /v1/hello HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr const char* kFollow = "GET /v1/follow HTTP/1.1\r\nHost: x\r\n\r\n";

// What happens to a stream, told across threads.
struct Streams {
    std::shared_ptr<Stream> stream; // of the server's thread
    std::promise<void> opened;
    std::promise<void> closed;

    bool wait_closed() { return closed.get_future().wait_for(10s) == std::future_status::ready; }
};

Router example(Streams* streams = nullptr)
{
    Router router;
    router.get("/v1/hello", {},
               [](const Request&) -> Answer<boost::json::value> { return boost::json::value{{"hello", "world"}}; });
    router.get("/v1/broken", {},
               [](const Request&) -> Answer<boost::json::value> { return refuse(500, "read flows: no luck"); });
    router.stream("/v1/follow", {}, [streams](const Request&, std::shared_ptr<Stream> stream) -> Answer<void> {
        if (streams == nullptr)
            return refuse(404, "nothing to follow");
        stream->on_close([streams] { streams->closed.set_value(); });
        streams->stream = std::move(stream);
        streams->opened.set_value();
        return {};
    });
    return router;
}

} // namespace

TEST_CASE("an answer is JSON, and the connection serves the next request")
{
    const RunningServer server{example()};
    RawClient client{server.socket()};

    for (int i = 0; i < 3; ++i) {
        client.send(kGet);
        const auto answer = client.read_until("}\n");
        CHECK_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
        CHECK_THAT(answer, ContainsSubstring("Content-Type: application/json"));
        CHECK_THAT(answer, ContainsSubstring(R"({"hello":"world"})"));
    }
}

TEST_CASE("a bad request gets a JSON error with a status that fits")
{
    struct Row {
        std::string what;
        std::string request;
        std::string status;
        std::string sentence;
    };
    const auto row = GENERATE(from_range(std::vector<Row>{
        {"unknown path", "GET /v1/nothing HTTP/1.1\r\n\r\n", "404", "nothing at /v1/nothing"},
        {"writing", "PUT /v1/hello HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", "405", "only GET"},
        {"failing handler", "GET /v1/broken HTTP/1.1\r\n\r\n", "500", "read flows: no luck"},
        {"refused stream", "GET /v1/follow HTTP/1.1\r\n\r\n", "404", "nothing to follow"},
        {"no HTTP", "hello?\r\n\r\n", "400", "not HTTP"},
        {"binary", std::string(64, '\xff') + "\r\n\r\n", "400", "not HTTP"},
        {"wrong version", "GET / HTTP/9.9\r\n\r\n", "400", "not HTTP"},
        {"two lengths", "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400", "not HTTP"},
        {"header too long", "GET /v1/hello HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n", "400",
         "header is longer than 8192"},
        {"target too long", "GET /" + std::string(9000, 'x') + " HTTP/1.1\r\n\r\n", "400",
         "header is longer than 8192"},
        {"body too long", "GET /v1/hello HTTP/1.1\r\nContent-Length: 65537\r\n\r\n" + std::string(65537, 'x'), "400",
         "body is longer than 65536"},
    }));
    CAPTURE(row.what);
    const RunningServer server{example()};
    RawClient client{server.socket()};

    client.send(row.request);
    const auto answer = client.read_until("}\n");

    CHECK_THAT(answer, StartsWith("HTTP/1.1 " + row.status));
    CHECK_THAT(answer, ContainsSubstring("{\"error\":"));
    CHECK_THAT(answer, ContainsSubstring(row.sentence));
    RawClient other{server.socket()};
    other.send(kGet);
    CHECK_THAT(other.read_until("}\n"), ContainsSubstring("200 OK"));
}

TEST_CASE("a client that says nothing, or never finishes, is dropped after the deadline")
{
    const RunningServer server{example(), {.deadline = 50ms}};
    RawClient silent{server.socket()};
    RawClient slow{server.socket()};
    slow.send("GET /v1/he");

    CHECK(silent.read_to_close().empty());
    CHECK(slow.read_to_close().empty());
}

TEST_CASE("a client too many is told so, and there is room again when another has gone")
{
    const RunningServer server{example(), {.connections = 2}};
    RawClient first{server.socket()};
    RawClient second{server.socket()};
    for (RawClient* each : {&first, &second}) {
        each->send(kGet);
        REQUIRE_THAT(each->read_until("}\n"), ContainsSubstring("200 OK"));
    }

    RawClient third{server.socket()};
    CHECK_THAT(third.read_to_close(), StartsWith("HTTP/1.1 503"));

    second.send("GET /v1/hello HTTP/1.1\r\nConnection: close\r\n\r\n");
    CHECK_THAT(second.read_to_close(), ContainsSubstring("200 OK"));
    RawClient fourth{server.socket()};
    fourth.send(kGet);
    CHECK_THAT(fourth.read_until("}\n"), StartsWith("HTTP/1.1 200"));
}

TEST_CASE("records reach a following client as they come, until it has enough")
{
    Streams streams;
    RunningServer server{example(&streams)};
    std::vector<std::string> seen;
    auto writing = std::async(std::launch::async, [&] {
        streams.opened.get_future().wait();
        for (int i = 1; i <= 3; ++i)
            server.run([&] { streams.stream->write({{"n", i}}); });
    });

    const auto followed = Client{server.socket()}.follow("/v1/follow", [&](const boost::json::value& record) {
        seen.push_back(boost::json::serialize(record));
        return seen.size() < 3;
    });

    writing.wait();
    CHECK(followed);
    CHECK(seen == std::vector<std::string>{R"({"n":1})", R"({"n":2})", R"({"n":3})"});
    CHECK(streams.wait_closed());
}

TEST_CASE("a stream ends when its client goes away without a word")
{
    Streams streams;
    const RunningServer server{example(&streams)};
    RawClient client{server.socket()};
    client.send(kFollow);
    REQUIRE_THAT(client.read_until("\r\n\r\n"), ContainsSubstring("application/x-ndjson"));

    client.close();

    CHECK(streams.wait_closed());
}

TEST_CASE("a client that reads slowly loses records and learns how many; others are served meanwhile")
{
    Streams streams;
    RunningServer server{example(&streams)};
    RawClient slow{server.socket()};
    slow.send(kFollow);
    slow.read_until("\r\n\r\n");
    const std::string padding(1000, 'x');

    server.run([&] {
        for (int i = 0; i < 5000; ++i)
            streams.stream->write({{"n", i}, {"padding", padding}});
    });
    RawClient other{server.socket()};
    other.send(kGet);

    CHECK_THAT(other.read_until("}\n"), ContainsSubstring("200 OK"));
    CHECK_THAT(slow.read_until("{\"lost\":"), ContainsSubstring("{\"lost\":"));
}

TEST_CASE("a client that does not read at all is dropped after the deadline")
{
    Streams streams;
    RunningServer server{example(&streams), {.deadline = 50ms}};
    RawClient stuck{server.socket()};
    stuck.send(kFollow);
    stuck.read_until("\r\n\r\n");
    const std::string padding(4000, 'x');

    server.run([&] {
        for (int i = 0; i < 1000; ++i)
            streams.stream->write({{"n", i}, {"padding", padding}});
    });

    CHECK(streams.wait_closed());
}

TEST_CASE("stopping the server ends every connection and stream, and removes the socket")
{
    Streams streams;
    RunningServer server{example(&streams)};
    RawClient idle{server.socket()};
    RawClient following{server.socket()};
    following.send(kFollow);
    following.read_until("\r\n\r\n");

    server.stop_server();

    CHECK(idle.read_to_close().empty());
    CHECK(following.read_to_close().empty());
    CHECK(streams.wait_closed());
    CHECK_FALSE(std::filesystem::exists(server.socket()));
}

TEST_CASE("the client tells an agent that is not there from one that says no")
{
    const RunningServer server{example()};

    const auto absent = Client{server.socket() + ".absent"}.get("/v1/hello");
    const auto refused = Client{server.socket()}.get("/v1/nothing");
    const auto refused_stream = Client{server.socket()}.follow("/v1/follow", [](const auto&) { return true; });
    const auto good = Client{server.socket()}.get("/v1/hello");

    REQUIRE_FALSE(absent);
    CHECK(absent.error().kind == ClientError::Kind::Unreachable);
    CHECK_THAT(absent.error().sentence, ContainsSubstring(server.socket() + ".absent"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ClientError::Kind::Refused);
    CHECK_THAT(refused.error().sentence, ContainsSubstring("nothing at /v1/nothing"));
    REQUIRE_FALSE(refused_stream);
    CHECK(refused_stream.error().kind == ClientError::Kind::Refused);
    REQUIRE(good);
    CHECK(good->at("hello") == "world");
}
