// Names of other resources, found through describe().
#include "model/references.h"

#include <catch2/catch_test_macros.hpp>

#include "unit/model/sample.h"

namespace vpcd {

using namespace sample;

TEST_CASE("every reference is found with its field and its sort")
{
    auto router = table("custom", "blue", {route("0.0.0.0/0", "fw"), route("10.9.0.0/16", "")});
    router.routes[1].next_hop.blackhole = true;

    CHECK(references(router) == std::vector<FieldReference>{
                                    {{Vpc::kKind, "blue"}, "vpc", true},
                                    {{Interface::kKind, "fw"}, "routes[0].nextHop.interface", false},
                                });
}

TEST_CASE("an empty name and a built-in name refer to nothing")
{
    Interface unplaced = interface("web-1", "web", "10.0.1.10", "02:00:00:00:01:0a");

    CHECK(references(unplaced) == std::vector<FieldReference>{{{Subnet::kKind, "web"}, "subnet", true}});
    CHECK(references(subnet("web", "blue", "10.0.1.0/24")) ==
          std::vector<FieldReference>{{{Vpc::kKind, "blue"}, "vpc", true}});
}

} // namespace vpcd
