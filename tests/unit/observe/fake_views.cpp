#include "unit/observe/fake_views.h"

#include <cerrno>
#include <memory>

#include <netinet/in.h>

using namespace vpcd;

Address ip(std::string_view text)
{
    return Address::parse(text).value();
}

namespace {

Prefix prefix(std::string_view text)
{
    return Prefix::parse(text).value();
}

Interface network_card(const std::string& name, const std::string& subnet, const std::string& host,
                       std::string_view own_address)
{
    Interface value;
    value.name = name;
    value.subnet = subnet;
    value.host = host;
    value.device = "tap-" + name;
    value.address = ip(own_address);
    value.mac = Mac::parse("02:00:0a:00:01:0a").value();
    return value;
}

AccessRule tcp(Direction direction, RulePolicy policy, std::uint16_t port)
{
    AccessRule rule;
    rule.direction = direction;
    rule.policy = policy;
    rule.protocol = {IPPROTO_TCP};
    rule.ports = {{port, port}};
    return rule;
}

SecurityGroup web_group()
{
    SecurityGroup group{.name = "web", .vpc = "prod", .rules = {}};
    group.rules.push_back({tcp(Direction::Ingress, RulePolicy::Allow, 443), 10});
    group.rules.push_back({tcp(Direction::Ingress, RulePolicy::Drop, 22), 5});
    group.rules.back().peer.cidr = prefix("10.0.2.0/24");
    return group;
}

NetworkAcl border()
{
    return {.name = "border", .vpc = "prod", .rules = {tcp(Direction::Egress, RulePolicy::Allow, 443)}};
}

} // namespace

FakeViews::FakeViews()
{
    declare(Host{.name = "node-a", .address = ip("192.0.2.1"), .device = "eth0"}, "hosts.yaml", 1);
    declare(Host{.name = "node-b", .address = ip("192.0.2.2"), .device = ""}, "hosts.yaml", 5);
    declare(Vpc{.name = "prod", .vni = 100, .cidrs = {prefix("10.0.0.0/16")}}, "prod.yaml", 1);
    declare(Subnet{.name = "web", .vpc = "prod", .cidr = prefix("10.0.1.0/24")}, "prod.yaml", 6);
    Subnet bound{.name = "db", .vpc = "prod", .cidr = prefix("10.0.2.0/24")};
    bound.route_table = "inner";
    bound.network_acl = "border";
    declare(bound, "prod.yaml", 11);
    declare(RouteTable{.name = "inner",
                       .vpc = "prod",
                       .routes = {{prefix("0.0.0.0/0"), {.interface = "web-1", .blackhole = false}},
                                  {prefix("10.0.1.0/24"), {.interface = "", .blackhole = true}}}},
            "prod.yaml", 17);
    Interface web = network_card("web-1", "web", "node-a", "10.0.1.10");
    web.secondary_addresses = {ip("10.0.1.11")};
    web.security_groups = {"web"};
    declare(web, "prod.yaml", 25);
    declare(web_group(), "guard.yaml", 1);
    declare(border(), "guard.yaml", 9);
    declare(network_card("db-1", "db", "node-b", "10.0.2.10"), "prod.yaml", 33);
}

void FakeViews::declare(AnyResource resource, std::string file, unsigned line)
{
    const auto id = id_of(resource);
    model_.apply({id, std::move(resource), Origin{std::make_shared<const std::string>(std::move(file)), line, 1}});
}

Status FakeViews::status() const
{
    Status status;
    status.version = "0.1.0";
    status.host = "node-a";
    status.pid = 4711;
    status.uptime_seconds = 75;
    status.documents_directory = "/etc/vpcd";
    status.files = 2;
    status.last_change.time = 1'772'366'400.25;
    status.last_change.accepted = false;
    status.last_change.errors.add("prod.yaml:3:5: no such subnet");
    for (int i = 0; i < 250; ++i)
        status.pending_errors.add(i == 0 ? "prod.yaml:3:5: no such subnet" : "prod.yaml:9:5: no such VPC");
    status.kernel_errors.add("add link: busy");
    status.underlay = {"eth0", ip("192.0.2.1"), 1500, "vxlan", "tc"};
    status.external = {.device = "eth1", .state = "ready", .mtu = 1500};
    status.peers = {{"node-b", ip("192.0.2.2"), "resolved", "eth0", 1500, "geneve"}};
    status.local_interfaces = 2;
    status.attached_interfaces = 1;
    status.waiting_interfaces = {"web-2: waiting for device tap-web-2"};
    status.maps = {{"flows", 12, 262144}};
    status.flows = 12;
    status.pending_flows = 4;
    return status;
}

Result<std::vector<FlowView>> FakeViews::flows(const FlowFilter& filter) const
{
    asked = filter;
    if (kernel_fails)
        return fail(Error::system(EIO, "read flows"));
    FlowView flow;
    flow.vpc = "prod";
    flow.vni = 100;
    flow.source = ip("10.0.1.10");
    flow.destination = ip("10.0.2.10");
    flow.source_port = 40000;
    flow.destination_port = 443;
    flow.protocol = IPPROTO_TCP;
    flow.entered = "web-1";
    flow.leads_to = "db-1 @ node-b";
    flow.state = "established";
    flow.egress_rule = "no rule matched: outbound is allowed";
    flow.ingress_rule = "SecurityGroup db rules[0] (ingress allow tcp 443 from anybody)";
    flow.routed = flow.decided = true;
    flow.packets = 7;
    flow.bytes = 2048;
    flow.age_seconds = 187;
    flow.idle_seconds = 0.5;
    return std::vector{flow};
}

Result<std::size_t> FakeViews::end_flows(const FlowFilter& filter) const
{
    asked = filter;
    if (kernel_fails)
        return fail(Error::system(EIO, "end flows"));
    return 3;
}

Result<std::vector<RuleHits>> FakeViews::rule_hits(const std::vector<RuleOrigin>& rules) const
{
    if (kernel_fails)
        return fail(Error::system(EIO, "read rule hits"));
    std::vector<RuleHits> hits;
    for (const auto& rule : rules) {
        const auto packets = static_cast<std::uint64_t>(rule.index < 0 ? 7 : rule.index + 1);
        hits.push_back({packets, 100 * packets});
    }
    return hits;
}

Result<std::pair<RuleHits, RuleHits>> FakeViews::unmatched_hits(const std::string&) const
{
    if (kernel_fails)
        return fail(Error::system(EIO, "read rule hits"));
    return std::pair{RuleHits{20, 2000}, RuleHits{3, 180}};
}

Result<std::vector<InterfaceCounters>> FakeViews::interface_counters() const
{
    if (kernel_fails)
        return fail(Error::system(EIO, "read counters"));
    return std::vector{InterfaceCounters{"web-1", "prod", 1, 60, 2, 120}};
}

Result<std::optional<PublicCounters>> FakeViews::public_counters(const std::string& elastic) const
{
    if (kernel_fails)
        return fail(Error::system(EIO, "read counters"));
    return elastic == "web-public" ? std::optional{PublicCounters{3, 180, 4, 240}} : std::nullopt;
}

Result<std::vector<BackendUse>> FakeViews::balancer_use(const LoadBalancer& balancer) const
{
    if (kernel_fails)
        return fail(Error::system(EIO, "read counters"));
    return std::vector{BackendUse{IPPROTO_TCP,
                                  static_cast<std::uint16_t>(balancer.listeners.at(0).port),
                                  Address::v4(0x0a00010a),
                                  {1, 100, 2, 200},
                                  3,
                                  BackendHealth{"dead", 1'000'000, "connection refused"}}};
}

Result<std::optional<PublicUse>> FakeViews::public_use(const Address& address) const
{
    if (kernel_fails)
        return fail(Error::system(EIO, "read counters"));
    return address == ip("203.0.113.20") ? std::optional{PublicUse{{3, 180, 4, 240}, 2}} : std::nullopt;
}

Result<std::vector<DropCount>> FakeViews::drop_counts() const
{
    if (kernel_fails)
        return fail(Error::system(EIO, "read drops"));
    return std::vector{DropCount{"prod", "web-1", "no-route", "no entry for the destination", 3, 180},
                       DropCount{"", "", "unknown-vtep", "no known host", 1, 90}};
}

Result<std::vector<DatapathCounter>> FakeViews::datapath_counters() const
{
    return std::vector{DatapathCounter{"flow-miss", "packets that were decided", 5},
                       DatapathCounter{"arp-reply", "requests answered", 0}};
}

InterfaceState FakeViews::interface_state(std::string_view name) const
{
    return {std::string{name}, name == "web-1" ? "attached" : "on host node-b"};
}

Result<TraceAnswer> FakeViews::trace(const TraceRequest& request) const
{
    asked_trace = request;
    if (kernel_fails)
        return fail(Error::system(EIO, "run a packet"));
    if (request.from == "nobody")
        return fail(Error::config("there is no interface nobody"));
    return request.protocol == IPPROTO_ICMP ? example_drop_trace() : example_sent_trace();
}

TraceAnswer example_sent_trace()
{
    TraceAnswer answer;
    answer.host = "node-a";
    answer.vpc = "prod";
    answer.vni = 100;
    answer.from = "web-1 on node-a";
    answer.to = "db-1 on node-b";
    answer.packet = {.protocol = IPPROTO_TCP,
                     .source = ip("10.0.1.10"),
                     .destination = ip("10.0.2.10"),
                     .source_port = 40000,
                     .destination_port = 443,
                     .source_mac = Mac::parse("02:00:0a:00:01:0a").value(),
                     .destination_mac = Mac::parse("02:76:70:63:64:fe").value(),
                     .size = 84,
                     .ttl = 64};
    answer.legs = {
        {"from-interface",
         "the packet",
         {{"sender", "sent by web-1", {{"interface", "web-1"}}}, {"next-hop", "leads to db-1 @ node-b", {}}},
         false}};
    answer.outer = OuterHeaders{.encapsulation = "vxlan",
                                .vni = 100,
                                .source_mac = Mac::parse("02:aa:00:00:00:01").value(),
                                .destination_mac = {},
                                .source = ip("192.0.2.1"),
                                .destination = ip("192.0.2.2"),
                                .source_port = 50000,
                                .destination_port = 4789,
                                .ttl = 64,
                                .dont_fragment = true,
                                .length = 134,
                                .inner_source_mac = Mac::parse("02:76:70:63:64:fe").value(),
                                .inner_destination_mac = Mac::parse("02:00:0a:00:02:0a").value()};
    answer.outcome = TraceOutcome::Sent;
    answer.verdict = "sent to host node-b by vxlan vni 100";
    answer.next = "vpcctl trace --arriving --from web-1 --to 10.0.2.10";
    return answer;
}

TraceAnswer example_drop_trace()
{
    TraceAnswer answer = example_sent_trace();
    answer.to.clear();
    answer.packet = {.protocol = IPPROTO_ICMP,
                     .source = ip("10.0.1.10"),
                     .destination = ip("8.8.8.8"),
                     .source_port = 40000,
                     .source_mac = Mac::parse("02:00:0a:00:01:0a").value(),
                     .size = 84,
                     .ttl = 64};
    answer.legs[0].is_cut = true;
    answer.outer.reset();
    answer.outcome = TraceOutcome::Dropped;
    answer.reason = "no-route";
    answer.verdict = "dropped: no-route: no entry for the destination";
    answer.next.clear();
    return answer;
}

DropRecord example_drop()
{
    DropRecord record;
    record.time = 1'772'366'400.25;
    record.vpc = "prod";
    record.interface = "web-1";
    record.reason = "no-route";
    record.sentence = "no entry for the destination";
    record.hook = "from-interface";
    record.source = ip("10.0.1.10");
    record.destination = ip("8.8.8.8");
    record.source_port = 40000;
    record.destination_port = 53;
    record.protocol = IPPROTO_UDP;
    record.length = 98;
    return record;
}
