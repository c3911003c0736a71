// Words for protocols and times.
#include "observe/words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <ctime>

#include <fmt/format.h>
#include <netinet/in.h>

namespace vpcd {

namespace {

struct NamedProtocol {
    std::string_view name;
    unsigned number;
};

constexpr std::array kProtocols{
    NamedProtocol{"icmp", IPPROTO_ICMP}, NamedProtocol{"tcp", IPPROTO_TCP},      NamedProtocol{"udp", IPPROTO_UDP},
    NamedProtocol{"gre", IPPROTO_GRE},   NamedProtocol{"esp", IPPROTO_ESP},      NamedProtocol{"ah", IPPROTO_AH},
    NamedProtocol{"sctp", IPPROTO_SCTP}, NamedProtocol{"icmp6", IPPROTO_ICMPV6},
};

} // namespace

std::string protocol_name(unsigned protocol)
{
    const auto known = std::ranges::find(kProtocols, protocol, &NamedProtocol::number);
    return known == kProtocols.end() ? std::to_string(protocol) : std::string{known->name};
}

std::optional<unsigned> parse_protocol(std::string_view text)
{
    std::string word{text};
    std::ranges::transform(word, word.begin(), [](unsigned char c) { return std::tolower(c); });
    if (const auto known = std::ranges::find(kProtocols, word, &NamedProtocol::name); known != kProtocols.end())
        return known->number;
    unsigned number = 0;
    const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (word.empty() || error != std::errc{} || stop != word.data() + word.size() || number > 255)
        return std::nullopt;
    return number;
}

std::string to_rfc3339(double unix_seconds)
{
    const auto milliseconds = static_cast<long long>(std::llround(unix_seconds * 1000));
    const std::time_t seconds = milliseconds / 1000;
    std::tm time{};
    ::gmtime_r(&seconds, &time);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", time.tm_year + 1900, time.tm_mon + 1,
                       time.tm_mday, time.tm_hour, time.tm_min, time.tm_sec, milliseconds % 1000);
}

} // namespace vpcd
