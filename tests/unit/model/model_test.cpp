// The model as a container: put, replace, remove, undo, and its indexes.
#include "model/model.h"

#include <catch2/catch_test_macros.hpp>

#include "unit/model/sample.h"

namespace vpcd {

using namespace sample;

namespace {

Claim address(const char* text, const char* vpc)
{
    return {.noun = "address", .value = Address::parse(text).value(), .within = " in VPC ", .scope = vpc};
}

Claim mac(const char* text, const char* vpc)
{
    return {.noun = "MAC", .value = Mac::parse(text).value(), .within = " in VPC ", .scope = vpc};
}

Claim tunnel_endpoint(const char* text)
{
    return {.noun = "tunnel endpoint", .value = Address::parse(text).value()};
}

} // namespace

TEST_CASE("a resource is found by kind and name after it was put, and not after it was removed")
{
    Model model = network();

    CHECK(model.find<Subnet>("web")->vpc == "blue");
    CHECK(model.find<Vpc>("web") == nullptr);
    CHECK(model.contains({Host::kKind, "node-a"}));
    CHECK(model.origin({Host::kKind, "node-a"})->at().line == 10);
    CHECK(model.all<Interface>().size() == 2);

    model.apply(remove({Host::kKind, "node-a"}));

    CHECK_FALSE(model.contains({Host::kKind, "node-a"}));
    CHECK(model.origin({Host::kKind, "node-a"}) == nullptr);
}

TEST_CASE("what apply returns takes the change back, indexes included")
{
    struct Row {
        const char* name;
        Declaration change;
    };
    auto moved = subnet("web", "red", "10.0.1.0/24");
    const Row rows[] = {
        {"an addition", declare(interface("new", "web", "10.0.1.11", "02:00:00:00:01:0b"))},
        {"a replacement that moves a subnet to another VPC", declare(moved)},
        {"a replacement of a value", declare(host("node-a", "192.0.2.9"))},
        {"a removal", remove({Subnet::kKind, "web"})},
        {"a removal of what is not there", remove({Subnet::kKind, "none"})},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        Model model = network();

        model.apply(model.apply(row.change));

        CHECK(model.find<Subnet>("web")->vpc == "blue");
        CHECK(model.find<Interface>("new") == nullptr);
        CHECK(to_string(model.find<Host>("node-a")->address) == "192.0.2.1");
        CHECK(model.origin({Subnet::kKind, "web"})->at().line == 30);
        CHECK(model.referrers<Interface>({Subnet::kKind, "web"}) == std::vector<std::string>{"web-1"});
        CHECK(model.referrers({Vpc::kKind, "red"}).empty());
        CHECK(model.claimants(address("10.0.1.10", "blue")).size() == 1);
        CHECK(model.claimants(address("10.0.1.10", "red")).empty());
        CHECK(model.claimants(address("10.0.1.11", "blue")).empty());
        CHECK(model.claimants(tunnel_endpoint("192.0.2.9")).empty());
    }
}

TEST_CASE("a document that only moved within its file keeps its value and takes the new place")
{
    Model model = network();

    const auto undo = model.apply(declare(vpc("blue", 100), 99));

    CHECK(model.origin({Vpc::kKind, "blue"})->at().line == 99);
    CHECK(undo.origin.at().line == 20);
    CHECK(undo.value == AnyResource{vpc("blue", 100)});
}

TEST_CASE("an interface is in the VPC of its subnet, and in none while a name leads nowhere")
{
    Model model = network();
    const Interface& web = *model.find<Interface>("web-1");
    CHECK(model.subnet_of(web)->name == "web");
    CHECK(model.vpc_of(web)->name == "blue");

    model.apply(remove({Vpc::kKind, "blue"}));
    CHECK(model.vpc_of(web) == nullptr);

    model.apply(remove({Subnet::kKind, "web"}));
    CHECK(model.subnet_of(web) == nullptr);
    CHECK(model.vpc_of(web) == nullptr);
}

TEST_CASE("a claim tells the field it comes from, at any depth")
{
    CHECK(Claim{.noun = "MAC", .field = "mac"}.path() == "mac");
    CHECK(Claim{.noun = "address", .field = "secondaryAddresses", .item = 1}.path() == "secondaryAddresses[1]");
    CHECK(Claim{.noun = "address", .field = "dnat", .item = 2, .part = "to"}.path() == "dnat[2].to");
    CHECK(Claim{.noun = "address", .field = "snat", .item = 0, .part = "addresses", .part_item = 3}.path() ==
          "snat[0].addresses[3]");
}

TEST_CASE("claims follow a subnet to its VPC, whichever is declared first")
{
    Model model;
    model.apply(declare(interface("web-1", "web", "10.0.1.10", "02:00:00:00:01:0a")));
    CHECK(model.claimants(mac("02:00:00:00:01:0a", "blue")).empty());

    model.apply(declare(subnet("web", "blue", "10.0.1.0/24")));
    CHECK(model.claimants(mac("02:00:00:00:01:0a", "blue")) == ResourceIds{{Interface::kKind, "web-1"}});

    model.apply(declare(subnet("web", "red", "10.0.1.0/24")));
    CHECK(model.claimants(mac("02:00:00:00:01:0a", "blue")).empty());
    CHECK(model.claimants(mac("02:00:00:00:01:0a", "red")) == ResourceIds{{Interface::kKind, "web-1"}});
}

} // namespace vpcd
