// The documents the project ships are valid.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

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

// Sees whether a document has every field of its kind.
struct WrittenFields {
    const Origin& origin;
    bool all = true;

    void required(std::string_view key, const auto&, Reference = {}) { all &= origin.wrote(key); }
    void optional(std::string_view key, const auto&, Reference = {}) { all &= origin.wrote(key); }
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
        const auto shows_all = [&](const auto& entry) {
            WrittenFields fields{entry.second.origin};
            Kind::describe(entry.second.value, fields);
            return fields.all;
        };
        CHECK(std::ranges::any_of(model.all<Kind>(), shows_all));
    });
}

TEST_CASE("the example of two tenants is valid, and the tenants differ in VNI and devices only")
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
