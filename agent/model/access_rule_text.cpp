// Rules as words: what documents write, and what people read.
#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <netinet/in.h>

#include "model/access_rule.h"

namespace vpcd {

namespace {

struct ProtocolWord {
    std::string_view word;
    std::optional<std::uint8_t> number;
};

constexpr std::array<ProtocolWord, 6> kProtocols{{{"tcp", IPPROTO_TCP},
                                                  {"udp", IPPROTO_UDP},
                                                  {"icmp", IPPROTO_ICMP},
                                                  {"gre", IPPROTO_GRE},
                                                  {"esp", IPPROTO_ESP},
                                                  {"all", std::nullopt}}};

// Decimal digits and nothing else. A leading zero would be octal to other readers of YAML.
template <typename Number>
std::optional<Number> whole_number(std::string_view text)
{
    Number number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || stop != text.data() + text.size() || (text.size() > 1 && text.front() == '0'))
        return std::nullopt;
    return number;
}

std::string matter(const AccessRule& rule)
{
    std::string text = to_string(rule.protocol);
    auto ports = rule.ports;
    std::ranges::sort(ports);
    ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
    for (std::size_t i = 0; i < ports.size(); ++i)
        text += (i == 0 ? " " : ", ") + to_string(ports[i]);
    if (rule.icmp_type)
        text += fmt::format(" type {}", *rule.icmp_type);
    if (rule.icmp_code)
        text += fmt::format(" code {}", *rule.icmp_code);
    return text;
}

} // namespace

const std::vector<std::pair<std::string_view, Direction>>& names(Direction)
{
    static const std::vector<std::pair<std::string_view, Direction>> kNames{
        {"ingress", Direction::Ingress},
        {"egress", Direction::Egress},
    };
    return kNames;
}

const std::vector<std::pair<std::string_view, RulePolicy>>& names(RulePolicy)
{
    static const std::vector<std::pair<std::string_view, RulePolicy>> kNames{
        {"allow", RulePolicy::Allow},
        {"drop", RulePolicy::Drop},
    };
    return kNames;
}

Result<IpProtocol> IpProtocol::parse(std::string_view text)
{
    for (const auto& [word, number] : kProtocols)
        if (word == text)
            return IpProtocol{number};
    if (const auto number = whole_number<std::uint8_t>(text))
        return IpProtocol{number};
    return fail(Error::config(
        fmt::format("'{}' is not a protocol: tcp, udp, icmp, gre, esp, all, or a number from 0 to 255", text)));
}

std::string to_string(IpProtocol protocol)
{
    for (const auto& [word, number] : kProtocols)
        if (number == protocol.number)
            return std::string{word};
    return std::to_string(*protocol.number);
}

Result<PortRange> PortRange::parse(std::string_view text)
{
    const auto dash = text.find('-');
    const auto first = whole_number<std::uint16_t>(text.substr(0, dash));
    const auto last = dash == text.npos ? first : whole_number<std::uint16_t>(text.substr(dash + 1));
    if (!first || !last)
        return fail(Error::config(
            fmt::format("'{}' is not a port or a range of ports, such as 443 or 8000-8080, from 0 to 65535", text)));
    if (*first > *last)
        return fail(Error::config(fmt::format("'{}' is not a range of ports: it ends before it begins", text)));
    return PortRange{*first, *last};
}

std::string to_string(PortRange range)
{
    return range.first == range.last ? std::to_string(range.first) : fmt::format("{}-{}", range.first, range.last);
}

std::string to_string(const Peer& peer)
{
    if (peer.cidr)
        return to_string(*peer.cidr);
    if (!peer.group.empty())
        return "group " + peer.group;
    if (!peer.prefix_list.empty())
        return "prefix list " + peer.prefix_list;
    return "anybody";
}

std::string to_string(const AccessRule& rule)
{
    return fmt::format("{} {} {} {} {}", word_of(rule.direction), word_of(rule.policy), matter(rule),
                       rule.direction == Direction::Ingress ? "from" : "to", to_string(rule.peer));
}

} // namespace vpcd
