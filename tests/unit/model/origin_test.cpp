// Where a field was written.
#include "model/origin.h"

#include <catch2/catch_test_macros.hpp>

namespace vpcd {

TEST_CASE("a field is found where it was written, else what encloses it, else the document")
{
    Origin origin{std::make_shared<const std::string>("net.yaml"), 3, 1};
    origin.add("routes", 5, 9);
    origin.add("routes[0]", 5, 11);
    origin.add("routes[0].destination", 6, 20);

    CHECK(to_string(origin.at()) == "net.yaml:3:1");
    CHECK(to_string(origin.at("routes[0].destination")) == "net.yaml:6:20");
    CHECK(to_string(origin.at("routes[0].nextHop.interface")) == "net.yaml:5:11");
    CHECK(to_string(origin.at("routes[1].destination")) == "net.yaml:5:9");
    CHECK(to_string(origin.at("vpc")) == "net.yaml:3:1");
    CHECK(origin.wrote("routes"));
    CHECK_FALSE(origin.wrote("vpc"));
}

TEST_CASE("without a document there is no place")
{
    CHECK(Origin{}.at("name") == Location{});
    CHECK_FALSE(Origin{}.is_generated());
    CHECK(Origin::generated({"net.yaml", 3, 1}).is_generated());
    CHECK(to_string(Origin::generated({"net.yaml", 3, 1}).at("cidr")) == "net.yaml:3:1");
}

} // namespace vpcd
