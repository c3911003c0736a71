// The agent's own settings: vpcd.yaml. Read once, at start.
#pragma once

#include <array>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <vpcd/abi/expiry.h>
#include <vpcd/abi/limits.h>

#include "base/error.h"
#include "model/fields.h"
#include "model/quotas.h"

namespace vpcd {

// Where tunnel packets are taken apart. Auto: XDP on a physical NIC, TC on a veth.
enum class Decapsulation { Auto, Tc, Xdp, XdpRedirect };
const std::vector<std::pair<std::string_view, Decapsulation>>& names(Decapsulation);

// Which programs run: those the agent brings, or the installed source compiled for this host.
enum class Compile { Embedded, Host };
const std::vector<std::pair<std::string_view, Compile>>& names(Compile);

struct DatapathConfig {
    Decapsulation decapsulation = Decapsulation::Auto;
    unsigned flows = VPCD_MAX_FLOWS;               // entries of the flow table, two a connection
    unsigned pending_flows = VPCD_MAX_PENDING;     // of the table of connections nobody has answered yet
    unsigned endpoints = VPCD_MAX_ENDPOINTS;       // addresses of all VPCs that have an interface here
    unsigned translations = VPCD_MAX_TRANSLATIONS; // entries of the table of NAT gateways, two a connection
    bool events = true;                            // drops can be followed as they happen
    Compile compile = Compile::Embedded;
    std::string source = "/usr/share/vpcd"; // bpf/ and include/vpcd/abi/
    std::string compiler = "clang";         // a name or an absolute path

    friend bool operator==(const DatapathConfig&, const DatapathConfig&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.optional("decapsulation", self.decapsulation);
        visit.optional("flows", self.flows);
        visit.optional("pendingFlows", self.pending_flows);
        visit.optional("endpoints", self.endpoints);
        visit.optional("translations", self.translations);
        visit.optional("events", self.events);
        visit.optional("compile", self.compile);
        visit.optional("source", self.source);
        visit.optional("compiler", self.compiler);
    }
};

// Seconds without a packet after which a connection is forgotten, by enum flow_timeout.
struct FlowTimeouts {
    std::array<unsigned, FLOW_TIMEOUT_COUNT> seconds{
#define X(id, name, default_seconds, sentence) default_seconds,
        VPCD_TIMEOUTS(X)
#undef X
    };

    friend bool operator==(const FlowTimeouts&, const FlowTimeouts&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
#define X(id, name, default_seconds, sentence) visit.optional(name, self.seconds[FLOW_TIMEOUT_##id]);
        VPCD_TIMEOUTS(X)
#undef X
    }
};

// Packets that rules dropped, in the journal.
struct DenyLogConfig {
    unsigned per_second = 0; // more are counted only; 0: none is written

    friend bool operator==(const DenyLogConfig&, const DenyLogConfig&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.optional("perSecond", self.per_second);
    }
};

struct AgentConfig {
    std::string host; // name of this host's document; empty: the machine's host name
    std::string documents = "/etc/vpcd/documents";
    std::string runtime_directory = "/run/vpcd"; // the socket is vpcd.sock in it
    std::string pin_directory = "/sys/fs/bpf/vpcd";
    std::string cache_directory = "/var/cache/vpcd"; // programs compiled here
    std::string log_level = "info"; // a level of spdlog: trace, debug, info, warning, error, critical, off
    Quotas quotas;
    DatapathConfig datapath;
    FlowTimeouts timeouts;
    DenyLogConfig deny_log;

    friend bool operator==(const AgentConfig&, const AgentConfig&) = default;

    template <typename Self, typename Visitor>
    static void describe(Self& self, Visitor& visit)
    {
        visit.optional("host", self.host);
        visit.optional("documents", self.documents);
        visit.optional("runtimeDirectory", self.runtime_directory);
        visit.optional("pinDirectory", self.pin_directory);
        visit.optional("cacheDirectory", self.cache_directory);
        visit.optional("logLevel", self.log_level);
        visit.optional("quotas", self.quotas);
        visit.optional("datapath", self.datapath);
        visit.optional("timeouts", self.timeouts);
        visit.optional("denyLog", self.deny_log);
    }
};

using AgentConfigResult = std::expected<AgentConfig, std::vector<Error>>;

AgentConfigResult load_agent_config(const std::string& path);
// What could be read, down to a syntax error if there is one; the rest are defaults. And why it is not all.
struct AgentConfigReading {
    AgentConfig config;
    std::vector<Error> errors;
};
AgentConfigReading read_agent_config(const std::string& path);
// `file` is how errors call it. An empty text means all defaults.
AgentConfigResult parse_agent_config(const std::string& file, std::string_view text);

} // namespace vpcd
