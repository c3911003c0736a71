#include "oracle.h"

#include "case.h"

#include <fmt/format.h>

namespace vpcd::oracle {

void Oracle::declare(World declared)
{
    for (const auto& [name, card] : declared.cards) {
        const auto before = world.cards.find(name);
        if (before != world.cards.end() && card.host == host && !before->second.host.empty() &&
            before->second.host != host)
            windows.insert(name);
        else if (card.host != host)
            windows.erase(name);
    }
    world = std::move(declared);
    documents++;
}

Answer Oracle::answer(const Sending& sending, const Bytes& frame)
{
    if (sending.is_from_internet)
        return enters(frame);
    return sending.card.empty() ? arrives(frame) : leaves(sending.card, frame);
}

std::string name_of(drop_reason reason)
{
    static constexpr const char* kNames[] = {
#define X(id, name, sentence) name,
        VPCD_DROP_REASONS(X)
#undef X
    };
    return reason < DROP_REASON_COUNT ? kNames[reason] : "?";
}

std::string in_words(const Answer& answer)
{
    static constexpr const char* kKinds[] = {
        "dropped", "delivered to ", "sent to host ", "out to the Internet", "the router answers", "not ours"};
    std::string text = kKinds[static_cast<int>(answer.kind)] + answer.to;
    for (const auto& [reason, vni, card, bytes] : answer.objections)
        text += fmt::format("; {} (VNI {}, interface {}, {} bytes)", name_of(reason), vni,
                            card.empty() ? "none" : card, bytes);
    if (answer.outer)
        text += fmt::format("; encapsulation {}, VNI {}, {} -> {}", static_cast<int>(answer.outer->encapsulation),
                            answer.outer->vni, dotted(answer.outer->source), dotted(answer.outer->destination));
    for (const auto& [rule, vni, is_certain, denies] : answer.hits)
        text += fmt::format("\n      {} by {} in VNI {}", is_certain ? "decided" : "perhaps asked", rule, vni);
    for (const auto& [card, is_sent, bytes] : answer.traffic)
        text += fmt::format("\n      {} {} {} bytes", card, is_sent ? "sends" : "receives", bytes);
    return text;
}

} // namespace vpcd::oracle
