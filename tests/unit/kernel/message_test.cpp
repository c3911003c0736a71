#include "kernel/message.h"

#include <catch2/catch_test_macros.hpp>
#include <linux/rtnetlink.h>

#include "values.h"

using namespace vpcd;

TEST_CASE("an attribute that was put is read back", "[kernel][message]")
{
    Message message{RTM_NEWROUTE, 0, rtmsg{}};
    message.put_u8(1, 7).put_u16(2, 300).put_u32(3, 70'000).put_string(4, "eth0");
    message.put_address(5, ip("10.0.0.1")).put_address(6, ip("2001:db8::1"));
    message.put_nested(7, [](Message& inner) { inner.put_u32(1, 42); });

    const Attributes read{message.header(), sizeof(rtmsg)};

    CHECK(read.u8(1) == 7);
    CHECK(read.u16(2) == 300);
    CHECK(read.u32(3) == 70'000u);
    CHECK(read.string(4) == "eth0");
    CHECK(read.address(5) == ip("10.0.0.1"));
    CHECK(read.address(6) == ip("2001:db8::1"));
    REQUIRE(read.nested(7));
    CHECK(read.nested(7)->u32(1) == 42u);
    CHECK_FALSE(read.has(8));
}

TEST_CASE("an attribute of the wrong size counts as absent", "[kernel][message]")
{
    Message message{RTM_NEWROUTE, 0, rtmsg{}};
    message.put_u8(1, 7).put(2, "", 0);

    const Attributes read{message.header(), sizeof(rtmsg)};

    CHECK_FALSE(read.u32(1));
    CHECK_FALSE(read.address(1));
    CHECK_FALSE(read.via(1));
    CHECK_FALSE(read.mac(1));
    CHECK_FALSE(read.u8(2));
    CHECK(read.string(2).empty());
}

TEST_CASE("a message shorter than its fixed header is not read", "[kernel][message]")
{
    const Message message{RTM_NEWROUTE, 0, char{}};

    CHECK(fixed_header<rtmsg>(message.header()) == nullptr);
}
