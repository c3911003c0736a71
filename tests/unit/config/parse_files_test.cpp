// Reading many files.
#include "config/parse_files.h"

#include <fmt/format.h>

#include "unit/config/sample.h"

namespace vpcd {

using namespace sample;

TEST_CASE("many files are read as each alone, whatever thread reads them")
{
    // Enough text for several threads; every third file has a mistake, and the sizes differ.
    std::map<std::string, std::optional<std::string>> files;
    for (unsigned file = 0; file < 40; ++file) {
        auto& text = files[fmt::format("{:02}.yaml", file)].emplace();
        for (unsigned i = 0; i < 500 + 20 * file; ++i)
            text +=
                fmt::format("---\nkind: Host\nname: h-{}-{}\naddress: 192.0.{}.{}\nzone: zone-{}\n{}", file, i,
                            i / 250, i % 250, std::string(60, 'z'), file % 3 == 0 && i == 100 ? "colour: red\n" : "");
    }
    files["gone.yaml"] = std::nullopt;

    const auto parsed = parse_files(files);

    REQUIRE(parsed.size() == files.size());
    for (const auto& [path, text] : files) {
        INFO(path);
        const auto alone = text ? parse_documents(path, *text) : ParsedFile{};
        const auto& together = parsed.at(path);
        CHECK(texts(together.errors) == texts(alone.errors));
        CHECK(together.unreadable.ids == alone.unreadable.ids);
        REQUIRE(together.declarations.size() == alone.declarations.size());
        for (std::size_t i = 0; i < alone.declarations.size(); ++i) {
            CHECK(together.declarations[i].value == alone.declarations[i].value);
            CHECK(together.declarations[i].origin == alone.declarations[i].origin);
        }
    }
    CHECK(parsed.at("00.yaml").errors.size() == 1);
    CHECK(parsed.at("gone.yaml").declarations.empty());
}

} // namespace vpcd
