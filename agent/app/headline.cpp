#include "app/headline.h"

#include <fmt/format.h>

namespace vpcd {

namespace {

std::string count(std::size_t number, std::string_view word)
{
    return fmt::format("{} {}{}", number, word, number == 1 ? "" : "s");
}

} // namespace

Condition condition_of(const AgentConfig& config, const Documents& documents, const Reconciler& reconciler,
                       std::size_t unreadable)
{
    Condition now{.host = config.host, .documents = config.documents};
    now.is_declared = documents.model().find<Host>(config.host) != nullptr;
    for (const auto& name : documents.model().referrers<Interface>({Host::kKind, config.host})) {
        ++now.interfaces;
        const auto local = reconciler.planner().local_interface(name);
        now.attached += local && local->is_attached() ? 1 : 0;
    }
    now.refused = documents.pending_errors().size();
    now.unreadable = unreadable;
    now.retried = reconciler.errors().size();
    now.lacks_compiled = !reconciler.programs().view().warning.empty();
    return now;
}

std::string headline(const Condition& now)
{
    std::string line = fmt::format("host {}: ", now.host);
    if (now.is_declared)
        line += fmt::format("{}, {} attached", count(now.interfaces, "interface"), now.attached);
    else
        line += fmt::format("no such Host in {}", now.documents);
    if (now.refused > 0)
        line += fmt::format("; {} in documents, the last good ones are in force", count(now.refused, "error"));
    if (now.unreadable > 0)
        line += fmt::format("; {} reading documents", count(now.unreadable, "error"));
    if (now.retried > 0)
        line += fmt::format("; {} being retried", count(now.retried, "error"));
    if (now.lacks_compiled)
        line += "; compiling programs for this host failed";
    return line;
}

} // namespace vpcd
