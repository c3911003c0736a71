// Where health checks have their sockets: a network namespace of its own, in which every address is one of an
// instance, and a pair of devices between it and this host.
#pragma once

#include <string>

#include "base/unique_fd.h"
#include "kernel/netlink.h"

namespace vpcd {

class CheckNamespace {
public:
    // Makes one, and the calling thread is in it from then on. It lasts as long as anybody is, or holds it open.
    static Result<CheckNamespace> enter();

    int fd() const { return fd_.get(); }
    Netlink& netlink() { return netlink_; } // in that namespace, whoever uses it

private:
    CheckNamespace(UniqueFd fd, Netlink netlink) : fd_(std::move(fd)), netlink_(std::move(netlink)) {}

    UniqueFd fd_;
    Netlink netlink_;
};

// A new pair, ready for use; its end here has this name. One of that name that is ours is of an agent that has ended,
// and goes; one that is not is an error, and stays. The ifindex of the end here.
Result<unsigned> make_check_device(Netlink& here, const std::string& name, CheckNamespace& there);

} // namespace vpcd
