#include "base/error.h"

#include <cstring>
#include <fmt/format.h>

namespace vpcd {

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
    Error error{ErrorSource::Config, 0, std::move(sentence)};
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
