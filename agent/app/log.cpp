#include "app/log.h"

#include <ranges>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "app/journal_sink.h"

namespace vpcd {

namespace {

constexpr std::size_t kMostLogged = 100;

// Netlink has negative codes of libnl beside the kernel's.
bool has_errno(ErrorSource source)
{
    return source == ErrorSource::System || source == ErrorSource::Bpf || source == ErrorSource::Netlink;
}

} // namespace

void open_log(const std::string& level, const std::string& host)
{
    if (is_journal(STDERR_FILENO))
        spdlog::set_default_logger(std::make_shared<spdlog::logger>("vpcd", std::make_shared<JournalSink>(host)));
    else
        spdlog::set_default_logger(spdlog::stderr_color_mt("vpcd"));
    spdlog::set_pattern("%Y-%m-%d %H:%M:%S.%e %^%l%$ %v");
    spdlog::set_level(spdlog::level::from_str(level));
    spdlog::flush_on(spdlog::level::trace);
}

void log_error(const Error& error)
{
    JournalFields fields;
    if (!error.where().file.empty())
        fields.add("VPCD_DOCUMENT", to_string(error.where()));
    if (!error.resource().empty())
        fields.add("VPCD_RESOURCE", error.resource());
    if (error.code() > 0 && has_errno(error.source()))
        fields.add("ERRNO", std::to_string(error.code()));
    spdlog::error("{}", error.text());
}

void log_errors(const std::vector<Error>& errors)
{
    for (const auto& error : errors | std::views::take(kMostLogged))
        log_error(error);
    if (errors.size() > kMostLogged)
        spdlog::error("... and {} more errors", errors.size() - kMostLogged);
}

} // namespace vpcd
