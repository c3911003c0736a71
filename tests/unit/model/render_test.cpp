// Resources as JSON and YAML. That the YAML is read back as the same resource is tested beside the reader.
#include "model/render.h"

#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>

#include "unit/model/sample.h"

namespace vpcd {

using namespace sample;

TEST_CASE("JSON has the keys of the document, kind first, without empty fields")
{
    auto placed = interface("web-1", "web", "10.0.1.10", "02:00:00:00:01:0a");
    placed.secondary_addresses = {Address::parse("10.0.1.11").value()};

    CHECK(boost::json::serialize(to_json(placed)) ==
          R"({"kind":"Interface","name":"web-1","subnet":"web","address":"10.0.1.10",)"
          R"("secondaryAddresses":["10.0.1.11"],"mac":"02:00:00:00:01:0a","sourceCheck":true})");
    CHECK(
        boost::json::serialize(to_json(vpc("blue", 100))) ==
        R"({"kind":"Vpc","name":"blue","vni":100,"cidrs":["10.0.0.0/16"],"allowPublicCidr":false,"midstream":"after-move"})");
}

TEST_CASE("YAML is a document as a person would write it")
{
    const auto custom = table("custom", "blue", {route("0.0.0.0/0", "fw"), route("10.9.0.0/16", "fw")});

    CHECK(to_yaml(custom) == "kind: RouteTable\n"
                             "name: custom\n"
                             "vpc: blue\n"
                             "main: false\n"
                             "routes:\n"
                             "  - destination: 0.0.0.0/0\n"
                             "    nextHop:\n"
                             "      interface: fw\n"
                             "      blackhole: false\n"
                             "  - destination: 10.9.0.0/16\n"
                             "    nextHop:\n"
                             "      interface: fw\n"
                             "      blackhole: false\n");
}

TEST_CASE("a rule has what it says, and a port is a number where it is one")
{
    SecurityGroup web;
    web.name = "web";
    web.vpc = "blue";
    web.rules.resize(2);
    web.rules[0].protocol = IpProtocol::parse("tcp").value();
    web.rules[0].ports = {{80, 80}, {8000, 8080}};
    web.rules[0].peer.cidr = Prefix::parse("0.0.0.0/0").value();
    web.rules[1].protocol = IpProtocol::parse("89").value();
    web.rules[1].priority = 7;

    CHECK(to_yaml(web) == "kind: SecurityGroup\n"
                          "name: web\n"
                          "vpc: blue\n"
                          "isolated: false\n"
                          "egressDefault: allow\n"
                          "rules:\n"
                          "  - direction: ingress\n"
                          "    policy: allow\n"
                          "    protocol: tcp\n"
                          "    ports:\n"
                          "      - 80\n"
                          "      - \"8000-8080\"\n"
                          "    peer:\n"
                          "      cidr: 0.0.0.0/0\n"
                          "    priority: 1\n"
                          "  - direction: ingress\n"
                          "    policy: allow\n"
                          "    protocol: 89\n"
                          "    priority: 7\n");
}

TEST_CASE("words that YAML would take for something else are quoted")
{
    struct Row {
        const char* text;
        const char* written;
    };
    const Row rows[] = {
        {"web", "web"},         {"100", "\"100\""},
        {"1e3", "\"1e3\""},     {"true", "\"true\""},
        {"Null", "\"Null\""},   {"no", "\"no\""},
        {"-x", "\"-x\""},       {"a b", "\"a b\""},
        {"a: b", "\"a: b\""},   {"a:", "\"a:\""},
        {"", "\"\""},           {"#x", "\"#x\""},
        {"q\"q", "\"q\\\"q\""}, {"12:30:00", "\"12:30:00\""},
    };
    for (const auto& row : rows) {
        INFO(row.text);
        CHECK(to_yaml(boost::json::value(row.text)) == std::string{row.written} + "\n");
    }
}

} // namespace vpcd
