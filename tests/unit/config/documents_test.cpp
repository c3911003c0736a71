// A change of files is taken whole or not at all.
#include "unit/config/sample.h"

#include <fmt/format.h>

namespace vpcd {

using namespace sample;

namespace {

const std::string kVpc = "{kind: Vpc, name: v, vni: 2, cidrs: [10.0.0.0/16]}\n";
const std::string kSubnet = "{kind: Subnet, name: s, vpc: v, cidr: 10.0.1.0/24}\n";
const ResourceId kVpcId{Vpc::kKind, "v"};
const ResourceId kSubnetId{Subnet::kKind, "s"};

} // namespace

TEST_CASE("an update says what changed, and nothing the second time")
{
    Documents documents{{}};
    const Documents::Files files{{"v.yaml", kVpc}, {"s.yaml", kSubnet}};

    CHECK(documents.update(files).value() == ResourceIds{kVpcId, kSubnetId});
    CHECK(documents.update(files).value().empty());
    CHECK(documents.update({}).value().empty());
    CHECK(documents.update({{"s.yaml", "\n\n# moved down, otherwise the same\n" + kSubnet}}).value().empty());
    CHECK(documents.model().origin(kSubnetId)->at().line == 4);
    CHECK(documents.update({{"s.yaml", "{kind: Subnet, name: s, vpc: v, cidr: 10.0.2.0/24}\n"}}).value() ==
          ResourceIds{kSubnetId});
    CHECK(documents.update({{"s.yaml", std::nullopt}}).value() == ResourceIds{kSubnetId});
    CHECK_FALSE(documents.model().contains(kSubnetId));
}

TEST_CASE("of very many errors a part is told, and that there are more")
{
    std::string text;
    for (int i = 0; i < 3000; ++i)
        text += fmt::format("--- {{kind: Subnet, name: s{}, vpc: nowhere, cidr: 10.0.1.0/24}}\n", i);
    Documents documents{{}};

    const auto told = refusal(documents, {{"many.yaml", text}});

    REQUIRE(told.size() == kMostErrors + 1);
    CHECK(told.front().ends_with(": there is no Vpc nowhere; a name must be that of a declared resource"));
    CHECK(told.back() == "more than 1000 errors; the others are not listed");
}

TEST_CASE("a resource may move to another file in one change, and its file be renamed")
{
    Documents documents{{}};
    REQUIRE(documents.update({{"all.yaml", kVpc + "--- " + kSubnet}}));

    CHECK(documents.update({{"all.yaml", kVpc}, {"a.yaml", kSubnet}}).value().empty());
    CHECK(documents.update({{"a.yaml", std::nullopt}, {"z.yaml", kSubnet}}).value().empty());
    CHECK(documents.model().origin(kSubnetId)->at().file == "z.yaml");
    CHECK(documents.update({{"z.yaml", std::nullopt}}).value() == ResourceIds{kSubnetId});
}

TEST_CASE("a refused change leaves the model as it was")
{
    struct Row {
        const char* name;
        Documents::Files files;
    };
    const Row rows[] = {
        {"syntax", {{"s.yaml", "{kind: Subnet"}}},
        {"an unknown key", {{"s.yaml", "{kind: Subnet, name: s, vpc: v, cidr: 10.0.3.0/24, x: y}"}}},
        {"a broken rule", {{"s.yaml", "{kind: Subnet, name: s, vpc: v, cidr: 10.1.0.0/24}"}}},
        {"a dangling reference", {{"v.yaml", std::nullopt}}},
        {"a good part and a bad part",
         {{"new.yaml", "{kind: Host, name: h, address: 192.0.2.1}\n--- {kind: Host, name: i, address: 192.0.2.1}"}}},
        {"an interface that brings a default subnet, and is wrong",
         {{"new.yaml",
           "{kind: Host, name: h, address: 192.0.2.1}\n"
           "--- {kind: Interface, name: i, host: h, device: d, address: 172.31.0.0, mac: '02:00:00:00:00:01'}"}}},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        Documents documents{{}};
        REQUIRE(documents.update({{"v.yaml", kVpc}, {"s.yaml", kSubnet}}));

        CHECK_FALSE(documents.update(row.files));

        CHECK_FALSE(documents.pending_errors().empty());
        const auto& model = documents.model();
        CHECK(to_string(model.find<Subnet>("s")->cidr) == "10.0.1.0/24");
        CHECK(model.all<Host>().empty());
        CHECK(model.all<Vpc>().size() == 1);
        CHECK(model.all<Subnet>().size() == 1);
        CHECK(model.all<Interface>().empty());
        CHECK(model.origin(kSubnetId)->at("cidr") == Location{"s.yaml", 1, 39});
        CHECK(model.referrers(kVpcId) == std::set<ResourceId>{kSubnetId});
        CHECK(model.claimants({.noun = "tunnel endpoint", .value = Address::parse("192.0.2.1").value()}).empty());
    }
}

TEST_CASE("what was refused is tried again with the next change")
{
    Documents documents{{}};

    CHECK(refusal(documents, {{"s.yaml", kSubnet}}) ==
          std::vector<std::string>{"s.yaml:1:30: there is no Vpc v; a name must be that of a declared resource"});
    CHECK(texts(documents.pending_errors()).size() == 1);

    CHECK(documents.update({{"v.yaml", kVpc}}).value() == ResourceIds{kVpcId, kSubnetId});
    CHECK(documents.pending_errors().empty());
}

TEST_CASE("a refused text can be put right, taken back, or removed")
{
    struct Row {
        const char* name;
        std::optional<std::string> text;
        ResourceIds changed;
    };
    const Row rows[] = {
        {"put right", "{kind: Subnet, name: s, vpc: v, cidr: 10.0.2.0/24}", {kSubnetId}},
        {"taken back", kSubnet, {}},
        {"removed", std::nullopt, {kSubnetId}},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        Documents documents{{}};
        REQUIRE(documents.update({{"v.yaml", kVpc}, {"s.yaml", kSubnet}}));
        REQUIRE_FALSE(documents.update({{"s.yaml", "{kind: Subnet, name: s, vpc: v, cidr: 10.1.0.0/24}"}}));

        CHECK(documents.update({{"s.yaml", row.text}}).value() == row.changed);
        CHECK(documents.pending_errors().empty());
    }
}

TEST_CASE("a kind and name declared twice is refused with both places")
{
    Documents documents{{}};

    CHECK(refusal(documents, {{"v.yaml", kVpc + "--- " + kVpc}}) ==
          std::vector<std::string>{
              "v.yaml:2:23: Vpc v is already declared at v.yaml:1:19; kind and name are declared once"});
    CHECK(refusal(documents, {{"v.yaml", kVpc}, {"a.yaml", kVpc}}) ==
          std::vector<std::string>{
              "v.yaml:1:19: Vpc v is already declared at a.yaml:1:19; kind and name are declared once"});
    REQUIRE(documents.update({{"a.yaml", std::nullopt}}));
    CHECK(refusal(documents, {{"a.yaml", kVpc}}) ==
          std::vector<std::string>{
              "a.yaml:1:19: Vpc v is already declared at v.yaml:1:19; kind and name are declared once"});
    CHECK(documents.update({{"v.yaml", std::nullopt}}).value().empty());
}

TEST_CASE("all errors of a change are told at once, in order, and what cannot be read hides no others")
{
    Documents documents{{}};
    const std::string text = "kind: Vpc\n"
                             "name: v\n"
                             "vni: many\n"
                             "cidrs: [10.0.0.0/16]\n"
                             "---\n"
                             "kind: Subnet\n"
                             "name: s\n"
                             "vpc: v\n" // does not dangle: v is there, only not readable
                             "cidr: 10.0.1.0/24\n"
                             "routeTable: gone\n"
                             "---\n"
                             "kind: Host\n"
                             "name: h\n"
                             "address: 127.0.0.1\n";

    CHECK(refusal(documents, {{"net.yaml", text}, {"a.yaml", "{kind: Zebra}"}}).size() == 3);
    CHECK(refusal(documents, {{"a.yaml", std::nullopt}}) ==
          std::vector<std::string>{
              "net.yaml:3:6: vni: 'many' is not a whole number (decimal, without quotes)",
              "net.yaml:10:13: there is no RouteTable gone; a name must be that of a declared resource",
              "net.yaml:14:10: 127.0.0.1 cannot be a tunnel endpoint; it must be a unicast address"});
}

TEST_CASE("a subnet that moves to another VPC brings its interfaces' claims along")
{
    const std::string networks = "{kind: Vpc, name: v, vni: 2, cidrs: [10.0.0.0/16]}\n"
                                 "--- {kind: Vpc, name: w, vni: 3, cidrs: [10.0.0.0/16]}\n"
                                 "--- {kind: Subnet, name: t, vpc: w, cidr: 10.0.2.0/24}\n";
    const auto subnet_in = [](const std::string& vpc) {
        return "{kind: Subnet, name: s, vpc: " + vpc + ", cidr: 10.0.1.0/24}\n";
    };
    const std::string first = "{kind: Interface, name: i, subnet: s, address: 10.0.1.10, mac: '02:00:00:00:00:01'}\n";
    const std::string second =
        "{kind: Interface, name: j, subnet: t, address: 10.0.2.10, mac: '02:00:00:00:00:01'}\n";
    Documents documents{{}};
    REQUIRE(documents.update(
        {{"a.yaml", first}, {"b.yaml", second}, {"networks.yaml", networks}, {"s.yaml", subnet_in("v")}}));

    const auto moved = documents.update({{"s.yaml", subnet_in("w")}});

    REQUIRE_FALSE(moved);
    REQUIRE(moved.error().size() == 1);
    CHECK(moved.error().front().text().starts_with("a.yaml:1:"));
}

} // namespace vpcd
