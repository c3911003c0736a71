// Compiled programs on disk: what is read is what was written, by us.
#include "dataplane/build_cache.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <functional>

#include "files.h"
#include "support/temporary_directory.h"

namespace vpcd {

namespace {

const ObjectImages kImages{{"interface", std::string("\177ELF\0one", 8)}, {"xdp", "two"}};

std::size_t entries(const std::filesystem::path& directory)
{
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator{directory}, std::filesystem::directory_iterator{}));
}

} // namespace

TEST_CASE("what is put into the cache is found again, under its key only")
{
    const TemporaryDirectory scratch;
    const auto cache = BuildCache::open(scratch.path() / "cache").value();

    REQUIRE(cache.put("key", kImages));

    CHECK(cache.find("key").value().value_or(ObjectImages{}) == kImages);
    CHECK_FALSE(cache.find("other").value().has_value());
    CHECK(entries(scratch.path() / "cache") == 1);
}

TEST_CASE("a build that is damaged or not ours is an error that names it, and gone at the next look")
{
    struct Row {
        const char* name;
        std::function<void(const std::filesystem::path&)> damage;
        const char* words;
    };
    const Row rows[] = {
        {"cut short", [](const auto& build) { std::filesystem::resize_file(build / "xdp.bpf.o", 1); },
         "is not what was written"},
        {"changed", [](const auto& build) { test::write(build / "xdp.bpf.o", "twO"); }, "is not what was written"},
        {"an object is missing", [](const auto& build) { std::filesystem::remove(build / "xdp.bpf.o"); },
         "No such file"},
        {"no manifest", [](const auto& build) { std::filesystem::remove(build / "manifest"); }, "No such file"},
        {"an empty manifest", [](const auto& build) { test::write(build / "manifest", ""); }, "is empty"},
        {"a manifest that leads elsewhere",
         [](const auto& build) { test::write(build / "manifest", "00 ../../etc/passwd\n"); }, "names"},
        {"a file others can write", [](const auto& build) { ::chmod((build / "xdp.bpf.o").c_str(), 0666); },
         "mode 0666"},
        {"a directory others can write", [](const auto& build) { ::chmod(build.c_str(), 0777); }, "mode 0777"},
        {"a link",
         [](const auto& build) {
             std::filesystem::rename(build / "xdp.bpf.o", build / "real");
             std::filesystem::create_symlink("real", build / "xdp.bpf.o");
         },
         "xdp.bpf.o"},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        const TemporaryDirectory scratch;
        const auto cache = BuildCache::open(scratch.path()).value();
        REQUIRE(cache.put("key", kImages));

        row.damage(scratch.path() / "key");
        const auto found = cache.find("key");

        REQUIRE_FALSE(found);
        CHECK(found.error().text().find(row.words) != std::string::npos);
        CHECK_FALSE(cache.find("key").value().has_value());
        REQUIRE(cache.put("key", kImages));
        CHECK(cache.find("key").value().value_or(ObjectImages{}) == kImages);
    }
}

TEST_CASE("a cache directory others can write is refused, whether or not its files are ours alone")
{
    const TemporaryDirectory scratch;
    for (const mode_t mode : {0777, 0775, 01777}) {
        ::chmod(scratch.path().c_str(), mode);
        CHECK_FALSE(BuildCache::open(scratch.path()));
    }
    ::chmod(scratch.path().c_str(), 0755);
    CHECK(BuildCache::open(scratch.path()));
}

TEST_CASE("the builds used least recently go, the others stay")
{
    const TemporaryDirectory scratch;
    const auto cache = BuildCache::open(scratch.path()).value();
    const auto now = std::filesystem::file_time_type::clock::now();
    for (std::size_t i = 0; i < BuildCache::kMostBuilds; ++i) {
        REQUIRE(cache.put("build" + std::to_string(i), kImages));
        std::filesystem::last_write_time(scratch.path() / ("build" + std::to_string(i)),
                                         now - std::chrono::hours{100 - i});
    }
    REQUIRE(cache.find("build0").value().has_value()); // used: the newest now

    REQUIRE(cache.put("one more", kImages));

    CHECK(entries(scratch.path()) == BuildCache::kMostBuilds);
    CHECK(cache.find("build0").value().has_value());
    CHECK_FALSE(cache.find("build1").value().has_value());
    CHECK(cache.find("one more").value().has_value());
}

TEST_CASE("a build that cannot be stored leaves nothing")
{
    const TemporaryDirectory scratch;
    const auto cache = BuildCache::open(scratch.path()).value();

    CHECK_FALSE(cache.put("key", {{"interface", "one"}, {"nowhere/xdp", "two"}}));

    CHECK(entries(scratch.path()) == 0);
}

TEST_CASE("what is ours in a directory is told from what is not")
{
    const TemporaryDirectory scratch;
    const std::string key(BuildCache::kKeyLength, 'a');
    const auto cache = BuildCache::open(scratch.path()).value();
    REQUIRE(cache.put(key, kImages));
    const auto place = cache.make_workplace().value();
    test::write(scratch.path() / "notes" / "manifest", "");
    test::write(scratch.path() / std::string(BuildCache::kKeyLength, 'b'), "a file");
    std::filesystem::create_symlink(key, scratch.path() / std::string(BuildCache::kKeyLength, 'c'));

    auto found = BuildCache::entries(scratch.path());

    std::ranges::sort(found);
    CHECK(found == std::vector<std::filesystem::path>{scratch.path() / key, place});
    ::chmod(scratch.path().c_str(), 0777);
    CHECK(BuildCache::entries(scratch.path()).empty());
    CHECK(BuildCache::entries("/nonexistent").empty());
}

TEST_CASE("what an agent that is gone left half compiled is removed, what one that runs uses is not")
{
    const TemporaryDirectory scratch;
    const auto cache = BuildCache::open(scratch.path()).value();
    std::filesystem::create_directory(scratch.path() / "work-999999999-abandoned");
    const auto used = cache.make_workplace().value();

    const auto more = cache.make_workplace().value();

    CHECK_FALSE(std::filesystem::exists(scratch.path() / "work-999999999-abandoned"));
    CHECK(std::filesystem::exists(used));
    CHECK(used != more);
}

} // namespace vpcd
