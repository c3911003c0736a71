#include "unit/observe/fixture.h"

#include <array>
#include <cstdlib>
#include <cstring>
#include <future>

#include <boost/asio/post.hpp>
#include <catch2/catch_test_macros.hpp>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

RunningServer::RunningServer(vpcd::Router router, vpcd::ServerLimits limits)
{
    auto server = vpcd::Server::open(context_, directory_.socket(), std::move(router), limits);
    REQUIRE(server);
    server_ = std::move(*server);
    thread_ = std::jthread([this] { context_.run(); });
}

RunningServer::~RunningServer()
{
    stop_server();
    work_.reset();
}

void RunningServer::run(const std::function<void()>& action)
{
    std::promise<void> done;
    boost::asio::post(context_, [&] {
        action();
        done.set_value();
    });
    done.get_future().wait();
}

void RunningServer::stop_server()
{
    run([this] { server_.reset(); });
}

RawClient::RawClient(const std::string& socket) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(socket.size() < sizeof(address.sun_path));
    std::memcpy(address.sun_path, socket.c_str(), socket.size());
    const timeval limit{10, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    REQUIRE(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
}

void RawClient::send(std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0)
            return; // the server may answer and close before it has read everything
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::string RawClient::read_until(std::string_view end)
{
    std::string text;
    std::array<char, 4096> piece;
    while (end.empty() || text.find(end) == text.npos) {
        const auto got = ::recv(fd_.get(), piece.data(), piece.size(), 0);
        const bool is_timeout = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
        REQUIRE_FALSE(is_timeout);
        if (got <= 0)
            break;
        text.append(piece.data(), static_cast<std::size_t>(got));
    }
    return text;
}
