#include "kernel/host_kernel.h"

#include <algorithm>
#include <iterator>
#include <span>

#include <vpcd/abi/limits.h>

#include "kernel/served_routes.h"
#include "kernel/tunnel_device.h"
#include "kernel/underlay.h"

namespace vpcd {

namespace {

constexpr std::chrono::milliseconds kSettle{5};
constexpr std::size_t kWritesAtOnce = 256; // then their notifications are heard, before the socket overflows

std::vector<NeighbourKey> keys_of(const NeighbourChanges& changes)
{
    auto keys = changes.keep;
    keys.insert(keys.end(), changes.release.begin(), changes.release.end());
    return keys;
}

// The first `count` of the changes, which lose them.
NeighbourChanges take_first(NeighbourChanges& changes, std::size_t count)
{
    const auto take = [&count](std::vector<NeighbourKey>& from) {
        const auto end = from.begin() + static_cast<std::ptrdiff_t>(std::min(count, from.size()));
        std::vector<NeighbourKey> taken{from.begin(), end};
        from.erase(from.begin(), end);
        count -= taken.size();
        return taken;
    };
    auto keep = take(changes.keep);
    return {std::move(keep), take(changes.release)};
}

std::vector<Address> without(const std::set<Address>& from, const std::set<Address>& these)
{
    std::vector<Address> left;
    std::ranges::set_difference(from, these, std::back_inserter(left));
    return left;
}

} // namespace

Result<std::unique_ptr<HostKernel>> HostKernel::open(boost::asio::io_context& context, HostKernelOptions options)
{
    auto netlink = Netlink::open();
    if (!netlink)
        return fail(netlink.error());
    std::unique_ptr<HostKernel> kernel{new HostKernel{context, std::move(*netlink), std::move(options)}};
    auto monitor = Monitor::open(context, [raw = kernel.get()](const nlmsghdr* message) { raw->note(message); });
    if (!monitor)
        return fail(monitor.error());
    kernel->monitor_ = std::move(*monitor);
    return kernel;
}

HostKernel::HostKernel(boost::asio::io_context& context, Netlink netlink, HostKernelOptions options)
    : netlink_(std::move(netlink)), options_(std::move(options)), settling_(context)
{
}

void HostKernel::note(const nlmsghdr* message)
{
    const bool is_served = message && parse_served_route(message);
    are_served_suspect_ |= !message || is_served;
    if (!message)
        view_.forget();
    else if (!view_.take(message) && !is_served)
        return;
    if (is_observed_)
        settle_soon();
}

void HostKernel::settle_soon()
{
    if (is_settling_)
        return;
    is_settling_ = true;
    settling_.expires_after(kSettle);
    settling_.async_wait([this, alive = std::weak_ptr{alive_}](const boost::system::error_code& error) {
        if (!error && !alive.expired())
            settle();
    });
}

void HostKernel::settle()
{
    is_settling_ = false;
    const auto errors = refresh(); // observe() meets them again, and tells
    if (handler_ && (!errors.empty() || view_.has_changes() || lacks_something()))
        handler_();
}

bool HostKernel::lacks_something()
{
    return tunnel_needed_ && (is_tunnel_suspect_ || are_served_suspect_ ||
                              (check_ifindex_ != 0 && !has_check_device()) || !view_.neighbour_changes().empty());
}

Result<FactChanges> HostKernel::observe(const std::set<Address>& vteps)
{
    is_observed_ = true;
    view_.observe(vteps);
    if (auto errors = refresh(); !errors.empty())
        return fail(std::move(errors.front()));
    return view_.take_changes();
}

std::vector<Error> HostKernel::refresh()
{
    monitor_->drain();
    std::vector<Error> errors;
    if (std::chrono::steady_clock::now() - read_at_ > options_.resync)
        view_.forget();
    if (const auto read = view_.is_forgotten() ? read_everything() : read_links(); !read)
        errors.push_back(read.error());

    if (!view_.stale_routes().empty()) {
        auto answers = ask_routes(netlink_, view_.stale_routes());
        for (const auto& [endpoint, route] : answers.by_destination)
            view_.set_route(endpoint, route);
        errors.insert(errors.end(), answers.errors.begin(), answers.errors.end());
    }
    view_.derive();
    return errors;
}

Result<void> HostKernel::read_everything()
{
    auto links = observe_all_links(netlink_);
    if (!links)
        return fail(links.error());
    const auto addresses = observe_addresses(netlink_);
    if (!addresses)
        return fail(addresses.error());
    const auto neighbours = observe_neighbours(netlink_);
    if (!neighbours)
        return fail(neighbours.error());

    if (options_.inspect)
        for (auto& observed : *links)
            options_.inspect(observed.link);
    view_.set_everything(*links, *addresses, *neighbours);
    is_tunnel_suspect_ = are_served_suspect_ = true;
    read_at_ = std::chrono::steady_clock::now();
    return {};
}

Result<void> HostKernel::read_links()
{
    if (view_.stale_links().empty())
        return {};
    const auto asked = view_.stale_links();
    auto found = observe_links(netlink_, asked);
    if (!found)
        return fail(found.error());
    for (const auto ifindex : asked) {
        const auto observed = found->find(ifindex);
        set_link(ifindex, observed == found->end() ? std::nullopt : std::optional{std::move(observed->second)});
    }
    return {};
}

void HostKernel::set_link(unsigned ifindex, std::optional<ObservedLink> observed)
{
    const auto tunnel = facts().links.find(kTunnelDevice);
    is_tunnel_suspect_ |= tunnel != facts().links.end() && tunnel->second.ifindex == ifindex;
    is_tunnel_suspect_ |= observed && observed->link.name == kTunnelDevice;
    if (observed && options_.inspect)
        options_.inspect(observed->link);
    view_.set_link(ifindex, observed);
}

std::vector<Error> HostKernel::apply(const KernelNeeds& needs)
{
    is_observed_ = true;
    view_.keep(needs.peers);
    auto errors = refresh();
    apply_tunnel_device(needs.tunnel_device, errors);
    apply_check_device(needs.checks, errors);
    withdraw_routes(needs.served, errors);
    apply_neighbours(errors);
    if (view_.has_changes())
        settle_soon();
    return errors;
}

void HostKernel::apply_tunnel_device(bool is_needed, std::vector<Error>& errors)
{
    if (tunnel_needed_ == is_needed && !is_tunnel_suspect_)
        return;
    tunnel_needed_ = is_needed;
    Result<void> done;
    if (is_needed) {
        if (const auto device = ensure_tunnel_device(netlink_, kTunnelDevice, VPCD_VXLAN_PORT); !device)
            done = fail(device.error());
    } else if (const auto removed = remove_own_device(netlink_, kTunnelDevice); !removed) {
        done = fail(removed.error());
    }
    auto unread = refresh(); // what we did ourselves is no news
    errors.insert(errors.end(), unread.begin(), unread.end());
    is_tunnel_suspect_ = !done || (is_needed && !facts().links.contains(kTunnelDevice));
    if (!done)
        errors.push_back(std::move(done.error()));
}

bool HostKernel::has_check_device() const
{
    const auto device = facts().links.find(kCheckDevice);
    return device != facts().links.end() && device->second.ifindex == check_ifindex_ && device->second.is_up;
}

void HostKernel::apply_check_device(CheckNamespace* checks, std::vector<Error>& errors)
{
    if (checks ? has_check_device() : !facts().links.contains(kCheckDevice))
        return;
    Result<void> done;
    check_ifindex_ = 0;
    if (!checks) {
        if (const auto removed = remove_own_device(netlink_, kCheckDevice); !removed)
            done = fail(removed.error());
    } else if (const auto made = make_check_device(netlink_, kCheckDevice, *checks); !made) {
        done = fail(made.error());
    } else {
        check_ifindex_ = *made;
    }
    if (!done)
        errors.push_back(std::move(done.error()));
    auto unread = refresh();
    errors.insert(errors.end(), unread.begin(), unread.end());
}

void HostKernel::withdraw_routes(const std::set<Address>& served, std::vector<Error>& errors)
{
    if (are_served_suspect_) {
        auto observed = observe_served_routes();
        if (!observed)
            return errors.push_back(observed.error());
        routed_ = std::move(*observed);
        are_served_suspect_ = false;
    }
    const auto withdrawn = without(routed_, served);
    if (withdrawn.empty())
        return;
    const auto failed = settle_routes(remove_served_routes(netlink_, withdrawn));
    errors.insert(errors.end(), failed.begin(), failed.end());
    for (const auto& address : withdrawn)
        routed_.erase(address);
}

std::vector<Error> HostKernel::announce(const std::set<Address>& served)
{
    const auto announced = without(served, routed_);
    if (announced.empty())
        return {};
    routed_.insert(announced.begin(), announced.end());
    return settle_routes(add_served_routes(netlink_, announced));
}

// What we did ourselves is no news. After a failure they are looked at anew.
std::vector<Error> HostKernel::settle_routes(std::vector<Error> errors)
{
    const bool was_suspect = are_served_suspect_;
    auto unread = refresh();
    are_served_suspect_ = was_suspect || !errors.empty();
    errors.insert(errors.end(), unread.begin(), unread.end());
    return errors;
}

void HostKernel::apply_neighbours(std::vector<Error>& errors)
{
    const auto add = [&errors](std::vector<Error> more) { errors.insert(errors.end(), more.begin(), more.end()); };
    const auto suspected = keys_of(view_.neighbour_changes());
    if (suspected.empty())
        return;
    // Not every change of an entry is notified: what an administrator has made his is left alone.
    if (const auto read = read_neighbours(suspected); !read)
        return errors.push_back(read.error());
    view_.derive();

    auto changes = view_.neighbour_changes();
    if (view_.is_forgotten() || !view_.stale_routes().empty())
        changes.release.clear(); // a path that could not be looked up may still need its entry
    while (!changes.empty()) {
        const auto some = take_first(changes, kWritesAtOnce);
        add(vpcd::apply_neighbours(netlink_, some));
        monitor_->drain();
        if (const auto read = read_neighbours(keys_of(some)); !read) // an entry without a MAC is not notified
            errors.push_back(read.error());
    }
    view_.derive();
}

Result<void> HostKernel::read_neighbours(const std::vector<NeighbourKey>& keys)
{
    const auto found = observe_neighbours(netlink_, {keys.begin(), keys.end()});
    if (!found)
        return fail(found.error());
    for (const auto& key : keys) {
        const auto entry = found->find(key);
        view_.set_neighbour(key, entry == found->end() ? std::nullopt : std::optional{entry->second});
    }
    return {};
}

} // namespace vpcd
