// The default VPC and its subnets come and go with the interfaces that need them.
#include "unit/config/sample.h"

#include <fmt/format.h>

namespace vpcd {

using namespace sample;

namespace {

const ResourceId kVpc{Vpc::kKind, "default"};
const ResourceId kZoneA{Subnet::kKind, "default-default"}; // of node-a
const ResourceId kZoneB{Subnet::kKind, "default-b"};       // of node-b

// Without `subnet`.
std::string interface(const std::string& name, const std::string& host, const std::string& address, int number = 1)
{
    return fmt::format(
        "--- {{kind: Interface, name: {}, host: {}, device: {}, address: {}, mac: '02:00:00:00:00:{:02x}'}}\n", name,
        host, name, address, number);
}

ResourceId id(const char* name)
{
    return {Interface::kKind, name};
}

} // namespace

TEST_CASE("an interface without subnet brings its zone's default subnet and the default VPC, the last one takes them")
{
    Documents documents = network();

    const auto added = documents.update({{"i.yaml", interface("i", "node-b", "172.31.20.5")}});
    REQUIRE(added);
    CHECK(*added == ResourceIds{id("i"), kZoneB, kVpc});
    const auto& model = documents.model();
    CHECK(model.find<Interface>("i")->subnet == "default-b");
    CHECK(to_string(model.find<Subnet>("default-b")->cidr) == "172.31.16.0/20");
    CHECK(model.find<Subnet>("default-b")->zone == "b");
    CHECK(model.find<Vpc>("default")->vni == 1);
    CHECK(to_string(model.find<Vpc>("default")->cidrs.front()) == "172.31.0.0/16");
    CHECK(to_string(model.origin(kZoneB)->at()) == "i.yaml:1:66");
    CHECK(model.vpc_of(*model.find<Interface>("i"))->name == "default");

    const auto second = documents.update({{"j.yaml", interface("j", "node-b", "172.31.16.5", 2)}});
    CHECK(second.value() == ResourceIds{id("j")});
    const auto first_gone = documents.update({{"i.yaml", std::nullopt}});
    CHECK(first_gone.value() == ResourceIds{id("i")});
    CHECK(to_string(model.origin(kZoneB)->at()) == "j.yaml:1:66");

    const auto last_gone = documents.update({{"j.yaml", std::nullopt}});
    CHECK(last_gone.value() == ResourceIds{id("j"), kZoneB, kVpc});
    CHECK_FALSE(model.contains(kZoneB));
    CHECK_FALSE(model.contains(kVpc));
}

TEST_CASE("the same files again change nothing, though the default subnets are in no file")
{
    Documents documents = network();
    const Documents::Files files{
        {"i.yaml", interface("i", "node-b", "172.31.20.5") + interface("j", "node-a", "172.31.0.5", 2)}};
    REQUIRE(documents.update(files).value().size() == 5);

    CHECK(documents.update(files).value().empty());
}

TEST_CASE("an interface that moves to another zone changes its default subnet")
{
    Documents documents = network();
    REQUIRE(documents.update({{"i.yaml", interface("i", "node-b", "172.31.20.5")}}));

    const auto moved = documents.update({{"i.yaml", interface("i", "node-a", "172.31.20.5")}});

    CHECK(moved.value() == ResourceIds{id("i"), kZoneA, kZoneB});
    CHECK(documents.model().find<Interface>("i")->subnet == "default-default");
}

TEST_CASE("a host that gets another zone takes its interfaces along")
{
    Documents documents{{}};
    const auto host = [](const char* zone) {
        return fmt::format("{{kind: Host, name: n, address: 192.0.2.1, zone: {}}}\n", zone);
    };
    REQUIRE(documents.update({{"h.yaml", host("x")}, {"i.yaml", interface("i", "n", "172.31.0.5")}}));

    const auto changed = documents.update({{"h.yaml", host("y")}});

    CHECK(changed.value() ==
          ResourceIds{{Host::kKind, "n"}, id("i"), {Subnet::kKind, "default-x"}, {Subnet::kKind, "default-y"}});
    CHECK(documents.model().find<Interface>("i")->subnet == "default-y");
}

TEST_CASE("a declared default subnet or VPC replaces the generated one, and the generated one comes back")
{
    Documents documents = network();
    REQUIRE(documents.update({{"i.yaml", interface("i", "node-b", "172.31.20.5")}}));
    const std::string own = "{kind: Vpc, name: default, vni: 77, cidrs: [172.31.0.0/16]}\n"
                            "--- {kind: Subnet, name: default-b, vpc: default, cidr: 172.31.20.0/24, zone: b}\n";

    CHECK(documents.update({{"own.yaml", own}}).value() == ResourceIds{kZoneB, kVpc});
    CHECK(to_string(documents.model().find<Subnet>("default-b")->cidr) == "172.31.20.0/24");
    CHECK(documents.model().find<Vpc>("default")->vni == 77);

    CHECK(documents.update({{"own.yaml", std::nullopt}}).value() == ResourceIds{kZoneB, kVpc});
    CHECK(to_string(documents.model().find<Subnet>("default-b")->cidr) == "172.31.16.0/20");
    CHECK(documents.model().find<Vpc>("default")->vni == 1);
}

TEST_CASE("interfaces of a zone share one /20, and the one that does not fit names the other")
{
    Documents documents = network();
    const auto outside = [](const char* place, const char* address, const char* other) {
        return fmt::format(
            "{}: {} is outside 172.31.16.0/20, the default subnet of zone b since interface {}; interfaces "
            "without 'subnet' share one /20 in a zone (S2, Default VPC and VSwitch)",
            place, address, other);
    };

    CHECK(refusal(documents, {{"i.yaml", interface("i", "node-b", "172.31.20.5") +
                                             interface("j", "node-b", "172.31.32.5", 2)}}) ==
          std::vector<std::string>{outside("i.yaml:2:66", "172.31.32.5", "i (i.yaml:1:66)")});
    REQUIRE(documents.update({{"i.yaml", interface("i", "node-b", "172.31.20.5")}}));
    CHECK(refusal(documents, {{"a.yaml", interface("a", "node-b", "172.31.32.5", 2)}}) ==
          std::vector<std::string>{outside("a.yaml:1:66", "172.31.32.5", "i (i.yaml:1:66)")});
}

TEST_CASE("two zones may not share a /20, and an address must be in the default VPC")
{
    Documents documents = network();
    REQUIRE(documents.update({{"i.yaml", interface("i", "node-b", "172.31.20.5")}}));

    CHECK(
        refusal(documents, {{"j.yaml", interface("j", "node-a", "172.31.20.6", 2)}}) ==
        std::vector<std::string>{"j.yaml:1:66: subnet 172.31.16.0/20, the default subnet of zone default, overlaps "
                                 "subnet default-b (172.31.16.0/20, i.yaml:1:66); subnets of one VPC may not overlap "
                                 "(S2, VSwitch configurations)"});
    CHECK(
        refusal(documents, {{"j.yaml", interface("j", "node-a", "10.0.0.6", 2)}}) ==
        std::vector<std::string>{"j.yaml:1:66: subnet 10.0.0.0/20, the default subnet of zone default, is not inside "
                                 "a block of VPC default (172.31.0.0/16); a subnet is part of one block (S2, VSwitch "
                                 "configurations)"});
    CHECK_FALSE(documents.model().contains(kZoneA));
}

} // namespace vpcd
