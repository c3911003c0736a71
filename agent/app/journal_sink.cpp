#define SD_JOURNAL_SUPPRESS_LOCATION // the place of this call says nothing

#include "app/journal_sink.h"

#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>

namespace vpcd {

namespace {

const JournalFields*& current_fields()
{
    thread_local const JournalFields* fields = nullptr;
    return fields;
}

int priority(spdlog::level::level_enum level)
{
    switch (level) {
    case spdlog::level::critical:
        return LOG_CRIT;
    case spdlog::level::err:
        return LOG_ERR;
    case spdlog::level::warn:
        return LOG_WARNING;
    case spdlog::level::info:
        return LOG_INFO;
    default:
        return LOG_DEBUG;
    }
}

iovec piece(const std::string& text)
{
    return {const_cast<char*>(text.data()), text.size()};
}

} // namespace

bool is_journal(int fd)
{
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat info{};
    return stream != nullptr && ::fstat(fd, &info) == 0 && fmt::format("{}:{}", info.st_dev, info.st_ino) == stream;
}

JournalFields::JournalFields()
{
    current_fields() = this;
}

JournalFields::~JournalFields()
{
    current_fields() = nullptr;
}

void JournalFields::add(std::string_view name, std::string_view value)
{
    texts_.push_back(fmt::format("{}={}", name, value));
}

const JournalFields* JournalFields::current()
{
    return current_fields();
}

JournalSink::JournalSink(std::string_view host) : host_(fmt::format("VPCD_HOST={}", host)) {}

void JournalSink::sink_it_(const spdlog::details::log_msg& message)
{
    const std::string_view payload{message.payload.data(), message.payload.size()};
    const std::string text = fmt::format("MESSAGE={}", payload);
    const std::string level = fmt::format("PRIORITY={}", priority(message.level));
    static const std::string kIdentifier = "SYSLOG_IDENTIFIER=vpcd";

    std::vector<iovec> entry{piece(text), piece(level), piece(kIdentifier), piece(host_)};
    if (const auto* fields = JournalFields::current())
        for (const auto& field : fields->texts())
            entry.push_back(piece(field));
    // Nobody takes entries: stderr still leads to the journal, or will, and "<3>" there is a priority.
    if (::sd_journal_sendv(entry.data(), static_cast<int>(entry.size())) < 0)
        fmt::print(stderr, "<{}>{}\n", priority(message.level), payload);
}

} // namespace vpcd
