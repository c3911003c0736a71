// What the rest of the agent sees of the kernel's networking: facts, and what we need it to hold.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <set>
#include <vector>

#include "kernel/monitor.h"
#include "kernel/netlink.h"
#include "plan/facts.h"

namespace vpcd {

// Desired state.
struct KernelNeeds {
    std::set<Address> peers; // tunnel endpoints of other hosts: their next hops are kept resolved
    bool tunnel_device = false;

    friend bool operator==(const KernelNeeds&, const KernelNeeds&) = default;
};

// One thread. Calls block for as long as the kernel takes to answer.
class HostKernel {
public:
    using Handler = Monitor::Handler;

    static Result<std::unique_ptr<HostKernel>> open(boost::asio::io_context&);

    // `vteps`: the endpoints to look up a path for.
    Result<Facts> observe(const std::set<Address>& vteps);
    // Goes on past what fails. Doing it again with the same needs changes nothing; what somebody removed comes back.
    // Objects that are not ours stay, and are used where they serve.
    std::vector<Error> apply(const KernelNeeds&);
    // Something changed (perhaps by our own hand). Neighbours count on the devices of the paths last looked up.
    void on_change(Handler handler) { monitor_->on_change(std::move(handler)); }

private:
    HostKernel(Netlink netlink, std::unique_ptr<Monitor> monitor);
    void apply_neighbours(const std::set<Address>& peers, std::vector<Error>& errors);
    void apply_tunnel_device(bool is_needed, std::vector<Error>& errors);

    Netlink netlink_;
    std::unique_ptr<Monitor> monitor_;
};

} // namespace vpcd
