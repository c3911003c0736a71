// Packets that follow from each other: conversations that are opened, answered, ended and taken up again, quoted by
// ICMP errors and cut into fragments; and now and then one that has nothing to do with anything.
#include <algorithm>

#include <fmt/format.h>

#include "generate.h"
#include "routing.h"
#include "tracking.h"

namespace vpcd::oracle {
namespace {

constexpr std::uint16_t kServices[] = {22, 80, 443, 1000, 1500, 1999, 2000, 2001, 8080, 53};
constexpr std::uint16_t kClients[] = {40000, 40001, 80};
constexpr std::uint8_t kQueries[] = {8, 8, 8, 13, 17};
constexpr std::uint16_t kEchoIds[] = {7, 4711};
constexpr Ipv4 kOutside[] = {0x08080808, 0x08080809, 0xc0a80001, 0x0a000163, 0x64400001};
constexpr std::size_t kMostConversations = 24;

// What its opener has sent, and how far it has come.
struct Conversation {
    std::string cloud;
    Said opening;
    unsigned packets = 0;
};

class Story {
public:
    Story(Dice& dice, const Documents& documents) : dice_(dice), documents_(documents) { see_documents(); }

    void see_documents() { world_ = world_of(documents_.model()); }

    std::optional<Sending> next()
    {
        const auto die = dice_.roll(100);
        if (die < 25 || conversations_.empty())
            return send(begin(), true);
        auto& conversation = conversations_[recent()];
        if (die < 70)
            return go_on(conversation);
        if (die < 79)
            return complain(conversation);
        if (die < 91)
            return send_fragment(conversation);
        if (die < 96)
            return lie(conversation);
        return send(odd(conversation), true);
    }

private:
    const Cloud& cloud() { return std::next(world_.clouds.begin(), dice_.roll(world_.clouds.size()))->second; }
    std::size_t recent() // those that began last are heard of more often
    {
        const auto size = conversations_.size();
        return dice_.chance(60) ? size - 1 - dice_.roll(std::min<std::size_t>(size, 4)) : dice_.roll(size);
    }

    Ipv4 somebody(const std::string& cloud)
    {
        std::vector<Ipv4> all;
        for (const auto& [name, card] : world_.cards)
            if (card.vpc == cloud)
                all.insert(all.end(), card.addresses.begin(), card.addresses.end());
        return dice_.chance(8) ? dice_.of(kOutside) : dice_.of(all);
    }

    Conversation& begin()
    {
        Conversation made;
        made.cloud = cloud().name;
        auto& said = made.opening;
        said.source = somebody(made.cloud);
        if (!world_.publics.empty() && dice_.chance(25))
            return talk_to_internet(made);
        do // nobody talks to themselves
            said.destination = dice_.chance(4) ? gateway(made.cloud) : somebody(made.cloud);
        while (said.destination == said.source ||
               (owner(made.cloud, said.source) &&
                owner(made.cloud, said.source) == owner(made.cloud, said.destination)));
        return fill(made);
    }

    // In private addresses, as the instance sees it.
    Conversation& talk_to_internet(Conversation& made)
    {
        const auto& bound = dice_.of(world_.publics);
        made.cloud = bound.cloud;
        made.opening.source = bound.private_address;
        made.opening.destination = kOutside[dice_.roll(2)];
        if (dice_.chance(50))
            std::swap(made.opening.source, made.opening.destination);
        return fill(made);
    }

    Conversation& fill(Conversation& made)
    {
        auto& said = made.opening;
        static constexpr std::uint8_t kProtocols[] = {kTcp, kTcp, kTcp, kTcp, kUdp, kUdp, kIcmp, kIcmp, kGre, 50};
        said.protocol = dice_.of(kProtocols);
        said.source_port = dice_.of(kClients);
        said.destination_port = dice_.of(kServices);
        if (said.protocol == kTcp) {
            said.tcp_flags = tcp::kSyn;
            said.segment_size = dice_.chance(30) ? 1460 : 0;
        }
        if (said.protocol == kIcmp) {
            said.icmp_type = dice_.of(kQueries);
            said.icmp_id = dice_.of(kEchoIds);
        }
        if (conversations_.size() == kMostConversations)
            conversations_.erase(conversations_.begin());
        conversations_.push_back(made);
        return conversations_.back();
    }

    const Card* owner(const std::string& cloud, Ipv4 address) const { return world_.owner(cloud, address); }

    Ipv4 gateway(const std::string& cloud)
    {
        const auto& subnets = world_.clouds.at(cloud).subnets;
        return std::next(subnets.begin(), dice_.roll(subnets.size()))->second.gateway;
    }

    static Said turned(const Said& said)
    {
        Said other = said;
        std::swap(other.source, other.destination);
        std::swap(other.source_port, other.destination_port);
        other.segment_size = 0;
        if (said.protocol == kIcmp)
            other.icmp_type = said.icmp_type == icmp::kEcho ? std::uint8_t{icmp::kEchoReply}
                                                            : static_cast<std::uint8_t>(said.icmp_type + 1);
        return other;
    }

    // What this side would say next, most of the time.
    std::optional<Sending> go_on(Conversation& conversation)
    {
        const bool answers = dice_.chance(conversation.packets < 2 ? 70 : 50);
        Said said = answers ? turned(conversation.opening) : conversation.opening;
        if (said.protocol == kTcp)
            said.tcp_flags = tcp_flags(conversation, answers);
        if (!(said.tcp_flags & tcp::kSyn))
            said.segment_size = 0;
        conversation.packets++;
        return send(conversation.cloud, said);
    }

    std::uint8_t tcp_flags(const Conversation& conversation, bool answers)
    {
        static constexpr std::uint8_t kAll[] = {tcp::kSyn,
                                                tcp::kSyn,
                                                tcp::kSyn | tcp::kAck,
                                                tcp::kAck,
                                                tcp::kRst,
                                                tcp::kRst | tcp::kAck,
                                                tcp::kFin | tcp::kAck,
                                                tcp::kFin,
                                                tcp::kSyn | tcp::kFin,
                                                0,
                                                tcp::kSyn | tcp::kRst};
        if (dice_.chance(15))
            return dice_.of(kAll);
        if (conversation.packets < 2)
            return answers ? tcp::kSyn | tcp::kAck : conversation.packets == 0 ? tcp::kSyn : tcp::kAck;
        if (dice_.chance(20))
            return dice_.chance(60) ? tcp::kFin | tcp::kAck : tcp::kRst | tcp::kAck;
        return tcp::kAck;
    }

    // An ICMP error about a packet of the conversation, from its receiver or from somebody on the way.
    std::optional<Sending> complain(const Conversation& conversation)
    {
        static constexpr std::uint8_t kTypes[] = {3, 3, 11, 12, 5};
        Said about = dice_.chance(60) ? conversation.opening : turned(conversation.opening);
        if (dice_.chance(15))
            about.source_port++;
        Said error;
        error.protocol = kIcmp;
        error.icmp_type = dice_.of(kTypes);
        error.icmp_code = static_cast<std::uint8_t>(dice_.roll(4));
        error.source = dice_.chance(75) ? about.destination : somebody(conversation.cloud);
        error.destination = dice_.chance(92) ? about.source : somebody(conversation.cloud);
        error.quoted = {about};
        return send(conversation.cloud, error);
    }

    std::optional<Sending> send_fragment(const Conversation& conversation)
    {
        Said said = dice_.chance(70) ? conversation.opening : turned(conversation.opening);
        if (said.protocol == kTcp && dice_.chance(60))
            said.tcp_flags = tcp::kAck;
        said.segment_size = 0;
        said.id = static_cast<std::uint16_t>(1 + dice_.roll(2));
        said.payload = 32;
        if (dice_.chance(45)) {
            said.more = true;
        } else {
            said.offset = dice_.chance(10) ? 8 : 48;
            said.more = dice_.chance(30);
        }
        return send(conversation.cloud, said);
    }

    // Somebody who is not who they say, or whom nobody knows.
    std::optional<Sending> lie(const Conversation& conversation)
    {
        auto sending = send(conversation.cloud, conversation.opening);
        if (!sending)
            return sending;
        if (!sending->card.empty()) {
            if (dice_.chance(40))
                sending->from_mac = MacBytes{2, 0, 0, 0, 9, 9};
            else
                sending->packet.source = somebody(conversation.cloud);
            return sending;
        }
        switch (dice_.roll(4)) {
        case 0:
            sending->host = 0xc0000263; // no host's
            break;
        case 1:
            sending->vni = dice_.chance(50) ? 300 : 4711;
            break;
        case 2:
            sending->to_card.clear();
            break;
        default:
            sending->outer_tos = 3;
            sending->packet.tos = static_cast<std::uint8_t>(dice_.roll(4));
        }
        return sending;
    }

    const Conversation& odd(const Conversation& like)
    {
        Conversation made = like;
        auto& said = made.opening;
        switch (dice_.roll(4)) {
        case 0:
            said.ttl = static_cast<std::uint8_t>(1 + dice_.roll(2));
            break;
        case 1:
            said.payload = 1400 + dice_.roll(80);
            break;
        case 2:
            said.source = somebody(made.cloud);
            break;
        default:
            said.destination_port = static_cast<std::uint16_t>(said.destination_port + dice_.roll(3) - 1);
        }
        odd_ = made;
        return odd_;
    }

    std::optional<Sending> send(const Conversation& conversation, bool)
    {
        return send(conversation.cloud, conversation.opening);
    }

    // From where the owner of the source address is, or from somebody who forwards.
    std::optional<Sending> send(const std::string& cloud, const Said& said)
    {
        Sending sending;
        sending.packet = said;
        if (is_outside(said.source) && dice_.chance(90))
            if (const auto* bound = world_.public_of(cloud, said.destination); bound && !bound->host.empty())
                return come_in(*bound, sending);
        if (const auto* bound = world_.public_of(cloud, said.source); bound && is_outside(said.destination))
            if (auto going = go_out(*bound, sending); going && dice_.chance(90))
                return going;
        const auto* owner = world_.owner(cloud, said.source);
        if (!owner || dice_.chance(6))
            owner = forwarder(cloud, !owner);
        if (owner && owner->host == kHost) {
            sending.card = owner->name;
            if (route(world_, *owner, said.destination).card == owner)
                return std::nullopt; // a route that leads to the sender itself
            return sending;
        }
        const auto* receiver = world_.owner(cloud, said.destination);
        if (!receiver || receiver->host != kHost)
            receiver = forwarder(cloud, false);
        if (!receiver || receiver->host != kHost)
            return std::nullopt;
        const auto host = owner ? world_.hosts.find(owner->host) : world_.hosts.end();
        sending.host = host == world_.hosts.end() ? world_.hosts.at("node-b").address : host->second.address;
        sending.vni = world_.clouds.at(cloud).vni;
        sending.to_card = receiver->name;
        return sending;
    }

    static bool is_outside(Ipv4 address) { return address == kOutside[0] || address == kOutside[1]; }

    // By the host that serves the address: this one, or another that has translated it already.
    std::optional<Sending> come_in(const Public& bound, Sending sending)
    {
        if (bound.host != kHost) {
            if (world_.cards.at(bound.card).host != kHost)
                return std::nullopt;
            sending.host = world_.hosts.at(bound.host).address;
            sending.vni = world_.clouds.at(bound.cloud).vni;
            sending.to_card = bound.card;
            return sending;
        }
        sending.is_from_internet = true;
        sending.packet.destination = bound.address;
        for (auto& quoted : sending.packet.quoted)
            if (quoted.source == bound.private_address)
                quoted.source = bound.address;
        return sending;
    }

    // Of another host's card, for this one to take out.
    std::optional<Sending> go_out(const Public& bound, Sending sending)
    {
        const auto& card = world_.cards.at(bound.card);
        const auto host = world_.hosts.find(card.host);
        if (host == world_.hosts.end() || card.host == kHost || (bound.host != kHost && dice_.chance(70)))
            return std::nullopt;
        sending.is_to_internet = true;
        sending.host = host->second.address;
        sending.vni = world_.clouds.at(bound.cloud).vni;
        return sending;
    }

    const Card* forwarder(const std::string& cloud, bool may_be_elsewhere)
    {
        std::vector<const Card*> all;
        for (const auto& [name, card] : world_.cards)
            if (card.vpc == cloud && !card.is_checked && (may_be_elsewhere || card.host == kHost))
                all.push_back(&card);
        return all.empty() ? nullptr : dice_.of(all);
    }

    Dice& dice_;
    const Documents& documents_;
    World world_;
    std::vector<Conversation> conversations_;
    Conversation odd_;
};

} // namespace

namespace {

// The number of a card that has left goes to the next that comes, and with it what the kernel's tables still know of
// connections: no case asks about that.
bool inherits(const Change& change, const Model& model, bool& has_left)
{
    const auto* card = change.value ? std::get_if<Interface>(&*change.value) : nullptr;
    if (!card)
        return false;
    const bool was_here = model.find<Interface>(card->name)->host == kHost;
    if (card->host == kHost && !was_here)
        return has_left;
    has_left |= card->host != kHost && was_here;
    return false;
}

} // namespace

std::vector<Step> random_steps(Dice& dice, const std::vector<AnyResource>& declared, std::size_t packets)
{
    constexpr unsigned kChanges = 2; // percent
    std::vector<Step> steps;
    Documents documents{Quotas{}};
    if (!documents.update(files_of(declared)))
        return steps;
    Story story{dice, documents};
    bool has_left = false;
    std::size_t made = 0;
    // Where nobody of a VPC is here, nothing can be sent to it: so many tries, then it is enough.
    for (std::size_t tries = 0; made < packets && tries < 20 * packets; tries++) {
        if (dice.chance(kChanges)) {
            auto change = random_change(dice, documents.model());
            if (!inherits(change, documents.model(), has_left) && documents.update(files_of(change))) {
                story.see_documents();
                steps.emplace_back(std::move(change));
            }
        } else if (auto sending = story.next()) {
            steps.emplace_back(std::move(*sending));
            made++;
        }
    }
    return steps;
}

} // namespace vpcd::oracle
