// Messages of spdlog as entries of the systemd journal, with fields that `journalctl FIELD=value` finds.
#pragma once

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <string>
#include <string_view>
#include <vector>

namespace vpcd {

// Whether the descriptor leads to the journal: JOURNAL_STREAM names its device and inode (systemd.exec(5)).
bool is_journal(int fd);

// Fields that every message of this thread carries while the object lives. Not nested.
class JournalFields {
public:
    JournalFields();
    ~JournalFields();
    JournalFields(const JournalFields&) = delete;
    JournalFields& operator=(const JournalFields&) = delete;

    void add(std::string_view name, std::string_view value);
    const std::vector<std::string>& texts() const { return texts_; } // "NAME=value"
    static const JournalFields* current();

private:
    std::vector<std::string> texts_;
};

// Without a lock: entries share nothing, and the journal's socket takes them whole.
class JournalSink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
    explicit JournalSink(std::string_view host);

protected:
    void sink_it_(const spdlog::details::log_msg&) override;
    void flush_() override {}

private:
    std::string host_;
};

} // namespace vpcd
