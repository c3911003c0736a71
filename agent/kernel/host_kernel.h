// What the rest of the agent sees of the kernel's networking: facts, and what we need it to hold.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "kernel/check_device.h"
#include "kernel/host_view.h"
#include "kernel/monitor.h"
#include "kernel/netlink.h"
#include "plan/facts.h"

namespace vpcd {

// Desired state.
struct KernelNeeds {
    std::set<Address> peers; // tunnel endpoints of other hosts: their next hops are kept resolved
    bool tunnel_device = false;
    CheckNamespace* checks = nullptr; // where health checks have their sockets; null: there are none
    std::set<Address> served{};       // no other public address keeps its route, see announce()

    friend bool operator==(const KernelNeeds&, const KernelNeeds&) = default;
};

struct HostKernelOptions {
    // Completes what netlink does not tell of a device. Called when the device is new or may have changed.
    std::function<void(Link&)> inspect = nullptr;
    // What is not notified is seen by the first call after this time: everything is read anew then.
    std::chrono::steady_clock::duration resync = std::chrono::minutes{5};
};

// Keeps what it observed; asks only for what is new and for what notifications made stale. One thread. Calls block
// for as long as the kernel takes to answer.
class HostKernel {
public:
    using Handler = std::function<void()>;

    static Result<std::unique_ptr<HostKernel>> open(boost::asio::io_context&, HostKernelOptions = {});
    HostKernel(const HostKernel&) = delete;
    HostKernel& operator=(const HostKernel&) = delete;

    // Brings facts() up to date, with the paths to `vteps` (and to the peers of apply()). Returns what has changed
    // since the last call. After an error the facts are as far as they could be read, and the next call goes on.
    Result<FactChanges> observe(const std::set<Address>& vteps);
    const Facts& facts() const { return view_.facts(); }

    // Goes on past what fails. Doing it again with the same needs changes nothing; what somebody removed comes back.
    // Objects that are not ours stay, and are used where they serve.
    std::vector<Error> apply(const KernelNeeds&);

    // These public addresses have routes from now on (see served_routes.h). After apply(), and when what comes for
    // them is taken.
    std::vector<Error> announce(const std::set<Address>& served);

    // observe() or apply() has something to do: facts have changed, or what we need is not there any more. A few
    // milliseconds after the first of a burst of changes, once for the burst. Not before the first observe().
    void on_change(Handler handler) { handler_ = std::move(handler); }

    // A diagnostic: messages sent to the kernel.
    std::uint64_t requests_sent() const { return netlink_.requests_sent(); }

private:
    HostKernel(boost::asio::io_context&, Netlink, HostKernelOptions);
    void note(const nlmsghdr*);
    void settle_soon();
    void settle();
    bool lacks_something();

    std::vector<Error> refresh();
    Result<void> read_everything();
    Result<void> read_links();
    void set_link(unsigned ifindex, std::optional<ObservedLink>);

    void apply_tunnel_device(bool is_needed, std::vector<Error>& errors);
    bool has_check_device() const;
    void apply_check_device(CheckNamespace* checks, std::vector<Error>& errors);
    void withdraw_routes(const std::set<Address>& served, std::vector<Error>& errors);
    std::vector<Error> settle_routes(std::vector<Error> errors);
    void apply_neighbours(std::vector<Error>& errors);
    Result<void> read_neighbours(const std::vector<NeighbourKey>&);

    Netlink netlink_;
    HostKernelOptions options_;
    HostView view_;
    std::unique_ptr<Monitor> monitor_;
    Handler handler_;
    boost::asio::steady_timer settling_;
    bool is_settling_ = false;
    bool is_observed_ = false;
    std::chrono::steady_clock::time_point read_at_;        // when everything was read
    std::optional<bool> tunnel_needed_;                    // of the last apply(); nothing: not applied yet
    unsigned check_ifindex_ = 0;                           // of the device we made; 0: none
    std::set<Address> routed_;                             // public addresses that have a route
    bool are_served_suspect_ = true;                       // somebody touched one of those routes, or could have
    bool is_tunnel_suspect_ = true;                        // somebody touched the device, or could have
    std::shared_ptr<int> alive_ = std::make_shared<int>(); // expires with this; completions ask it first
};

} // namespace vpcd
