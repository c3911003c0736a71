#include "source/directory_watch.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/inotify.h>

#include "source/directory_files.h"

namespace vpcd {

namespace {

constexpr std::uint32_t kNames = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE;
constexpr std::uint32_t kDocuments = kNames | IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

// ".." at the front: the links that a mounted ConfigMap swaps, behind which all documents change at once.
bool is_swapped_link(std::string_view name)
{
    return name.starts_with("..");
}

} // namespace

Result<DirectoryWatch> DirectoryWatch::open(const std::filesystem::path& directory)
{
    DirectoryWatch watch;
    watch.inotify_.reset(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (!watch.inotify_)
        return fail(Error::system(errno, "open inotify"));
    const auto add = [&](const std::filesystem::path& path, std::uint32_t mask) {
        // IN_MASK_ADD: by symlinks one directory may be on the path twice.
        return ::inotify_add_watch(watch.fd(), path.c_str(), mask | IN_MASK_ADD | IN_ONLYDIR);
    };

    // From the root down: what appears while we go is found by the next step.
    std::error_code error;
    auto path = std::filesystem::absolute(directory, error).lexically_normal();
    if (error)
        return fail(Error::system(error.value(), "find the working directory"));
    if (!path.has_filename())
        path = path.parent_path();
    std::filesystem::path parent;
    for (const auto& part : path) {
        if (!parent.empty())
            if (const int wd = add(parent, kNames); wd >= 0)
                watch.parents_.emplace_back(wd, part.string());
        parent /= part;
    }
    watch.directory_ = add(path, kDocuments);
    if (watch.directory_ < 0 && errno != ENOENT && errno != ENOTDIR)
        return fail(Error::system(errno, "watch directory " + directory.string()));
    return watch;
}

void DirectoryWatch::drain(const Visitor& visitor)
{
    alignas(inotify_event) std::array<char, 16384> buffer;
    for (;;) {
        const ssize_t size = ::read(fd(), buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return;
        for (ssize_t at = 0; at < size;) {
            const auto& event = *reinterpret_cast<const inotify_event*>(buffer.data() + at);
            visit(event, visitor);
            at += static_cast<ssize_t>(sizeof(event) + event.len);
        }
    }
}

void DirectoryWatch::visit(const inotify_event& event, const Visitor& visitor) const
{
    const std::string_view name = event.len > 0 ? std::string_view{event.name} : std::string_view{};

    if (event.mask & IN_Q_OVERFLOW)
        return visitor(DirectoryEvent::Lost, {});
    if (event.mask & kNames && std::ranges::find(parents_, std::pair{event.wd, std::string{name}}) != parents_.end())
        visitor(DirectoryEvent::Lost, {});
    if (event.wd != directory_)
        return;
    if (event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED))
        return visitor(DirectoryEvent::Lost, {});
    if (event.mask & kNames && is_swapped_link(name))
        return visitor(DirectoryEvent::Lost, {});
    if (!is_document_name(name))
        return;
    if (event.mask & IN_MOVED_TO)
        visitor(DirectoryEvent::Replaced, name);
    else if (event.mask & (kNames | IN_CLOSE_WRITE))
        visitor(DirectoryEvent::Changed, name);
    else if (event.mask & IN_ATTRIB)
        visitor(DirectoryEvent::Touched, name);
    else if (event.mask & IN_MODIFY)
        visitor(DirectoryEvent::Writing, name);
}

} // namespace vpcd
