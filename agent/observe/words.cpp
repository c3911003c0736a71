// Words for protocols, flags and times.
#include "observe/words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <ctime>

#include <fmt/format.h>
#include <netinet/in.h>

#include "observe/trace_view.h"

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

struct TcpFlag {
    std::string_view name;
    unsigned bit;
};

constexpr std::array kTcpFlags{
    TcpFlag{"fin", 0x01}, TcpFlag{"syn", 0x02}, TcpFlag{"rst", 0x04},
    TcpFlag{"psh", 0x08}, TcpFlag{"ack", 0x10}, TcpFlag{"urg", 0x20},
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

std::string tcp_flag_names(unsigned flags)
{
    std::string names;
    for (const auto& [name, bit] : kTcpFlags)
        if ((flags & bit) != 0)
            names.append(names.empty() ? "" : "|").append(name);
    return names.empty() ? "none" : names;
}

std::optional<unsigned> parse_tcp_flags(std::string_view text)
{
    if (text == "none")
        return 0;
    unsigned flags = 0;
    for (std::size_t at = 0; at <= text.size();) {
        const auto end = std::min(text.find_first_of("|,", at), text.size());
        const auto known = std::ranges::find(kTcpFlags, text.substr(at, end - at), &TcpFlag::name);
        if (known == kTcpFlags.end())
            return std::nullopt;
        flags |= known->bit;
        at = end + 1;
    }
    return flags;
}

bool has_icmp_id(unsigned type)
{
    constexpr unsigned kEchoReply = 0, kFirst = 13, kLast = 18; // RFC 792, RFC 950
    return type == kEchoReply || type == TracedPacket::kEcho || (type >= kFirst && type <= kLast);
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
