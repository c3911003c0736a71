#include "dataplane/pins.h"

#include <cerrno>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/vfs.h>

namespace vpcd {

namespace {

bool is_bpf_file_system(const std::filesystem::path& path)
{
    struct statfs info{};
    return statfs(path.c_str(), &info) == 0 && info.f_type == BPF_FS_MAGIC;
}

std::vector<std::string> names_in(const std::filesystem::path& directory)
{
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory, error))
        names.push_back(entry.path().filename().string());
    return names;
}

} // namespace

Result<Pins> Pins::open(std::filesystem::path directory)
{
    std::filesystem::path existing = directory;
    while (!existing.empty() && !std::filesystem::exists(existing) && existing != existing.root_path())
        existing = existing.parent_path();
    if (!is_bpf_file_system(existing))
        return fail(Error::config(fmt::format(
            "{} is not on a BPF file system; mount one: mount -t bpf bpf /sys/fs/bpf", directory.string())));

    Pins pins{std::move(directory)};
    for (const auto& part : {pins.maps(), pins.links()}) {
        std::error_code error;
        std::filesystem::create_directories(part, error);
        if (error)
            return fail(Error::system(error.value(), "create " + part.string()));
    }
    return pins;
}

std::vector<std::string> Pins::map_names() const
{
    return names_in(maps());
}

std::vector<std::string> Pins::link_names() const
{
    return names_in(links());
}

} // namespace vpcd
