// How a check goes about its work. The rules themselves are tested on documents, where errors have places.
#include "model/rules.h"

#include <catch2/catch_test_macros.hpp>

#include "model/rule_context.h"
#include "unit/model/sample.h"

namespace vpcd {

using namespace sample;

namespace {

std::vector<std::string> texts(const std::vector<Error>& errors)
{
    std::vector<std::string> found;
    for (const auto& error : errors)
        found.push_back(error.text());
    return found;
}

ResourceIds everything(const Model& model)
{
    ResourceIds ids;
    for_each_kind([&]<typename Kind>(std::type_identity<Kind>) {
        for (const auto& [name, entry] : model.all<Kind>())
            ids.insert(id_of(entry.value));
    });
    return ids;
}

} // namespace

TEST_CASE("a valid network breaks no rule")
{
    const Model model = network();

    CHECK(texts(check(model, everything(model), {})).empty());
}

TEST_CASE("only what was touched, and what depends on it, is checked")
{
    Model model = network();
    model.apply(declare(vpc("red", 0), 80));

    CHECK(texts(check(model, {{Interface::kKind, "web-1"}}, {})).empty());
    CHECK(texts(check(model, {{Vpc::kKind, "red"}}, {})) ==
          std::vector<std::string>{"net.yaml:80:1: VNI 0 is not in 1 to 16777215 (RFC 7348, 5)"});
}

TEST_CASE("of two that want the same, the touched one is to blame; of two touched ones, the later")
{
    Model model = network();
    model.apply(declare(vpc("early", 100), 5));

    const auto touched = texts(check(model, {{Vpc::kKind, "early"}}, {}));
    const auto later = texts(check(model, everything(model), {}));

    CHECK(touched == std::vector<std::string>{
                         "net.yaml:5:1: VNI 100 is taken by Vpc blue (net.yaml:20:1); a VNI belongs to one VPC"});
    CHECK(later == std::vector<std::string>{
                       "net.yaml:20:1: VNI 100 is taken by Vpc early (net.yaml:5:1); a VNI belongs to one VPC"});
}

TEST_CASE("two untouched interfaces that a moved subnet brings together are found")
{
    Model model = network();
    model.apply(declare(vpc("red", 200), 80));
    model.apply(declare(subnet("far", "red", "10.0.3.0/24"), 81));
    model.apply(declare(interface("far-1", "far", "10.0.3.10", "02:00:00:00:01:0a"), 82));
    REQUIRE(texts(check(model, everything(model), {})).empty());

    model.apply(declare(subnet("far", "blue", "10.0.3.0/24"), 81));

    CHECK(texts(check(model, {{Subnet::kKind, "far"}}, {})) ==
          std::vector<std::string>{"net.yaml:82:1: MAC 02:00:00:00:01:0a in VPC blue is taken by Interface web-1 "
                                   "(net.yaml:60:1); a MAC belongs to one interface of a VPC"});
}

TEST_CASE("a group that grows is found where its members have too many rules together")
{
    const auto group = [](const char* name, std::size_t rules) {
        SecurityGroup value;
        value.name = name;
        value.vpc = "blue";
        value.rules.resize(rules);
        return value;
    };
    Model model = network();
    auto member = *model.find<Interface>("web-1");
    member.security_groups = {"few", "many"};
    model.apply(declare(group("few", 24), 80));
    model.apply(declare(group("many", 1000), 81));
    model.apply(declare(member, 60));
    REQUIRE(texts(check(model, everything(model), {})).empty());

    model.apply(declare(group("few", 25), 80));

    CHECK(
        texts(check(model, {{SecurityGroup::kKind, "few"}}, {})) ==
        std::vector<std::string>{"net.yaml:60:1: the security groups of interface web-1 have 1025 ingress rules (few "
                                 "25, many 1000); together there may be 1024 in one direction"});
}

TEST_CASE("a reference to a document that could not be read does not dangle")
{
    Model model = network();
    model.apply(remove({Subnet::kKind, "db"}));
    const ResourceIds touched{{Subnet::kKind, "db"}};

    CHECK(
        texts(check(model, touched, {})) ==
        std::vector<std::string>{"net.yaml:70:1: there is no Subnet db; a name must be that of a declared resource"});
    CHECK(texts(check(model, touched, {}, {.ids = touched})).empty());
    CHECK(texts(check(model, touched, {}, {.others = true})).empty());
}

TEST_CASE("a rule may ask what a resource was before the change")
{
    const Model model = network();
    const AnyResource before = vpc("blue", 99);
    const ResourceIds touched{id_of(before)};
    FormerValues former; // borrows names
    former.emplace(*touched.begin(), &before);
    const ResourceIds dependents;
    const Quotas quotas;
    const RuleContext context{model, touched, dependents, quotas, former};

    REQUIRE(context.former<Vpc>("blue"));
    CHECK(context.former<Vpc>("blue")->vni == 99);
    CHECK(context.former<Vpc>("red") == nullptr);
    CHECK(context.former<Subnet>("blue") == nullptr);
}

TEST_CASE("errors are sorted by place, and each is told once")
{
    std::vector<Error> errors{Error::at({"b.yaml", 1, 1}, "x"), Error::at({"a.yaml", 10, 1}, "x"),
                              Error::at({"a.yaml", 9, 1}, "y"), Error::at({"a.yaml", 9, 1}, "x"),
                              Error::at({"a.yaml", 9, 1}, "y")};

    sort_errors(errors);

    CHECK(texts(errors) ==
          std::vector<std::string>{"a.yaml:9:1: x", "a.yaml:9:1: y", "a.yaml:10:1: x", "b.yaml:1:1: x"});
}

} // namespace vpcd
