// What is logged of errors, and with which fields of the journal.
#include "app/log.h"

#include <catch2/catch_test_macros.hpp>
#include <cerrno>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include "app/journal_sink.h"

namespace vpcd {

namespace {

struct Line {
    std::string text;
    std::vector<std::string> fields;
};

class Listener : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
    std::vector<Line> lines;

protected:
    void sink_it_(const spdlog::details::log_msg& message) override
    {
        const auto* fields = JournalFields::current();
        lines.push_back({{message.payload.data(), message.payload.size()},
                         fields ? fields->texts() : std::vector<std::string>{}});
    }
    void flush_() override {}
};

// The default logger's place, until it is destroyed.
class Log {
public:
    Log() : before_(spdlog::default_logger()), listener_(std::make_shared<Listener>())
    {
        spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", listener_));
    }
    ~Log() { spdlog::set_default_logger(before_); }
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    const std::vector<Line>& lines() const { return listener_->lines; }

private:
    std::shared_ptr<spdlog::logger> before_;
    std::shared_ptr<Listener> listener_;
};

} // namespace

TEST_CASE("an error is logged with the fields it has")
{
    using Fields = std::vector<std::string>;
    struct Row {
        const char* what;
        Error error;
        Fields fields;
    };
    const Row rows[] = {
        {"system", Error::system(ENOENT, "open"), {"ERRNO=2"}},
        {"BPF", {ErrorSource::Bpf, EPERM, "write table"}, {"ERRNO=1"}},
        {"netlink, refused by the kernel", {ErrorSource::Netlink, EEXIST, "add link"}, {"ERRNO=17"}},
        {"netlink, of libnl itself", {ErrorSource::Netlink, -5, "add link"}, {}},
        {"rule",
         Error::at({"a.yaml", 3, 5}, "no such subnet").about("Interface x"),
         {"VPCD_DOCUMENT=a.yaml:3:5", "VPCD_RESOURCE=Interface x"}},
    };

    for (const auto& row : rows) {
        INFO(row.what);
        const Log log;
        log_error(row.error);
        REQUIRE(log.lines().size() == 1);
        CHECK(log.lines()[0].text == row.error.text());
        CHECK(log.lines()[0].fields == row.fields);
    }
}

TEST_CASE("of many errors a hundred are logged, and how many more there are")
{
    const Log log;
    std::vector<Error> errors;
    for (int i = 0; i < 1'000; ++i)
        errors.push_back(Error::config("broken " + std::to_string(i)));

    log_errors(errors);

    REQUIRE(log.lines().size() == 101);
    CHECK(log.lines()[99].text == "broken 99");
    CHECK(log.lines()[100].text == "... and 900 more errors");
}

} // namespace vpcd
