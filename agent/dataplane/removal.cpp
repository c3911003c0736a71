#include "dataplane/removal.h"

#include <cerrno>
#include <fmt/format.h>
#include <unistd.h>

#include "dataplane/build_cache.h"
#include "dataplane/filters.h"
#include "dataplane/hooks.h"
#include "dataplane/log.h"

namespace vpcd {

void Removal::file(const std::filesystem::path& path, const std::string& name)
{
    if (::unlink(path.c_str()) == 0)
        removed.push_back(name);
    else if (errno != ENOENT && errno != ENOTDIR)
        failures.push_back(Error::system(errno, "remove " + path.string()));
}

void Removal::directory(const std::filesystem::path& path)
{
    if (::rmdir(path.c_str()) == 0)
        removed.push_back("directory " + path.string());
    else if (errno != ENOENT && errno != ENOTDIR && errno != ENOTEMPTY && errno != EEXIST && errno != EBUSY)
        failures.push_back(Error::system(errno, "remove " + path.string()));
}

Removal remove_attachments(const Pins& pins, std::set<unsigned>& filtered)
{
    capture_libbpf_log();
    Removal removal;
    for (const auto& name : pins.link_names()) {
        if (auto detached = Attachment::detach(pins.links() / name); !detached) {
            removal.failures.push_back(detached.error());
            continue;
        }
        const auto hook = parse_pin_name(name);
        removal.removed.push_back(hook ? fmt::format("program {} from device {}", hook->program, hook->ifindex)
                                       : fmt::format("link {}", name));
    }
    for (const auto& place : observe_filters()) {
        const auto what = fmt::format("{} filter from device {}",
                                      place.second == HookSide::Ingress ? "ingress" : "egress", place.first);
        filtered.insert(place.first);
        if (const int error = detach_filter(place))
            removal.failures.push_back(bpf_error(error, "remove " + what));
        else
            removal.removed.push_back(what);
    }
    return removal;
}

Removal remove_pins(const Pins& pins)
{
    Removal removal;
    for (const auto& name : pins.map_names())
        removal.file(pins.maps() / name, "table " + name);
    for (const auto& directory : {pins.links(), pins.maps(), pins.directory()})
        removal.directory(directory);
    return removal;
}

Removal remove_builds(const std::filesystem::path& cache)
{
    Removal removal;
    for (const auto& build : BuildCache::entries(cache)) {
        std::error_code error;
        std::filesystem::remove_all(build, error);
        if (error)
            removal.failures.push_back(Error::system(error.value(), "remove " + build.string()));
        else
            removal.removed.push_back("programs compiled in " + build.string());
    }
    removal.directory(cache);
    return removal;
}

} // namespace vpcd
