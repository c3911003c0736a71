#include "dataplane/build_cache.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "base/digest.h"
#include "base/trusted_file.h"
#include "dataplane/listing.h"

namespace vpcd {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kManifest = "manifest";
constexpr std::string_view kWorkplace = "work-"; // then the pid, a dash, and what mkdtemp makes of it

std::string object_name(const std::string& name)
{
    return name + ".bpf.o";
}

// Of an agent that no longer runs.
bool is_abandoned(const std::string& name)
{
    if (!name.starts_with(kWorkplace))
        return false;
    const int pid = std::atoi(name.c_str() + kWorkplace.size());
    return pid <= 0 || (::kill(pid, 0) != 0 && errno == ESRCH);
}

// As Compiler makes them.
bool is_key(const std::string& name)
{
    return name.size() == BuildCache::kKeyLength && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Result<void> fill(const fs::path& place, const ObjectImages& images)
{
    std::string manifest;
    for (const auto& [name, image] : images) {
        if (auto written = write_private_file(place / object_name(name), image); !written)
            return written;
        manifest += fmt::format("{} {}\n", digest_of(image), name);
    }
    return write_private_file(place / kManifest, manifest);
}

} // namespace

Result<BuildCache> BuildCache::open(fs::path directory)
{
    std::error_code error;
    if (!fs::exists(directory, error)) {
        fs::create_directories(directory.parent_path(), error);
        if (::mkdir(directory.c_str(), 0700) && errno != EEXIST)
            return fail(Error::system(errno, "create " + directory.string()));
    }
    if (auto checked = check_trusted_directory(directory); !checked)
        return fail(checked.error());
    return BuildCache{std::move(directory)};
}

// The manifest: a line "HASH NAME" for each object.
Result<ObjectImages> BuildCache::read(const std::string& key) const
{
    const fs::path build = directory_ / key;
    if (auto checked = check_trusted_directory(build); !checked)
        return fail(checked.error());
    const auto manifest = read_trusted_file(build / kManifest);
    if (!manifest)
        return fail(manifest.error());

    ObjectImages images;
    std::istringstream lines{*manifest};
    for (std::string hash, name; lines >> hash >> name;) {
        if (name.find('/') != std::string::npos)
            return fail(Error::config(fmt::format("{} names '{}'", (build / kManifest).string(), name)));
        auto image = read_trusted_file(build / object_name(name));
        if (!image)
            return fail(image.error());
        if (digest_of(*image) != hash)
            return fail(
                Error::config(fmt::format("{} is not what was written", (build / object_name(name)).string())));
        images[name] = std::move(*image);
    }
    if (images.empty())
        return fail(Error::config(fmt::format("{} is empty", (build / kManifest).string())));
    return images;
}

Result<std::optional<ObjectImages>> BuildCache::find(const std::string& key) const
{
    std::error_code error;
    const fs::path build = directory_ / key;
    if (!fs::exists(fs::symlink_status(build, error)))
        return std::nullopt;
    auto images = read(key);
    if (!images) {
        fs::remove_all(build, error);
        return fail(images.error());
    }
    fs::last_write_time(build, fs::file_time_type::clock::now(), error); // used: not among the oldest
    return std::move(*images);
}

Result<void> BuildCache::put(const std::string& key, const ObjectImages& images) const
{
    auto place = make_workplace();
    if (!place)
        return fail(place.error());
    auto stored = fill(*place, images);
    std::error_code error;
    if (stored) {
        fs::remove_all(directory_ / key, error);
        fs::rename(*place, directory_ / key, error);
        if (error)
            stored = fail(Error::system(error.value(), "store " + (directory_ / key).string()));
    }
    if (!stored)
        fs::remove_all(*place, error);
    remove_oldest();
    return stored;
}

Result<fs::path> BuildCache::make_workplace() const
{
    std::error_code error;
    for (const auto& name : names_in(directory_))
        if (is_abandoned(name))
            fs::remove_all(directory_ / name, error);

    std::string name = (directory_ / fmt::format("{}{}-XXXXXX", kWorkplace, ::getpid())).string();
    if (!::mkdtemp(name.data()))
        return fail(Error::system(errno, "create a directory in " + directory_.string()));
    return fs::path{name};
}

void BuildCache::remove_oldest() const
{
    std::error_code error;
    std::vector<std::pair<fs::file_time_type, fs::path>> builds;
    for (const auto& name : names_in(directory_))
        if (const auto path = directory_ / name; fs::exists(path / kManifest, error) && !name.starts_with(kWorkplace))
            builds.emplace_back(fs::last_write_time(path, error), path);
    std::ranges::sort(builds, std::greater{});
    for (std::size_t i = kMostBuilds; i < builds.size(); ++i)
        fs::remove_all(builds[i].second, error);
}

std::vector<fs::path> BuildCache::entries(const fs::path& directory)
{
    std::vector<fs::path> found;
    if (!check_trusted_directory(directory))
        return found;
    for (const auto& name : names_in(directory)) {
        std::error_code error;
        const bool is_directory = fs::is_directory(fs::symlink_status(directory / name, error));
        if (is_directory && (is_key(name) || name.starts_with(kWorkplace)))
            found.push_back(directory / name);
    }
    return found;
}

} // namespace vpcd
