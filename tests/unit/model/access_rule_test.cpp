// Rules as words.
#include "model/access_rule.h"

#include <catch2/catch_test_macros.hpp>

namespace vpcd {

namespace {

AccessRule tcp(std::vector<PortRange> ports)
{
    AccessRule rule;
    rule.protocol = IpProtocol::parse("tcp").value();
    rule.ports = std::move(ports);
    return rule;
}

} // namespace

TEST_CASE("a protocol is a word or its number, and is told by its word if it has one")
{
    struct Row {
        const char* written;
        std::optional<std::uint8_t> number;
        const char* told;
    };
    const Row rows[] = {
        {"tcp", 6, "tcp"}, {"udp", 17, "udp"}, {"icmp", 1, "icmp"},          {"gre", 47, "gre"}, {"esp", 50, "esp"},
        {"6", 6, "tcp"},   {"0", 0, "0"},      {"all", std::nullopt, "all"}, {"89", 89, "89"},   {"255", 255, "255"},
    };
    for (const auto& row : rows) {
        INFO(row.written);
        const auto protocol = IpProtocol::parse(row.written);
        REQUIRE(protocol);
        CHECK(protocol->number == row.number);
        CHECK(to_string(*protocol) == row.told);
    }
    for (const char* bad : {"", "TCP", "any", "256", "-1", "06", "6 ", "1.5", "sctp"}) {
        INFO(bad);
        CHECK_FALSE(IpProtocol::parse(bad));
    }
    CHECK(IpProtocol::parse("sctp").error().text() ==
          "'sctp' is not a protocol: tcp, udp, icmp, gre, esp, all, or a number from 0 to 255");
}

TEST_CASE("ports are one or a range, both ends included")
{
    struct Row {
        const char* written;
        PortRange range;
        const char* told;
    };
    const Row rows[] = {
        {"443", {443, 443}, "443"},
        {"8000-8080", {8000, 8080}, "8000-8080"},
        {"0-65535", {0, 65535}, "0-65535"},
        {"22-22", {22, 22}, "22"},
    };
    for (const auto& row : rows) {
        INFO(row.written);
        const auto range = PortRange::parse(row.written);
        REQUIRE(range);
        CHECK(*range == row.range);
        CHECK(to_string(*range) == row.told);
    }
    for (const char* bad : {"", "-", "80-", "-80", "65536", "1-65536", "080", "80-090", "1-2-3", "1 - 2", "http"}) {
        INFO(bad);
        REQUIRE_FALSE(PortRange::parse(bad));
        CHECK(PortRange::parse(bad).error().text().ends_with(
            "is not a port or a range of ports, such as 443 or 8000-8080, from 0 to 65535"));
    }
    CHECK(PortRange::parse("81-80").error().text() == "'81-80' is not a range of ports: it ends before it begins");
}

TEST_CASE("a rule is told in the words of its document")
{
    struct Row {
        const char* told;
        AccessRule rule;
    };
    AccessRule echo;
    echo.protocol = IpProtocol::parse("icmp").value();
    echo.icmp_type = 8;
    echo.icmp_code = 0;
    AccessRule to_block;
    to_block.direction = Direction::Egress;
    to_block.policy = RulePolicy::Drop;
    to_block.peer.cidr = Prefix::parse("10.0.0.0/8").value();
    AccessRule from_group = tcp({{22, 22}});
    from_group.peer.group = "bastion";
    AccessRule from_list = tcp({});
    from_list.peer.prefix_list = "offices";
    const Row rows[] = {
        {"ingress allow all from anybody", {}},
        {"ingress allow icmp type 8 code 0 from anybody", echo},
        {"egress drop all to 10.0.0.0/8", to_block},
        {"ingress allow tcp 22 from group bastion", from_group},
        {"ingress allow tcp from prefix list offices", from_list},
    };
    for (const auto& row : rows)
        CHECK(to_string(row.rule) == row.told);
}

TEST_CASE("rules that say the same have the same text, in whatever order their ports are")
{
    const auto rule = tcp({{80, 80}, {443, 443}, {8000, 8080}});

    CHECK(to_string(rule) == "ingress allow tcp 80, 443, 8000-8080 from anybody");
    CHECK(to_string(tcp({{8000, 8080}, {443, 443}, {80, 80}, {443, 443}})) == to_string(rule));
}

} // namespace vpcd
