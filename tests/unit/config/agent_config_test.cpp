// The agent's own settings.
#include "config/agent_config.h"

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <unistd.h>

#include "unit/config/sample.h"

namespace vpcd {

using namespace sample;

TEST_CASE("the shipped vpcd.yaml says the defaults, and so does an empty one")
{
    CHECK(load_agent_config(VPCD_CONFIG_DIR "/vpcd.yaml").value() == AgentConfig{});
    CHECK(parse_agent_config("vpcd.yaml", "").value() == AgentConfig{});
    CHECK(parse_agent_config("vpcd.yaml", "# nothing\n---\n").value() == AgentConfig{});
}

TEST_CASE("every setting is read")
{
    const auto config = parse_agent_config(
        "vpcd.yaml", "host: node-a\n"
                     "documents: /d\n"
                     "runtimeDirectory: /r\n"
                     "pinDirectory: /p\n"
                     "cacheDirectory: /c\n"
                     "logLevel: debug\n"
                     "quotas: {routeTablesPerVpc: 1, customRoutesPerTable: 10000, groupsPerInterface: "
                     "64, prefixesPerList: 7, natEntriesPerGateway: 9, connectionsPerVpc: 8388608, "
                     "translationsPerVpc: 11, translationsPerAddress: 8388608}\n"
                     "datapath: {decapsulation: xdp-redirect, flows: 1024, pendingFlows: 2048, endpoints: "
                     "16777216, translations: 4096, events: false, compile: host, source: /s, compiler: "
                     "/usr/bin/clang}\n"
                     "timeouts: {tcpHandshake: 1, tcpEstablished: 604800, tcpClosing: 3, tcpClosed: 4, "
                     "udpUnanswered: 5, udp: 6, icmp: 7, other: 8}\n"
                     "denyLog: {perSecond: 1000}\n");
    AgentConfig expected;
    expected.host = "node-a";
    expected.documents = "/d";
    expected.runtime_directory = "/r";
    expected.pin_directory = "/p";
    expected.cache_directory = "/c";
    expected.log_level = "debug";
    expected.quotas = {1, 10000, 64, 7, 9, 8388608, 11, 8388608};
    expected.timeouts.seconds = {1, 604800, 3, 4, 5, 6, 7, 8};
    expected.deny_log = {1000};
    expected.datapath = {
        Decapsulation::XdpRedirect, 1024, 2048, 16777216, 4096, false, Compile::Host, "/s", "/usr/bin/clang"};

    CHECK(config.value() == expected);
}

TEST_CASE("every wrong setting is told with its place")
{
    struct Row {
        const char* name;
        const char* text;
        std::vector<std::string> errors;
    };
    const Row rows[] = {
        {"out of range",
         "quotas:\n  routeTablesPerVpc: 0\n  customRoutesPerTable: 10001\ndatapath:\n  flows: 1023\n"
         "  endpoints: 16777217\n",
         {"vpcd.yaml:2:22: quotas.routeTablesPerVpc: 0 is not in 1 to 10000",
          "vpcd.yaml:3:25: quotas.customRoutesPerTable: 10001 is not in 1 to 10000",
          "vpcd.yaml:5:10: datapath.flows: 1023 is not in 1024 to 16777216",
          "vpcd.yaml:6:14: datapath.endpoints: 16777217 is not in 1024 to 16777216"}},
        {"quotas of groups and connections out of range",
         "quotas:\n  groupsPerInterface: 65\n  prefixesPerList: 0\n  connectionsPerVpc: 8388609\n"
         "  natEntriesPerGateway: 10001\n  translationsPerVpc: 8388609\n  translationsPerAddress: 8388609\n"
         "datapath: {translations: 1023}\n",
         {"vpcd.yaml:2:23: quotas.groupsPerInterface: 65 is not in 1 to 64",
          "vpcd.yaml:3:20: quotas.prefixesPerList: 0 is not in 1 to 10000",
          "vpcd.yaml:4:22: quotas.connectionsPerVpc: 8388609 is not in 0 to 8388608",
          "vpcd.yaml:5:25: quotas.natEntriesPerGateway: 10001 is not in 1 to 10000",
          "vpcd.yaml:6:23: quotas.translationsPerVpc: 8388609 is not in 0 to 8388608",
          "vpcd.yaml:7:27: quotas.translationsPerAddress: 8388609 is not in 0 to 8388608",
          "vpcd.yaml:8:26: datapath.translations: 1023 is not in 1024 to 16777216"}},
        {"times and rates out of range",
         "datapath: {pendingFlows: 1023}\ntimeouts:\n  udp: 0\n  tcpClosed: 604801\ndenyLog: {perSecond: 1001}\n",
         {"vpcd.yaml:1:26: datapath.pendingFlows: 1023 is not in 1024 to 16777216",
          "vpcd.yaml:3:8: timeouts.udp: 0 is not in 1 to 604800",
          "vpcd.yaml:4:14: timeouts.tcpClosed: 604801 is not in 1 to 604800",
          "vpcd.yaml:5:22: denyLog.perSecond: 1001 is not in 0 to 1000"}},
        {"unknown timeouts",
         "timeouts: {tcpHandshakes: 1}\ndenyLog: 5\n",
         {"vpcd.yaml:1:12: 'timeouts' has no key 'tcpHandshakes'; did you mean 'tcpHandshake'?",
          "vpcd.yaml:2:10: denyLog: this is a word, not a mapping of keys"}},
        {"unknown words",
         "logLevel: loud\nloglevels: info\ndatapath: {decapsulation: xpd}\n",
         {"vpcd.yaml:1:11: logLevel: 'loud' is none of trace, debug, info, warning, error, critical, off",
          "vpcd.yaml:2:1: the agent's configuration has no key 'loglevels'; did you mean 'logLevel'?",
          "vpcd.yaml:3:27: datapath.decapsulation: 'xpd' is none of auto, tc, xdp, xdp-redirect; did you mean "
          "'xdp'?"}},
        {"a relative path", "documents: etc\n", {"vpcd.yaml:1:12: documents: 'etc' is not an absolute path"}},
        {"a compiler that is found differently from each directory",
         "datapath: {compiler: ./clang}\n",
         {"vpcd.yaml:1:22: datapath.compiler: './clang' is neither a name nor an absolute path"}},
        {"two documents",
         "host: a\n---\nhost: b\n",
         {"vpcd.yaml:3:1: a second document; the agent's settings are one"}},
        {"a list", "- host\n", {"vpcd.yaml:1:1: the agent's configuration is a mapping of keys"}},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        const auto config = parse_agent_config("vpcd.yaml", row.text);
        REQUIRE_FALSE(config);
        CHECK(texts(config.error()) == row.errors);
    }
}

TEST_CASE("to clean up, what can be read of broken settings is, and the rest are defaults")
{
    struct Row {
        const char* name;
        const char* text;
        const char* pins;
        const char* cache;
    };
    const AgentConfig defaults;
    const Row rows[] = {
        {"an unknown key", "pinDirectory: /p\nnonsense: 1\ncacheDirectory: /c\n", "/p", "/c"},
        {"a syntax error further down", "pinDirectory: /p\ndatapath: [\ncacheDirectory: /c\n", "/p", nullptr},
        {"a syntax error without an end of line", "pinDirectory: /p\n}", "/p", nullptr},
        {"a syntax error at once", "}{\npinDirectory: /p\n", nullptr, nullptr},
        {"a path that is none", "pinDirectory: p\ncacheDirectory: /c\n", nullptr, "/c"},
        {"a value that is none", "pinDirectory: [/p]\ncacheDirectory: /c\n", nullptr, "/c"},
        {"no settings but a list", "- pinDirectory\n", nullptr, nullptr},
    };
    const auto path = std::filesystem::temp_directory_path() / fmt::format("vpcd-unit-config-{}.yaml", ::getpid());
    for (const auto& row : rows) {
        INFO(row.name);
        std::ofstream{path} << row.text;

        const auto found = read_agent_config(path);

        CHECK_FALSE(found.errors.empty());
        CHECK(found.config.pin_directory == (row.pins ? row.pins : defaults.pin_directory));
        CHECK(found.config.cache_directory == (row.cache ? row.cache : defaults.cache_directory));
        CHECK(found.config.runtime_directory == defaults.runtime_directory);
    }
    std::filesystem::remove(path);
    CHECK_FALSE(read_agent_config(path).errors.empty());
}

TEST_CASE("settings that cannot be opened are one readable line")
{
    const auto config = load_agent_config("/nonexistent/vpcd.yaml");

    REQUIRE_FALSE(config);
    CHECK(texts(config.error()) ==
          std::vector<std::string>{"open /nonexistent/vpcd.yaml: No such file or directory"});
    CHECK_FALSE(load_agent_config("/"));
}

} // namespace vpcd
