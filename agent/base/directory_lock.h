// A directory that one process at a time may use. The lock ends with the process, however it ends, and leaves no
// file.
#pragma once

#include <filesystem>

#include "base/error.h"
#include "base/unique_fd.h"

namespace vpcd {

class DirectoryLock {
public:
    // Of a directory that exists. Does not wait: a directory in use is an error that names the process.
    static Result<DirectoryLock> take(const std::filesystem::path&);

private:
    explicit DirectoryLock(UniqueFd fd) : fd_(std::move(fd)) {}

    UniqueFd fd_;
};

} // namespace vpcd
