// A HostKernel at work in the namespace the process is in: runs its event loop, counts what it tells and asks.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <memory>
#include <set>
#include <vector>

#include "kernel/host_kernel.h"

class ObservingHost {
public:
    explicit ObservingHost(vpcd::HostKernelOptions options = {})
    {
        auto opened = vpcd::HostKernel::open(context_, std::move(options));
        REQUIRE(opened);
        kernel_ = std::move(*opened);
        kernel_->on_change([this] { ++calls_; });
        auto netlink = vpcd::Netlink::open();
        REQUIRE(netlink);
        netlink_ = std::make_unique<vpcd::Netlink>(std::move(*netlink));
    }

    // Runs the io_context until `condition` holds; fails the test at the deadline.
    template <typename Condition>
    void until(Condition condition)
    {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
        while (!condition()) {
            REQUIRE(std::chrono::steady_clock::now() < deadline);
            context_.restart();
            context_.run_one_for(std::chrono::milliseconds{100});
        }
    }
    // Until late echoes of the set-up (a carrier, an address that was tentative) are over: `pass` asks nothing.
    template <typename Pass>
    void until_quiet(Pass pass)
    {
        until([&] {
            requests();
            pass();
            return requests() == 0;
        });
    }
    // Until the changes made so far have been heard, and told if they matter: `marker`, an address, comes after them.
    void until_heard(const std::string& marker)
    {
        const auto before = calls_;
        REQUIRE(std::system(("ip address add " + marker + "/32 dev lo").c_str()) == 0);
        until([&] { return calls_ > before; });
    }

    vpcd::FactChanges observe(const std::set<vpcd::Address>& vteps)
    {
        auto changes = kernel_->observe(vteps);
        REQUIRE(changes);
        return *changes;
    }
    const vpcd::Facts& facts(const std::set<vpcd::Address>& vteps)
    {
        observe(vteps);
        return kernel_->facts();
    }
    std::vector<vpcd::Error> apply(const vpcd::KernelNeeds& needs) { return kernel_->apply(needs); }
    std::vector<vpcd::Error> announce(const std::set<vpcd::Address>& served) { return kernel_->announce(served); }

    // As the kernel has it, whatever the HostKernel thinks.
    std::set<vpcd::Address> kept()
    {
        const auto keys = observe_kept_neighbours(*netlink_);
        REQUIRE(keys);
        std::set<vpcd::Address> addresses;
        for (const auto& key : *keys)
            addresses.insert(key.address);
        return addresses;
    }
    bool has_device(const std::string& name)
    {
        const auto links = observe_links(*netlink_);
        REQUIRE(links);
        return links->contains(name);
    }

    int calls() const { return calls_; }
    // Messages sent to the kernel since the last call.
    std::uint64_t requests()
    {
        const auto before = std::exchange(requests_, kernel_->requests_sent());
        return requests_ - before;
    }

private:
    boost::asio::io_context context_;
    std::unique_ptr<vpcd::HostKernel> kernel_;
    std::unique_ptr<vpcd::Netlink> netlink_;
    int calls_ = 0;
    std::uint64_t requests_ = 0;
};
