// The local status API: HTTP/1.1 over a Unix stream socket. Runs on the thread of the io_context it is given; a
// client that reads or writes slowly costs itself its connection and nobody else anything.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include <boost/asio/io_context.hpp>

#include "base/error.h"
#include "observe/router.h"
#include "observe/socket_file.h"

namespace vpcd {

struct ServerLimits {
    std::uint32_t header_bytes = 8 * 1024;
    std::uint64_t body_bytes = 64 * 1024;
    std::size_t connections = 32;
    std::chrono::milliseconds deadline{10'000}; // for a request to arrive, and for an answer to be read
};

class Listener;

class Server {
public:
    // Fails when another server answers on the socket; one that a crash left behind is replaced.
    static Result<std::unique_ptr<Server>> open(boost::asio::io_context&, std::filesystem::path socket, Router,
                                                ServerLimits limits = {});
    // Closes every connection and removes the socket. No handler of the router is called afterwards.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::size_t connections() const;

private:
    Server(SocketFile, std::shared_ptr<Listener>);

    SocketFile socket_;
    std::shared_ptr<Listener> listener_;
};

} // namespace vpcd
