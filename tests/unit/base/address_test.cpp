// Addresses, MACs and prefixes as text and as values.
#include "base/address.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

namespace vpcd {

TEST_CASE("an address is read and written in its family's text")
{
    struct Row {
        const char* name;
        const char* text;
        const char* written;
        bool is_v4;
    };
    const Row rows[] = {
        {"IPv4", "10.0.1.10", "10.0.1.10", true},
        {"unspecified IPv4", "0.0.0.0", "0.0.0.0", true},
        {"IPv6", "2001:db8::1", "2001:db8::1", false},
        {"IPv6 is shortened", "2001:0db8:0:0:0:0:0:1", "2001:db8::1", false},
        {"IPv4-mapped IPv6 is IPv4", "::ffff:10.0.1.10", "10.0.1.10", true},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        const auto address = Address::parse(row.text);
        REQUIRE(address);
        CHECK(to_string(*address) == row.written);
        CHECK(address->is_v4() == row.is_v4);
        CHECK(Address::from_abi(address->abi()) == *address);
    }
}

TEST_CASE("text that is no address is refused by name")
{
    for (const char* text :
         {"", "10.0.1", "10.0.1.256", "10.0.1.10 ", "1.2.3.4.5", "2001:db8::1::2", "web-1", "010.0.0.1"}) {
        INFO(text);
        const auto address = Address::parse(text);
        REQUIRE_FALSE(address);
        CHECK(address.error().sentence() == "'" + std::string{text} + "' is not an IP address");
    }
}

TEST_CASE("a MAC is read with colons or dashes and written with colons")
{
    CHECK(to_string(Mac::parse("02:00:0A:00:01:0a").value()) == "02:00:0a:00:01:0a");
    CHECK(to_string(Mac::parse("02-00-0a-00-01-0a").value()) == "02:00:0a:00:01:0a");
    CHECK(Mac::parse("01:00:5e:00:00:01").value().is_multicast());
    CHECK(Mac::parse("00:00:00:00:00:00").value().is_zero());
    for (const char* text :
         {"", "02:00:0a:00:01", "02:00:0a:00:01:0a:0b", "02:00:0a:00:01:0g", "0200.0a00.010a", "2:0:a:0:1:a:0:0:0"}) {
        INFO(text);
        CHECK_FALSE(Mac::parse(text));
    }
}

TEST_CASE("a prefix knows what it contains, in its own family only")
{
    const auto prefix = Prefix::parse("10.0.0.0/8").value();

    CHECK(prefix.contains(Address::parse("10.255.255.255").value()));
    CHECK_FALSE(prefix.contains(Address::parse("11.0.0.0").value()));
    CHECK(prefix.contains(Prefix::parse("10.1.0.0/16").value()));
    CHECK_FALSE(Prefix::parse("10.1.0.0/16").value().contains(prefix));
    CHECK(prefix.overlaps(Prefix::parse("0.0.0.0/0").value()));
    CHECK_FALSE(prefix.overlaps(Prefix::parse("192.168.0.0/16").value()));
    CHECK_FALSE(Prefix::parse("::/0").value().contains(Address::parse("10.0.0.1").value()));
    CHECK_FALSE(Prefix::parse("0.0.0.0/0").value().contains(Address::parse("2001:db8::1").value()));
}

TEST_CASE("the last address of a prefix and its neighbours are found by counting")
{
    const auto prefix = Prefix::parse("192.168.1.0/24").value();

    CHECK(to_string(prefix.last()) == "192.168.1.255");
    CHECK(to_string(offset(prefix.last(), -2)) == "192.168.1.253");
    CHECK(to_string(offset(prefix.last(), 1)) == "192.168.2.0");
    CHECK(to_string(Prefix::parse("2001:db8::/112").value().last()) == "2001:db8::ffff");
    CHECK(to_string(offset(Address::parse("2001:db8::1").value(), -2)) == "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff");
    CHECK(prefix.mapped_length() == 120);
}

TEST_CASE("a malformed prefix is refused, and host bits name the block that was meant")
{
    const auto sentence = [](const char* text) { return Prefix::parse(text).error().sentence(); };

    CHECK(sentence("10.0.1.0") == "'10.0.1.0' is not a CIDR block: no '/'");
    CHECK(sentence("10.0.1.0/33") == "'10.0.1.0/33' is not a CIDR block: the length is 0 to 32");
    CHECK(sentence("10.0.1.0/") == "'10.0.1.0/' is not a CIDR block: the length is 0 to 32");
    CHECK(sentence("10.0.1.0/-1") == "'10.0.1.0/-1' is not a CIDR block: the length is 0 to 32");
    CHECK(sentence("2001:db8::/129") == "'2001:db8::/129' is not a CIDR block: the length is 0 to 128");
    CHECK(sentence("10.0.1.5/24") == "'10.0.1.5/24' has host bits set; the block is 10.0.1.0/24");
    CHECK(sentence("web/24") == "'web/24' is not a CIDR block: 'web' is not an IP address");
}

} // namespace vpcd
