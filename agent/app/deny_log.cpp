#include "app/deny_log.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <utility>

#include "app/journal_sink.h"
#include "observe/words.h"

namespace vpcd {

namespace {

std::string endpoint(const Address& address, unsigned port)
{
    return port == 0 ? to_string(address) : fmt::format("{}:{}", to_string(address), port);
}

} // namespace

std::string denial_text(const DropRecord& record)
{
    return fmt::format("denied {} {} -> {} of {} in VPC {}: {}, {}", protocol_name(record.protocol),
                       endpoint(record.source, record.source_port),
                       endpoint(record.destination, record.destination_port), record.interface, record.vpc,
                       record.reason, record.rule);
}

void DenyLog::write_journal(const std::string& line, const DropRecord* record)
{
    JournalFields fields;
    if (record) {
        fields.add("VPCD_RESOURCE", to_string(ResourceId{Interface::kKind, record->interface}));
        fields.add("VPCD_RULE", record->rule);
        fields.add("VPCD_REASON", record->reason);
    }
    spdlog::info("{}", line);
}

void DenyLog::tell_left_out()
{
    if (const auto left_out = std::exchange(left_out_, 0); left_out > 0)
        write_(fmt::format("denied {} more packets, not logged: there were more than {} a second", left_out,
                           per_second_),
               nullptr);
}

void DenyLog::take(const DropRecord& record, Clock::time_point now)
{
    if (per_second_ == 0 || record.rule.empty())
        return;
    if (!second_ || now - *second_ >= std::chrono::seconds{1}) {
        second_ = now;
        written_ = 0;
        tell_left_out();
    }
    if (written_ == per_second_) {
        ++left_out_;
        return;
    }
    ++written_;
    write_(denial_text(record), &record);
}

} // namespace vpcd
