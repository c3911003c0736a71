// The fast way of reading takes what nearly all documents are made of, and makes the same of it as libyaml does.
#include "config/yaml_plain.h"

#include <catch2/catch_test_macros.hpp>

#include "config/yaml_events.h"
#include "support/yaml_outline.h"

namespace vpcd {

namespace {

std::string by_events(std::string_view text)
{
    YamlTree tree;
    std::size_t aliased_nodes = 0;
    const auto refused = parse_by_events(text, 7, aliased_nodes, tree);
    return refused ? "refused: " + refused->sentence : outline(tree.root());
}

} // namespace

TEST_CASE("what documents are mostly made of is read the fast way, as libyaml reads it")
{
    struct Row {
        const char* name;
        const char* text;
    };
    const Row rows[] = {
        {"nothing", ""},
        {"a separator", "---\n"},
        {"a separator and a comment", "---   # x\n"},
        {"comments", "# a\n\n   # b\n"},
        {"a mapping", "---\nkind: Vpc\nname: blue\n"},
        {"without line end", "a: 1"},
        {"indented from the start", "  a: 1\n  b: 2\n"},
        {"spaces and comments behind values", "a: 1  \nb: 2 # two\nc: 'x' # three\n"},
        {"a sharp inside a word", "a: b#c\nd: e #f\n"},
        {"colons and other signs inside words", "mac: 02:00:00:00:00:01\nurl: http://x/?y=[z]&w, v\n"},
        {"several words", "a: the quick  brown fox \n"},
        {"missing values", "a:\nb:   # none\nc:\n"},
        {"null in words", "a: null\nb: NULL\nc: Null\nd: nULL\n"},
        {"quotes", "a: \"\"\nb: ''\nc: \" x # y: z \"\nd: 'a \"b\" c'\n"},
        {"a mapping inside", "a:\n  b:\n      c: 1\n      d: 2\n  e: 3\nf: 4\n"},
        {"a list", "a:\n  - x\n  - y\nb: 1\n"},
        {"a list as deep as its key", "a:\n- x\n- y\nb: 1\n"},
        {"a list of mappings", "a:\n- b: 1\n  c:\n  - d\n  e: 2\n-   f: 3\n    g: 4\n"},
        {"a list alone", "- a\n- b: c\n"},
        {"lists and mappings in one line", "a: [1, 2,3 , [x], {}, []]\nb: {c: d, e: {f: [g]}, h: \"i, j\" }\n"},
        {"a document in one line", "--- {kind: Vpc, cidrs: [10.0.0.0/16], mac: 02:00:00:00:00:01} # x\n"},
        {"rules in one line each",
         "rules:\n  - {direction: ingress, protocol: tcp, ports: [80, 8000-8080], peer: 0.0.0.0/0, priority: 10}\n"
         "  - {direction: egress, ports: 22, peer: {group: bastion}}\n  - direction: ingress\n    peer:\n      cidr: "
         "10.0.0.0/8\n"},
        {"one line without a separator", "{a: b}\n"},
        {"lines between", "a: 1\n\n# x\n\nb:\n\n  c: 2\n\n"},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        YamlTree tree;
        REQUIRE(parse_plain(row.text, 7, tree));
        CHECK(outline(tree.root()) == by_events(row.text));
    }
}

TEST_CASE("what has a meaning beyond that is left to libyaml")
{
    const char* const texts[] = {
        "a: &x 1\nb: *x\n",
        "a: !!str 1\n",
        "a: |\n  x\n",
        "a: >\n  x\n",
        "a: x\n  y\n",
        "a: 'x\n  y'\n",
        "a: \"\\x41\"\n",
        "a: 'it''s'\n",
        "a: b: c\n",
        "a: b:\n",
        "a: [1,\n  2]\n",
        "a: [1, ]\n",
        "a: {b}\n",
        "a: {b: }\n",
        "a: {b:c}\n",
        "a: [b: c]\n",
        "a: [-]\n",
        "? a\n: b\n",
        "? [a]\n: b\n",
        "'a': b\n",
        "null: 1\n",
        "a:\tb\n",
        "\ta: b\n",
        "a: b\r\n",
        "a: \xc3\xa4\n",
        "%YAML 1.2\n---\na: 1\n",
        "a: 1\na: 2\n",
        "{a: 1, a: 2}\n",
        "a: 1\n b: 2\n",
        " a: 1\nb: 2\n",
        "a:\n   b: 1\n  c: 2\n",
        "- a\nb: 1\n",
        "a: 1\n- b\n",
        "- - a\n",
        "-\n  a\n",
        "a: 'x'y\n",
        "a: 'x'#y\n",
        "a: [x]#y\n",
        "a: [x] y\n",
        "{a: b} c\n",
        "a: @x\n",
        "a: `x\n",
        "a: %x\n",
        "a: -\n",
        "a: ~\n",
        "a: , b\n",
        "a: ]\n",
        "hello\n",
        "--- hello\n",
        "---a: 1\n",
        "a:\n  [x]\n",
        "a\n",
        "a:#b\n",
        "- a: 1\n   b: 2\n",
        "a: 1\n...\nb: 2\n",
    };
    for (const char* text : texts) {
        INFO(text);
        YamlTree tree;
        CHECK_FALSE(parse_plain(text, 0, tree));
    }
    YamlTree tree;
    const std::string deep = std::string(20, '[') + std::string(20, ']');
    CHECK_FALSE(parse_plain("a: " + deep, 0, tree));
    CHECK_FALSE(parse_plain(std::string(2000, 'k') + ": 1\n", 0, tree));
}

} // namespace vpcd
