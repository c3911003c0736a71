// A backend that answers a datagram as expected, or is not told to be unreachable, is healthy.
#include <array>
#include <boost/asio/ip/udp.hpp>
#include <cerrno>
#include <fmt/format.h>
#include <netinet/in.h>
#include <string_view>

#include "service/probe_attempt.h"

namespace vpcd {

namespace {

using boost::asio::ip::udp;
using boost::system::error_code;

constexpr std::size_t kDatagramBytes = 64 * 1024;

// Without these the kernel tells a connected socket of an unreachable port, but not of an unreachable host or
// network.
using ReceiveErrors = boost::asio::detail::socket_option::boolean<IPPROTO_IP, IP_RECVERR>;
using ReceiveErrors6 = boost::asio::detail::socket_option::boolean<IPPROTO_IPV6, IPV6_RECVERR>;

// What a document expects may be bytes; a sentence is one line of text.
std::string printable(std::string_view bytes)
{
    std::string text;
    for (const char c : bytes) {
        if (c >= ' ' && c <= '~')
            text += c;
        else
            text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    return text;
}

// After it was sent, an error is what somebody on the way has answered.
std::unexpected<Error> refused(const error_code& error)
{
    return error.value() == ENETUNREACH ? unhealthy("no route to network") : unhealthy(error);
}

class UdpAttempt : public ProbeAttempt {
public:
    UdpAttempt(boost::asio::io_context& context, HealthProbe probe, ProbeDone done)
        : ProbeAttempt(context, std::move(probe), std::move(done)), socket_(context)
    {
    }

private:
    Result<void> begin() override
    {
        const auto target = target_of<udp>(probe());
        if (auto opened = open_socket<udp>(socket_, target.protocol()); !opened)
            return opened;
        if (auto bound = bind_source<udp>(socket_, probe()); !bound)
            return bound;
        error_code error;
        if (probe().address.is_v4())
            socket_.set_option(ReceiveErrors{true}, error);
        else
            socket_.set_option(ReceiveErrors6{true}, error);
        socket_.non_blocking(true, error); // a datagram with a bad checksum is readable, and then gone
        socket_.connect(target, error);
        if (error)
            return unhealthy(error);
        send();
        return {};
    }

    void close() override
    {
        error_code ignored;
        socket_.close(ignored);
    }

    Result<void> at_deadline() const override
    {
        if (probe().expect.empty())
            return {};
        return ProbeAttempt::at_deadline();
    }

    void send()
    {
        socket_.async_send(boost::asio::buffer(probe().send),
                           [this, self = shared_from_this()](const error_code& error, std::size_t) {
                               if (is_over())
                                   return;
                               if (error)
                                   return finish(unhealthy(error));
                               wait_for_answer();
                           });
    }

    // Waiting needs no buffer: thousands may wait, and an answer can be long.
    void wait_for_answer()
    {
        socket_.async_wait(udp::socket::wait_read, [this, self = shared_from_this()](const error_code& error) {
            if (is_over())
                return;
            if (error)
                return finish(refused(error));
            receive();
        });
    }

    void receive()
    {
        std::array<char, kDatagramBytes> buffer;
        error_code error;
        const auto size = socket_.receive(boost::asio::buffer(buffer), 0, error);
        if (error == boost::asio::error::would_block)
            return wait_for_answer();
        if (error)
            return finish(refused(error));
        if (std::string_view{buffer.data(), size}.find(probe().expect) == std::string_view::npos)
            return finish(unhealthy(fmt::format("the answer does not contain '{}'", printable(probe().expect))));
        finish({});
    }

    udp::socket socket_;
};

} // namespace

std::shared_ptr<ProbeAttempt> make_udp_attempt(boost::asio::io_context& context, HealthProbe probe, ProbeDone done)
{
    return std::make_shared<UdpAttempt>(context, std::move(probe), std::move(done));
}

} // namespace vpcd
