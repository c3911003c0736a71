// A listening Unix socket and its name in the file system, mode 0660 whatever the umask. The name is removed with the
// object, unless somebody else has taken it since.
#pragma once

#include <filesystem>

#include <sys/types.h>

#include "base/error.h"
#include "base/unique_fd.h"

namespace vpcd {

class SocketFile {
public:
    // Replaces a socket nobody listens on; refuses a live one and anything that is no socket.
    static Result<SocketFile> open(const std::filesystem::path&);
    ~SocketFile();
    SocketFile(SocketFile&&) noexcept;
    SocketFile& operator=(SocketFile&&) = delete;

    // Hands over the listening descriptor (non-blocking).
    UniqueFd take() { return std::move(fd_); }

private:
    SocketFile(std::filesystem::path, UniqueFd, dev_t, ino_t);

    std::filesystem::path path_; // empty: moved from
    UniqueFd fd_;
    dev_t device_;
    ino_t inode_;
};

} // namespace vpcd
