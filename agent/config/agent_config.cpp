#include "config/agent_config.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <iterator>
#include <memory>

#include <fmt/format.h>
#include <vpcd/abi/policy.h>

#include "config/reader.h"
#include "config/yaml.h"
#include "model/rules.h"

namespace vpcd {

namespace {

constexpr std::array<std::string_view, 7> kLogLevels{"trace", "debug", "info", "warning", "error", "critical", "off"};
// Behind the rules of documents, a rule set has room for the rule of each group that lets its members in.
constexpr unsigned kMostGroups = 64 * RULE_WORDS - VPCD_RULES;
constexpr unsigned kLongestTimeout = 7 * 24 * 60 * 60;
constexpr std::size_t kLargestToMend = std::size_t{64} << 10;

// Rules beyond the types of the fields.
class ConfigRules {
public:
    ConfigRules(const Origin& origin, std::vector<Error>& errors) : origin_(origin), errors_(errors) {}

    void check(const AgentConfig& config)
    {
        check_path("documents", config.documents);
        check_path("runtimeDirectory", config.runtime_directory);
        check_path("pinDirectory", config.pin_directory);
        check_path("cacheDirectory", config.cache_directory);
        check_path("datapath.source", config.datapath.source);
        if (config.datapath.compiler.empty() ||
            (config.datapath.compiler.find('/') != std::string::npos && !config.datapath.compiler.starts_with('/')))
            report("datapath.compiler",
                   fmt::format("'{}' is neither a name nor an absolute path", config.datapath.compiler));
        if (std::ranges::find(kLogLevels, config.log_level) == kLogLevels.end())
            report("logLevel", fmt::format("'{}' is none of {}", config.log_level, fmt::join(kLogLevels, ", ")));
        check_range("quotas.routeTablesPerVpc", config.quotas.route_tables_per_vpc, 1, 10'000);
        check_range("quotas.customRoutesPerTable", config.quotas.custom_routes_per_table, 1, 10'000);
        check_range("quotas.groupsPerInterface", config.quotas.groups_per_interface, 1, kMostGroups);
        check_range("quotas.prefixesPerList", config.quotas.prefixes_per_list, 1, 10'000);
        check_range("quotas.natEntriesPerGateway", config.quotas.nat_entries_per_gateway, 1, 10'000);
        check_range("quotas.connectionsPerVpc", config.quotas.connections_per_vpc, 0, kMostConnections);
        check_range("datapath.flows", config.datapath.flows, 1024, 1u << 24);
        check_range("quotas.translationsPerVpc", config.quotas.translations_per_vpc, 0, kMostConnections);
        check_range("quotas.translationsPerAddress", config.quotas.translations_per_address, 0, kMostConnections);
        check_range("datapath.translations", config.datapath.translations, 1024, 1u << 24);
        check_range("datapath.pendingFlows", config.datapath.pending_flows, 1024, 1u << 24);
        check_range("datapath.endpoints", config.datapath.endpoints, 1024, 1u << 24);
#define X(id, name, default_seconds, sentence)                                                                       \
    check_range("timeouts." name, config.timeouts.seconds[FLOW_TIMEOUT_##id], 1, kLongestTimeout);
        VPCD_TIMEOUTS(X)
#undef X
        check_range("denyLog.perSecond", config.deny_log.per_second, 0, 1000);
    }

private:
    void report(std::string_view path, const std::string& problem)
    {
        errors_.push_back(Error::at(origin_.at(path), fmt::format("{}: {}", path, problem)));
    }
    void check_path(std::string_view path, const std::string& value)
    {
        if (!value.starts_with('/'))
            report(path, fmt::format("'{}' is not an absolute path", value));
    }
    void check_range(std::string_view path, unsigned value, unsigned least, unsigned most)
    {
        if (value < least || value > most)
            report(path, fmt::format("{} is not in {} to {}", value, least, most));
    }

    const Origin& origin_;
    std::vector<Error>& errors_;
};

std::expected<std::string, Error> read_file(const std::string& path)
{
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "re"), std::fclose};
    if (!file)
        return fail(Error::system(errno, fmt::format("open {}", path)));
    std::string text;
    std::array<char, 4096> chunk;
    while (const auto got = std::fread(chunk.data(), 1, chunk.size(), file.get())) {
        text.append(chunk.data(), got);
        if (text.size() > kLargestFile)
            break;
    }
    if (std::ferror(file.get()))
        return fail(Error::system(errno, fmt::format("read {}", path)));
    return text;
}

struct Parsed {
    AgentConfig config;
    std::vector<Error> errors;
    bool has_document = false; // else the text is empty or no YAML
};

Parsed parse(const std::string& file, std::string_view text)
{
    const auto shared_file = std::make_shared<const std::string>(file);
    std::vector<Error> found;
    Parsed parsed;
    parsed.errors = parse_yaml(file, text, [&](const YamlNode& document) {
        Origin origin{shared_file, document.line, document.column};
        if (std::exchange(parsed.has_document, true)) {
            found.push_back(Error::at(origin.at(), "a second document; the agent's settings are one"));
            return false;
        }
        if (document.type == YamlNode::Type::Mapping) {
            ReadingContext context{file, origin, found};
            Reader{document, {"the agent's configuration"}, context}.read_fields(parsed.config);
        } else {
            found.push_back(Error::at(origin.at(), "the agent's configuration is a mapping of keys"));
        }
        ConfigRules{origin, found}.check(parsed.config);
        return true;
    });
    std::ranges::move(found, std::back_inserter(parsed.errors));
    sort_errors(parsed.errors);
    return parsed;
}

} // namespace

const std::vector<std::pair<std::string_view, Decapsulation>>& names(Decapsulation)
{
    static const std::vector<std::pair<std::string_view, Decapsulation>> kNames{
        {"auto", Decapsulation::Auto},
        {"tc", Decapsulation::Tc},
        {"xdp", Decapsulation::Xdp},
        {"xdp-redirect", Decapsulation::XdpRedirect},
    };
    return kNames;
}

const std::vector<std::pair<std::string_view, Compile>>& names(Compile)
{
    static const std::vector<std::pair<std::string_view, Compile>> kNames{
        {"embedded", Compile::Embedded},
        {"host", Compile::Host},
    };
    return kNames;
}

AgentConfigResult load_agent_config(const std::string& path)
{
    const auto text = read_file(path);
    if (!text)
        return std::unexpected(std::vector<Error>{text.error()});
    return parse_agent_config(path, *text);
}

AgentConfigResult parse_agent_config(const std::string& file, std::string_view text)
{
    auto parsed = parse(file, text);
    if (parsed.errors.empty())
        return std::move(parsed.config);
    return std::unexpected(std::move(parsed.errors));
}

AgentConfigReading read_agent_config(const std::string& path)
{
    const auto text = read_file(path);
    if (!text)
        return {{}, {text.error()}};
    auto parsed = parse(path, *text);
    std::vector<Error> errors = parsed.errors;
    std::string_view rest = text->size() <= kLargestToMend ? std::string_view{*text} : "";
    while (!parsed.has_document && !errors.empty() && !rest.empty()) {
        const auto last_line = rest.substr(0, rest.size() - 1).rfind('\n');
        rest = rest.substr(0, last_line == std::string_view::npos ? 0 : last_line + 1);
        parsed = parse(path, rest);
    }
    const AgentConfig defaults;
    for (auto directory :
         {&AgentConfig::runtime_directory, &AgentConfig::pin_directory, &AgentConfig::cache_directory})
        if (!(parsed.config.*directory).starts_with('/'))
            parsed.config.*directory = defaults.*directory;
    return {std::move(parsed.config), std::move(errors)};
}

} // namespace vpcd
