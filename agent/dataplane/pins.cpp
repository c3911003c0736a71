#include "dataplane/pins.h"

#include <cerrno>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include "dataplane/listing.h"

namespace vpcd {

namespace {

bool is_bpf_file_system(const std::filesystem::path& path)
{
    struct statfs info{};
    return statfs(path.c_str(), &info) == 0 && info.f_type == BPF_FS_MAGIC;
}

} // namespace

Result<Pins> Pins::open(std::filesystem::path directory)
{
    std::filesystem::path existing = directory;
    std::error_code error;
    while (!existing.empty() && !std::filesystem::exists(existing, error) && existing != existing.root_path())
        existing = existing.parent_path();
    if (!is_bpf_file_system(existing))
        return fail(Error::config(fmt::format(
            "{} is not on a BPF file system; mount one: mount -t bpf bpf /sys/fs/bpf", directory.string())));

    Pins pins{std::move(directory)};
    for (const auto& part : {pins.maps(), pins.links()}) {
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
