// A server on a socket of its own, running on its own thread, and a client that speaks bytes.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "base/unique_fd.h"
#include "observe/server.h"
#include "support/temporary_directory.h"

class TestDirectory : public TemporaryDirectory {
public:
    std::filesystem::path socket() const { return path() / "api.sock"; }
};

class RunningServer {
public:
    explicit RunningServer(vpcd::Router, vpcd::ServerLimits limits = {});
    ~RunningServer();
    RunningServer(const RunningServer&) = delete;
    RunningServer& operator=(const RunningServer&) = delete;

    std::string socket() const { return directory_.socket().string(); }
    // Runs on the server's thread; returns when it is done.
    void run(const std::function<void()>&);
    void stop_server();

private:
    TestDirectory directory_;
    boost::asio::io_context context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
    std::unique_ptr<vpcd::Server> server_;
    std::jthread thread_;
};

// Blocks at most ten seconds in each call: a test that waits for what never comes fails.
class RawClient {
public:
    explicit RawClient(const std::string& socket);

    void send(std::string_view bytes);
    // Until `end` has arrived, or the server closed.
    std::string read_until(std::string_view end);
    std::string read_to_close() { return read_until({}); }
    void close() { fd_.reset(); }
    int fd() const { return fd_.get(); }

private:
    vpcd::UniqueFd fd_;
};
