#include "app/translation_views.h"

#include <arpa/inet.h>
#include <netinet/in.h>

namespace vpcd {

namespace {

bool goes_out(const ::translation& translation)
{
    return (translation.flags & TRANSLATION_OUT) != 0;
}

} // namespace

// As bpf/lib/translations.h has it.
::flow_key answer_key(const ::flow_key& key, const ::translation& translation)
{
    const bool is_inside = (translation.flags & TRANSLATION_INSIDE) != 0;
    const bool is_hairpin = (translation.flags & TRANSLATION_HAIRPIN) != 0;
    ::flow_key answer = key;
    if (goes_out(translation)) {
        answer.source = is_hairpin ? key.source : key.destination;
        answer.source_port = key.destination_port;
        answer.destination = translation.address;
        answer.destination_port = translation.port;
        answer.vpc = is_inside ? translation.vpc : 0;
    } else {
        answer.source = translation.address;
        answer.source_port = translation.port;
        answer.destination = is_hairpin ? key.destination : key.source;
        answer.destination_port = key.source_port;
        answer.vpc = translation.vpc;
    }
    return answer;
}

// As bpf/lib/expire_translations.h sees the pair.
std::string_view state_of(const TranslationEntry& entry)
{
    if (entry.key.protocol != IPPROTO_TCP)
        return {};
    const unsigned own = entry.translation.tcp_state, other = entry.answer ? entry.answer->tcp_state : 0u;
    const bool is_handshake =
        own == TCP_STATE_NONE || other == TCP_STATE_NONE || (own == TCP_STATE_SYN && other == TCP_STATE_SYN);
    return tcp_state_word(own, other, is_handshake ? "handshake" : "");
}

FlowView to_view(const TranslationEntry& entry, const Planner& planner, const KernelClock& clock)
{
    const auto& [key, translation, answer] = entry;
    const bool is_from_outside = (translation.flags & TRANSLATION_FROM_OUTSIDE) != 0;
    FlowView view;
    view.vpc = planner.vpc_name(translation.vpc);
    view.vni = translation.vpc;
    view.source = Address::from_abi(key.source);
    view.destination = Address::from_abi(key.destination);
    view.source_port = ntohs(key.source_port);
    view.destination_port = ntohs(key.destination_port);
    view.protocol = key.protocol;
    const bool is_inside = (translation.flags & TRANSLATION_INSIDE) != 0;
    view.entered = goes_out(translation) || is_inside ? "inside" : "outside";
    view.table = (translation.flags & TRANSLATION_OF_SERVICE) != 0 ? "balanced" : "translated";
    view.direction = goes_out(translation) == is_from_outside ? "reverse" : "forward";
    view.state = state_of(entry);
    view.becomes = TranslatedTo{.is_source = goes_out(translation),
                                .address = Address::from_abi(translation.address),
                                .port = ntohs(translation.port)};
    view.packets = translation.packets;
    view.bytes = translation.bytes;
    view.age_seconds = clock.seconds_since(translation.created);
    view.idle_seconds = clock.seconds_since(translation.last_seen);
    return view;
}

} // namespace vpcd
