// inotify on one directory and on every directory of the path that leads to it, so that a directory which is
// renamed, removed and made again, or reached by a symlink that is swapped, is noticed.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"

struct inotify_event;

namespace vpcd {

enum class DirectoryEvent {
    Changed,  // a document came, went, or was closed after writing
    Replaced, // a document came whole, by rename
    Touched,  // its permissions may have changed
    Writing,  // a document is being written; Changed follows when it is closed
    Lost,     // anything may have changed: the directory is another one, or events were dropped
};

class DirectoryWatch {
public:
    // `name` is of a document; empty for Lost.
    using Visitor = std::function<void(DirectoryEvent, std::string_view name)>;

    static Result<DirectoryWatch> open(const std::filesystem::path& directory);

    // Reads what the kernel has queued, without waiting. After Lost through a moved directory, open() again.
    void drain(const Visitor&);
    int fd() const { return inotify_.get(); }

private:
    void visit(const inotify_event&, const Visitor&) const;

    UniqueFd inotify_;
    int directory_ = -1;                               // watch descriptor; -1: there is no such directory now
    std::vector<std::pair<int, std::string>> parents_; // the entries of the path: watch descriptor, name in it
};

} // namespace vpcd
