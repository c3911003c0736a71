#include "app/purge.h"

#include <cerrno>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/directories.h"
#include "dataplane/removal.h"
#include "kernel/clsact.h"
#include "kernel/neighbours.h"
#include "kernel/served_routes.h"
#include "kernel/tunnel_device.h"

namespace vpcd {

namespace {

class Report {
public:
    void removed(const std::string& what)
    {
        fmt::print("removed {}\n", what);
        is_empty_ = false;
    }
    void took(const Removal& removal)
    {
        for (const auto& line : removal.removed)
            removed(line);
        for (const auto& failure : removal.failures)
            failed(failure);
    }
    void failed(const Error& error)
    {
        fmt::print(stderr, "{}\n", error.text());
        exit_code_ = 1;
    }
    int end() const
    {
        if (is_empty_ && exit_code_ == 0)
            fmt::print("nothing to remove\n");
        return exit_code_;
    }

private:
    bool is_empty_ = true;
    int exit_code_ = 0;
};

void remove_clsact(Netlink& netlink, const std::set<unsigned>& devices, Report& report)
{
    for (const unsigned ifindex : devices) {
        const auto removed = remove_idle_clsact(netlink, ifindex);
        if (!removed)
            report.failed(removed.error());
        else if (*removed)
            report.removed(fmt::format("clsact from device {}", ifindex));
    }
}

void remove_devices(Netlink& netlink, Report& report)
{
    for (const auto* name : {kTunnelDevice, kCheckDevice}) {
        const auto removed = remove_own_device(netlink, name);
        if (!removed)
            report.failed(removed.error());
        else if (*removed)
            report.removed(fmt::format("device {}", name));
    }
}

void remove_neighbours(Netlink& netlink, Report& report)
{
    const auto kept = observe_kept_neighbours(netlink);
    if (!kept) {
        report.failed(kept.error());
        return;
    }
    const auto failures = apply_neighbours(netlink, {.keep = {}, .release = {kept->begin(), kept->end()}});
    if (failures.empty())
        for (const auto& [ifindex, address] : *kept)
            report.removed(fmt::format("neighbour {} from device {}", to_string(address), ifindex));
    for (const auto& failure : failures)
        report.failed(failure);
}

void remove_routes(Netlink& netlink, Report& report)
{
    const auto served = observe_served_routes();
    if (!served) {
        report.failed(served.error());
        return;
    }
    const auto failures = remove_served_routes(netlink, {served->begin(), served->end()});
    if (failures.empty())
        for (const auto& address : *served)
            report.removed(fmt::format("route of public address {}", to_string(address)));
    for (const auto& failure : failures)
        report.failed(failure);
}

// The socket, and what long work was at when its agent was killed.
Removal remove_runtime(const std::filesystem::path& directory)
{
    Removal removal;
    const auto has_kind = [](const std::filesystem::path& path, mode_t kind) {
        struct stat info{};
        return ::lstat(path.c_str(), &info) == 0 && (info.st_mode & S_IFMT) == kind;
    };
    if (const auto socket = directory / kSocketName; has_kind(socket, S_IFSOCK))
        removal.file(socket, "socket " + socket.string());
    if (const auto progress = directory / kProgressName; has_kind(progress, S_IFREG))
        removal.file(progress, "file " + progress.string());
    removal.directory(directory);
    return removal;
}

} // namespace

int purge(const AgentConfig& config)
{
    const auto locks = lock_directories(config);
    if (!locks) {
        fmt::print(stderr, "nothing removed: {}\n", locks.error().text());
        return 1;
    }

    Report report;
    const auto pins = Pins::at(config.pin_directory);
    std::set<unsigned> filtered;
    report.took(remove_attachments(pins, filtered));
    if (auto netlink = Netlink::open()) {
        remove_clsact(*netlink, filtered, report);
        remove_devices(*netlink, report);
        remove_neighbours(*netlink, report);
        remove_routes(*netlink, report);
    } else {
        report.failed(netlink.error());
    }
    report.took(remove_pins(pins));
    report.took(remove_builds(config.cache_directory));
    report.took(remove_runtime(config.runtime_directory));
    return report.end();
}

} // namespace vpcd
