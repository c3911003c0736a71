// Connecting to a backend, alone or as the first step of more. Only for probe*.cpp.
#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>

#include "service/probe_attempt.h"

namespace vpcd {

class TcpAttempt : public ProbeAttempt {
public:
    TcpAttempt(boost::asio::io_context&, HealthProbe, ProbeDone);

protected:
    using Socket = boost::asio::ip::tcp::socket;

    Result<void> begin() override;
    void close() override;
    void part(bool is_healthy) override;
    virtual void on_connected() { finish({}); }

    Socket& socket() { return socket_; }

private:
    void read_to_end();

    Socket socket_;
    std::size_t passed_over_ = 0; // bytes read after the verdict
    std::array<char, 512> ignored_;
};

} // namespace vpcd
