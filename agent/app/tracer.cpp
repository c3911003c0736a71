#include "app/tracer.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <netinet/in.h>

#include <vpcd/abi/policy.h>

#include "app/drop_records.h"
#include "app/rule_words.h"
#include "app/trace_network.h"
#include "app/trace_packet.h"
#include "app/trace_words.h"
#include "observe/words.h"

namespace vpcd {

struct Tracer::Question {
    const TraceRequest& request;
    const Interface& sender;
    const Subnet& subnet; // the sender's
    const Vpc& vpc;
    Address target;
    TracedPacket packet; // MACs not known yet
};

namespace {

constexpr unsigned kEthernet = 14;
constexpr unsigned kSourcePort = 40000; // when none is asked for
constexpr unsigned kPingSize = 84;      // as ping sends
constexpr Mac kRouter{std::array<std::uint8_t, 6> VPCD_ROUTER_MAC};
constexpr Mac kBroadcast{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

std::unexpected<Error> refused(std::string sentence)
{
    return fail(Error::config(std::move(sentence)));
}

std::string place_of(const Interface& interface)
{
    return interface.host.empty() ? interface.name + ", placed nowhere" : interface.name + " on " + interface.host;
}

unsigned default_port(unsigned protocol)
{
    return protocol == IPPROTO_TCP ? 80 : 53;
}

bool has_ports(const TracedPacket& packet)
{
    return packet.protocol == IPPROTO_TCP || packet.protocol == IPPROTO_UDP ||
           (packet.protocol == IPPROTO_ICMP && is_icmp_error(packet.icmp_type)); // those of the packet it quotes
}

Result<TracedPacket> packet_of(const TraceRequest& request, const Interface& sender, const Address& target)
{
    TracedPacket packet{.protocol = request.protocol,
                        .source = request.source.value_or(sender.address),
                        .destination = target,
                        .tcp_flags = request.tcp_flags.value_or(TracedPacket::kSyn),
                        .icmp_type = request.icmp_type.value_or(TracedPacket::kEcho),
                        .icmp_code = request.icmp_code,
                        .ttl = request.ttl};
    const unsigned least = least_size(packet);
    packet.size = request.size ? request.size : std::max(least, kPingSize);
    if (request.source && !request.source->is_v4())
        return refused(fmt::format("{} is not an IPv4 address", to_string(*request.source)));
    if (packet.size < least)
        return refused(fmt::format("a {} packet has at least {} bytes, not {}", protocol_name(request.protocol),
                                   least, packet.size));
    if (has_ports(packet) || (request.protocol == IPPROTO_ICMP && has_icmp_id(packet.icmp_type)))
        packet.source_port = request.source_port ? request.source_port : kSourcePort;
    if (has_ports(packet))
        packet.destination_port =
            request.destination_port ? request.destination_port : default_port(request.protocol);
    return packet;
}

// Where no neighbour is asked for: RFC 1112, 6.4, and broadcast.
std::optional<Mac> group_mac(const Address& target, const Subnet& subnet)
{
    const auto value = target.v4_value();
    if (value == 0xffffffff || target == subnet.cidr.last())
        return kBroadcast;
    if (value >> 28 != 0xe)
        return std::nullopt;
    return Mac{{0x01, 0x00, 0x5e, static_cast<std::uint8_t>(value >> 16 & 0x7f),
                static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)}};
}

const ::trace_step* find_step(const ProbeResult& result, ::trace_id id)
{
    const auto found = std::ranges::find(result.steps, static_cast<__u32>(id), &::trace_step::step);
    return found == result.steps.end() ? nullptr : &*found;
}

// If the last thing that was asked before the drop was a rule that said so: which.
std::string deciding_rule(const ProbeResult& result, const Planner& planner)
{
    const auto drop = std::ranges::find(result.steps, static_cast<__u32>(TRACE_DROP), &::trace_step::step);
    if (drop == result.steps.begin() || drop == result.steps.end())
        return {};
    const auto& asked = *std::prev(drop);
    const unsigned stage = asked.value[2] & 0xff, verdict = asked.value[2] >> 8 & 0xff;
    if (asked.step != TRACE_POLICY || verdict == RULE_VERDICT_ALLOW)
        return {};
    return rule_text(planner, std::uint64_t{asked.value[1]} << 32 | asked.value[0], way_of_stage(stage));
}

// The source MAC of an ARP reply is the neighbour's.
Mac answered_mac(const ProbeResult& result)
{
    std::array<std::uint8_t, 6> bytes{};
    std::copy_n(result.packet.begin() + 6, bytes.size(), bytes.begin());
    return Mac{bytes};
}

// The same question for the host that gets the packet.
std::string next_command(const TraceRequest& request, const Interface& sender, const TracedPacket& packet)
{
    auto command = fmt::format("vpcctl trace --arriving --from {} --to {} --proto {}", sender.name,
                               to_string(packet.destination), protocol_name(packet.protocol));
    if (packet.source_port)
        command += fmt::format(" --sport {}", packet.source_port);
    if (packet.destination_port)
        command += fmt::format(" --dport {}", packet.destination_port);
    if (request.tcp_flags)
        command += fmt::format(" --flags '{}'", tcp_flag_names(*request.tcp_flags));
    if (request.icmp_type)
        command += fmt::format(" --icmp-type {} --icmp-code {}", *request.icmp_type, request.icmp_code);
    if (request.size)
        command += fmt::format(" --size {}", request.size);
    if (request.source)
        command += fmt::format(" --source {}", to_string(*request.source));
    if (request.fresh)
        command += " --fresh";
    return command;
}

} // namespace

Result<TraceAnswer> Tracer::trace(const TraceRequest& request)
{
    if (auto updated = dataplane_.clock().update(); !updated)
        return fail(updated.error());
    const auto question = understand(request);
    if (!question)
        return fail(question.error());
    return question->sender.host == config_.host ? trace_departure(*question) : trace_arrival(*question);
}

Result<Tracer::Question> Tracer::understand(const TraceRequest& request) const
{
    const auto sender = find_sender(model_, request);
    if (!sender)
        return fail(sender.error());
    const auto* subnet = model_.subnet_of(**sender);
    const auto* vpc = model_.vpc_of(**sender);
    if (!subnet || !vpc)
        return refused(fmt::format("{} is in no VPC", (*sender)->name));
    if (request.vpc && *request.vpc != vpc->name)
        return refused(fmt::format("{} is in VPC {}, not {}", (*sender)->name, vpc->name, *request.vpc));
    const auto target = find_target(model_, **sender, request.to);
    if (!target)
        return fail(target.error());
    if (owner_of(model_, vpc->name, *target) == *sender)
        return refused(fmt::format("{} is {}'s own address: such packets never leave the instance",
                                   to_string(*target), (*sender)->name));
    auto packet = packet_of(request, **sender, *target);
    if (!packet)
        return fail(packet.error());
    return Question{request, **sender, *subnet, *vpc, *target, *packet};
}

TraceWords Tracer::words_for(const Question& question) const
{
    return {model_, reconciler_.planner(), reconciler_.facts(), question.vpc,
            [&clock = dataplane_.clock()](std::uint32_t stamp) { return clock.seconds_since(stamp); }};
}

Result<ProbeResult> Tracer::run(const Question& question, const Probe& probe, std::string packet,
                                TraceAnswer& answer) const
{
    const auto result = follow(dataplane_.programs(), probe);
    if (!result)
        return result;
    const auto words = words_for(question);
    TraceLeg leg{.hook = probe.program, .packet = std::move(packet), .steps = {}, .is_cut = result->is_cut};
    std::ranges::replace(leg.hook, '_', '-');
    for (const auto& step : result->steps)
        leg.steps.push_back(words.describe(step));
    answer.legs.push_back(std::move(leg));
    return result;
}

// As the instance does it: whose MAC, then the packet.
Result<TraceAnswer> Tracer::trace_departure(const Question& question)
{
    const auto& sender = question.sender;
    const auto local = reconciler_.planner().local_interface(sender.name);
    if (!local || !local->is_attached())
        return refused(fmt::format("{} sends nothing: it waits for device {}", sender.name, sender.device));
    if (!dataplane_.is_attached({"from_interface", HookSide::Ingress, local->ifindex}))
        return refused(
            fmt::format("no program is on device {} of {}, see `vpcctl status`", sender.device, sender.name));

    TraceAnswer answer;
    answer.packet = question.packet;
    answer.packet.source_mac = sender.mac;
    if (const auto group = group_mac(question.target, question.subnet)) {
        answer.packet.destination_mac = *group;
    } else {
        const auto neighbour =
            question.subnet.cidr.contains(question.target) ? question.target : question.subnet.gateway();
        const auto request = build_arp_request(sender.mac, sender.address, neighbour);
        const auto answered = run(question, {"from_interface", local->ifindex, request, 0, false},
                                  "ARP: who has " + to_string(neighbour), answer);
        if (!answered)
            return fail(answered.error());
        if (!find_step(*answered, TRACE_ARP_REPLY)) {
            conclude(question, *answered, answer);
            return answer;
        }
        answer.packet.destination_mac = answered_mac(*answered);
    }
    const auto result = run(question,
                            {"from_interface", local->ifindex, build_frame(answer.packet),
                             answer.packet.size + kEthernet, question.request.fresh},
                            "the packet", answer);
    if (!result)
        return fail(result.error());
    if (find_step(*result, TRACE_UNDERLAY))
        answer.outer = read_outer(result->packet);
    conclude(question, *result, answer);
    return answer;
}

// As the sender's host does it, by the documents; then what this host does with it.
Result<TraceAnswer> Tracer::trace_arrival(const Question& question)
{
    const auto& sender = question.sender;
    const Host* from = model_.find<Host>(sender.host);
    const Host* here = model_.find<Host>(config_.host);
    const auto underlay = reconciler_.planner().attachments().underlay_ifindex;
    const auto hop = first_hop(model_, sender, question.target);
    if (!from)
        return refused(fmt::format("{} is placed nowhere and sends nothing", sender.name));
    if (!question.request.arriving)
        return refused(fmt::format("{} is on host {}, not here; run this there, or add --arriving to see what this "
                                   "host does with its packet",
                                   sender.name, sender.host));
    if (!hop.interface || hop.interface->host != config_.host)
        return refused(fmt::format(
            "a packet of {} for {} does not come here: {}; begin on host {}", sender.name, to_string(question.target),
            hop.interface ? "it goes to " + place_of(*hop.interface) : "no route leads to an interface",
            sender.host));
    if (!here || !underlay)
        return refused("this host's underlay device is not there, see `vpcctl status`");

    TraceAnswer answer;
    answer.packet = question.packet;
    answer.packet.source_mac = hop.is_routed ? kRouter : sender.mac;
    answer.packet.destination_mac = hop.interface->mac;
    answer.packet.ttl -= hop.is_routed ? 1 : 0;
    const auto& links = reconciler_.facts().links;
    const auto device = links.find(reconciler_.planner().attachments().underlay_device);
    const Tunnel tunnel{here->encapsulation, question.vpc.vni, from->address, here->address,
                        device == links.end() ? Mac{} : device->second.mac};
    const auto frame = encapsulate(tunnel, build_frame(answer.packet), answer.packet.size);
    answer.outer = read_outer(frame);
    const auto result = run(question,
                            {"tc_underlay", underlay, frame,
                             answer.packet.size + overhead(here->encapsulation) + kEthernet, question.request.fresh},
                            fmt::format("tunnel packet as host {} sends it", from->name), answer);
    if (!result)
        return fail(result.error());
    conclude(question, *result, answer);
    return answer;
}

void Tracer::conclude(const Question& question, const ProbeResult& result, TraceAnswer& answer) const
{
    const auto words = words_for(question);
    const auto* owner = owner_of(model_, question.vpc.name, question.target);
    answer.host = config_.host;
    answer.vpc = question.vpc.name;
    answer.vni = question.vpc.vni;
    answer.from = place_of(question.sender);
    answer.to = owner ? place_of(*owner) : std::string{};

    if (const auto* drop = find_step(result, TRACE_DROP)) {
        const auto reason = drop_reason(drop->value[0]);
        answer.reason = reason.name;
        answer.rule = deciding_rule(result, reconciler_.planner());
        answer.verdict = fmt::format("dropped: {}: {}{}{}", reason.name, reason.sentence,
                                     answer.rule.empty() ? "" : "; ", answer.rule);
    } else if (const auto* deliver = find_step(result, TRACE_DELIVER)) {
        answer.outcome = TraceOutcome::Delivered;
        answer.verdict =
            fmt::format("delivered to {} on this host, {}", words.interface_at(deliver->value[0]), config_.host);
    } else if (const auto* to_kernel = find_step(result, TRACE_TO_KERNEL)) {
        answer.outcome = TraceOutcome::Delivered;
        answer.verdict = fmt::format(
            "delivered to {} on this host, {}, if from_tunnel on device {}, which is not asked, agrees",
            words.planner.interface_name(to_kernel->value[1]), config_.host, words.device_name(to_kernel->value[0]));
    } else if (const auto* sent = find_step(result, TRACE_UNDERLAY); sent && answer.outer) {
        answer.outcome = TraceOutcome::Sent;
        const bool leaves = find_step(result, TRACE_LEAVE) != nullptr;
        answer.verdict = fmt::format("sent to host {} by {} vni {}{}", words.planner.host_name(sent->value[0]),
                                     answer.outer->encapsulation, answer.outer->vni,
                                     leaves ? ", which takes it out to the Internet" : "");
        if (!leaves)
            answer.next = next_command(question.request, question.sender, answer.packet);
    } else if (const auto* external = find_step(result, TRACE_EXTERNAL)) {
        const auto* source = find_step(result, TRACE_TRANSLATE_SOURCE);
        answer.outcome = TraceOutcome::Sent;
        answer.verdict = fmt::format("sent to the Internet by {} as {}", words.device_name(external->value[0]),
                                     source ? to_string(Address::from_abi(source->address)) : "");
    } else if (find_step(result, TRACE_ICMP_ECHO)) {
        answer.outcome = TraceOutcome::Answered;
        answer.verdict = "answered by the virtual router";
    } else {
        answer.outcome = TraceOutcome::LeftToHost;
        answer.verdict = "left to the host's own network stack";
    }
}

} // namespace vpcd
