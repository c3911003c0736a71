// Asks the agent over its Unix socket. Blocks; one request at a time.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

namespace vpcd {

struct ClientError {
    enum class Kind { Unreachable, Refused }; // nobody answers on the socket; the agent answered with an error
    Kind kind;
    std::string sentence;
    unsigned status = 0; // of HTTP, when it answered
};

template <typename T>
using Reply = std::expected<T, ClientError>;

// "/v1/flows?vpc=prod": segments and values are percent-encoded, empty values left out.
std::string make_target(const std::vector<std::string>& segments,
                        const std::vector<std::pair<std::string, std::string>>& query = {});

class Client {
public:
    explicit Client(std::string socket, std::chrono::milliseconds timeout = std::chrono::seconds{30});

    Reply<boost::json::value> get(const std::string& target) const { return ask("GET", target); }
    Reply<boost::json::value> remove(const std::string& target) const { return ask("DELETE", target); }
    // Calls `on_record` for each line of a stream until it returns false or the agent ends the stream.
    Reply<void> follow(const std::string& target,
                       const std::function<bool(const boost::json::value&)>& on_record) const;

private:
    Reply<boost::json::value> ask(std::string_view method, const std::string& target) const;

    std::string socket_;
    std::chrono::milliseconds timeout_;
};

} // namespace vpcd
