#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fmt/format.h>

#include "unit/service/outcome.h"

namespace vpcd {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

TEST_CASE("http: the status decides")
{
    struct Row {
        std::string status;
        std::pair<unsigned, unsigned> healthy;
        std::string outcome;
    };
    const auto row = GENERATE(values<Row>({
        {"200 OK", {200, 399}, kHealthy},
        {"399 Last", {200, 399}, kHealthy},
        {"400 Bad Request", {200, 399}, "HTTP status 400"},
        {"503 Service Unavailable", {200, 399}, "HTTP status 503"},
        {"503 Service Unavailable", {503, 503}, kHealthy},
        {"200 OK", {204, 204}, "HTTP status 200"},
    }));
    CAPTURE(row.status, row.healthy.first, row.healthy.second);
    Loop loop;
    TcpBackend backend{loop};
    backend.answer = answer_with(row.status);
    auto probe = probe_of(ProbeKind::Http, backend.port());
    probe.statuses = row.healthy;

    CHECK(outcome_of(loop, probe) == row.outcome);
}

TEST_CASE("http: the request names path, host and who asks")
{
    Loop loop;
    TcpBackend backend{loop};
    backend.answer = answer_with("200 OK");
    auto probe = probe_of(ProbeKind::Http, backend.port());
    probe.path = "/ready?full=1";
    outcome_of(loop, probe);
    CHECK_THAT(backend.request, StartsWith("GET /ready?full=1 HTTP/1.1\r\n"));
    CHECK_THAT(backend.request, ContainsSubstring(fmt::format("\r\nHost: 127.0.0.1:{}\r\n", backend.port())));
    CHECK_THAT(backend.request, ContainsSubstring("\r\nUser-Agent: vpcd-health/1\r\n"));
    CHECK_THAT(backend.request, ContainsSubstring("\r\nConnection: close\r\n"));

    probe.host = "shop.example";
    outcome_of(loop, probe);
    CHECK_THAT(backend.request, ContainsSubstring("\r\nHost: shop.example\r\n"));
}

TEST_CASE("http: a header is enough, whatever body it announces")
{
    Loop loop;
    TcpBackend backend{loop};
    const auto body = GENERATE("Content-Length: 1000000000000", "Transfer-Encoding: chunked", "X-Until: closed");
    CAPTURE(body);
    backend.answer = fmt::format("HTTP/1.1 200 OK\r\n{}\r\n\r\n", body);

    CHECK(outcome_of(loop, probe_of(ProbeKind::Http, backend.port())) == kHealthy);
}

TEST_CASE("http: what is not an answer fails, and the sentence says what it is")
{
    struct Row {
        std::string answer;
        std::string outcome;
    };
    const auto row = GENERATE(values<Row>({
        {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "answer is not HTTP"},
        {std::string("\x15\x03\x01\x00\x02\x02\x0a", 7) + "\r\n\r\n", "answer is not HTTP"},
        {"HTTP/1.1 20", "the connection was closed before the answer was complete"},
        {"HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n",
         "the header of the answer is longer than 16384 bytes"},
    }));
    CAPTURE(row.answer.substr(0, 40));
    Loop loop;
    TcpBackend backend{loop};
    backend.answer = row.answer;

    CHECK(outcome_of(loop, probe_of(ProbeKind::Http, backend.port())) == row.outcome);
}

TEST_CASE("http: a host that accepts and is silent is told from one that does not even accept")
{
    Loop loop;
    const TcpBackend silent{loop};
    const DeafTcpPort deaf{loop};
    const RefusingTcpPort refusing{loop};
    auto probe = probe_of(ProbeKind::Http, silent.port());
    probe.timeout = kSoon;

    CHECK(outcome_of(loop, probe) == "connected, but no answer within 50 ms");
    probe.port = deaf.port();
    CHECK(outcome_of(loop, probe) == "no answer within 50 ms");
    probe.port = refusing.port();
    CHECK(outcome_of(loop, probe) == "connection refused");
}

} // namespace vpcd
