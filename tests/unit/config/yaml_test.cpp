// YAML as text: documents, marks, and what is refused before it does harm.
#include "config/yaml.h"

#include <fmt/format.h>

#include "unit/config/sample.h"

namespace vpcd {

using namespace sample;

namespace {

// What a test looks at, after the trees are gone.
struct Seen {
    std::vector<Error> errors;
    std::vector<unsigned> lines;
    std::vector<std::string> first_keys;
};

Seen read(std::string_view text)
{
    Seen seen;
    seen.errors = parse_yaml("net.yaml", text, [&](const YamlNode& document) {
        seen.lines.push_back(document.line);
        seen.first_keys.emplace_back(document.entries.empty() ? "" : document.entries[0].key.text);
        return true;
    });
    return seen;
}

} // namespace

TEST_CASE("documents are separated by lines of dashes, ended by dots, and skipped when empty")
{
    struct Row {
        const char* name;
        const char* text;
        std::vector<unsigned> lines;
    };
    const Row rows[] = {
        {"nothing", "", {}},
        {"only comments", "# a\n\n# b", {}},
        {"only separators", "---\n---\n---\n", {}},
        {"one without separator", "a: 1\n", {1}},
        {"one after a comment", "# c\n---\na: 1\n", {3}},
        {"three, one empty", "a: 1\n---\n# nothing\n---\nb: 2\n", {1, 5}},
        {"on the separator's line", "--- {a: 1}\n--- {b: 2}", {1, 2}},
        {"ended by dots", "a: 1\n...\n---\nb: 2\n...\n", {1, 4}},
        {"with line ends of Windows", "a: 1\r\n---\r\nb: 2\r\n", {1, 3}},
        {"with a byte order mark",
         "\xef\xbb\xbf"
         "a: 1\n",
         {1}},
        {"with a version", "%YAML 1.2\n---\na: 1\n", {3}},
        {"with versions and comments", "# c\n%YAML 1.2\n---\na: 1\n...\n%YAML 1.1\n# d\n--- {b: 2}\n", {4, 8}},
        {"dashes inside a text", "a: |\n  ---\n  b\n", {1}},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        const auto file = read(row.text);
        CHECK(texts(file.errors).empty());
        CHECK(file.lines == row.lines);
    }
}

TEST_CASE("what is not YAML is told with its place, and the next document is read all the same")
{
    struct Row {
        const char* name;
        std::string text;
        const char* place;
        const char* problem;
    };
    const Row rows[] = {
        {"an open list", "a: [1, 2\n", "net.yaml:1:4: ", "not YAML: "},
        {"a stray bracket", "a: 1\n]\n", "net.yaml:2:1: ", "not YAML: "},
        {"only a stray bracket", "]\n", "net.yaml:1:1: ", "not YAML: "},
        {"a tab as indent", "a:\n\t- b\n", "net.yaml:", "not YAML: "},
        {"an unknown alias", "a: *b\n", "net.yaml:1:4: ", "not YAML: "},
        {"an open quote", "a: 'b\n", "net.yaml:1:4: ", "not YAML: "},
        {"a key twice", "a: 1\nb: 2\na: 3\n", "net.yaml:3:1: ", "key 'a' is already in line 1 of the same mapping"},
        {"a key twice, deep inside", "x: [{a: 1, a: 2}]\n",
         "net.yaml:1:12: ", "key 'a' is already in line 1 of the same mapping"},
        {"a key that is a list", "[a, b]: c\n", "net.yaml:1:1: ", "a key must be a word"},
        {"an alias as a key that is a list", "a: &x [b]\n*x : c\n", "net.yaml:2:1: ", "a key must be a word"},
        {"a directive without end", "%YAML 1.2\na: 1\n", "net.yaml:2:1: ", "not YAML: "},
        {"a control character of another kind", "a: b\nc: \xc2\x80\n", "net.yaml:2:4: ", "not YAML: "},
        {"an alias to what it is in", "a: &x [*x]\n", "net.yaml:1:8: ", "the alias stands inside what it refers to"},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        const auto file = read(row.text + "---\nz: 1\n");
        REQUIRE(file.errors.size() == 1);
        INFO(file.errors[0].text());
        CHECK(file.errors[0].text().starts_with(row.place));
        CHECK(file.errors[0].sentence().starts_with(row.problem));
        CHECK(file.first_keys == std::vector<std::string>{"z"});
    }
}

TEST_CASE("bytes that are not plain UTF-8 text are refused")
{
    struct Row {
        const char* name;
        std::string text;
        const char* error;
    };
    using namespace std::string_literals;
    const Row rows[] = {
        {"NUL", "a: b\0c"s, "net.yaml:1:5: byte 0x00 is a control character; a document is plain UTF-8 text"},
        {"end of transmission, where the parser would stop",
         "a: 1\n\x04"
         "b: 2\n",
         "net.yaml:2:1: byte 0x04 is a control character; a document is plain UTF-8 text"},
        {"Latin-1", "a: \xe4\n", "net.yaml:1:4: byte 0xe4 is not UTF-8; a document is plain UTF-8 text"},
        {"an overlong slash", "a: \xc0\xaf\n",
         "net.yaml:1:4: byte 0xc0 is not UTF-8; a document is plain UTF-8 text"},
        {"a surrogate", "a: \xed\xa0\x80\n", "net.yaml:1:4: byte 0xed is not UTF-8; a document is plain UTF-8 text"},
        {"a sequence cut short", "a: \xe2\x82",
         "net.yaml:1:4: byte 0xe2 is not UTF-8; a document is plain UTF-8 text"},
        {"a carriage return alone", "a: b\r\nc: d\re: f\n",
         "net.yaml:2:5: byte 0x0d is a line end that is not one everywhere; a document is plain UTF-8 text"},
        {"a line separator", "a: b\xe2\x80\xa8\n",
         "net.yaml:1:5: byte 0xe2 is a line end that is not one everywhere; a document is plain UTF-8 text"},
        {"UTF-16",
         "\xff\xfe"
         "a\0"s,
         "net.yaml:1:1: byte 0xff is not UTF-8; a document is plain UTF-8 text"},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        CHECK(texts(read(row.text).errors) == std::vector<std::string>{row.error});
    }
    CHECK(read("a: b\r\nc: d\r").errors.empty());
    CHECK(read("a: \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\n").errors.empty());
}

TEST_CASE("nesting, aliases and sizes have limits")
{
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    CHECK(read(nested(kDeepestNesting)).errors.empty());
    CHECK(texts(read(nested(kDeepestNesting + 1)).errors) ==
          std::vector<std::string>{"net.yaml:1:33: nested more than 32 levels deep"});
    CHECK(read(std::string(100'000, '[')).errors.size() == 1);

    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 9; ++i)
        bomb += fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n", i,
                            i - 1);
    const auto file = read(bomb);
    REQUIRE(file.errors.size() == 1);
    CHECK(file.errors[0].sentence() == "the aliases of this file expand to more than 100000 values");

    CHECK(read("a: " + std::string(kLongestWord, 'w')).errors.empty());
    CHECK(texts(read("a: " + std::string(kLongestWord + 1, 'w')).errors) ==
          std::vector<std::string>{"net.yaml:1:4: 4097 bytes; a word has at most 4096"});
    CHECK(texts(read("a: |\n " + std::string(kLongestWord + 1, 'w')).errors) ==
          std::vector<std::string>{"net.yaml:1:4: 4097 bytes; a word has at most 4096"});

    std::string broken;
    for (std::size_t i = 0; i < 2 * kMostErrors; ++i)
        broken += "---\n]\n";
    const auto many = read(broken);
    REQUIRE(many.errors.size() == kMostErrors + 1);
    CHECK(many.errors.back().text() == "net.yaml:2001:1: more than 1000 errors; from here on the file is not read");

    // Each is compared with those before it.
    std::string directives;
    for (unsigned i = 0; i < 100'000; ++i)
        directives += fmt::format("%TAG !{}! x\n", i);
    for (const auto& text : {directives + "---\na: 1\n", "a: 1\n" + directives}) {
        const auto refused = read(text);
        REQUIRE(refused.errors.size() == 1);
        CHECK(refused.errors[0].sentence() == "more than 16 lines that begin with '%'");
    }

    const std::string large(kLargestDocument + 1, '#');
    CHECK(texts(read("a: 1\n---\n" + large).errors) ==
          std::vector<std::string>{"net.yaml:2:1: 2097157 bytes up to the next '---'; a document has at most 2 MiB"});
    CHECK(texts(read(std::string(kLargestFile + 1, '#')).errors) ==
          std::vector<std::string>{"net.yaml: 67108865 bytes; a file of documents has at most 64 MiB"});
}

TEST_CASE("an alias stands for what it refers to")
{
    std::string text;
    const auto errors = parse_yaml("net.yaml", "a: &x {k: v}\nb: *x\n", [&](const YamlNode& document) {
        text = document.entries[1].value.entries[0].value.text;
        return true;
    });

    CHECK(errors.empty());
    CHECK(text == "v");
}

} // namespace vpcd
