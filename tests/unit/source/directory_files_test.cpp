#include "source/directory_files.h"

#include <catch2/catch_test_macros.hpp>
#include <sys/stat.h>

#include "document_files.h"
#include "support/temporary_directory.h"

using namespace vpcd;

TEST_CASE("only YAML names that are neither hidden nor left by an editor are documents", "[source]")
{
    struct Row {
        const char* what;
        const char* name;
        bool is_document;
    };
    const Row rows[] = {
        {"yaml", "vpc.yaml", true},
        {"yml", "vpc.yml", true},
        {"two dots", "vpc.prod.yaml", true},
        {"other extension", "vpc.json", false},
        {"no extension", "yaml", false},
        {"hidden", ".vpc.yaml", false},
        {"vim swap file", ".vpc.yaml.swp", false},
        {"vim backup", "vpc.yaml~", false},
        {"vim probe", "4913", false},
        {"emacs autosave", "#vpc.yaml#", false},
        {"emacs lock", ".#vpc.yaml", false},
        {"on its way to be renamed", "vpc.yaml.tmp", false},
    };

    for (const auto& row : rows) {
        INFO(row.what);
        CHECK(is_document_name(row.name) == row.is_document);
    }
}

TEST_CASE("a directory is read one level deep, regular files only", "[source]")
{
    const TemporaryDirectory directory;
    write_file(directory.path() / "a.yaml", "kind: Vpc\n");
    write_file(directory.path() / "empty.yml", "");
    write_file(directory.path() / "notes.txt", "no");
    std::filesystem::create_directory(directory.path() / "nested.yaml");
    write_file(directory.path() / "nested.yaml" / "b.yaml", "no");
    REQUIRE(::mkfifo((directory.path() / "pipe.yaml").c_str(), 0600) == 0);
    std::filesystem::create_symlink("a.yaml", directory.path() / "link.yaml");
    std::filesystem::create_symlink("nowhere", directory.path() / "dangling.yaml");

    const auto files = read_directory(directory.path());

    const auto path = [&](const char* name) { return directory.path().string() + "/" + name; };
    REQUIRE(files);
    CHECK(*files ==
          Files{{path("a.yaml"), "kind: Vpc\n"}, {path("empty.yml"), ""}, {path("link.yaml"), "kind: Vpc\n"}});
}

TEST_CASE("a document longer than a read buffer arrives whole", "[source]")
{
    const TemporaryDirectory directory;
    const std::string text(300'000, 'x');
    write_file(directory.path() / "long.yaml", text);

    const auto read = read_document(directory.path() / "long.yaml");

    REQUIRE(read);
    CHECK(*read == text);
}

TEST_CASE("a file over 64 MiB is refused", "[source]")
{
    const TemporaryDirectory directory;
    write_file(directory.path() / "huge.yaml", "");
    std::filesystem::resize_file(directory.path() / "huge.yaml", kLargestDocument + 1);

    const auto files = read_directory(directory.path());

    REQUIRE_FALSE(files);
    CHECK(files.error().text() ==
          "read " + directory.path().string() + "/huge.yaml (at most 64 MiB): File too large");
}

TEST_CASE("a directory that is not there is an error that names it", "[source]")
{
    const TemporaryDirectory directory;

    const auto files = read_directory(directory.path() / "nowhere");

    REQUIRE_FALSE(files);
    CHECK(files.error().code() == ENOENT);
    CHECK(files.error().text().find("nowhere") != std::string::npos);
}
