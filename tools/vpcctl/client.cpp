// HTTP/1.1 over a Unix socket, from the asking side.
#include "vpcctl/client.h"

#include <array>
#include <cctype>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/stream_parser.hpp>
#include <fmt/format.h>
#include <sys/un.h>

namespace vpcd {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace json = boost::json;
using boost::beast::error_code;
using Protocol = asio::local::stream_protocol;

namespace {

std::string encode(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (std::isalnum(static_cast<unsigned char>(c)) || std::string_view{"-._~"}.contains(c))
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

std::unexpected<ClientError> unreachable(std::string sentence)
{
    return std::unexpected(ClientError{ClientError::Kind::Unreachable, std::move(sentence), 0});
}

std::unexpected<ClientError> refused(std::string sentence, http::status status)
{
    return std::unexpected(
        ClientError{ClientError::Kind::Refused, std::move(sentence), static_cast<unsigned>(status)});
}

// A connection whose operations are started one by one and waited for, so that each has a time limit.
class Exchange {
public:
    Exchange() : socket_(context_) {}

    Reply<void> begin(const std::string& path, std::string_view method, const std::string& target,
                      std::chrono::milliseconds timeout)
    {
        if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path))
            return unreachable(fmt::format("'{}' is no possible name of a socket", path));
        socket_.expires_after(timeout);
        socket_.async_connect(Protocol::endpoint{path}, [this](error_code error) { error_ = error; });
        if (const auto error = wait())
            return unreachable(fmt::format("no agent answers on {}: {}", path, error.message()));
        http::request<http::empty_body> request{http::string_to_verb(method), target, 11};
        request.set(http::field::host, "vpcd");
        http::async_write(socket_, request, [this](error_code error, std::size_t) { error_ = error; });
        // Not the end: an agent that has no room for us answers without reading, and the answer tells.
        wait();
        return {};
    }

    template <typename Parser>
    error_code read_all(Parser& parser)
    {
        http::async_read(socket_, buffer_, parser, [this](error_code error, std::size_t) { error_ = error; });
        return wait();
    }
    template <typename Parser>
    error_code read_header(Parser& parser)
    {
        http::async_read_header(socket_, buffer_, parser, [this](error_code error, std::size_t) { error_ = error; });
        return wait();
    }
    template <typename Parser>
    error_code read_some(Parser& parser)
    {
        socket_.expires_never();
        http::async_read_some(socket_, buffer_, parser, [this](error_code error, std::size_t) { error_ = error; });
        return wait();
    }

private:
    error_code wait()
    {
        context_.restart();
        context_.run();
        return error_;
    }

    asio::io_context context_;
    boost::beast::basic_stream<Protocol> socket_;
    boost::beast::flat_buffer buffer_;
    error_code error_;
};

ClientError broken(const error_code& error)
{
    return {ClientError::Kind::Unreachable, "the agent broke off: " + error.message(), 0};
}

Reply<json::value> read_answer(http::status status, std::string_view body)
{
    error_code error;
    json::value value = json::parse(body, error);
    if (error)
        return refused(fmt::format("the agent's answer is no JSON: {}", error.message()), status);
    if (status == http::status::ok)
        return value;
    const auto* object = value.if_object();
    const auto* sentence = object != nullptr ? object->if_contains("error") : nullptr;
    if (sentence == nullptr || !sentence->is_string())
        return refused(fmt::format("the agent answers with status {}", static_cast<unsigned>(status)), status);
    return refused(std::string{sentence->get_string()}, status);
}

// Cuts what has arrived into lines; false when the reader has enough.
bool hand_out(std::string& text, const std::function<bool(const json::value&)>& on_record)
{
    std::size_t begin = 0;
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
        error_code error;
        const json::value record = json::parse(std::string_view{text}.substr(begin, end - begin), error);
        begin = end + 1;
        if (!error && !on_record(record))
            return false;
    }
    text.erase(0, begin);
    return true;
}

} // namespace

std::string make_target(const std::vector<std::string>& segments,
                        const std::vector<std::pair<std::string, std::string>>& query)
{
    std::string target;
    for (const auto& segment : segments)
        target += '/' + encode(segment);
    char separator = '?';
    for (const auto& [key, value] : query) {
        if (value.empty())
            continue;
        target += fmt::format("{}{}={}", separator, encode(key), encode(value));
        separator = '&';
    }
    return target;
}

Client::Client(std::string socket, std::chrono::milliseconds timeout) : socket_(std::move(socket)), timeout_(timeout)
{
}

Reply<json::value> Client::ask(std::string_view method, const std::string& target) const
{
    Exchange exchange;
    if (const auto begun = exchange.begin(socket_, method, target, timeout_); !begun)
        return std::unexpected(begun.error());
    http::response_parser<http::string_body> parser;
    parser.body_limit(boost::none);
    if (const auto error = exchange.read_all(parser))
        return std::unexpected(broken(error));
    return read_answer(parser.get().result(), parser.get().body());
}

Reply<void> Client::follow(const std::string& target, const std::function<bool(const json::value&)>& on_record) const
{
    Exchange exchange;
    if (const auto begun = exchange.begin(socket_, "GET", target, timeout_); !begun)
        return begun;
    http::response_parser<http::buffer_body> parser;
    parser.body_limit(boost::none);
    if (const auto error = exchange.read_header(parser))
        return std::unexpected(broken(error));

    const bool streams = parser.get().result() == http::status::ok;
    std::array<char, 16 * 1024> piece;
    std::string text;
    while (!parser.is_done()) {
        parser.get().body().data = piece.data();
        parser.get().body().size = piece.size();
        const auto error = exchange.read_some(parser);
        if (error && error != http::error::need_buffer)
            return std::unexpected(broken(error));
        text.append(piece.data(), piece.size() - parser.get().body().size);
        if (streams && !hand_out(text, on_record))
            return {};
    }
    if (!streams)
        return std::unexpected(read_answer(parser.get().result(), text).error());
    return {};
}

} // namespace vpcd
