// Binding the API's socket without a moment in which it is too open, and without taking it from a live agent.
#include "observe/socket_file.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace vpcd {

namespace {

constexpr mode_t kMode = 0660;
constexpr int kBacklog = 64;

Result<sockaddr_un> address_of(const std::filesystem::path& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string& text = path.native();
    if (text.empty() || text.size() >= sizeof(address.sun_path))
        return fail(Error::system(ENAMETOOLONG, fmt::format("socket '{}'", text)));
    std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
    return address;
}

const sockaddr* generic(const sockaddr_un& address)
{
    return reinterpret_cast<const sockaddr*>(&address);
}

Result<UniqueFd> new_socket()
{
    UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!fd)
        return fail(Error::system(errno, "create a Unix socket"));
    return fd;
}

// Makes the name free, or tells why it is not ours to take.
Result<void> clear_name(const std::filesystem::path& path, const sockaddr_un& address)
{
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0)
        return {};
    if (!S_ISSOCK(status.st_mode))
        return fail(Error::system(EEXIST, fmt::format("{} is not a socket", path.native())));
    auto probe = new_socket();
    if (!probe)
        return fail(probe.error());
    if (::connect(probe->get(), generic(address), sizeof(address)) == 0 || errno == EAGAIN)
        return fail(Error::system(EADDRINUSE, fmt::format("another vpcd answers on {}", path.native())));
    if (errno != ECONNREFUSED && errno != ENOENT)
        return fail(Error::system(errno, fmt::format("ask who listens on {}", path.native())));
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
        return fail(Error::system(errno, fmt::format("remove the stale socket {}", path.native())));
    return {};
}

} // namespace

SocketFile::SocketFile(std::filesystem::path path, UniqueFd fd, dev_t device, ino_t inode)
    : path_(std::move(path)), fd_(std::move(fd)), device_(device), inode_(inode)
{
}

SocketFile::SocketFile(SocketFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), fd_(std::move(other.fd_)), device_(other.device_), inode_(other.inode_)
{
}

SocketFile::~SocketFile()
{
    struct stat status{};
    if (!path_.empty() && ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_)
        ::unlink(path_.c_str());
}

Result<SocketFile> SocketFile::open(const std::filesystem::path& path)
{
    auto address = address_of(path);
    if (!address)
        return fail(address.error());
    if (auto cleared = clear_name(path, *address); !cleared)
        return fail(cleared.error());
    auto fd = new_socket();
    if (!fd)
        return fail(fd.error());

    // The mode of the descriptor, less the umask, becomes the file's: never more than 0660, even for a moment.
    if (::fchmod(fd->get(), kMode) != 0 || ::bind(fd->get(), generic(*address), sizeof(*address)) != 0)
        return fail(Error::system(errno, fmt::format("create the socket {}", path.native())));
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0)
        return fail(Error::system(errno, fmt::format("look at the socket {}", path.native())));
    SocketFile file{path, std::move(*fd), status.st_dev, status.st_ino};
    if (::chmod(path.c_str(), kMode) != 0 || ::listen(file.fd_.get(), kBacklog) != 0)
        return fail(Error::system(errno, fmt::format("listen on {}", path.native())));
    return file;
}

} // namespace vpcd
