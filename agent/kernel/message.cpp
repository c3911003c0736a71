#include "kernel/message.h"

#include <cassert>
#include <cstring>
#include <linux/rtnetlink.h>
#include <new>
#include <string>

#include <netlink/attr.h>
#include <netlink/msg.h>

namespace vpcd {

namespace {

constexpr std::size_t kCapacity = 1024; // libnl's own choice, a page, is much for thousands of messages at once

std::optional<Address> address_of(const void* data, std::size_t size)
{
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    if (size == 4)
        return Address::v4(std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
                           std::uint32_t{bytes[2]} << 8 | bytes[3]);
    if (size != 16)
        return std::nullopt;
    ::address abi{};
    std::memcpy(&abi, bytes, sizeof(abi));
    return Address::from_abi(abi);
}

} // namespace

void ReleaseMessage::operator()(nl_msg* message) const
{
    nlmsg_free(message);
}

Message::Message(int type, int flags, const void* header, std::size_t size) : message_(nlmsg_alloc_size(kCapacity))
{
    if (!message_ || !nlmsg_put(raw(), NL_AUTO_PORT, NL_AUTO_SEQ, type, 0, flags))
        throw std::bad_alloc{};
    append(header, size);
}

Message& Message::append(const void* header, std::size_t size)
{
    [[maybe_unused]] const int error = nlmsg_append(raw(), const_cast<void*>(header), size, NLMSG_ALIGNTO);
    assert(error == 0);
    return *this;
}

Message& Message::put(int attribute, const void* data, std::size_t size)
{
    [[maybe_unused]] const int error = nla_put(raw(), attribute, static_cast<int>(size), data);
    assert(error == 0);
    return *this;
}

Message& Message::put_string(int attribute, std::string_view text)
{
    const std::string terminated{text};
    return put(attribute, terminated.c_str(), terminated.size() + 1);
}

Message& Message::put_address(int attribute, const Address& address)
{
    if (address.is_v4())
        return put(attribute, address.bytes().data() + 12, 4);
    return put(attribute, address.bytes().data(), 16);
}

Message& Message::put_nested(int attribute, const std::function<void(Message&)>& fill)
{
    nlattr* nest = nla_nest_start(raw(), attribute);
    assert(nest != nullptr);
    fill(*this);
    nla_nest_end(raw(), nest);
    return *this;
}

const nlmsghdr* Message::header() const
{
    return nlmsg_hdr(message_.get());
}

Attributes::Attributes(const nlmsghdr* message, std::size_t fixed)
    : Attributes(nlmsg_attrdata(message, static_cast<int>(fixed)), nlmsg_attrlen(message, static_cast<int>(fixed)))
{
}

Attributes::Attributes(const nlattr* first, int length)
{
    int rest = length;
    for (const nlattr* at = first; nla_ok(at, rest); at = nla_next(at, &rest)) {
        const auto type = static_cast<std::size_t>(nla_type(at));
        if (type < by_type_.size())
            by_type_[type] = at;
    }
}

const nlattr* Attributes::find(int type) const
{
    assert(static_cast<std::size_t>(type) < by_type_.size());
    return by_type_[static_cast<std::size_t>(type)];
}

template <typename T>
std::optional<T> Attributes::value(int type) const
{
    const nlattr* found = find(type);
    if (!found || nla_len(found) < static_cast<int>(sizeof(T)))
        return std::nullopt;
    T copy;
    std::memcpy(&copy, nla_data(found), sizeof(copy));
    return copy;
}

template std::optional<std::uint8_t> Attributes::value(int) const;
template std::optional<std::uint16_t> Attributes::value(int) const;
template std::optional<std::uint32_t> Attributes::value(int) const;

std::string_view Attributes::string(int type) const
{
    const nlattr* found = find(type);
    if (!found)
        return {};
    const auto* text = static_cast<const char*>(nla_data(found));
    return {text, strnlen(text, static_cast<std::size_t>(nla_len(found)))};
}

std::optional<Address> Attributes::address(int type) const
{
    const nlattr* found = find(type);
    return found ? address_of(nla_data(found), static_cast<std::size_t>(nla_len(found))) : std::nullopt;
}

std::optional<Address> Attributes::via(int type) const
{
    constexpr int kFamily = sizeof(__kernel_sa_family_t);
    const nlattr* found = find(type);
    if (!found || nla_len(found) < kFamily)
        return std::nullopt;
    return address_of(static_cast<const char*>(nla_data(found)) + kFamily,
                      static_cast<std::size_t>(nla_len(found) - kFamily));
}

std::optional<Mac> Attributes::mac(int type) const
{
    std::array<std::uint8_t, 6> bytes{};
    const nlattr* found = find(type);
    if (!found || nla_len(found) != static_cast<int>(bytes.size()))
        return std::nullopt;
    std::memcpy(bytes.data(), nla_data(found), bytes.size());
    return Mac{bytes};
}

std::optional<Attributes> Attributes::nested(int type) const
{
    const nlattr* found = find(type);
    if (!found)
        return std::nullopt;
    return Attributes{static_cast<const nlattr*>(nla_data(found)), nla_len(found)};
}

const void* fixed_header(const nlmsghdr* message, std::size_t size)
{
    if (!nlmsg_valid_hdr(message, static_cast<int>(size)))
        return nullptr;
    return nlmsg_data(message);
}

void for_each_message(const void* datagram, std::size_t size, const std::function<void(const nlmsghdr*)>& visit)
{
    int rest = static_cast<int>(size);
    auto* at = static_cast<nlmsghdr*>(const_cast<void*>(datagram)); // nlmsg_next() wants it so, and writes nothing
    for (; nlmsg_ok(at, rest); at = nlmsg_next(at, &rest))
        visit(at);
}

int family_of(const Address& address)
{
    return address.is_v4() ? AF_INET : AF_INET6;
}

} // namespace vpcd
