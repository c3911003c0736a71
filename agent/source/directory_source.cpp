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

std::uint64_t hash_of(const std::string& text)
{
    return std::hash<std::string>{}(text);
}

} // namespace

DirectorySource::DirectorySource(boost::asio::io_context& context, std::filesystem::path directory,
                                 std::chrono::milliseconds settle)
    : directory_(std::move(directory)), settle_(settle), readable_(context), timer_(context)
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

Result<Files> DirectorySource::read_all()
{
    auto files = read_directory(directory_);
    if (!files)
        return fail(files.error());
    known_.clear();
    for (const auto& [path, text] : *files)
        known_.emplace(std::filesystem::path{path}.filename().string(), hash_of(*text));
    return files;
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
    watch_->drain([this](DirectoryEvent event, std::string_view name_view) {
        const std::string name{name_view};
        switch (event) {
        case DirectoryEvent::Changed:
            being_written_.erase(name);
            dirty_.insert(name);
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
    });
    return is_lost_ && rearm();
}

// What was lost may be the closing of files, so those count as closed.
bool DirectorySource::rearm()
{
    is_rescan_due_ = true;
    being_written_.clear();
    const auto armed = arm();
    is_lost_ = !armed; // if so, the next event or rescan() tries again
    if (!armed && error_handler_)
        error_handler_({armed.error()});
    if (armed && handler_)
        wait();
    return armed.has_value();
}

void DirectorySource::schedule(std::chrono::milliseconds delay)
{
    const auto now = Clock::now();
    if (!first_event_)
        first_event_ = now;
    timer_.expires_at(std::min(now + delay, *first_event_ + 10 * settle_));
    timer_.async_wait([this, alive = std::weak_ptr{alive_}](error_code error) {
        if (error || alive.expired())
            return;
        flush();
    });
}

void DirectorySource::flush()
{
    std::vector<Error> errors;
    const bool was_lost = is_lost_;
    if (drain() && !was_lost)
        return; // another directory, this moment: let it settle
    timer_.cancel();
    first_event_.reset();

    const bool is_rescan = std::exchange(is_rescan_due_, false);
    if (is_rescan)
        find_names(errors);
    auto changes = read_changes(errors);
    if (!errors.empty() && error_handler_)
        error_handler_(std::move(errors));
    if (!changes.empty() && handler_)
        handler_(std::move(changes));
    if (is_rescan)
        if (const auto done = std::exchange(rescanned_, {}))
            done();
}

void DirectorySource::find_names(std::vector<Error>& errors)
{
    auto names = list_documents(directory_);
    if (!names) {
        errors.push_back(names.error().during("keeping what was read before"));
        dirty_.clear(); // a directory that is gone as a whole takes no document away
        return;
    }
    dirty_.merge(*names);
    for (const auto& [name, hash] : known_)
        dirty_.insert(name);
}

Files DirectorySource::read_changes(std::vector<Error>& errors)
{
    std::map<std::string, std::optional<std::string>> texts;
    const auto names = std::exchange(dirty_, {});
    for (const auto& name : names) {
        if (being_written_.contains(name))
            continue; // its closing makes it dirty again
        if (auto text = read_document(directory_ / name))
            texts.emplace(name, std::move(*text));
        else
            errors.push_back(text.error());
    }
    // Who started to write while we read may have given us a half; who took the directory away, nothing at all.
    if (drain())
        return {};

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

} // namespace vpcd
