// Why a table did not take a row, in words that say what to do.
#pragma once

#include <cstddef>
#include <optional>

#include "base/error.h"

namespace vpcd {

// `code`: an errno, positive or negative, of a write to this map.
Error write_error(int code, int map, const std::string& table);

// Rows a table did not take: the first reason, and how many there are.
class Refusals {
public:
    // `tell` makes an Error.
    template <typename Tell>
    void add(const Tell& tell)
    {
        if (++count_ == 1)
            first_ = tell();
    }
    Result<void> result() const;

private:
    std::optional<Error> first_;
    std::size_t count_ = 0;
};

} // namespace vpcd
