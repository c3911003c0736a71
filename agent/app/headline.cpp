#include "app/headline.h"

#include <fmt/format.h>

namespace vpcd {

namespace {

std::string count(std::size_t number, std::string_view word)
{
    return fmt::format("{} {}{}", number, word, number == 1 ? "" : "s");
}

} // namespace

std::string headline(const AgentConfig& config, const Documents& documents, const Reconciler& reconciler)
{
    std::string line = fmt::format("host {}: ", config.host);
    if (!documents.model().find<Host>(config.host)) {
        line += fmt::format("no such Host in {}", config.documents);
    } else {
        std::size_t attached = 0;
        const auto names = documents.model().referrers<Interface>({Host::kKind, config.host});
        for (const auto& name : names)
            if (const auto local = reconciler.planner().local_interface(name); local && local->is_attached())
                ++attached;
        line += fmt::format("{}, {} attached", count(names.size(), "interface"), attached);
    }
    if (const auto refused = documents.pending_errors().size(); refused > 0)
        line += fmt::format("; {} in documents, the last good ones are in force", count(refused, "error"));
    if (const auto retried = reconciler.errors().size(); retried > 0)
        line += fmt::format("; {} being retried", count(retried, "error"));
    return line;
}

} // namespace vpcd
