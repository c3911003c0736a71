// Requests, answers and streams of one client.
#include "observe/connection.h"

#include <boost/asio/write.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace vpcd {

namespace http = boost::beast::http;
using boost::beast::error_code;

namespace {

constexpr unsigned kHttp11 = 11;
constexpr std::size_t kChunkBytes = 64 * 1024;

bool is_http_error(const error_code& error)
{
    return error.category() == http::make_error_code(http::error::bad_method).category();
}

std::string explain(const error_code& error, const ServerLimits& limits)
{
    if (error == http::error::header_limit || error == http::error::buffer_overflow)
        return fmt::format("the request header is longer than {} bytes", limits.header_bytes);
    if (error == http::error::body_limit)
        return fmt::format("the request body is longer than {} bytes", limits.body_bytes);
    return "this is not HTTP/1.1: " + error.message();
}

} // namespace

Connection::Connection(Protocol::socket socket, std::shared_ptr<ServerState> server)
    : server_(std::move(server)), socket_(std::move(socket))
{
    server_->connections.insert(this);
}

Connection::~Connection()
{
    server_->connections.erase(this);
}

void Connection::start()
{
    if (server_->connections.size() > server_->limits.connections)
        return write_error({503, "too many clients at once; try again"}, false);
    read_request();
}

void Connection::close()
{
    server_->connections.erase(this);
    socket_.close();
    if (records_)
        records_->close();
}

void Connection::read_request()
{
    parser_.emplace();
    parser_->header_limit(server_->limits.header_bytes);
    parser_->body_limit(server_->limits.body_bytes);
    socket_.expires_after(server_->limits.deadline);
    http::async_read(socket_, buffer_, *parser_,
                     [self = shared_from_this()](error_code error, std::size_t) { self->on_request(error); });
}

void Connection::on_request(error_code error)
{
    if (!socket_.socket().is_open())
        return;
    if (error && is_http_error(error) && error != http::error::end_of_stream)
        return write_error({400, explain(error, server_->limits)}, false);
    if (error)
        return close();

    const auto& request = parser_->get();
    const auto match = server_->router.match(request.method_string(), request.target());
    if (!match)
        return write_error(match.error(), request.keep_alive());
    if (match->route->stream)
        return begin_stream(*match);
    answer(*match);
}

void Connection::answer(const Router::Match& match)
{
    const bool keep_alive = parser_->get().keep_alive();
    const auto value = match.route->handler(match.request);
    if (!value)
        return write_error(value.error(), keep_alive);
    write(200, *value, keep_alive);
}

void Connection::write_error(const ApiError& error, bool keep_alive)
{
    write(error.status, {{"error", error.sentence}}, keep_alive, error.allow);
}

void Connection::write(unsigned status, const boost::json::value& body, bool keep_alive, const std::string& allow)
{
    response_ = Response{static_cast<http::status>(status), kHttp11};
    response_.set(http::field::content_type, "application/json");
    if (!allow.empty())
        response_.set(http::field::allow, allow);
    response_.keep_alive(keep_alive);
    response_.body() = boost::json::serialize(body) + '\n';
    response_.prepare_payload();
    socket_.expires_after(server_->limits.deadline);
    http::async_write(socket_, response_, [self = shared_from_this()](error_code error, std::size_t) {
        if (error || !self->response_.keep_alive())
            return self->close();
        self->read_request();
    });
}

void Connection::begin_stream(const Router::Match& match)
{
    auto records = std::make_shared<Stream>();
    if (const auto begun = match.route->stream(match.request, records); !begun)
        return write_error(begun.error(), parser_->get().keep_alive());
    records_ = std::move(records);
    records_->on_ready([self = weak_from_this()] {
        if (const auto connection = self.lock())
            connection->write_records();
    });

    stream_header_ = StreamHeader{http::status::ok, kHttp11};
    stream_header_.set(http::field::content_type, "application/x-ndjson");
    stream_header_.chunked(true);
    stream_header_.keep_alive(false);
    stream_serializer_.emplace(stream_header_);
    is_writing_ = true;
    socket_.expires_after(server_->limits.deadline);
    http::async_write_header(socket_, *stream_serializer_,
                             [self = shared_from_this()](error_code error, std::size_t) {
                                 if (error || !self->socket_.socket().is_open())
                                     return self->close();
                                 self->is_writing_ = false;
                                 self->watch_for_end();
                                 self->write_records();
                             });
}

// A read that is always pending notices the client going away while there is nothing to write. A streaming client
// has nothing to say: whatever arrives ends the stream.
void Connection::watch_for_end()
{
    socket_.expires_never();
    socket_.async_read_some(boost::asio::buffer(ignored_),
                            [self = shared_from_this()](error_code, std::size_t) { self->close(); });
}

// One chunk at a time. A client that does not take it within the deadline is dropped.
void Connection::write_records()
{
    if (is_writing_ || !socket_.socket().is_open())
        return;
    chunk_ = records_->take(kChunkBytes);
    if (chunk_.empty())
        return;
    is_writing_ = true;
    socket_.expires_after(server_->limits.deadline);
    boost::asio::async_write(socket_, http::make_chunk(boost::asio::buffer(chunk_)),
                             [self = shared_from_this()](error_code error, std::size_t) {
                                 if (error || !self->socket_.socket().is_open())
                                     return self->close();
                                 self->is_writing_ = false;
                                 self->write_records();
                             });
}

} // namespace vpcd
