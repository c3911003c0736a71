#include "source/directory_files.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "base/unique_fd.h"

namespace vpcd {

namespace {

Error too_large(const std::filesystem::path& path)
{
    return Error::system(EFBIG, fmt::format("read {} (at most {} MiB)", path.string(), kLargestDocument >> 20));
}

} // namespace

bool is_document_name(std::string_view name)
{
    return !name.starts_with('.') && (name.ends_with(".yaml") || name.ends_with(".yml"));
}

Result<std::optional<std::string>> read_document(const std::filesystem::path& path)
{
    // O_NONBLOCK: a pipe of that name must not hold us up.
    const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (!file) {
        if (errno == ENOENT || errno == ENXIO || errno == ENOTDIR) // ENXIO: a socket
            return std::nullopt;
        return fail(Error::system(errno, fmt::format("open {}", path.string())));
    }
    struct stat status{};
    if (::fstat(file.get(), &status) != 0)
        return fail(Error::system(errno, fmt::format("stat {}", path.string())));
    if (!S_ISREG(status.st_mode))
        return std::nullopt;
    if (static_cast<std::size_t>(status.st_size) > kLargestDocument)
        return fail(too_large(path));

    // The size is a hint: the file may grow or shrink under our hands.
    std::string text(static_cast<std::size_t>(status.st_size) + 1, '\0');
    for (std::size_t size = 0;;) {
        const ssize_t count = ::read(file.get(), text.data() + size, text.size() - size);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail(Error::system(errno, fmt::format("read {}", path.string())));
        size += static_cast<std::size_t>(count);
        if (size > kLargestDocument)
            return fail(too_large(path));
        if (count == 0) {
            text.resize(size);
            return text;
        }
        if (size == text.size())
            text.resize(size + 65536);
    }
}

Result<std::set<std::string>> list_documents(const std::filesystem::path& directory)
{
    std::set<std::string> names;
    std::error_code error;
    std::filesystem::directory_iterator entries{directory, error};
    for (; !error && entries != std::filesystem::directory_iterator{}; entries.increment(error))
        if (auto name = entries->path().filename().string(); is_document_name(name))
            names.insert(std::move(name));
    if (error)
        return fail(Error::system(error.value(), fmt::format("list directory {}", directory.string())));
    return names;
}

Result<Files> read_directory(const std::filesystem::path& directory)
{
    const auto names = list_documents(directory);
    if (!names)
        return fail(names.error());
    Files files;
    for (const auto& name : *names) {
        const auto path = directory / name;
        auto text = read_document(path);
        if (!text)
            return fail(text.error());
        if (*text)
            files.emplace(path.string(), std::move(*text));
    }
    return files;
}

} // namespace vpcd
