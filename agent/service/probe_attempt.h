// What probes of every kind have in common: the deadline, the one answer, the socket. Only for probe*.cpp.
#pragma once

#include <boost/asio/basic_socket.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <sys/socket.h>

#include "base/unique_fd.h"
#include "service/probe.h"

namespace vpcd {

// Kept alive by its pending operations, whose handlers return at once when it is over.
class ProbeAttempt : public std::enable_shared_from_this<ProbeAttempt> {
public:
    ProbeAttempt(boost::asio::io_context&, HealthProbe, ProbeDone);
    ProbeAttempt(const ProbeAttempt&) = delete;
    ProbeAttempt& operator=(const ProbeAttempt&) = delete;
    virtual ~ProbeAttempt() = default;

    void start();
    void cancel();

protected:
    // Opens the socket and begins the first operation. An error is told later, by finish().
    virtual Result<void> begin() = 0;
    virtual void close() = 0;
    // How to leave a backend that has been judged.
    virtual void part(bool /*is_healthy*/) { close(); }
    virtual Result<void> at_deadline() const;

    const HealthProbe& probe() const { return probe_; }
    bool is_over() const { return !done_; }
    void finish(Result<void>);
    // close() is called then, if finish() was before; else the probe has failed.
    void set_deadline(std::chrono::milliseconds from_now);
    void drop_deadline() { timer_.cancel(); }

private:
    HealthProbe probe_;
    ProbeDone done_; // empty: over
    boost::asio::io_context& context_;
    boost::asio::steady_timer timer_;
};

std::shared_ptr<ProbeAttempt> make_http_attempt(boost::asio::io_context&, HealthProbe, ProbeDone);
std::shared_ptr<ProbeAttempt> make_udp_attempt(boost::asio::io_context&, HealthProbe, ProbeDone);

std::unexpected<Error> unhealthy(std::string sentence);
// What the network said.
std::unexpected<Error> unhealthy(const boost::system::error_code&);

boost::asio::ip::address asio_address(const Address&);

template <typename Protocol>
typename Protocol::endpoint target_of(const HealthProbe& probe)
{
    return {asio_address(probe.address), probe.port};
}

// Asio's own open() would leave the socket to the programs this one starts.
template <typename Protocol>
Result<void> open_socket(boost::asio::basic_socket<Protocol>& socket, const Protocol& protocol)
{
    UniqueFd fd{::socket(protocol.family(), protocol.type() | SOCK_CLOEXEC, protocol.protocol())};
    if (!fd)
        return fail(Error::system(errno, "open a socket"));
    boost::system::error_code error;
    socket.assign(protocol, fd.get(), error);
    if (error)
        return fail(Error::system(error.value(), "watch a socket"));
    (void)fd.release();
    return {};
}

template <typename Protocol>
Result<void> bind_source(boost::asio::basic_socket<Protocol>& socket, const HealthProbe& probe)
{
    if (!probe.source || probe.source->is_unspecified())
        return {};
    boost::system::error_code error;
    socket.bind({asio_address(*probe.source), 0}, error);
    if (error)
        return fail(Error::system(error.value(), "use the address " + to_string(*probe.source)));
    return {};
}

} // namespace vpcd
