// Rules of single values that several kinds share.
#include <algorithm>

#include <fmt/format.h>

#include "model/rule_context.h"

namespace vpcd {

namespace {

bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

} // namespace

bool is_unicast(const Address& address)
{
    const unsigned first_byte = address.v4_value() >> 24;
    return first_byte != 0 && first_byte != 127 && first_byte < 224;
}

void RuleContext::check_name(std::string_view path, std::string_view name, std::size_t longest)
{
    const bool is_good =
        !name.empty() && name.size() <= longest && is_letter_or_digit(name.front()) &&
        std::ranges::all_of(name, [](char c) { return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-'; });
    if (!is_good)
        report(path, fmt::format("'{}' is not a name: 1 to {} letters, digits, '.', '_' and '-', the first one a "
                                 "letter or digit",
                                 name, longest));
}

void RuleContext::check_device(std::string_view path, std::string_view device)
{
    const bool is_good =
        !device.empty() && device.size() <= 15 && device != "." && device != ".." &&
        std::ranges::none_of(device, [](unsigned char c) { return c <= ' ' || c == '/' || c == ':' || c == 0x7f; });
    if (!is_good)
        report(path,
               fmt::format("'{}' is not a device name: 1 to 15 characters without '/', ':' and blanks", device));
}

bool RuleContext::check_family(std::string_view path, const Address& address)
{
    if (!address.is_v4())
        report(path, fmt::format("{} is an IPv6 address; only IPv4 is forwarded for now", to_string(address)));
    return address.is_v4();
}

bool RuleContext::check_family(std::string_view path, const Prefix& prefix)
{
    if (!prefix.address().is_v4())
        report(path, fmt::format("{} is an IPv6 block; only IPv4 is forwarded for now", to_string(prefix)));
    return prefix.address().is_v4();
}

} // namespace vpcd
