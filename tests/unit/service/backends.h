// Backends on loopback that live on the event loop of the test, and the loop itself.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch_test_macros.hpp>
#include <linux/filter.h>
#include <sys/socket.h>

#include "base/address.h"

namespace vpcd {

inline const Address kLoopback = Address::v4(0x7f000001);

inline boost::asio::ip::address_v4 loopback()
{
    return boost::asio::ip::address_v4::loopback();
}

// Runs until something has come true; what never does fails the test after ten seconds.
class Loop {
public:
    boost::asio::io_context& context() { return context_; }

    void run_until(const std::function<bool()>& is_true)
    {
        using namespace std::chrono_literals;
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        while (!is_true()) {
            REQUIRE(std::chrono::steady_clock::now() < deadline);
            context_.run_one_for(100ms);
        }
    }

private:
    boost::asio::io_context context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
};

// Says `greeting` to whoever connects, and `answer` to the first bytes that come; then closes. No answer: keeps still
// until the client closes. Both may change between connections.
class TcpBackend {
public:
    using tcp = boost::asio::ip::tcp;

    explicit TcpBackend(Loop& loop) : acceptor_(loop.context(), {loopback(), 0}) { accept(); }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

    std::string greeting;
    std::string answer;
    std::string request; // the last one
    unsigned accepted = 0;
    unsigned ended = 0; // by the client
    boost::system::error_code ended_with;

private:
    struct Client {
        tcp::socket socket;
        std::array<char, 4096> buffer;
        std::string answer; // being written
    };

    void accept()
    {
        acceptor_.async_accept([this](boost::system::error_code error, tcp::socket socket) {
            if (error)
                return;
            ++accepted;
            auto client = std::make_shared<Client>(Client{std::move(socket), {}, {}});
            if (!greeting.empty())
                client->socket.send(boost::asio::buffer(greeting), 0, error);
            read(client);
            accept();
        });
    }

    void read(const std::shared_ptr<Client>& client)
    {
        client->socket.async_read_some(
            boost::asio::buffer(client->buffer), [this, client](boost::system::error_code error, std::size_t size) {
                if (error == boost::asio::error::operation_aborted)
                    return;
                if (error) {
                    ++ended;
                    ended_with = error;
                    return;
                }
                request.assign(client->buffer.data(), size);
                if (answer.empty())
                    return read(client);
                client->answer = answer;
                boost::asio::async_write(client->socket, boost::asio::buffer(client->answer),
                                         [client](boost::system::error_code, std::size_t) {});
            });
    }

    tcp::acceptor acceptor_;
};

// Answers every datagram with `answer`; none: keeps still.
class UdpBackend {
public:
    using udp = boost::asio::ip::udp;

    explicit UdpBackend(Loop& loop) : socket_(loop.context(), {loopback(), 0}) { receive(); }

    std::uint16_t port() const { return socket_.local_endpoint().port(); }

    std::string answer;
    std::string received; // the last datagram
    unsigned datagrams = 0;

private:
    void receive()
    {
        socket_.async_receive_from(boost::asio::buffer(buffer_), from_,
                                   [this](boost::system::error_code error, std::size_t size) {
                                       if (error)
                                           return;
                                       ++datagrams;
                                       received.assign(buffer_.data(), size);
                                       if (!answer.empty())
                                           socket_.send_to(boost::asio::buffer(answer), from_, 0, error);
                                       receive();
                                   });
    }

    udp::socket socket_;
    udp::endpoint from_;
    std::array<char, 2048> buffer_;
};

// A port that is taken, so that nobody else gets it, and refuses connections.
class RefusingTcpPort {
public:
    explicit RefusingTcpPort(Loop& loop) : socket_(loop.context(), {loopback(), 0}) {}

    std::uint16_t port() const { return socket_.local_endpoint().port(); }

private:
    boost::asio::ip::tcp::socket socket_;
};

// Likewise: its socket is connected to itself, so that everybody else's datagrams find no receiver.
class RefusingUdpPort {
public:
    explicit RefusingUdpPort(Loop& loop) : socket_(loop.context(), {loopback(), 0})
    {
        socket_.connect(socket_.local_endpoint());
    }

    std::uint16_t port() const { return socket_.local_endpoint().port(); }

private:
    boost::asio::ip::udp::socket socket_;
};

// Drops whatever comes, the first packet of a connection too.
class DeafTcpPort {
public:
    explicit DeafTcpPort(Loop& loop) : acceptor_(loop.context(), {loopback(), 0})
    {
        sock_filter drop{BPF_RET | BPF_K, 0, 0, 0};
        const sock_fprog program{1, &drop};
        REQUIRE(::setsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) ==
                0);
    }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    boost::asio::ip::tcp::acceptor acceptor_;
};

} // namespace vpcd
