// Compiling in a helper process: what it is given, what becomes of it. The compilers here are scripts that say they
// are clang.
#include "dataplane/compiler.h"

#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <set>

#include "files.h"
#include "support/temporary_directory.h"

namespace vpcd {

namespace {

// A clang that counts its runs and writes what it was called with as the objects.
const char* const kScript = R"sh(#!/bin/bash
if [[ $1 == --version ]]; then echo "Debian clang version 19.1.7 (3)"; exit 0; fi
echo run >> "$(dirname "$0")/runs"
for name in interface underlay xdp; do { env; echo "$@"; cat host/vpcd_build.h bpf/$name.bpf.c; } > $name.bpf.o; done
)sh";

struct World {
    World()
    {
        for (const char* name : {"interface", "underlay", "xdp"})
            test::write(scratch.path() / "source/bpf" / (std::string{name} + ".bpf.c"), "int x;\n");
        test::write(scratch.path() / "source/include/vpcd/abi/flow.h", "int flow;\n");
        compiler(kScript);
    }

    void compiler(const std::string& script) { test::write(scratch.path() / "clang", script, 0755); }

    Result<HostBuild> build(std::string_view instructions = "v3", FeatureSet features = {},
                            std::chrono::milliseconds limit = std::chrono::seconds{60})
    {
        boost::asio::io_context context{1};
        Compiler compiler{context,
                          {.source = scratch.path() / "source",
                           .compiler = (scratch.path() / "clang").string(),
                           .cache = scratch.path() / "cache",
                           .sizes = {4096, 8192},
                           .headers = {scratch.path() / "headers"},
                           .instructions = std::string{instructions},
                           .limit = limit}};
        std::optional<Result<HostBuild>> result;
        compiler.build(features, [&](Result<HostBuild> build) { result = std::move(build); });
        CHECK(compiler.is_busy());
        context.run();
        CHECK_FALSE(compiler.is_busy());
        REQUIRE(result.has_value());
        return *result;
    }
    std::string runs() const { return test::read(scratch.path() / "runs"); }

    TemporaryDirectory scratch;
};

} // namespace

TEST_CASE("the compiler sees the source, what to build for, and nothing of our environment but PATH")
{
    ::setenv("VPCD_SECRET", "hidden", 1);
    World world;

    const auto build = world.build("v3", FeatureSet{}.set(FEATURE_GENEVE));

    REQUIRE(build);
    const std::string& seen = build->images.at("xdp");
    CHECK(seen.find("feature_GENEVE = 1,") != std::string::npos);
    CHECK(seen.find("feature_VXLAN = 0,") != std::string::npos);
    CHECK(seen.find("#define BUILD_FLOWS 4096") != std::string::npos);
    CHECK(seen.find("#define BUILD_ENDPOINTS 8192") != std::string::npos);
    CHECK(seen.find("-mcpu=v3") != std::string::npos);
    CHECK(seen.find("int x;") != std::string::npos);
    CHECK(seen.find("PATH=") != std::string::npos);
    CHECK(seen.find("VPCD_SECRET") == std::string::npos);
    CHECK(build->compiler == "clang 19.1.7");
    CHECK_FALSE(build->is_cached);
}

TEST_CASE("the same again comes from the cache; another source, feature, instruction set or compiler does not")
{
    World world;
    const auto first = world.build();
    REQUIRE(first);

    const auto second = world.build();

    REQUIRE(second);
    CHECK(second->is_cached);
    CHECK(second->images == first->images);
    CHECK(world.runs() == "run\n");

    std::set<std::string> keys{first->key};
    keys.insert(world.build("v4").value().key);
    keys.insert(world.build("v3", all_features()).value().key);
    test::write(world.scratch.path() / "source/include/vpcd/abi/flow.h", "int other;\n");
    keys.insert(world.build().value().key);
    std::string newer = kScript;
    newer.replace(newer.find("19.1.7"), 6, "20.1.0");
    world.compiler(newer);
    keys.insert(world.build().value().key);
    CHECK(keys.size() == 5);
    CHECK(world.runs() == "run\nrun\nrun\nrun\nrun\n");
}

TEST_CASE("another version of a header of the machine is another build, of one that is not included is not")
{
    World world;
    const auto header = [&](const char* name) { return world.scratch.path() / "headers" / name; };
    test::write(world.scratch.path() / "source/bpf/xdp.bpf.c", "  #  include <bpf/helpers.h>\nint x;\n");
    test::write(header("bpf/helpers.h"), "#include \"defs.h\"\n");
    test::write(header("bpf/defs.h"), "#include <bpf/helpers.h>\nint one;\n");
    const auto first = world.build();
    REQUIRE(first);

    test::write(header("bpf/other.h"), "int other;\n");
    CHECK(world.build().value().is_cached);
    test::write(header("bpf/defs.h"), "int two;\n");
    const auto second = world.build();

    REQUIRE(second);
    CHECK(second->key != first->key);
    CHECK_FALSE(second->is_cached);
    const auto real = system_headers(read_source(VPCD_SOURCE).value(), system_header_directories());
    CHECK(real.contains("/usr/include/bpf/bpf_helpers.h"));
    CHECK(real.contains("/usr/include/bpf/bpf_helper_defs.h"));
    CHECK(real.contains("/usr/include/linux/bpf.h"));
}

TEST_CASE("of a compiler that says much the last lines are told, and it is killed before ours")
{
    World world;
    world.compiler("#!/bin/bash\nif [[ $1 == --version ]]; then echo 'clang version 19'; exit 0; fi\n"
                   "yes 'a line of no interest' | head -c 3000000\n"
                   "for i in 1 2 3 4 5 6 7 8; do echo \"line $i\"; done\n"
                   "while [[ $(cat /proc/self/oom_score_adj) != 0 ]]; do :; done\nexit 1\n");
    std::ofstream{"/proc/self/oom_score_adj"} << 100;

    const auto build = world.build();
    std::ofstream{"/proc/self/oom_score_adj"} << 0;

    REQUIRE_FALSE(build);
    CHECK(build.error().text() == "clang ended with 1: line 3\nline 4\nline 5\nline 6\nline 7\nline 8");
}

TEST_CASE("a compiler that never stops talking fills no memory")
{
    World world;
    world.compiler("#!/bin/bash\nif [[ $1 == --version ]]; then echo 'clang version 19'; exit 0; fi\nexec yes\n");

    const auto build = world.build();

    REQUIRE_FALSE(build);
    CHECK(build.error().text().find("clang ended with 1: ") == 0);
}

TEST_CASE("a damaged file in the cache is told and compiled anew")
{
    World world;
    const auto first = world.build();
    REQUIRE(first);
    test::write(world.scratch.path() / "cache" / first->key / "xdp.bpf.o", "damaged");

    const auto second = world.build();

    REQUIRE(second);
    CHECK_FALSE(second->is_cached);
    CHECK(second->warnings.size() == 1);
    CHECK(second->images.at("xdp").find("feature_VXLAN") != std::string::npos);
    CHECK(world.build().value().is_cached);
}

TEST_CASE("what goes wrong is one sentence that says what")
{
    struct Row {
        const char* name;
        const char* script;
        const char* words;
    };
    const std::string version = "if [[ $1 == --version ]]; then echo 'clang version 19'; exit 0; fi\n";
    const Row rows[] = {
        {"an error", "echo 'bpf/x.h:1:2: error: no' >&2; exit 1", "clang ended with 1: bpf/x.h:1:2: error: no"},
        {"a crash", "kill -SEGV $$", "clang was ended by signal 11"},
        {"no end", "exec sleep 600", "clang did not end within 0.3 s"},
        {"no object", "exit 0", "interface.bpf.o: No such file"},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        World world;
        world.compiler("#!/bin/bash\n" + version + row.script + "\n");

        const auto build = world.build("v3", {}, std::chrono::milliseconds{300});

        REQUIRE_FALSE(build);
        CAPTURE(build.error().text());
        CHECK(build.error().text().find(row.words) != std::string::npos);
        CHECK(std::filesystem::is_empty(world.scratch.path() / "cache"));
    }
}

TEST_CASE("a source others can change is refused before the compiler sees it")
{
    World world;
    ::chmod((world.scratch.path() / "source/bpf/xdp.bpf.c").c_str(), 0666);

    const auto build = world.build();

    REQUIRE_FALSE(build);
    CHECK(build.error().text().find("xdp.bpf.c is refused") != std::string::npos);
    CHECK(world.runs().empty());
}

TEST_CASE("a compiler is a path or a name; what is neither there nor clang is told")
{
    World world;
    CHECK(find_compiler((world.scratch.path() / "clang").string()) == world.scratch.path() / "clang");
    CHECK_FALSE(find_compiler("/nonexistent"));
    CHECK_FALSE(find_compiler("no-compiler-of-this-name"));
    CHECK(find_compiler("sh"));
    CHECK(clang_version("Debian clang version 19.1.7 (3~deb12u1)\nTarget: x") == "19.1.7");
    CHECK(clang_version("clang version 20.0.0\n") == "20.0.0");
    CHECK(clang_version("gcc (Debian 12.2.0) 12.2.0\n").empty());

    world.compiler("#!/bin/bash\necho gcc\n");
    CHECK(world.build().error().text().find("is no clang") != std::string::npos);
    std::filesystem::remove(world.scratch.path() / "clang");
    CHECK(world.build().error().text().find("is not there") != std::string::npos);
}

TEST_CASE("an agent that ends takes its compiler with it")
{
    World world;
    world.compiler("#!/bin/bash\necho $$ > " + (world.scratch.path() / "pid").string() + "\nexec sleep 600\n");
    boost::asio::io_context context{1};
    {
        Compiler compiler{context,
                          {.source = world.scratch.path() / "source",
                           .compiler = (world.scratch.path() / "clang").string(),
                           .cache = world.scratch.path() / "cache",
                           .sizes = {4096, 8192},
                           .headers = {},
                           .instructions = "v3"}};
        compiler.build({}, [](const auto&) { FAIL("the compiler never ends by itself"); });
        while (test::read(world.scratch.path() / "pid").empty())
            context.poll();
    }
    CHECK(::kill(std::stoi(test::read(world.scratch.path() / "pid")), 0) != 0);
    context.run();
}

} // namespace vpcd
