// Netlink messages: building requests and reading the attributes of answers. No I/O.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>

#include "base/address.h"

struct nl_msg;
struct nlattr;
struct nlmsghdr;

namespace vpcd {

struct ReleaseMessage {
    void operator()(nl_msg* message) const;
};

// One message: netlink header, the family's fixed header, attributes. The messages of this room are far
// smaller than what is reserved for one, so adding an attribute does not fail.
class Message {
public:
    template <typename Header>
        requires std::is_trivially_copyable_v<Header>
    Message(int type, int flags, const Header& header) : Message(type, flags, &header, sizeof(header))
    {
    }

    Message& put(int attribute, const void* data, std::size_t size);
    Message& put_u8(int attribute, std::uint8_t value) { return put(attribute, &value, sizeof(value)); }
    Message& put_u16(int attribute, std::uint16_t value) { return put(attribute, &value, sizeof(value)); }
    Message& put_u32(int attribute, std::uint32_t value) { return put(attribute, &value, sizeof(value)); }
    Message& put_string(int attribute, std::string_view text); // terminated, as the kernel wants it
    Message& put_address(int attribute, const Address&);       // 4 or 16 bytes, by family
    Message& put_nested(int attribute, const std::function<void(Message&)>& fill);

    // A fixed header that a nested attribute begins with.
    template <typename Header>
        requires std::is_trivially_copyable_v<Header>
    Message& append(const Header& header)
    {
        return append(&header, sizeof(header));
    }

    nl_msg* raw() { return message_.get(); }
    const nlmsghdr* header() const;

private:
    Message(int type, int flags, const void* header, std::size_t size);
    Message& append(const void* header, std::size_t size);

    std::unique_ptr<nl_msg, ReleaseMessage> message_;
};

// The attributes of one message, or of one nested attribute, by type. A view: valid as long as the message.
// An attribute that is shorter than what is asked for counts as absent.
class Attributes {
public:
    // `fixed`: size of the family's fixed header.
    Attributes(const nlmsghdr* message, std::size_t fixed);

    bool has(int type) const { return find(type) != nullptr; }
    std::optional<std::uint8_t> u8(int type) const { return value<std::uint8_t>(type); }
    std::optional<std::uint16_t> u16(int type) const { return value<std::uint16_t>(type); }
    std::optional<std::uint32_t> u32(int type) const { return value<std::uint32_t>(type); }
    std::string_view string(int type) const;        // empty when absent
    std::optional<Address> address(int type) const; // of 4 or 16 bytes
    std::optional<Address> via(int type) const;     // struct rtvia: a next hop of either family
    std::optional<Mac> mac(int type) const;         // of 6 bytes
    std::optional<Attributes> nested(int type) const;

private:
    Attributes(const nlattr* first, int length);
    const nlattr* find(int type) const;
    template <typename T>
    std::optional<T> value(int type) const;

    std::array<const nlattr*, 80> by_type_{};
};

// The fixed header that follows the netlink header; nullptr: the message is too short for it.
const void* fixed_header(const nlmsghdr* message, std::size_t size);

template <typename Header>
const Header* fixed_header(const nlmsghdr* message)
{
    return static_cast<const Header*>(fixed_header(message, sizeof(Header)));
}

// The messages of one datagram.
void for_each_message(const void* datagram, std::size_t size, const std::function<void(const nlmsghdr*)>& visit);

// AF_INET or AF_INET6.
int family_of(const Address&);

} // namespace vpcd
