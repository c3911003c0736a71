#include "dataplane/removal.h"

#include <fmt/format.h>
#include <unistd.h>

#include "dataplane/filters.h"
#include "dataplane/hooks.h"
#include "dataplane/log.h"

namespace vpcd {

std::vector<std::string> remove_attachments(const Pins& pins, std::set<unsigned>& filtered)
{
    capture_libbpf_log();
    std::vector<std::string> removed;
    for (const auto& name : pins.link_names()) {
        Attachment::detach(pins.links() / name);
        const auto hook = parse_pin_name(name);
        removed.push_back(hook ? fmt::format("program {} from device {}", hook->program, hook->ifindex)
                               : fmt::format("link {}", name));
    }
    for (const auto& place : observe_filters()) {
        detach_filter(place);
        filtered.insert(place.first);
        removed.push_back(fmt::format("{} filter from device {}",
                                      place.second == Direction::Ingress ? "ingress" : "egress", place.first));
    }
    return removed;
}

std::vector<std::string> remove_pins(const Pins& pins)
{
    std::vector<std::string> removed;
    for (const auto& name : pins.map_names())
        if (::unlink((pins.maps() / name).c_str()) == 0)
            removed.push_back("table " + name);
    for (const auto& directory : {pins.links(), pins.maps(), pins.directory()})
        if (::rmdir(directory.c_str()) == 0)
            removed.push_back("directory " + directory.string());
    return removed;
}

} // namespace vpcd
