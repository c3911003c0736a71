// libFuzzer target: any bytes as what a client of the status API sends before it hangs up. Everything between socket
// and views takes part: HTTP, targets and queries, handlers, streams. A client gets HTTP back or nothing, and its
// connection ends with it.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/write.hpp>

#include "observe/api.h"
#include "observe/connection.h"
#include "observe/drop_feed.h"
#include "unit/observe/fake_views.h"

namespace {

namespace asio = boost::asio;
using Protocol = asio::local::stream_protocol;

class Client {
public:
    explicit Client(Protocol::socket socket) : socket_(std::move(socket)) { read(); }

    void say(std::string text)
    {
        said_ = std::move(text);
        asio::async_write(socket_, asio::buffer(said_), [this](boost::system::error_code, std::size_t) {
            boost::system::error_code gone; // the other side may have hung up first
            socket_.shutdown(Protocol::socket::shutdown_send, gone);
        });
    }
    const std::string& heard() const { return heard_; }

private:
    void read()
    {
        socket_.async_read_some(asio::buffer(piece_), [this](boost::system::error_code error, std::size_t size) {
            heard_.append(piece_.data(), size);
            if (!error)
                read();
        });
    }

    Protocol::socket socket_;
    std::string said_, heard_;
    std::array<char, 4096> piece_{};
};

void must(bool condition, const char* what, const std::string& heard)
{
    if (condition)
        return;
    std::fprintf(stderr, "%s; the client heard\n%s\n", what, heard.c_str());
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static FakeViews views;
    asio::io_context context{1};
    vpcd::DropFeed drops{[](bool) {}};
    const auto server = std::make_shared<vpcd::ServerState>(vpcd::make_api(views, drops), vpcd::ServerLimits{});
    Protocol::socket near{context}, far{context};
    asio::local::connect_pair(near, far);
    Client client{std::move(far)};
    std::make_shared<vpcd::Connection>(std::move(near), server)->start();
    client.say({reinterpret_cast<const char*>(data), size});

    context.run();

    must(server->connections.empty(), "a connection has outlived its client", client.heard());
    must(client.heard().empty() || client.heard().starts_with("HTTP/1.1 "), "the answer is no HTTP", client.heard());
    return 0;
}
