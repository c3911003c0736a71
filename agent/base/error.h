// Error values. Fallible functions return Result<T>; each layer adds what it was doing.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace vpcd {

// Codes of different sources overlap in number and mean different things.
enum class ErrorSource { System, Netlink, Bpf, Config, Peer };

// A place in a document; line and column count from 1, 0: unknown.
struct Location {
    std::string file;
    unsigned line = 0;
    unsigned column = 0;

    friend bool operator==(const Location&, const Location&) = default;
};

// "file:line:column", as compilers print it.
std::string to_string(const Location&);

class Error {
public:
    Error(ErrorSource source, int code, std::string sentence);

    // A rule a document broke.
    static Error at(Location where, std::string sentence);
    // `code` is an errno; its text is appended: "open /etc/x: No such file or directory".
    static Error system(int code, std::string doing);
    static Error config(std::string sentence);

    // The same error, of a resource: "Interface web-1-eth0". Not part of the text, which names it where that helps.
    Error about(std::string resource) const;
    // The same error, told by a layer above: "doing: what went wrong".
    Error during(std::string_view doing) const;

    ErrorSource source() const { return source_; }
    int code() const { return code_; }
    const Location& where() const { return where_; }
    const std::string& resource() const { return resource_; } // empty: none in particular
    const std::string& sentence() const { return sentence_; }
    // With the location in front if there is one.
    std::string text() const;

private:
    ErrorSource source_;
    int code_;
    std::string sentence_;
    Location where_;
    std::string resource_;
};

// Of one file, one change or one pass: who reads more of them?
inline constexpr std::size_t kMostErrors = 1000;

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Error error)
{
    return std::unexpected(std::move(error));
}

} // namespace vpcd
