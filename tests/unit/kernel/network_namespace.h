// Network namespaces of the test process. Needs root; without, the test case is skipped.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <fcntl.h>
#include <sched.h>
#include <string>
#include <unistd.h>
#include <utility>

#include "base/unique_fd.h"

// A new namespace; the process is in it after construction, and back where it was after destruction.
class NetworkNamespace {
public:
    NetworkNamespace() : before_(current())
    {
        if (::unshare(CLONE_NEWNET) != 0)
            SKIP("needs root: cannot make a network namespace");
        inside_ = current();
        REQUIRE(inside_);
    }
    NetworkNamespace(const NetworkNamespace&) = delete;
    NetworkNamespace& operator=(const NetworkNamespace&) = delete;
    ~NetworkNamespace()
    {
        if (inside_)
            ::setns(before_.get(), CLONE_NEWNET);
    }

    void enter() const { REQUIRE(::setns(inside_.get(), CLONE_NEWNET) == 0); }
    // What `ip link set ... netns` takes.
    std::string name() const
    {
        return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(inside_.get());
    }

private:
    static vpcd::UniqueFd current()
    {
        return vpcd::UniqueFd{::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)};
    }

    vpcd::UniqueFd before_;
    vpcd::UniqueFd inside_;
};

// `ip ...` in the namespace the process is in.
inline void ip_command(const std::string& arguments)
{
    INFO("ip " << arguments);
    REQUIRE(std::system(("ip " + arguments).c_str()) == 0);
}

// Link-local addresses are set by hand: the kernel's own come a second later, after duplicate address detection.
// Two hosts: `near`, where the process is afterwards, has 192.0.2.1 and 2001:db8::1 on eth0; `far` has .2 and ::2.
class TwoHosts {
public:
    TwoHosts()
    {
        ip_command("link set lo up");
        ip_command("link add eth0 address 02:00:00:00:00:02 type veth peer name eth1");
        ip_command("link set eth0 addrgenmode none");
        ip_command("link set eth1 netns " + near_.name());
        ip_command("address add 192.0.2.2/24 dev eth0");
        ip_command("address add 192.0.2.254/24 dev eth0");
        ip_command("address add 2001:db8::2/64 dev eth0 nodad");
        ip_command("address add fe80::2/64 dev eth0 nodad");
        ip_command("link set eth0 up");
        near_.enter();
        ip_command("link set lo up");
        ip_command("link set eth1 name eth0 address 02:00:00:00:00:01 mtu 1400 addrgenmode none up");
        ip_command("address add 192.0.2.1/24 dev eth0");
        ip_command("address add 2001:db8::1/64 dev eth0 nodad");
        ip_command("address add fe80::1/64 dev eth0 nodad");
    }
    void enter_near() const { near_.enter(); }
    // `ip ...` on the other host.
    void far_command(const std::string& arguments) const
    {
        far_.enter();
        ip_command(arguments);
        near_.enter();
    }

private:
    NetworkNamespace near_;
    NetworkNamespace far_; // made last, so the process is here when set-up begins
};
