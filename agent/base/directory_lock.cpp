#include "base/directory_lock.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace vpcd {

namespace {

// "process 4711", as /proc/locks tells; nothing where that is hidden.
std::string holder_of(const struct stat& directory)
{
    const auto wanted =
        fmt::format("{:02x}:{:02x}:{}", major(directory.st_dev), minor(directory.st_dev), directory.st_ino);
    std::ifstream locks{"/proc/locks"};
    for (std::string line; std::getline(locks, line);) {
        std::istringstream words{line};
        std::string number, kind, strength, mode, process, place;
        words >> number >> kind >> strength >> mode >> process >> place;
        if (kind == "FLOCK" && place == wanted)
            return fmt::format("process {}", process);
    }
    return "another process";
}

} // namespace

Result<DirectoryLock> DirectoryLock::take(const std::filesystem::path& path)
{
    for (;;) {
        UniqueFd fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
        struct stat held{};
        if (!fd || ::fstat(fd.get(), &held) != 0)
            return fail(Error::system(errno, "open " + path.string()));
        if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
            if (errno != EWOULDBLOCK)
                return fail(Error::system(errno, "lock " + path.string()));
            return fail(Error::config(fmt::format("{} is in use by {}: each agent needs directories of its own",
                                                  path.string(), holder_of(held))));
        }
        struct stat named{};
        if (::stat(path.c_str(), &named) == 0 && named.st_dev == held.st_dev && named.st_ino == held.st_ino)
            return DirectoryLock{std::move(fd)};
        // Somebody removed it between the two steps; what has the name now is another directory, or nothing.
    }
}

} // namespace vpcd
