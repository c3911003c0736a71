// One client of the API: reads a request, writes an answer, again and again; or streams until it goes away. Keeps
// itself alive while an operation is under way.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "observe/router.h"
#include "observe/server.h"

namespace vpcd {

class Connection;

// What the connections of a server share. Outlives the server while a connection winds down.
struct ServerState {
    Router router;
    ServerLimits limits;
    std::set<Connection*> connections;
};

class Connection : public std::enable_shared_from_this<Connection> {
public:
    using Protocol = boost::asio::local::stream_protocol;

    Connection(Protocol::socket, std::shared_ptr<ServerState>);
    ~Connection();

    void start();
    // Ends what is under way. The object goes when its last operation has returned.
    void close();

private:
    using Response = boost::beast::http::response<boost::beast::http::string_body>;
    using StreamHeader = boost::beast::http::response<boost::beast::http::empty_body>;

    void read_request();
    void on_request(boost::beast::error_code);
    void answer(const Router::Match&);
    void write_error(const ApiError&, bool keep_alive);
    // `allow`: the methods that are possible, if this one is not.
    void write(unsigned status, const boost::json::value& body, bool keep_alive, const std::string& allow = {});

    void begin_stream(const Router::Match&);
    void watch_for_end();
    void write_records();

    std::shared_ptr<ServerState> server_;
    boost::beast::basic_stream<Protocol> socket_;
    boost::beast::flat_buffer buffer_;
    std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
    Response response_;
    std::array<char, 256> ignored_; // what a streaming client sends

    std::shared_ptr<Stream> records_;
    StreamHeader stream_header_;
    std::optional<boost::beast::http::response_serializer<boost::beast::http::empty_body>> stream_serializer_;
    std::string chunk_;
    bool is_writing_ = false;
};

} // namespace vpcd
