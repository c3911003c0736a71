// Which handler answers a path and method of the API. Nothing here knows of sockets.
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

#include "observe/stream.h"

namespace vpcd {

// What a client did wrong, or what the agent could not do: an HTTP status and a sentence for a person.
struct ApiError {
    unsigned status = 400;
    std::string sentence;
    std::string allow{}; // with 405: the methods that are possible
};

template <typename T>
using Answer = std::expected<T, ApiError>;

inline std::unexpected<ApiError> refuse(unsigned status, std::string sentence)
{
    return std::unexpected(ApiError{status, std::move(sentence)});
}

struct Request {
    std::map<std::string, std::string, std::less<>> parameters; // of the path: {kind}, {name}
    std::map<std::string, std::string, std::less<>> query;

    // Empty when it was not given.
    std::string_view parameter(std::string_view name) const;
    std::string_view query_value(std::string_view name) const;
};

using Handler = std::function<Answer<boost::json::value>(const Request&)>;
// Keeps the stream and writes records to it until it is closed.
using StreamHandler = std::function<Answer<void>(const Request&, std::shared_ptr<Stream>)>;

class Router {
public:
    struct Route {
        std::string method;
        std::vector<std::string> pattern; // segments; "{name}" takes any one
        std::vector<std::string> query;   // the keys it understands; others are refused
        Handler handler;
        StreamHandler stream; // one of the two is set
    };
    struct Match {
        const Route* route; // lives as long as the router
        Request request;
    };

    // `pattern`: "/v1/resources/{kind}". The first pattern that fits wins.
    void get(std::string_view pattern, std::vector<std::string> query, Handler);
    void remove(std::string_view pattern, std::vector<std::string> query, Handler); // DELETE
    void stream(std::string_view pattern, std::vector<std::string> query, StreamHandler);

    // `target` as in the request line, percent-encoded.
    Answer<Match> match(std::string_view method, std::string_view target) const;

private:
    ApiError no_route(std::string_view method, std::string_view target, const std::vector<std::string>& path) const;

    std::vector<Route> routes_;
};

} // namespace vpcd
