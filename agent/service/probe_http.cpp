// A backend that answers a GET with one of the wanted statuses is healthy. Only the header is read.
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <fmt/format.h>

#include "service/probe_tcp.h"

namespace vpcd {

namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;

constexpr unsigned kVersion = 11;
constexpr std::uint16_t kDefaultPort = 80;
constexpr std::uint32_t kHeaderBytes = 16 * 1024;

std::string host_of(const HealthProbe& probe)
{
    if (!probe.host.empty())
        return probe.host;
    auto address = to_string(probe.address);
    if (!probe.address.is_v4())
        address = fmt::format("[{}]", address);
    return probe.port == kDefaultPort ? address : fmt::format("{}:{}", address, probe.port);
}

std::unexpected<Error> no_answer(const error_code& error)
{
    if (error == http::error::end_of_stream || error == http::error::partial_message)
        return unhealthy("the connection was closed before the answer was complete");
    if (error == http::error::header_limit || error == http::error::buffer_overflow)
        return unhealthy(fmt::format("the header of the answer is longer than {} bytes", kHeaderBytes));
    if (error.category() == http::make_error_code(http::error::bad_method).category())
        return unhealthy("answer is not HTTP");
    return unhealthy(error);
}

class HttpAttempt : public TcpAttempt {
public:
    using TcpAttempt::TcpAttempt;

private:
    void on_connected() override
    {
        is_connected_ = true;
        request_ = {http::verb::get, probe().path, kVersion};
        request_.set(http::field::host, host_of(probe()));
        request_.set(http::field::user_agent, "vpcd-health/1");
        request_.keep_alive(false);
        http::async_write(socket(), request_,
                          [this, self = shared_from_this()](const error_code& error, std::size_t) {
                              if (is_over())
                                  return;
                              if (error)
                                  return finish(unhealthy(error));
                              read_header();
                          });
    }

    void read_header()
    {
        parser_.header_limit(kHeaderBytes);
        parser_.body_limit(boost::none);
        http::async_read_header(socket(), buffer_, parser_,
                                [this, self = shared_from_this()](const error_code& error, std::size_t) {
                                    if (is_over())
                                        return;
                                    finish(error ? no_answer(error) : verdict());
                                });
    }

    Result<void> verdict() const
    {
        const auto status = parser_.get().result_int();
        if (status < probe().statuses.first || status > probe().statuses.second)
            return unhealthy(fmt::format("HTTP status {}", status));
        return {};
    }

    // What is left of the body may be long, and the server closes by itself: nothing to wait for.
    void part(bool) override { close(); }

    Result<void> at_deadline() const override
    {
        if (!is_connected_)
            return TcpAttempt::at_deadline();
        return unhealthy(fmt::format("connected, but no answer within {} ms", probe().timeout.count()));
    }

    bool is_connected_ = false;
    http::request<http::empty_body> request_;
    http::response_parser<http::empty_body> parser_;
    boost::beast::flat_buffer buffer_;
};

} // namespace

std::shared_ptr<ProbeAttempt> make_http_attempt(boost::asio::io_context& context, HealthProbe probe, ProbeDone done)
{
    return std::make_shared<HttpAttempt>(context, std::move(probe), std::move(done));
}

} // namespace vpcd
