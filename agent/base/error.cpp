#include "base/error.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace vpcd {

namespace {

// Words of documents are quoted in sentences; a line end in one must not begin a line of its own in a log.
std::string in_one_line(std::string sentence)
{
    const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    if (std::ranges::none_of(sentence, is_control))
        return sentence;
    std::string shown;
    for (const char c : sentence) {
        if (c == '\n')
            shown += "\\n";
        else if (is_control(static_cast<unsigned char>(c)))
            shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        else
            shown += c;
    }
    return shown;
}

} // namespace

std::string to_string(const Location& where)
{
    if (where.line == 0)
        return where.file;
    return fmt::format("{}:{}:{}", where.file, where.line, where.column);
}

Error::Error(ErrorSource source, int code, std::string sentence)
    : source_(source), code_(code), sentence_(std::move(sentence))
{
}

Error Error::at(Location where, std::string sentence)
{
    Error error{ErrorSource::Config, 0, in_one_line(std::move(sentence))};
    error.where_ = std::move(where);
    return error;
}

Error Error::system(int code, std::string doing)
{
    return {ErrorSource::System, code, fmt::format("{}: {}", doing, std::strerror(code))};
}

Error Error::config(std::string sentence)
{
    return {ErrorSource::Config, 0, std::move(sentence)};
}

Error Error::about(std::string resource) const
{
    Error same = *this;
    same.resource_ = std::move(resource);
    return same;
}

Error Error::during(std::string_view doing) const
{
    Error outer = *this;
    outer.sentence_ = fmt::format("{}: {}", doing, sentence_);
    return outer;
}

std::string Error::text() const
{
    if (where_.file.empty())
        return sentence_;
    return fmt::format("{}: {}", to_string(where_), sentence_);
}

} // namespace vpcd
