#include "scenario.h"

#include <algorithm>

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

namespace vpcd::oracle {
namespace {

constexpr const char* kNetwork = R"(kind: Host
name: node-a
address: 192.0.2.1
---
kind: Host
name: node-b
address: 192.0.2.2
---
kind: Vpc
name: blue
vni: 100
cidrs: [10.0.0.0/16]
---
kind: Subnet
name: web
vpc: blue
cidr: 10.0.1.0/24
---
kind: Subnet
name: db
vpc: blue
cidr: 10.0.2.0/24
---
kind: Vpc
name: red
vni: 200
cidrs: [10.0.0.0/16]
---
kind: Subnet
name: red-web
vpc: red
cidr: 10.0.1.0/24
---
kind: Subnet
name: red-db
vpc: red
cidr: 10.0.2.0/24
)";

Interface card(const std::string& name, const std::string& subnet, const std::string& host, std::uint32_t address)
{
    Interface made;
    made.name = name;
    made.subnet = subnet;
    made.host = host;
    made.device = "tap-" + name;
    made.address = Address::v4(address);
    made.mac = Mac{test::mac_of(dotted(address))};
    return made;
}

// Of a document that is written line by line.
std::string_view value_of(const std::string& key, std::string_view text)
{
    const auto begin = text.find(key + ": ") + key.size() + 2;
    return text.substr(begin, text.find('\n', begin) - begin);
}

} // namespace

Scenario::Scenario()
{
    with(kNetwork);
    change(card("web-1", "web", "node-a", 0x0a00010a));
    change(card("web-2", "web", "node-a", 0x0a00010b));
    change(card("db-1", "db", "node-a", 0x0a00020a));
    change(card("db-2", "db", "node-b", 0x0a00020b));
    change(card("red-1", "red-web", "node-a", 0x0a00010a));
    change(card("red-2", "red-db", "node-b", 0x0a00020a));
}

void Scenario::update(Documents::Files files)
{
    const auto changed = documents_.update(std::move(files));
    if (!changed)
        FAIL(changed.error().front().text());
    oracle.declare(world_of(documents_.model()));
}

Scenario& Scenario::with(const std::string& yaml)
{
    Documents::Files files;
    for (std::size_t at = 0; at < yaml.size();) {
        const auto end = std::min(yaml.find("---\n", at), yaml.size());
        const auto text = yaml.substr(at, end - at);
        files[fmt::format("{}-{}.yaml", value_of("kind", text), value_of("name", text))] = text;
        at = end + 4;
    }
    update(std::move(files));
    return *this;
}

Scenario& Scenario::change(const AnyResource& resource)
{
    update(files_of(std::vector{resource}));
    return *this;
}

Scenario& Scenario::join(const std::string& name, const std::vector<std::string>& groups)
{
    auto card = get<Interface>(name);
    card.security_groups = groups;
    return change(card);
}

Answer Scenario::leaves(const std::string& name, const Said& packet)
{
    const Sending sending{.packet = packet, .card = name, .from_mac = {}, .to_card = {}};
    return oracle.leaves(name, frame_of(sending, oracle.world, oracle.host).value());
}

Answer Scenario::arrives(const std::string& to_card, const Said& packet, const std::string& from_host)
{
    Sending sending{.packet = packet, .card = {}, .from_mac = {}, .to_card = to_card};
    sending.host = oracle.world.hosts.at(from_host).address;
    sending.vni = oracle.world.clouds.at(oracle.world.cards.at(to_card).vpc).vni;
    return oracle.arrives(frame_of(sending, oracle.world, oracle.host).value());
}

Said udp(std::string_view from, std::uint16_t from_port, std::string_view to, std::uint16_t to_port)
{
    Said said;
    said.source = test::ipv4(from);
    said.destination = test::ipv4(to);
    said.source_port = from_port;
    said.destination_port = to_port;
    return said;
}

Said tcp_packet(std::string_view from, std::uint16_t from_port, std::string_view to, std::uint16_t to_port, int flags)
{
    Said said = udp(from, from_port, to, to_port);
    said.protocol = kTcp;
    said.tcp_flags = static_cast<std::uint8_t>(flags);
    return said;
}

Said ping(std::string_view from, std::string_view to, std::uint16_t id)
{
    Said said = udp(from, 0, to, 0);
    said.protocol = kIcmp;
    said.icmp_type = icmp::kEcho;
    said.icmp_id = id;
    return said;
}

Said pong(std::string_view from, std::string_view to, std::uint16_t id)
{
    Said said = ping(from, to, id);
    said.icmp_type = icmp::kEchoReply;
    return said;
}

Said unreachable(std::string_view from, std::string_view to, const Said& about)
{
    Said said = ping(from, to, 0);
    said.icmp_type = icmp::kUnreachable;
    said.icmp_code = 3;
    said.quoted = {about};
    return said;
}

std::string outcome(const Answer& answer)
{
    static constexpr const char* kKinds[] = {"dropped", "delivered", "sent", "out", "told", "not ours"};
    std::string text = kKinds[static_cast<int>(answer.kind)];
    if (!answer.to.empty())
        text += " " + answer.to;
    for (std::size_t i = 0; i < answer.objections.size(); i++)
        text += (i == 0 ? " " : ", ") + name_of(answer.objections[i].reason);
    return text;
}

} // namespace vpcd::oracle
