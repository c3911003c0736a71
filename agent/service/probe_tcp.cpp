// A backend that accepts a connection is healthy.
#include "service/probe_tcp.h"

#include <netinet/in.h>

namespace vpcd {

using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

// How long, and for how much, to wait for the backend's end of a connection.
constexpr std::chrono::seconds kPartingTime{1};
constexpr std::size_t kPartingBytes = 16 * 1024;

// The port is chosen when the destination is known. Else each connection of the last minute (we close first, so they
// stay in TIME_WAIT here) would take one away from all backends.
using BindWithoutPort = boost::asio::detail::socket_option::boolean<IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT>;

} // namespace

TcpAttempt::TcpAttempt(boost::asio::io_context& context, HealthProbe probe, ProbeDone done)
    : ProbeAttempt(context, std::move(probe), std::move(done)), socket_(context)
{
}

Result<void> TcpAttempt::begin()
{
    const auto target = target_of<tcp>(probe());
    if (auto opened = open_socket<tcp>(socket_, target.protocol()); !opened)
        return opened;
    error_code ignored;
    socket_.set_option(BindWithoutPort{true}, ignored);
    if (auto bound = bind_source<tcp>(socket_, probe()); !bound)
        return bound;
    socket_.async_connect(target, [this, self = shared_from_this()](const error_code& error) {
        if (is_over())
            return;
        if (error)
            return finish(unhealthy(error));
        on_connected();
    });
    return {};
}

void TcpAttempt::close()
{
    error_code ignored;
    socket_.close(ignored);
}

// A backend that speaks first (SSH, SMTP) would get a reset for what it says if we closed at once: we say that we are
// done, and read to its end.
void TcpAttempt::part(bool is_healthy)
{
    error_code error;
    if (is_healthy)
        socket_.shutdown(tcp::socket::shutdown_send, error);
    if (!is_healthy || error)
        return close();
    set_deadline(kPartingTime);
    read_to_end();
}

void TcpAttempt::read_to_end()
{
    socket_.async_read_some(boost::asio::buffer(ignored_),
                            [this, self = shared_from_this()](const error_code& error, std::size_t size) {
                                passed_over_ += size;
                                if (!error && passed_over_ < kPartingBytes)
                                    return read_to_end();
                                drop_deadline();
                                close();
                            });
}

} // namespace vpcd
