#include "source/directory_source.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <functional>
#include <string_view>
#include <utility>

namespace vpcd {

namespace {

using boost::system::error_code;

// Files that are renamed back to back belong together, and are gathered for so long.
constexpr std::chrono::milliseconds kGather{3};

// Beside the names of documents in failed_; no document has these.
constexpr const char* kListing = "";
constexpr const char* kWatching = "/";

std::uint64_t hash_of(const std::string& text)
{
    return std::hash<std::string>{}(text);
}

} // namespace

DirectorySource::DirectorySource(boost::asio::io_context& context, std::filesystem::path directory,
                                 std::chrono::milliseconds settle)
    : directory_(std::move(directory)), settle_(settle), readable_(context), timer_(context), retry_timer_(context)
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
    known_.clear();
    is_whole_ = false;
    is_rescan_due_ = true;
    auto files = look();
    if (is_whole_)
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
    is_rescan_due_ = true;
    schedule(std::chrono::milliseconds{0});
}

// Fresh watches on what the path leads to now. Old ones, and what they had queued, go.
Result<void> DirectorySource::arm()
{
    auto watch = DirectoryWatch::open(directory_);
    if (!watch)
        return fail(watch.error());
    UniqueFd copy{::fcntl(watch->fd(), F_DUPFD_CLOEXEC, 0)};
    if (!copy)
        return fail(Error::system(errno, "watch directory " + directory_.string()));

    error_code error;
    readable_.close(error);
    readable_.assign(copy.get(), error);
    if (error)
        return fail(Error::system(error.value(), "watch directory " + directory_.string()));
    (void)copy.release();
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
        being_written_.erase(name);
        dirty_.insert(name);
        break;
    case DirectoryEvent::Replaced:
        being_written_.erase(name);
        dirty_.insert(name);
        if (is_calm && being_written_.empty())
            return schedule(std::min(settle_, kGather));
        break;
    case DirectoryEvent::Touched:
        dirty_.insert(name);
        break;
    case DirectoryEvent::Writing:
        being_written_.insert(name);
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
    is_rescan_due_ = true;
    being_written_.clear();
    const auto armed = arm();
    is_lost_ = !armed; // if so, the next event, retry or rescan() tries again
    if (armed)
        failed_.erase(kWatching);
    else
        failed_.insert_or_assign(kWatching, armed.error());
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

    const auto done = is_rescan_due_ ? std::exchange(rescanned_, {}) : std::function<void()>{};
    auto changes = look();
    tell_errors();
    if (!changes.empty() && handler_)
        handler_(std::move(changes));
    if (done)
        done();
}

// What differs from what was told before.
Files DirectorySource::look()
{
    if (std::exchange(is_rescan_due_, false))
        find_names();
    Files changes = read_changes();
    if (!is_whole_)
        is_whole_ = failed_.empty() && being_written_.empty() && !is_rescan_due_;
    if (!is_whole_) {
        known_.clear();
        is_rescan_due_ = true;
        return {};
    }
    return changes;
}

void DirectorySource::find_names()
{
    auto names = list_documents(directory_);
    if (!names) {
        failed_.insert_or_assign(kListing,
                                 is_whole_ ? names.error().during("keeping what was read before") : names.error());
        dirty_.clear(); // a directory that is gone as a whole takes no document away
        return;
    }
    failed_.erase(kListing);
    dirty_.merge(*names);
    for (const auto& [name, hash] : known_)
        dirty_.insert(name);
    for (const auto& [name, error] : failed_)
        if (name != kWatching)
            dirty_.insert(name);
}

Files DirectorySource::read_changes()
{
    Files texts;
    for (const auto& name : std::exchange(dirty_, {})) {
        if (being_written_.contains(name))
            continue; // its closing makes it dirty again
        if (auto text = read_document(directory_ / name)) {
            failed_.erase(name);
            texts.emplace(name, std::move(*text));
        } else {
            failed_.insert_or_assign(name, text.error());
        }
    }
    // Who started to write while we read may have given us a half; who took the directory away, nothing at all.
    if (drain())
        return {};
    return compare(std::move(texts));
}

Files DirectorySource::compare(Files texts)
{
    Files changes;
    for (auto& [name, text] : texts) {
        if (being_written_.contains(name))
            continue;
        const auto known = known_.find(name);
        if (!text && known != known_.end()) {
            known_.erase(known);
            changes.emplace(path_of(name), std::nullopt);
        } else if (text && (known == known_.end() || known->second != hash_of(*text))) {
            known_[name] = hash_of(*text);
            changes.emplace(path_of(name), std::move(text));
        }
    }
    return changes;
}

std::vector<Error> DirectorySource::errors() const
{
    std::vector<Error> errors;
    for (const auto& [name, error] : failed_)
        errors.push_back(error);
    if (!is_whole_)
        for (const auto& name : being_written_)
            errors.push_back(Error::system(EBUSY, "read " + path_of(name) + ", which is still being written"));
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
    if (failed_.empty() || (is_retry_due_ && !is_news))
        return;
    is_retry_due_ = true;
    retry_timer_.expires_after(backoff_.next());
    retry_timer_.async_wait([this, alive = std::weak_ptr{alive_}](error_code error) {
        if (error || alive.expired())
            return;
        is_retry_due_ = false;
        for (const auto& [name, why] : failed_) {
            if (name == kListing || name == kWatching)
                is_rescan_due_ = true;
            else
                dirty_.insert(name);
        }
        schedule(std::chrono::milliseconds{0});
    });
}

} // namespace vpcd
