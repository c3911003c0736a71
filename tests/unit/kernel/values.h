// Short spellings of values, for tests.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <string_view>

#include "base/address.h"

inline vpcd::Address ip(std::string_view text)
{
    const auto address = vpcd::Address::parse(text);
    REQUIRE(address);
    return *address;
}

inline vpcd::Mac mac_of(std::string_view text)
{
    const auto address = vpcd::Mac::parse(text);
    REQUIRE(address);
    return *address;
}
