#include "service/probe.h"

#include <catch2/generators/catch_generators.hpp>
#include <fcntl.h>
#include <set>

#include "unit/service/outcome.h"

namespace vpcd {

TEST_CASE("tcp: a backend that accepts is healthy")
{
    Loop loop;
    const TcpBackend backend{loop};

    CHECK(outcome_of(loop, probe_of(ProbeKind::Tcp, backend.port())) == kHealthy);
}

TEST_CASE("tcp: a port nobody listens on is refused")
{
    Loop loop;
    const RefusingTcpPort port{loop};

    CHECK(outcome_of(loop, probe_of(ProbeKind::Tcp, port.port())) == "connection refused");
}

TEST_CASE("tcp: a host that does not answer fails after the timeout, which the sentence names")
{
    Loop loop;
    const DeafTcpPort port{loop};
    auto probe = probe_of(ProbeKind::Tcp, port.port());
    probe.timeout = kSoon;

    CHECK(outcome_of(loop, probe) == "no answer within 50 ms");
}

TEST_CASE("tcp: a backend that speaks first sees an ordinary end of the connection, not a reset")
{
    Loop loop;
    TcpBackend backend{loop};
    backend.greeting = "SSH-2.0-OpenSSH\r\n";
    Outcome outcome;

    const auto running = start_probe(loop.context(), probe_of(ProbeKind::Tcp, backend.port()), outcome.done());
    loop.run_until([&] { return backend.ended == 1; });

    CHECK(outcome.told == std::vector{kHealthy});
    CHECK(backend.ended_with == boost::asio::error::eof);
}

TEST_CASE("the source address is the one asked for, or the failure says that this host does not have it")
{
    Loop loop;
    const TcpBackend tcp{loop};
    UdpBackend udp{loop};
    udp.answer = "pong";
    for (auto probe : {probe_of(ProbeKind::Tcp, tcp.port()), probe_of(ProbeKind::Http, tcp.port()),
                       probe_of(ProbeKind::Udp, udp.port())}) {
        probe.source = Address::v4(0xc0000201);
        CHECK(outcome_of(loop, probe) == "use the address 192.0.2.1: Cannot assign requested address");
    }

    auto probe = probe_of(ProbeKind::Tcp, tcp.port());
    probe.source = Address::v4(0x7f000002);
    CHECK(outcome_of(loop, probe) == kHealthy);
    probe.source = Address{};
    CHECK(outcome_of(loop, probe) == kHealthy);
}

TEST_CASE("udp: the answer must contain what is expected")
{
    Loop loop;
    UdpBackend backend{loop};
    auto probe = probe_of(ProbeKind::Udp, backend.port());
    probe.send = "ping";
    probe.expect = "pong";

    backend.answer = "+pong 1";
    CHECK(outcome_of(loop, probe) == kHealthy);
    CHECK(backend.received == "ping");
    backend.answer = "busy";
    CHECK(outcome_of(loop, probe) == "the answer does not contain 'pong'");
    probe.expect = {"\x00\n\x7f'", 3};
    CHECK(outcome_of(loop, probe) == "the answer does not contain '\\x00\\x0a\\x7f'");
    backend.answer = std::string(9000, 'x') + probe.expect;
    CHECK(outcome_of(loop, probe) == kHealthy);
}

TEST_CASE("udp: a closed port is refused, whether an answer is expected or not")
{
    Loop loop;
    const RefusingUdpPort port{loop};
    auto probe = probe_of(ProbeKind::Udp, port.port());
    probe.send = GENERATE("", "ping");
    probe.expect = GENERATE("", "pong");

    CHECK(outcome_of(loop, probe) == "connection refused");
}

TEST_CASE("udp: silence is healthy if nothing is expected, and only then")
{
    Loop loop;
    const UdpBackend backend{loop};
    auto probe = probe_of(ProbeKind::Udp, backend.port());
    probe.send = "ping";
    probe.timeout = kSoon;

    CHECK(outcome_of(loop, probe) == kHealthy);
    CHECK(backend.datagrams == 1);
    probe.expect = "pong";
    CHECK(outcome_of(loop, probe) == "no answer within 50 ms");
}

TEST_CASE("udp: an answer nobody expects ends the wait")
{
    Loop loop;
    UdpBackend backend{loop};
    backend.answer = "anything";

    CHECK(outcome_of(loop, probe_of(ProbeKind::Udp, backend.port())) == kHealthy);
    CHECK(backend.received.empty());
}

TEST_CASE("a destroyed probe closes its connection and tells nothing")
{
    Loop loop;
    const TcpBackend backend{loop};
    Outcome outcome;
    {
        const auto running = start_probe(loop.context(), probe_of(ProbeKind::Http, backend.port()), outcome.done());
        loop.run_until([&] { return backend.accepted == 1; });
    }

    loop.run_until([&] { return backend.ended == 1; });

    CHECK(outcome.told.empty());
}

TEST_CASE("a probe destroyed while its failure is already queued tells nothing")
{
    Loop loop;
    auto probe = probe_of(GENERATE(ProbeKind::Tcp, ProbeKind::Http, ProbeKind::Udp), 1);
    probe.source = Address::v4(0xc0000201);
    Outcome outcome;

    start_probe(loop.context(), probe, outcome.done()) = RunningProbe{};
    loop.context().poll();

    CHECK(outcome.told.empty());
}

TEST_CASE("a probe may be destroyed by what it calls")
{
    Loop loop;
    TcpBackend tcp{loop};
    tcp.answer = answer_with("200 OK");
    UdpBackend udp{loop};
    udp.answer = "pong";
    const auto kind = GENERATE(ProbeKind::Tcp, ProbeKind::Http, ProbeKind::Udp);
    bool is_told = false;
    RunningProbe running;

    running = start_probe(loop.context(), probe_of(kind, kind == ProbeKind::Udp ? udp.port() : tcp.port()),
                          [&](const Result<void>& result) {
                              is_told = result.has_value();
                              running = {};
                          });

    loop.run_until([&] { return is_told; });
    loop.context().poll();
}

TEST_CASE("programs started while a probe is under way do not inherit its socket")
{
    Loop loop;
    const TcpBackend tcp{loop};
    const UdpBackend udp{loop};
    const auto kind = GENERATE(ProbeKind::Tcp, ProbeKind::Http, ProbeKind::Udp);
    const auto descriptors = [] {
        std::set<int> open;
        for (int fd = 0; fd < 256; ++fd) {
            if (::fcntl(fd, F_GETFD) >= 0)
                open.insert(fd);
        }
        return open;
    };
    const auto before = descriptors();
    Outcome outcome;

    const auto running =
        start_probe(loop.context(), probe_of(kind, kind == ProbeKind::Udp ? udp.port() : tcp.port()), outcome.done());

    auto opened = descriptors();
    for (const int fd : before)
        opened.erase(fd);
    REQUIRE(opened.size() == 1);
    CHECK((::fcntl(*opened.begin(), F_GETFD) & FD_CLOEXEC) != 0);
}

} // namespace vpcd
