#include "source/directory_source.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/readable.h"

namespace vpcd {

namespace {

using boost::system::error_code;

// Files that are renamed back to back belong together, and are gathered for so long.
constexpr std::chrono::milliseconds kGather{3};

} // namespace

DirectorySource::DirectorySource(boost::asio::io_context& context, std::filesystem::path directory,
                                 std::chrono::milliseconds settle)
    : directory_(directory),
      settle_(settle),
      readable_(context),
      timer_(context),
      documents_(std::move(directory)),
      retry_timer_(context)
{
}

Result<std::unique_ptr<DirectorySource>> DirectorySource::open(boost::asio::io_context& context,
                                                               std::filesystem::path directory,
                                                               std::chrono::milliseconds settle)
{
    // The watch stands before the first reading, so that nothing falls between the two.
    std::unique_ptr<DirectorySource> source{new DirectorySource{context, std::move(directory), settle}};
    if (const auto armed = source->arm(); !armed)
        return fail(armed.error());
    return source;
}

std::expected<Files, std::vector<Error>> DirectorySource::read_all()
{
    documents_.forget_all();
    auto files = documents_.look([this] { return drain(); });
    if (documents_.is_whole())
        return files;
    auto errors = this->errors();
    for (const auto& error : errors)
        told_.push_back(error.text());
    retry_later(true);
    return std::unexpected(std::move(errors));
}

void DirectorySource::watch(Handler handler)
{
    handler_ = std::move(handler);
    wait();
}

void DirectorySource::rescan(std::function<void()> done)
{
    rescanned_ = std::move(done);
    documents_.look_at_all();
    schedule(std::chrono::milliseconds{0});
}

// Fresh watches on what the path leads to now. Old ones, and what they had queued, go.
Result<void> DirectorySource::arm()
{
    auto watch = DirectoryWatch::open(directory_);
    if (!watch)
        return fail(watch.error());
    if (auto copied = assign_copy(readable_, watch->fd(), "watch directory " + directory_.string()); !copied)
        return copied;
    watch_ = std::move(*watch);
    return {};
}

void DirectorySource::wait()
{
    readable_.async_wait(readable_.wait_read, [this, alive = std::weak_ptr{alive_}](error_code error) {
        if (error || alive.expired())
            return;
        if (!drain())
            wait();
    });
}

bool DirectorySource::drain()
{
    watch_->drain([this](DirectoryEvent event, std::string_view name) { take_event(event, std::string{name}); });
    return is_lost_ && rearm();
}

// Only what came by rename is known to be whole. What is removed may be made anew the next moment: so do git and vi.
void DirectorySource::take_event(DirectoryEvent event, const std::string& name)
{
    const auto now = Clock::now();
    const auto before = std::exchange(last_event_, now);
    const bool is_calm = !before || now - *before > settle_;
    switch (event) {
    case DirectoryEvent::Changed:
        documents_.note_changed(name);
        break;
    case DirectoryEvent::Replaced:
        documents_.note_changed(name);
        if (is_calm && !documents_.has_writers())
            return schedule(std::min(settle_, kGather));
        break;
    case DirectoryEvent::Touched:
        documents_.note_touched(name);
        break;
    case DirectoryEvent::Writing:
        documents_.note_writing(name);
        return; // nothing to read before it is closed
    case DirectoryEvent::Lost:
        is_lost_ = true;
        break;
    }
    schedule(settle_);
}

// What was lost may be the closing of files, so those count as closed.
bool DirectorySource::rearm()
{
    documents_.look_at_all();
    documents_.note_all_closed();
    const auto armed = arm();
    is_lost_ = !armed; // if so, the next event, retry or rescan() tries again
    watch_error_ = armed ? std::nullopt : std::optional{armed.error()};
    if (armed && handler_)
        wait();
    return armed.has_value();
}

void DirectorySource::schedule(std::chrono::milliseconds quiet)
{
    const auto now = Clock::now();
    if (!first_event_)
        first_event_ = now;
    due_ = std::min(std::max(due_, now + quiet), *first_event_ + 10 * settle_);
    timer_.expires_at(due_);
    timer_.async_wait([this, alive = std::weak_ptr{alive_}](error_code error) {
        if (error || alive.expired())
            return;
        flush();
    });
}

void DirectorySource::flush()
{
    const bool was_lost = is_lost_;
    if (drain() && !was_lost)
        return; // another directory, this moment: let it settle
    timer_.cancel();
    first_event_.reset();
    due_ = {};

    const auto done = documents_.is_rescan_due() ? std::exchange(rescanned_, {}) : std::function<void()>{};
    auto changes = documents_.look([this] { return drain(); });
    tell_errors();
    if (!changes.empty() && handler_)
        handler_(std::move(changes));
    if (done)
        done();
}

std::vector<Error> DirectorySource::errors() const
{
    auto errors = documents_.errors();
    if (watch_error_)
        errors.push_back(*watch_error_);
    return errors;
}

void DirectorySource::tell_errors()
{
    const auto errors = this->errors();
    std::vector<std::string> texts;
    for (const auto& error : errors)
        texts.push_back(error.text());
    const bool is_news = texts != told_;
    told_ = std::move(texts);
    retry_later(is_news);
    if (is_news && error_handler_)
        error_handler_(errors);
}

// No event tells that descriptors or a network's file system are there again.
void DirectorySource::retry_later(bool is_news)
{
    if (is_news)
        backoff_.reset();
    if ((!documents_.has_failed() && !watch_error_) || (is_retry_due_ && !is_news))
        return;
    is_retry_due_ = true;
    retry_timer_.expires_after(backoff_.next());
    retry_timer_.async_wait([this, alive = std::weak_ptr{alive_}](error_code error) {
        if (error || alive.expired())
            return;
        is_retry_due_ = false;
        documents_.look_at_failed();
        schedule(std::chrono::milliseconds{0});
    });
}

} // namespace vpcd
