// Starting and ending a probe of any kind.
#include "service/probe.h"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "service/probe_attempt.h"
#include "service/probe_tcp.h"

namespace vpcd {

using boost::system::error_code;

std::unexpected<Error> unhealthy(std::string sentence)
{
    return fail(Error{ErrorSource::Peer, 0, std::move(sentence)});
}

std::unexpected<Error> unhealthy(const error_code& error)
{
    switch (error.value()) {
    case EADDRNOTAVAIL:
    case EADDRINUSE:
    case ENETDOWN:
    case ENETUNREACH:
    case ENOBUFS:
    case ENOMEM:
        return fail(Error::system(error.value(), "reach for the backend"));
    case ECONNREFUSED:
        return unhealthy("connection refused");
    case ECONNRESET:
    case EPIPE:
        return unhealthy("connection reset");
    case EHOSTUNREACH:
        return unhealthy("no route to host");
    default:
        return unhealthy(error.message());
    }
}

boost::asio::ip::address asio_address(const Address& address)
{
    if (address.is_v4())
        return boost::asio::ip::address_v4{address.v4_value()};
    return boost::asio::ip::address_v6{address.bytes()};
}

ProbeAttempt::ProbeAttempt(boost::asio::io_context& context, HealthProbe probe, ProbeDone done)
    : probe_(std::move(probe)), done_(std::move(done)), context_(context), timer_(context)
{
}

void ProbeAttempt::start()
{
    if (auto begun = begin(); !begun) {
        boost::asio::post(context_, [self = shared_from_this(), begun = std::move(begun)] { self->finish(begun); });
        return;
    }
    set_deadline(probe_.timeout);
}

void ProbeAttempt::cancel()
{
    done_ = nullptr;
    drop_deadline();
    close();
}

void ProbeAttempt::finish(Result<void> result)
{
    if (is_over())
        return;
    const auto done = std::exchange(done_, nullptr);
    drop_deadline();
    part(result.has_value());
    done(std::move(result));
}

Result<void> ProbeAttempt::at_deadline() const
{
    return unhealthy(fmt::format("no answer within {} ms", probe_.timeout.count()));
}

void ProbeAttempt::set_deadline(std::chrono::milliseconds from_now)
{
    timer_.expires_after(from_now);
    timer_.async_wait([self = shared_from_this()](const error_code& error) {
        if (error)
            return;
        if (self->is_over())
            return self->close();
        self->finish(self->at_deadline());
    });
}

RunningProbe::RunningProbe(std::shared_ptr<ProbeAttempt> attempt) : attempt_(std::move(attempt)) {}

RunningProbe& RunningProbe::operator=(RunningProbe&& other) noexcept
{
    const RunningProbe former{std::exchange(attempt_, std::exchange(other.attempt_, nullptr))};
    return *this;
}

RunningProbe::~RunningProbe()
{
    if (attempt_)
        attempt_->cancel();
}

RunningProbe start_probe(boost::asio::io_context& context, const HealthProbe& probe, ProbeDone done)
{
    std::shared_ptr<ProbeAttempt> attempt;
    switch (probe.kind) {
    case ProbeKind::Tcp:
        attempt = std::make_shared<TcpAttempt>(context, probe, std::move(done));
        break;
    case ProbeKind::Http:
        attempt = make_http_attempt(context, probe, std::move(done));
        break;
    case ProbeKind::Udp:
        attempt = make_udp_attempt(context, probe, std::move(done));
        break;
    }
    attempt->start();
    return RunningProbe{std::move(attempt)};
}

} // namespace vpcd
