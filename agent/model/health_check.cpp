#include "model/health_check.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "model/rule_context.h"

namespace vpcd {

namespace {

constexpr unsigned kLastPort = 65535;
constexpr unsigned kFirstStatus = 100;
constexpr unsigned kLastStatus = 599;

struct At {
    const std::string& path;
    RuleContext& context;

    void report(std::string_view key, std::string sentence) const
    {
        context.report(fmt::format("{}.{}", path, key), std::move(sentence));
    }
};

void check_range(std::string_view key, unsigned value, unsigned most, const At& at)
{
    if (value == 0 || value > most)
        at.report(key, fmt::format("'{}' is 1 to {}; here it is {}", key, most, value));
}

void check_only_with(std::string_view key, bool is_set, CheckType wanted, CheckType type, const At& at)
{
    if (is_set && type != wanted)
        at.report(key, fmt::format("'{}' is of checks of type {}; this one is of type {}", key, word_of(wanted),
                                   word_of(type)));
}

void check_length(std::string_view key, const std::string& text, const At& at)
{
    if (text.size() > HealthCheck::kMostText)
        at.report(key,
                  fmt::format("'{}' has at most {} bytes; here are {}", key, HealthCheck::kMostText, text.size()));
}

// It becomes a line of a request: nothing in it may end that line, or the word.
void check_word(std::string_view key, const std::string& text, const At& at)
{
    if (!std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; }))
        at.report(key,
                  fmt::format("'{}' is of printable ASCII without spaces; write others as %20 and the like", key));
}

std::optional<std::uint16_t> status(std::string_view text)
{
    std::uint16_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_whole = error == std::errc{} && end == text.data() + text.size() && !text.empty();
    return is_whole && value >= kFirstStatus && value <= kLastStatus ? std::optional{value} : std::nullopt;
}

} // namespace

const std::vector<std::pair<std::string_view, CheckType>>& names(CheckType)
{
    static const std::vector<std::pair<std::string_view, CheckType>> kNames{
        {"tcp", CheckType::Tcp}, {"http", CheckType::Http}, {"udp", CheckType::Udp}};
    return kNames;
}

Result<StatusRange> StatusRange::parse(std::string_view text)
{
    const auto dash = text.find('-');
    const auto first = status(text.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : status(text.substr(dash + 1));
    if (!first || !last || *first > *last)
        return fail(
            Error::config(fmt::format("'{}' is no HTTP status or range of them; write 200 or 200-399", text)));
    return StatusRange{*first, *last};
}

std::string to_string(StatusRange range)
{
    return range.first == range.last ? std::to_string(range.first) : fmt::format("{}-{}", range.first, range.last);
}

void check(const HealthCheck& health, const std::string& path, RuleContext& context)
{
    const At at{path, context};
    if (health.port)
        check_range("port", *health.port, kLastPort, at);
    check_range("interval", health.interval, HealthCheck::kMostSeconds, at);
    check_range("timeout", health.timeout, HealthCheck::kMostSeconds, at);
    check_range("healthy", health.healthy, HealthCheck::kMostInARow, at);
    check_range("unhealthy", health.unhealthy, HealthCheck::kMostInARow, at);
    check_only_with("path", !health.path.empty(), CheckType::Http, health.type, at);
    check_only_with("host", !health.host.empty(), CheckType::Http, health.type, at);
    check_only_with("statuses", health.statuses.has_value(), CheckType::Http, health.type, at);
    check_only_with("send", !health.send.empty(), CheckType::Udp, health.type, at);
    check_only_with("expect", !health.expect.empty(), CheckType::Udp, health.type, at);
    for (const auto& [key, text] : {std::pair{"path", &health.path}, std::pair{"host", &health.host}}) {
        check_length(key, *text, at);
        check_word(key, *text, at);
    }
    check_length("send", health.send, at);
    check_length("expect", health.expect, at);
    if (!health.path.empty() && health.path.front() != '/')
        at.report("path", "'path' begins with '/'");
}

} // namespace vpcd
