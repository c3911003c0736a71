#include "kernel/neighbours.h"

#include <cerrno>
#include <fmt/format.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace vpcd {

namespace {

constexpr unsigned kStatic = NUD_PERMANENT | NUD_NOARP;
constexpr unsigned kValid = kStatic | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY;

Message about(int type, int flags, const NeighbourKey& key, std::uint8_t entry_flags = 0)
{
    ndmsg header{};
    header.ndm_family = static_cast<std::uint8_t>(family_of(key.address));
    header.ndm_ifindex = static_cast<int>(key.ifindex);
    header.ndm_state = NUD_NONE;
    header.ndm_flags = entry_flags;
    Message message{type, flags, header};
    message.put_address(NDA_DST, key.address);
    return message;
}

std::string named(std::string_view verb, const NeighbourKey& key)
{
    return fmt::format("{} neighbour {} on device {}", verb, to_string(key.address), key.ifindex);
}

// Without NTF_EXT_LEARNED the kernel's garbage collection and a lost carrier would take the entry away.
// No NLM_F_REPLACE: a MAC that is already known stays.
Message keep(const NeighbourKey& key)
{
    auto request = about(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_ACK, key, NTF_EXT_LEARNED);
    request.put_u32(NDA_FLAGS_EXT, NTF_EXT_MANAGED).put_u8(NDA_PROTOCOL, kRouteProtocol);
    return request;
}

} // namespace

bool is_ours(const Neighbour& neighbour)
{
    return neighbour.protocol == kRouteProtocol && neighbour.is_managed && !neighbour.is_static;
}

bool is_foreign(const Neighbour& neighbour)
{
    if (neighbour.is_static)
        return true;
    if (neighbour.protocol == kRouteProtocol)
        return false;
    return neighbour.protocol != 0 || neighbour.is_managed || neighbour.is_external;
}

std::optional<std::pair<NeighbourKey, Neighbour>> parse_neighbour(const nlmsghdr* message)
{
    const auto* header = fixed_header<ndmsg>(message);
    const bool is_entry = message->nlmsg_type == RTM_NEWNEIGH || message->nlmsg_type == RTM_DELNEIGH;
    if (!is_entry || !header || (header->ndm_family != AF_INET && header->ndm_family != AF_INET6))
        return std::nullopt;
    const Attributes attributes{message, sizeof(ndmsg)};
    const auto address = attributes.address(NDA_DST);
    if (!address || (header->ndm_flags & NTF_PROXY))
        return std::nullopt;

    Neighbour neighbour;
    if (header->ndm_state & kValid)
        neighbour.mac = attributes.mac(NDA_LLADDR);
    neighbour.is_static = (header->ndm_state & kStatic) != 0;
    neighbour.is_managed = (attributes.u32(NDA_FLAGS_EXT).value_or(0) & NTF_EXT_MANAGED) != 0;
    neighbour.is_external = (header->ndm_flags & NTF_EXT_LEARNED) != 0;
    neighbour.protocol = attributes.u8(NDA_PROTOCOL).value_or(0);
    return std::pair{NeighbourKey{static_cast<unsigned>(header->ndm_ifindex), *address}, neighbour};
}

Result<NeighbourTable> observe_neighbours(Netlink& netlink)
{
    Message request{RTM_GETNEIGH, NLM_F_DUMP, ndmsg{}};
    auto found = netlink.collect(request, parse_neighbour, "list the neighbours");
    if (!found)
        return fail(found.error());
    return NeighbourTable{found->begin(), found->end()};
}

Result<NeighbourTable> observe_neighbours(Netlink& netlink, const std::set<NeighbourKey>& keys)
{
    const std::vector<NeighbourKey> asked{keys.begin(), keys.end()};
    std::vector<Message> requests;
    requests.reserve(asked.size());
    for (const auto& key : asked)
        requests.push_back(about(RTM_GETNEIGH, 0, key));

    NeighbourTable table;
    const auto errors = netlink.exchange_all(
        requests,
        [&](std::size_t, const nlmsghdr* answer) {
            if (auto found = parse_neighbour(answer))
                table.insert(*found);
        },
        [&](std::size_t i) { return named("read", asked[i]); });
    for (const auto& [i, error] : errors)
        if (error.code() != ENOENT && error.code() != ENODEV)
            return fail(error);
    return table;
}

Result<std::set<NeighbourKey>> observe_kept_neighbours(Netlink& netlink)
{
    const auto table = observe_neighbours(netlink);
    if (!table)
        return fail(table.error());
    std::set<NeighbourKey> kept;
    for (const auto& [key, neighbour] : *table)
        if (is_ours(neighbour))
            kept.insert(key);
    return kept;
}

NeighbourChanges diff_neighbours(const std::set<NeighbourKey>& needed, const NeighbourTable& observed)
{
    NeighbourChanges changes;
    for (const auto& key : needed) {
        const auto present = observed.find(key);
        if (present == observed.end() || (!is_ours(present->second) && !is_foreign(present->second)))
            changes.keep.push_back(key);
    }
    for (const auto& [key, neighbour] : observed)
        if (is_ours(neighbour) && !needed.contains(key))
            changes.release.push_back(key);
    return changes;
}

std::vector<Error> apply_neighbours(Netlink& netlink, const NeighbourChanges& changes)
{
    std::vector<Message> requests;
    requests.reserve(changes.keep.size() + changes.release.size());
    for (const auto& key : changes.keep)
        requests.push_back(keep(key));
    for (const auto& key : changes.release)
        requests.push_back(about(RTM_DELNEIGH, NLM_F_ACK, key));

    const auto kept = changes.keep.size();
    const auto refused = netlink.exchange_all(
        requests, [](std::size_t, const nlmsghdr*) {},
        [&](std::size_t i) {
            return i < kept ? named("keep", changes.keep[i]) : named("release", changes.release[i - kept]);
        });
    std::vector<Error> errors;
    for (const auto& [i, error] : refused)
        if (i < kept || error.code() != ENOENT) // gone already is as good as released
            errors.push_back(error);
    return errors;
}

} // namespace vpcd
