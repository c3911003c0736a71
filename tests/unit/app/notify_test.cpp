// What the service manager hears.
#include "app/notify.h"

#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <cstdlib>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace vpcd {

namespace {

// The service manager's end, until it is destroyed. An abstract socket: nothing to clean up.
class ServiceManager {
public:
    ServiceManager() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0))
    {
        const std::string name = "vpcd-notify-" + std::to_string(::getpid());
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        name.copy(address.sun_path + 1, name.size());
        const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
        REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
        ::setenv("NOTIFY_SOCKET", ("@" + name).c_str(), 1);
    }
    ~ServiceManager()
    {
        for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
            ::unsetenv(name);
    }
    ServiceManager(const ServiceManager&) = delete;
    ServiceManager& operator=(const ServiceManager&) = delete;

    void ask_for_keep_alives(std::chrono::microseconds limit)
    {
        ::setenv("WATCHDOG_USEC", std::to_string(limit.count()).c_str(), 1);
        ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
    }
    // The next message; empty: there is none.
    std::string heard()
    {
        char text[4096];
        const auto size = ::recv(socket_.get(), text, sizeof(text), MSG_DONTWAIT);
        return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string{};
    }

private:
    UniqueFd socket_;
};

} // namespace

TEST_CASE("the service manager hears that the agent is ready, with its state in words")
{
    ServiceManager manager;

    notify::ready("host node-a: 2 interfaces, 2 attached");

    CHECK(manager.heard() == "READY=1\nSTATUS=host node-a: 2 interfaces, 2 attached");
}

TEST_CASE("a status is told when it differs from the last")
{
    ServiceManager manager;
    notify::ready("one");
    (void)manager.heard();

    notify::status("one");
    CHECK(manager.heard().empty());
    notify::status("two");
    CHECK(manager.heard() == "STATUS=two");
}

TEST_CASE("a reload is told with its time, and the status after it again")
{
    ServiceManager manager;
    notify::status("before");
    (void)manager.heard();

    notify::reloading();
    notify::status("before");

    CHECK(manager.heard().starts_with("RELOADING=1\nMONOTONIC_USEC="));
    CHECK(manager.heard() == "STATUS=before");
}

TEST_CASE("long work asks for more time, and not for each step")
{
    ServiceManager manager;

    for (int i = 0; i < 1000; ++i)
        notify::progress("applying 1000000 resources");

    CHECK(manager.heard() == "WATCHDOG=1\nEXTEND_TIMEOUT_USEC=60000000\nSTATUS=applying 1000000 resources");
    int more = 0;
    while (!manager.heard().empty())
        ++more;
    CHECK(more < 100);
}

TEST_CASE("keep-alives come from the event loop, and stop with it")
{
    ServiceManager manager;
    manager.ask_for_keep_alives(std::chrono::milliseconds{20});
    boost::asio::io_context context;
    const Watchdog watchdog{context, [] { return std::string{"well"}; }};
    notify::ready("well");
    const auto alive = [&] {
        int count = 0;
        for (auto text = manager.heard(); !text.empty(); text = manager.heard())
            count += text == "WATCHDOG=1";
        return count;
    };
    CHECK(alive() == 1);

    context.run_one();
    context.run_one();
    CHECK(alive() == 2);
    CHECK(alive() == 0); // nobody runs the loop
}

TEST_CASE("without a service manager that watches, the loop has nothing to do for it")
{
    boost::asio::io_context context;

    const Watchdog watchdog{context, [] { return std::string{}; }};

    CHECK(context.run() == 0);
}

} // namespace vpcd
