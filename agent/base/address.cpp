#include "base/address.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <fmt/format.h>

namespace vpcd {

namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// Clears all bits after the first `length` of 128.
std::array<std::uint8_t, 16> masked(std::array<std::uint8_t, 16> bytes, unsigned length)
{
    for (unsigned i = 0; i < 16; ++i) {
        const unsigned kept = std::clamp(static_cast<int>(length) - static_cast<int>(i * 8), 0, 8);
        bytes[i] &= static_cast<std::uint8_t>(0xff00u >> kept);
    }
    return bytes;
}

::address to_abi(const std::array<std::uint8_t, 16>& bytes)
{
    ::address abi{};
    std::memcpy(&abi, bytes.data(), sizeof(abi));
    return abi;
}

} // namespace

Result<Address> Address::parse(std::string_view text)
{
    const std::string terminated{text};
    in_addr v4_bytes{};
    if (inet_pton(AF_INET, terminated.c_str(), &v4_bytes) == 1)
        return v4(ntohl(v4_bytes.s_addr));
    ::address v6_bytes{};
    if (inet_pton(AF_INET6, terminated.c_str(), &v6_bytes) == 1)
        return from_abi(v6_bytes);
    return fail(Error::config(fmt::format("'{}' is not an IP address", text)));
}

Address Address::from_abi(const ::address& abi)
{
    Address address;
    std::memcpy(address.bytes_.data(), &abi, sizeof(abi));
    return address;
}

::address Address::abi() const
{
    return to_abi(bytes_);
}

bool Address::is_v4() const
{
    return std::equal(kMapped.begin(), kMapped.end(), bytes_.begin());
}

std::uint32_t Address::v4_value() const
{
    return (std::uint32_t{bytes_[12]} << 24) | (std::uint32_t{bytes_[13]} << 16) | (std::uint32_t{bytes_[14]} << 8) |
           bytes_[15];
}

bool Address::is_unspecified() const
{
    return *this == Address{} || *this == v4(0);
}

std::string to_string(const Address& address)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.is_v4())
        inet_ntop(AF_INET, address.bytes().data() + 12, text.data(), text.size());
    else
        inet_ntop(AF_INET6, address.bytes().data(), text.data(), text.size());
    return text.data();
}

Result<Mac> Mac::parse(std::string_view text)
{
    const auto broken = [&] { return fail(Error::config(fmt::format("'{}' is not a MAC address", text))); };
    std::array<std::uint8_t, 6> bytes{};

    if (text.size() != 17)
        return broken();
    for (unsigned i = 0; i < 6; ++i) {
        const char* first = text.data() + std::size_t{3} * i;
        const auto [end, error] = std::from_chars(first, first + 2, bytes[i], 16);
        if (error != std::errc{} || end != first + 2 || (i < 5 && *end != ':' && *end != '-'))
            return broken();
    }
    return Mac{bytes};
}

Mac Mac::from_abi(const ::mac& abi)
{
    Mac mac;
    std::copy_n(std::begin(abi.byte), 6, mac.bytes_.begin());
    return mac;
}

::mac Mac::abi() const
{
    ::mac abi{};
    std::copy(bytes_.begin(), bytes_.end(), std::begin(abi.byte));
    return abi;
}

std::string to_string(const Mac& mac)
{
    return fmt::format("{:02x}", fmt::join(mac.bytes(), ":"));
}

Result<Prefix> Prefix::parse(std::string_view text)
{
    const auto slash = text.find('/');
    if (slash == std::string_view::npos)
        return fail(Error::config(fmt::format("'{}' is not a CIDR block: no '/'", text)));
    auto address = Address::parse(text.substr(0, slash));
    if (!address)
        return fail(address.error().during(fmt::format("'{}' is not a CIDR block", text)));

    unsigned length = 0;
    const auto digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    const unsigned longest = address->is_v4() ? 32 : 128;
    if (error != std::errc{} || end != digits.data() + digits.size() || length > longest)
        return fail(Error::config(fmt::format("'{}' is not a CIDR block: the length is 0 to {}", text, longest)));

    const Prefix prefix = of(*address, length);
    if (prefix.address() != *address)
        return fail(Error::config(fmt::format("'{}' has host bits set; the block is {}", text, to_string(prefix))));
    return prefix;
}

Prefix Prefix::of(const Address& address, unsigned length)
{
    Prefix prefix;
    prefix.length_ = static_cast<std::uint8_t>(length);
    prefix.address_ = Address::from_abi(to_abi(masked(address.bytes(), address.is_v4() ? length + 96 : length)));
    return prefix;
}

bool Prefix::contains(const Address& address) const
{
    return address.is_v4() == address_.is_v4() && masked(address.bytes(), mapped_length()) == address_.bytes();
}

bool Prefix::contains(const Prefix& other) const
{
    return other.length_ >= length_ && contains(other.address_);
}

Address Prefix::last() const
{
    auto bytes = address_.bytes();
    const auto network =
        masked({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
               mapped_length());
    for (unsigned i = 0; i < 16; ++i)
        bytes[i] |= static_cast<std::uint8_t>(~network[i]);
    return Address::from_abi(to_abi(bytes));
}

std::string to_string(const Prefix& prefix)
{
    return fmt::format("{}/{}", to_string(prefix.address()), prefix.length());
}

Address offset(const Address& address, std::int64_t offset)
{
    if (address.is_v4())
        return Address::v4(address.v4_value() + static_cast<std::uint32_t>(offset));

    auto bytes = address.bytes();
    __int128 value = 0;
    for (const auto byte : bytes)
        value = static_cast<__int128>((static_cast<unsigned __int128>(value) << 8) | byte);
    auto sum = static_cast<unsigned __int128>(value) + static_cast<unsigned __int128>(static_cast<__int128>(offset));
    for (int i = 15; i >= 0; --i, sum >>= 8)
        bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(sum);
    return Address::from_abi(to_abi(bytes));
}

} // namespace vpcd
