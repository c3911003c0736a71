#include "app/options.h"

#include <CLI/CLI.hpp>

namespace vpcd {

std::optional<Options> parse_options(int argc, char** argv, int& exit_code)
{
    Options options;
    CLI::App app{"vpcd implements virtual private clouds in this host's kernel"};
    app.set_version_flag("--version", VPCD_VERSION);
    app.add_option("--config", options.config, "the agent's settings")->capture_default_str();
    app.add_option("--check", options.check,
                   "validate the documents of a directory, print what this host would hold, touch nothing");
    auto* check_upgrade = app.add_flag(
        "--check-upgrade", options.check_upgrade,
        "print what a start would carry over, make anew or keep of the tables an earlier agent has left, "
        "and end with 0 (nothing is lost) or 3; changes nothing; needs root");
    app.add_flag(
           "--purge", options.purge,
           "remove everything of ours from this host - programs, tables, devices, neighbours, files at run time, "
           "programs compiled here - and nothing else; refused while an agent runs; settings that cannot be read to "
           "their end are no hindrance")
        ->excludes(check_upgrade);
    app.add_option("--host", options.host,
                   "name of this host's document (default: the settings', else the host name)");
    app.footer("SIGHUP reads all documents again. SIGTERM ends the agent; the datapath goes on.");

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        exit_code = app.exit(error) == 0 ? 0 : 2;
        return std::nullopt;
    }
    return options;
}

} // namespace vpcd
