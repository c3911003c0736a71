// Addresses as values: IP (both families, 16 bytes as in the kernel tables), MAC and prefix.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include <vpcd/abi/types.h>

#include "base/error.h"

namespace vpcd {

// An IPv6 address, or an IPv4 address mapped as ::ffff:a.b.c.d. Bytes are in network order.
class Address {
public:
    constexpr Address() = default;

    // Accepts dotted IPv4 and RFC 4291 text; an IPv4-mapped IPv6 text yields the IPv4 address.
    static Result<Address> parse(std::string_view text);
    // `value` in host byte order: 0x0a000001 is 10.0.0.1.
    static constexpr Address v4(std::uint32_t value)
    {
        Address address;
        address.bytes_[10] = address.bytes_[11] = 0xff;
        for (int i = 0; i < 4; ++i)
            address.bytes_[12 + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
        return address;
    }
    static Address from_abi(const ::address& abi);
    ::address abi() const;

    bool is_v4() const;
    // Host byte order. Only for IPv4.
    std::uint32_t v4_value() const;
    bool is_unspecified() const;
    const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }

    friend auto operator<=>(const Address&, const Address&) = default;

private:
    std::array<std::uint8_t, 16> bytes_{};
};

std::string to_string(const Address&);

class Mac {
public:
    constexpr Mac() = default;
    constexpr explicit Mac(std::array<std::uint8_t, 6> bytes) : bytes_(bytes) {}

    // "02:00:0a:00:01:0a", also with '-'.
    static Result<Mac> parse(std::string_view text);
    static Mac from_abi(const ::mac& abi);
    ::mac abi() const;

    bool is_zero() const { return *this == Mac{}; }
    bool is_multicast() const { return (bytes_[0] & 1) != 0; }
    const std::array<std::uint8_t, 6>& bytes() const { return bytes_; }

    friend auto operator<=>(const Mac&, const Mac&) = default;

private:
    std::array<std::uint8_t, 6> bytes_{};
};

std::string to_string(const Mac&);

// An address block. Host bits are zero.
class Prefix {
public:
    constexpr Prefix() = default;

    // "10.0.0.0/8". Host bits that are set are an error that names the block meant.
    static Result<Prefix> parse(std::string_view text);
    // Cuts off host bits. `length` counts in the family of `address` (0-32 or 0-128).
    static Prefix of(const Address& address, unsigned length);

    const Address& address() const { return address_; }
    // In the family of the address: 0-32 for IPv4, 0-128 for IPv6.
    unsigned length() const { return length_; }
    // 0-128: 96 more than length() for IPv4, as the kernel tables count.
    unsigned mapped_length() const { return address_.is_v4() ? length_ + 96 : length_; }

    bool contains(const Address&) const;
    bool contains(const Prefix&) const;
    bool overlaps(const Prefix& other) const { return contains(other) || other.contains(*this); }
    // The last address of the block (IPv4: the broadcast address).
    Address last() const;

    friend auto operator<=>(const Prefix&, const Prefix&) = default;

private:
    Address address_{};
    std::uint8_t length_ = 0;
};

std::string to_string(const Prefix&);

// `address` + `offset`; wraps around within the family.
Address offset(const Address& address, std::int64_t offset);

} // namespace vpcd
