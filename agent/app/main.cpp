// vpcd: the agent of one host.
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/agent.h"
#include "app/check.h"
#include "app/check_upgrade.h"
#include "app/log.h"
#include "app/notify.h"
#include "app/options.h"
#include "app/purge.h"

namespace {

std::string host_name()
{
    char name[256] = {};
    ::gethostname(name, sizeof(name) - 1);
    return name;
}

bool is_there(const std::string& path)
{
    struct stat info{};
    return ::stat(path.c_str(), &info) == 0;
}

// What an agent has left must go whatever has become of its settings.
vpcd::AgentConfig load_what_is_there(const vpcd::Options& options)
{
    if (!is_there(options.config))
        return {};
    auto found = vpcd::read_agent_config(options.config);
    for (const auto& error : found.errors)
        std::fprintf(stderr, "%s\n", error.text().c_str());
    if (!found.errors.empty())
        std::fprintf(stderr,
                     "going on with what could be read: runtimeDirectory %s, pinDirectory %s, cacheDirectory %s\n",
                     found.config.runtime_directory.c_str(), found.config.pin_directory.c_str(),
                     found.config.cache_directory.c_str());
    return std::move(found.config);
}

// Documents can be checked on a machine without settings: then all are defaults.
vpcd::AgentConfigResult load_config(const vpcd::Options& options)
{
    auto config = !options.check.empty() && !is_there(options.config) ? vpcd::AgentConfigResult{vpcd::AgentConfig{}}
                                                                      : vpcd::load_agent_config(options.config);
    if (config && !options.host.empty())
        config->host = options.host;
    if (config && config->host.empty())
        config->host = host_name();
    return config;
}

int run_agent(const vpcd::AgentConfig& config)
{
    boost::asio::io_context context{1};
    auto agent = vpcd::Agent::start(context, config);
    if (!agent) {
        spdlog::critical("cannot start: {}", agent.error().text());
        return 1;
    }
    vpcd::notify::ready((*agent)->headline());
    const vpcd::Watchdog watchdog{context, [&agent] { return (*agent)->headline(); }};
    context.run();
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    int exit_code = 0;
    const auto options = vpcd::parse_options(argc, argv, exit_code);
    if (!options)
        return exit_code;

    if (options->purge)
        return vpcd::purge(load_what_is_there(*options));
    const auto config = load_config(*options);
    if (!config) {
        for (const auto& error : config.error())
            std::fprintf(stderr, "%s\n", error.text().c_str());
        return 1;
    }
    if (!options->check.empty())
        return vpcd::check_documents(*config, options->check);
    if (options->check_upgrade)
        return vpcd::check_upgrade(*config);
    vpcd::open_log(config->log_level, config->host);
    return run_agent(*config);
}
