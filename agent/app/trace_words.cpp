#include "app/trace_words.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include <vpcd/abi/policy.h>

#include "app/drop_records.h"
#include "app/rule_words.h"
#include "app/trace_network.h"

namespace vpcd {

namespace {

struct StepText {
    std::string_view name;
    std::string_view sentence;
};

constexpr std::array kSteps{
#define X(id, name, sentence) StepText{name, sentence},
    VPCD_TRACE(X)
#undef X
};

constexpr std::array kMisses{
#define X(id, sentence) std::string_view{sentence},
    VPCD_TRACE_MISSES(X)
#undef X
};

constexpr std::array kTranslations{
#define X(id, sentence) std::string_view{sentence},
    VPCD_TRACE_TRANSLATIONS(X)
#undef X
};

constexpr std::array kBalances{
#define X(id, sentence) std::string_view{sentence},
    VPCD_TRACE_BALANCES(X)
#undef X
};

constexpr std::array kEncapsulations{
#define X(id, name, overhead) std::string_view{name},
    VPCD_ENCAPSULATIONS(X)
#undef X
};

using Value = std::uint32_t;
using Step = const ::trace_step&;

std::string or_number(std::string name, std::string_view kind, Value number)
{
    return name.empty() ? fmt::format("{} {}", kind, number) : name;
}

template <std::size_t N>
std::string word(const std::array<std::string_view, N>& words, Value index)
{
    return index < N ? std::string{words.at(index)} : fmt::format("{} (of another version)", index);
}

std::string icmp_text(Value type_code)
{
    switch (type_code) {
    case 3 << 8 | 0: // RFC 792
        return "network unreachable";
    case 3 << 8 | 1:
        return "host unreachable";
    case 3 << 8 | 3:
        return "port unreachable";
    case 3 << 8 | 4:
        return "fragmentation needed";
    case 11 << 8 | 0:
        return "time to live exceeded";
    default:
        return fmt::format("type {} code {}", type_code >> 8, type_code & 0xff);
    }
}

// What the kernel's table answered, and the route of the documents that says so.
std::string route_text(const TraceWords& words, Step step)
{
    const auto table = words.planner.table_name(words.vpc.vni, step.value[0]);
    const auto kind = static_cast<::route_kind>(step.value[1]);
    const auto address = Address::from_abi(step.address);
    const auto match = matching_route(words.model, words.vpc.name, table, address);
    if (!match || match->route.kind != kind)
        return kind == ROUTE_NONE ? fmt::format("no entry for {}", to_string(address))
                                  : fmt::format("{} is {}; the documents say {}", to_string(address), name_of(kind),
                                                match ? target_text(match->route) : "nothing about it");
    return fmt::format("{} -> {} ({})", to_string(match->route.destination), target_text(match->route),
                       match->where.empty() ? "system route" : match->where);
}

std::string hop_text(Step step)
{
    const Value ttl = step.value[1];
    if (!step.value[2])
        return "in the same subnet";
    if (ttl <= 1)
        return fmt::format("through the virtual router, where its TTL of {} ends", ttl);
    return fmt::format("through the virtual router, TTL {} -> {}", ttl, ttl - 1);
}

std::string mac_text(Value high, Value low)
{
    const auto byte = [](Value value, unsigned shift) { return static_cast<std::uint8_t>(value >> shift); };
    return to_string(Mac{{byte(high, 8), byte(high, 0), byte(low, 24), byte(low, 16), byte(low, 8), byte(low, 0)}});
}

std::string reason_text(Value reason)
{
    const auto known = drop_reason(reason);
    return fmt::format("{}: {}", known.name, known.sentence);
}

// Who was asked, and what the answer was: TRACE_POLICY.
std::string stage_text(Value stage_and_verdict)
{
    const auto stage = stage_sentence(stage_and_verdict & 0xff);
    switch (stage_and_verdict >> 8 & 0xff) {
    case RULE_VERDICT_ALLOW:
        return fmt::format("{}, allow", stage);
    case RULE_VERDICT_DROP:
        return fmt::format("{}, drop", stage);
    default:
        return std::string{stage};
    }
}

std::string rule_of(const TraceWords& words, Step step)
{
    const auto id = std::uint64_t{step.value[1]} << 32 | step.value[0];
    return id == RULE_ID_NONE ? "there are no rules, or they are asked on another host"
                              : rule_text(words.planner, id, way_of_stage(step.value[2] & 0xff));
}

// How a number is shown, by its label in the sentence.
struct Label {
    std::string_view name;
    std::string (*text)(const TraceWords&, Step, Value);
};

#define SHOW(body)                                                                                                   \
    [](const TraceWords& w, Step s, Value v) -> std::string {                                                        \
        (void)w, (void)s, (void)v;                                                                                   \
        return body;                                                                                                 \
    }
const std::array kLabels{
    Label{"interface", SHOW(or_number(w.planner.interface_name(v), "interface", v))},
    Label{"vpc", SHOW(or_number(w.planner.vpc_name(v), "VNI", v))},
    Label{"host", SHOW(or_number(w.planner.host_name(v), "host", v))},
    Label{"table", SHOW(or_number(w.planner.table_name(w.vpc.vni, v), "table", v))},
    Label{"subnet", SHOW(or_number(w.planner.subnet_name(w.vpc.vni, v), "subnet", v))},
    Label{"nextHop", SHOW(or_number(w.planner.next_hop_name(v), "next hop", v))},
    Label{"device", SHOW(w.device_name(v))},
    Label{"receiver", SHOW(fmt::format("{} (device {})", w.interface_at(v), w.device_name(v)))},
    Label{"encapsulation", SHOW(word(kEncapsulations, v))},
    Label{"miss", SHOW(word(kMisses, v))},
    Label{"translation", SHOW(word(kTranslations, v))},
    Label{"balance", SHOW(word(kBalances, v))},
    Label{"age", SHOW(fmt::format("{:.1f} s", w.seconds_since(v)))},
    Label{"reason", SHOW(reason_text(v))},
    Label{"icmp", SHOW(icmp_text(v))},
    Label{"ipv4", SHOW(to_string(Address::v4(v)))},
    Label{"mac", SHOW(mac_text(s.value[0], s.value[1]))},
    Label{"route", SHOW(route_text(w, s))},
    Label{"hop", SHOW(hop_text(s))},
    Label{"mtu", SHOW(v ? fmt::format(", MTU {}", v) : "")},
    Label{"sourceCheck", SHOW(v ? "on" : "off")},
    Label{"sourceOwner", SHOW(v ? "it is the sender's own" : "it is not checked")},
    Label{"neighbour", SHOW(v ? "its MAC is known" : "the kernel asks for its MAC first")},
    Label{"policyStage", SHOW(stage_text(v))},
    Label{"rule", SHOW(rule_of(w, s))},
    Label{"way", SHOW(v ? "straight into the instance" : "out of the device")},
};
#undef SHOW

std::string text_of(const TraceWords& words, Step step, std::string_view label, Value value)
{
    const auto found = std::ranges::find(kLabels, label, &Label::name);
    return found == kLabels.end() ? std::to_string(value) : found->text(words, step, value);
}

} // namespace

TraceStep TraceWords::describe(const ::trace_step& step) const
{
    if (step.step >= kSteps.size())
        return {"unknown", fmt::format("step {} of another version", step.step), {}};
    TraceStep described{std::string{kSteps.at(step.step).name}, {}, {}};
    std::string_view rest = kSteps.at(step.step).sentence;
    for (auto open = rest.find('{'); open != rest.npos; open = rest.find('{')) {
        const auto close = rest.find('}', open);
        const auto hole = rest.substr(open + 1, close - open - 1); // "a:interface", or "address"
        described.text += rest.substr(0, open);
        rest.remove_prefix(close + 1);
        const bool is_address = hole == "address";
        const auto label = is_address ? hole : hole.substr(2);
        auto text = is_address ? to_string(Address::from_abi(step.address))
                               : text_of(*this, step, label, step.value[hole.front() - 'a']);
        described.text += text;
        described.values.emplace_back(label, std::move(text));
    }
    described.text += rest;
    return described;
}

std::string TraceWords::interface_at(unsigned ifindex) const
{
    const auto& instances = planner.attachments().instances;
    const auto found = instances.find(ifindex);
    return found == instances.end() ? std::string{} : found->second.interface;
}

std::string TraceWords::device_name(unsigned ifindex) const
{
    for (const auto& [name, link] : facts.links)
        if (link.ifindex == ifindex)
            return name;
    return fmt::format("device {}", ifindex);
}

} // namespace vpcd
