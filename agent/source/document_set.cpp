#include "source/document_set.h"

#include <cerrno>
#include <utility>

namespace vpcd {

namespace {

std::uint64_t hash_of(const std::string& text)
{
    return std::hash<std::string>{}(text);
}

} // namespace

void DocumentSet::note_changed(const std::string& name)
{
    being_written_.erase(name);
    dirty_.insert(name);
}

void DocumentSet::look_at_failed()
{
    is_rescan_due_ = is_rescan_due_ || listing_error_;
    for (const auto& [name, error] : failed_)
        dirty_.insert(name);
}

void DocumentSet::forget_all()
{
    known_.clear();
    is_whole_ = false;
    is_rescan_due_ = true;
}

Files DocumentSet::look(const std::function<bool()>& catch_up)
{
    if (std::exchange(is_rescan_due_, false))
        find_names();
    Files texts = read_dirty();
    // Who started to write while we read may have given us a half; who took the directory away, nothing at all.
    Files changes = catch_up() ? Files{} : compare(std::move(texts));
    is_whole_ = is_whole_ || (!has_failed() && !has_writers() && !is_rescan_due_);
    if (is_whole_)
        return changes;
    forget_all(); // a part must not pass for all
    return {};
}

void DocumentSet::find_names()
{
    auto names = list_documents(directory_);
    if (!names) {
        listing_error_ = is_whole_ ? names.error().during("keeping what was read before") : names.error();
        dirty_.clear(); // a directory that is gone as a whole takes no document away
        return;
    }
    listing_error_.reset();
    dirty_.merge(*names);
    for (const auto& [name, hash] : known_)
        dirty_.insert(name);
    for (const auto& [name, error] : failed_)
        dirty_.insert(name);
}

Files DocumentSet::read_dirty()
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
    return texts;
}

Files DocumentSet::compare(Files texts)
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

std::vector<Error> DocumentSet::errors() const
{
    std::vector<Error> errors;
    if (listing_error_)
        errors.push_back(*listing_error_);
    for (const auto& [name, error] : failed_)
        errors.push_back(error);
    if (!is_whole_)
        for (const auto& name : being_written_)
            errors.push_back(Error::system(EBUSY, "read " + path_of(name) + ", which is still being written"));
    return errors;
}

} // namespace vpcd
