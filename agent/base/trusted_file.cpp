#include "base/trusted_file.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "base/unique_fd.h"

namespace vpcd {

namespace {

bool is_ours(const struct stat& info)
{
    return info.st_uid == 0 || info.st_uid == ::geteuid();
}

Error distrust(const std::filesystem::path& path, const struct stat& info)
{
    return Error::config(fmt::format("{} is refused: user {} owns it with mode {:04o}, and only root may be able to "
                                     "change what is loaded into the kernel",
                                     path.string(), info.st_uid, info.st_mode & 07777));
}

Result<void> check_one_directory(const std::filesystem::path& path)
{
    struct stat info{};
    if (::stat(path.c_str(), &info))
        return fail(Error::system(errno, "open " + path.string()));
    const bool is_open = (info.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (info.st_mode & S_ISVTX) == 0;
    if (!S_ISDIR(info.st_mode) || !is_ours(info) || is_open)
        return fail(distrust(path, info));
    return {};
}

} // namespace

Result<void> check_trusted_directory(const std::filesystem::path& path)
{
    struct stat info{};
    if (::stat(path.c_str(), &info) == 0 && (info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return fail(distrust(path, info)); // not even a sticky one: others could add files
    std::error_code error;
    auto at = std::filesystem::canonical(path, error);
    if (error)
        return fail(Error::system(error.value(), "open " + path.string()));
    for (;; at = at.parent_path()) {
        if (auto checked = check_one_directory(at); !checked || at == at.root_path())
            return checked;
    }
}

Result<std::string> read_trusted_file(const std::filesystem::path& path)
{
    const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    struct stat info{};
    if (!file || ::fstat(file.get(), &info))
        return fail(Error::system(errno, "open " + path.string()));
    if (!S_ISREG(info.st_mode) || !is_ours(info) || (info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return fail(distrust(path, info));

    std::string content;
    std::array<char, 1 << 16> chunk{};
    for (ssize_t got = 1; got > 0;) {
        got = ::read(file.get(), chunk.data(), chunk.size());
        if (got < 0)
            return fail(Error::system(errno, "read " + path.string()));
        content.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return content;
}

Result<void> write_private_file(const std::filesystem::path& path, const std::string& content)
{
    const UniqueFd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!file)
        return fail(Error::system(errno, "create " + path.string()));
    for (std::size_t at = 0; at < content.size();) {
        const ssize_t put = ::write(file.get(), content.data() + at, content.size() - at);
        if (put < 0)
            return fail(Error::system(errno, "write " + path.string()));
        at += static_cast<std::size_t>(put);
    }
    return {};
}

} // namespace vpcd
