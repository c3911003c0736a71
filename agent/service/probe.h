// One health check of one backend: connect, ask over HTTP, or send a datagram.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/address.h"
#include "base/error.h"

namespace vpcd {

enum class ProbeKind { Tcp, Http, Udp };

// What one check does.
struct HealthProbe {
    ProbeKind kind = ProbeKind::Tcp;
    std::optional<Address> source{}; // none or unspecified: the kernel's choice
    Address address;
    std::uint16_t port = 0; // host byte order
    std::chrono::milliseconds timeout{5000};
    // Http: the request target, the Host header (empty: the address), and which statuses are healthy, both ends
    // included.
    std::string path = "/";
    std::string host{};
    std::pair<unsigned, unsigned> statuses{200, 399};
    // Udp: the payload, and what the answer must contain. Expecting nothing, silence is fine: only an ICMP
    // unreachable within the timeout is a failure, and an answer ends the wait.
    std::string send{};
    std::string expect{};

    friend bool operator==(const HealthProbe&, const HealthProbe&) = default;
};

// The error is a sentence about the backend ("connection refused"); its source is Peer, or System if this host could
// not even try.
using ProbeDone = std::function<void(Result<void>)>;

class ProbeAttempt;

// Owns a probe under way: destroyed, it closes the socket, and `done` is never called. All on the event loop's
// thread.
class RunningProbe {
public:
    RunningProbe() = default;
    explicit RunningProbe(std::shared_ptr<ProbeAttempt> attempt);
    RunningProbe(RunningProbe&&) noexcept = default;
    RunningProbe& operator=(RunningProbe&& other) noexcept;
    RunningProbe(const RunningProbe&) = delete;
    RunningProbe& operator=(const RunningProbe&) = delete;
    ~RunningProbe();

private:
    std::shared_ptr<ProbeAttempt> attempt_;
};

// `done` is called once, from the event loop and never before this returns; it may destroy the RunningProbe. Who
// keeps that a while longer lets a TCP connection end in order: at most a second.
[[nodiscard]] RunningProbe start_probe(boost::asio::io_context&, const HealthProbe&, ProbeDone done);

} // namespace vpcd
