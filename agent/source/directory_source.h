// Documents from a watched directory. One thread, the io_context's; handlers are called from there.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/backoff.h"
#include "source/directory_files.h"
#include "source/directory_watch.h"
#include "source/document_set.h"

namespace vpcd {

// A file that is open for writing is read when it is closed. A file that cannot be read, or a directory that is
// gone, is an error and tried again, and what was read before stays in force. Nothing is told before everything could
// be read once: a part of the documents must not pass for all of them.
class DirectorySource {
public:
    using Files = vpcd::Files;
    using Handler = std::function<void(Files)>;
    using ErrorHandler = std::function<void(const std::vector<Error>&)>;

    // The directory may appear later. `settle`: how long after the last event of a burst it is read; at most ten
    // times that after the first. A file that is renamed into place while nothing else happens is read at once.
    static Result<std::unique_ptr<DirectorySource>> open(boost::asio::io_context&, std::filesystem::path directory,
                                                         std::chrono::milliseconds settle);
    DirectorySource(const DirectorySource&) = delete;
    DirectorySource& operator=(const DirectorySource&) = delete;

    // Everything there is now, or every reason why that is not known. Later calls of the handler tell the difference
    // to this; after errors the first of them tells everything.
    std::expected<Files, std::vector<Error>> read_all();
    // Called with what changed since last time; what was written anew with the same text did not change.
    void watch(Handler handler);
    // Called with everything that cannot be read, whenever that has changed.
    void on_error(ErrorHandler handler) { error_handler_ = std::move(handler); }
    // Looks at every file again, soon; `done` follows what the handlers are told of it.
    void rescan(std::function<void()> done = {});

private:
    using Clock = std::chrono::steady_clock;

    DirectorySource(boost::asio::io_context&, std::filesystem::path directory, std::chrono::milliseconds settle);
    Result<void> arm();
    void wait();
    bool drain(); // true: the watches were renewed, and a rescan is scheduled
    void take_event(DirectoryEvent, const std::string& name);
    bool rearm();
    void schedule(std::chrono::milliseconds quiet);
    void flush();
    std::vector<Error> errors() const;
    void tell_errors();
    void retry_later(bool is_news);

    std::filesystem::path directory_;
    std::chrono::milliseconds settle_;
    std::optional<DirectoryWatch> watch_;
    boost::asio::posix::stream_descriptor readable_; // of a dup(): DirectoryWatch owns the descriptor itself
    boost::asio::steady_timer timer_;
    std::optional<Clock::time_point> first_event_; // of the burst that is settling
    std::optional<Clock::time_point> last_event_;
    Clock::time_point due_{}; // when the burst has settled

    DocumentSet documents_;
    bool is_lost_ = false; // watches may point to the wrong directory
    std::optional<Error> watch_error_;
    std::function<void()> rescanned_;

    std::vector<std::string> told_; // texts of the errors
    boost::asio::steady_timer retry_timer_;
    bool is_retry_due_ = false;
    Backoff backoff_{std::chrono::seconds{1}, std::chrono::minutes{1}};

    Handler handler_;
    ErrorHandler error_handler_;
    std::shared_ptr<int> alive_ = std::make_shared<int>(); // expires with the source; completions ask it first
};

} // namespace vpcd
