// The documents the project ships are valid.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

#include "unit/config/sample.h"

namespace vpcd {

using namespace sample;

namespace {

Documents::Files files_of(const std::filesystem::path& directory)
{
    Documents::Files files;
    for (const auto& entry : std::filesystem::directory_iterator{directory}) {
        std::ifstream stream{entry.path()};
        files[entry.path().filename()] = std::string{std::istreambuf_iterator<char>{stream}, {}};
    }
    return files;
}

// The fields of a kind at any depth, "rules[].peer.cidr", and those that a document has.
class WrittenFields {
public:
    explicit WrittenFields(const Origin& origin) : origin_(origin) {}

    template <typename T>
    void required(std::string_view key, const T& value, Reference = {})
    {
        note(path_ + std::string{key}, field_ + std::string{key}, value);
    }
    void optional(std::string_view key, const auto& value, Reference = {}) { required(key, value); }

    std::vector<std::string> missing() const
    {
        std::vector<std::string> fields;
        std::ranges::set_difference(known_, written_, std::back_inserter(fields));
        return fields;
    }

private:
    template <typename T>
    void note(const std::string& path, const std::string& field, const T& value)
    {
        known_.insert(field);
        if (origin_.wrote(path))
            written_.insert(field);
        if constexpr (is_vector<T>) {
            for (std::size_t i = 0; i < value.size(); ++i)
                look_inside(path + "[" + std::to_string(i) + "].", field + "[].", value[i]);
        } else {
            look_inside(path + ".", field + ".", value);
        }
    }
    template <typename T>
    void look_inside(const std::string& path, const std::string& field, const T& value)
    {
        if constexpr (Described<const T>) {
            const auto outer = std::pair{std::exchange(path_, path), std::exchange(field_, field)};
            T::describe(value, *this);
            std::tie(path_, field_) = outer;
        }
    }

    const Origin& origin_;
    std::string path_;
    std::string field_;
    std::set<std::string> known_;
    std::set<std::string> written_;
};

const std::filesystem::path kConfig{VPCD_CONFIG_DIR};

} // namespace

TEST_CASE("the reference is a valid set of documents, and shows every kind with every field")
{
    Documents documents{{}};
    CHECK(refusal(documents, files_of(kConfig / "reference")).empty());

    const Model& model = documents.model();
    CHECK(model.find<Interface>("sandbox-eth0")->subnet == "default-default");
    for_each_kind([&]<typename Kind>(std::type_identity<Kind>) {
        INFO(Kind::kKind);
        std::vector<std::string> impossible;
        if (Kind::kKind == NetworkAcl::kKind)
            impossible.emplace_back("rules[].peer.group");
        if (Kind::kKind == LoadBalancer::kKind)
            impossible.emplace_back("subnet"); // beside 'host'
        if (Kind::kKind == ElasticIp::kKind)
            impossible.emplace_back("bandwidthPackage"); // beside 'bandwidth'
        const auto shows_all = [&](const auto& entry) {
            WrittenFields fields{entry.second.origin};
            Kind::describe(entry.second.value, fields);
            return fields.missing() == impossible;
        };
        CHECK(std::ranges::any_of(model.all<Kind>(), shows_all));
    });
}

TEST_CASE("every example is valid")
{
    std::set<std::string> names;
    for (const auto& directory : std::filesystem::directory_iterator{kConfig / "examples"}) {
        INFO(directory.path());
        names.insert(directory.path().filename());
        Documents documents{{}};
        CHECK(refusal(documents, files_of(directory.path())).empty());
        CHECK(documents.model().all<Host>().size() == 2);
    }
    CHECK(names == std::set<std::string>{"three-tiers", "two-tenants"});
}

TEST_CASE("the tenants of the example of two are alike in addresses and MACs")
{
    Documents documents{{}};
    CHECK(refusal(documents, files_of(kConfig / "examples" / "two-tenants")).empty());

    const Model& model = documents.model();
    CHECK(model.all<Host>().size() == 2);
    CHECK(model.find<Vpc>("blue")->cidrs == model.find<Vpc>("red")->cidrs);
    for (const std::string number : {"-1", "-2"}) {
        const auto* blue = model.find<Interface>("blue" + number);
        const auto* red = model.find<Interface>("red" + number);
        REQUIRE(blue);
        REQUIRE(red);
        CHECK(blue->address == red->address);
        CHECK(blue->mac == red->mac);
        CHECK(blue->host == red->host);
        CHECK(blue->device != red->device);
    }
}

} // namespace vpcd
