#include "case.h"

#include <algorithm>

#include <fmt/format.h>

#include "model/render.h"
#include "outside.h"
#include "tracking.h"

namespace vpcd::oracle {
namespace {

constexpr MacBytes kHere{0x02, 0xaa, 0, 0, 0, 1}, kThere{0x02, 0xaa, 0, 0, 0, 2}; // on the underlay
constexpr MacBytes kNobody{0x02, 0, 0, 0xff, 0xff, 0xff};

std::string file_of(const ResourceId& id)
{
    return fmt::format("{}-{}.yaml", id.kind, id.name);
}

std::string flags_in_words(std::uint8_t flags)
{
    static constexpr std::pair<std::uint8_t, const char*> kNames[] = {
        {tcp::kSyn, "SYN"}, {tcp::kFin, "FIN"}, {tcp::kRst, "RST"}, {tcp::kAck, "ACK"}};
    std::string text;
    for (const auto& [flag, name] : kNames)
        if (flags & flag)
            text += fmt::format(" {}", name);
    return text.empty() ? " no flags" : text;
}

std::string layer4_in_words(const Said& said)
{
    if (said.offset != 0)
        return fmt::format("protocol {} {} -> {}", said.protocol, dotted(said.source), dotted(said.destination));
    switch (said.protocol) {
    case kTcp:
    case kUdp:
        return fmt::format("{} {}:{} -> {}:{}{}", said.protocol == kTcp ? "tcp" : "udp", dotted(said.source),
                           said.source_port, dotted(said.destination), said.destination_port,
                           said.protocol == kTcp ? flags_in_words(said.tcp_flags) : "");
    case kIcmp:
        return fmt::format("icmp {} -> {}, type {}, code {}, id {}", dotted(said.source), dotted(said.destination),
                           said.icmp_type, said.icmp_code, said.icmp_id);
    default:
        return fmt::format("protocol {} {} -> {}", said.protocol, dotted(said.source), dotted(said.destination));
    }
}

test::Packet tunnel_of(const Sending& sending, const Station& self, const test::Packet& inner)
{
    test::Packet outer;
    outer.from_mac(kThere).to_mac(kHere).from(dotted(sending.host)).to(dotted(self.address)).tos(sending.outer_tos);
    switch (self.encapsulation) {
    case Encapsulation::Vxlan:
        return outer.udp(50000, VPCD_VXLAN_PORT).vxlan(sending.vni, inner);
    case Encapsulation::Geneve:
        return outer.udp(50000, VPCD_GENEVE_PORT).geneve(sending.vni, inner);
    case Encapsulation::Gre:
        break;
    }
    return outer.gre(sending.is_to_internet ? sending.vni | kGreOutside : sending.vni, inner);
}

} // namespace

test::Packet packet_of(const Said& said)
{
    test::Packet packet;
    packet.from(dotted(said.source)).to(dotted(said.destination)).ttl(said.ttl).tos(said.tos).ip_id(said.id);
    if (said.protocol == kTcp) {
        packet.tcp(said.source_port, said.destination_port).flags(said.tcp_flags);
        if (said.segment_size)
            packet.mss(said.segment_size);
    } else if (said.protocol == kUdp) {
        packet.udp(said.source_port, said.destination_port);
    } else if (said.protocol == kIcmp) {
        packet.icmp(said.icmp_type, said.icmp_code, said.icmp_id, 1);
    } else {
        packet.protocol(said.protocol);
    }
    packet.payload(said.payload);
    for (const auto& quoted : said.quoted)
        packet.quoting(packet_of(quoted));
    return packet.fragment(static_cast<std::uint16_t>(said.offset), said.more);
}

std::optional<Bytes> frame_of(const Sending& sending, const World& world, const std::string& host)
{
    auto packet = packet_of(sending.packet);
    if (!sending.card.empty()) {
        const auto card = world.cards.find(sending.card);
        if (card == world.cards.end() || card->second.host != host)
            return std::nullopt;
        return packet.from_mac(sending.from_mac.value_or(card->second.mac)).to_mac(kRouter).bytes();
    }
    if (sending.is_from_internet)
        return packet.from_mac(kThere).to_mac(kHere).bytes();
    if (sending.is_to_internet)
        return tunnel_of(sending, world.hosts.at(host), packet.from_mac(kRouter).to_mac(kGateway)).bytes();
    const auto receiver = world.cards.find(sending.to_card);
    packet.from_mac(kRouter).to_mac(receiver == world.cards.end() ? kNobody : receiver->second.mac);
    return tunnel_of(sending, world.hosts.at(host), packet).bytes();
}

std::string in_words(const Said& said)
{
    std::string text = layer4_in_words(said);
    if (said.offset != 0 || said.more)
        text += fmt::format(", fragment {} from byte {}{}", said.id, said.offset, said.more ? ", more follow" : "");
    if (said.ttl != 64)
        text += fmt::format(", TTL {}", said.ttl);
    if (said.segment_size != 0)
        text += fmt::format(", MSS {}", said.segment_size);
    if (said.payload != 16)
        text += fmt::format(", {} bytes", said.payload);
    for (const auto& quoted : said.quoted)
        text += " about (" + in_words(quoted) + ")";
    return text;
}

std::string in_words(const Step& step)
{
    if (const auto* change = std::get_if<Change>(&step))
        return fmt::format("{} {} {}", change->id.kind, change->id.name,
                           change->value ? "becomes\n" + to_yaml(*change->value) : "goes");
    const auto& sending = std::get<Sending>(step);
    const auto packet = in_words(sending.packet);
    if (!sending.card.empty())
        return fmt::format("{} leaves {}{}", packet, sending.card, sending.from_mac ? " with another's MAC" : "");
    if (sending.is_from_internet)
        return packet + " comes from the Internet";
    if (sending.is_to_internet)
        return fmt::format("{} arrives from {} in VNI {} for the Internet", packet, dotted(sending.host),
                           sending.vni);
    return fmt::format("{} arrives from {} in VNI {} for {}{}", packet, dotted(sending.host), sending.vni,
                       sending.to_card.empty() ? "nobody" : sending.to_card,
                       sending.outer_tos ? fmt::format(", outer TOS {}", sending.outer_tos) : "");
}

std::string in_words(const Case& played)
{
    std::string text;
    for (const auto& document : played.documents)
        text += "---\n" + to_yaml(document);
    for (std::size_t i = 0; i < played.steps.size(); i++)
        text += fmt::format("\n{:3}. {}", i + 1, in_words(played.steps[i]));
    return text + "\n";
}

Documents::Files files_of(const std::vector<AnyResource>& documents)
{
    Documents::Files files;
    for (const auto& document : documents)
        files[file_of(id_of(document))] = to_yaml(document);
    return files;
}

Documents::Files files_of(const Change& change)
{
    return {{file_of(change.id), change.value ? std::optional{to_yaml(*change.value)} : std::nullopt}};
}

} // namespace vpcd::oracle
