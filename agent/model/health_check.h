// How the backends of a listener are checked: only those that answer get new connections.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "model/fields.h"

namespace vpcd {

enum class CheckType {
    Tcp,  // it accepts a connection
    Http, // it answers a GET
    Udp,  // it answers a datagram, or at least is not told to be unreachable
};
const std::vector<std::pair<std::string_view, CheckType>>& names(CheckType);

// "200" or "200-399", both ends included. 100 to 599.
struct StatusRange {
    std::uint16_t first = 200;
    std::uint16_t last = 399;

    static Result<StatusRange> parse(std::string_view text);
    friend auto operator<=>(const StatusRange&, const StatusRange&) = default;
};
std::string to_string(StatusRange);

struct HealthCheck {
    static constexpr unsigned kMostSeconds = 300;
    static constexpr unsigned kMostInARow = 10;
    static constexpr std::size_t kMostText = 500; // bytes

    CheckType type = CheckType::Tcp;
    std::optional<unsigned> port; // empty: the backend's
    unsigned interval = 2;        // seconds from the start of one check to that of the next, 1 to kMostSeconds
    unsigned timeout = 5;         // seconds, likewise
    unsigned healthy = 3;         // successes in a row that revive a backend, 1 to kMostInARow
    unsigned unhealthy = 3;       // failures in a row that take it out
    // Only with Http. Empty: "/", and the backend's address.
    std::string path;
    std::string host;
    std::optional<StatusRange> statuses;
    // Only with Udp: the payload, and what the answer must contain.
    std::string send;
    std::string expect;

    friend bool operator==(const HealthCheck&, const HealthCheck&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.required("type", self.type);
        visit.optional("port", self.port);
        visit.optional("interval", self.interval);
        visit.optional("timeout", self.timeout);
        visit.optional("healthy", self.healthy);
        visit.optional("unhealthy", self.unhealthy);
        visit.optional("path", self.path);
        visit.optional("host", self.host);
        visit.optional("statuses", self.statuses);
        visit.optional("send", self.send);
        visit.optional("expect", self.expect);
    }
};

// `path`: of the check in its document.
void check(const HealthCheck&, const std::string& path, RuleContext&);

} // namespace vpcd
