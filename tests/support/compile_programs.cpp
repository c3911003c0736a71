// compile_programs SOURCE DIRECTORY FEATURES [v2|v3|v4]: what the agent would compile on this host, as files in
// DIRECTORY. FEATURES: "all", or names with commas between.
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <fstream>

#include <vpcd/abi/limits.h>

#include "dataplane/compiler.h"

namespace {

using namespace vpcd;

FeatureSet parse_features(std::string_view words)
{
    FeatureSet features;
    for (std::size_t i = 0; i < features.size(); ++i) {
        const std::string name = "," + to_string(FeatureSet{}.set(i)) + ",";
        if (words == "all" || fmt::format(",{},", words).find(name) != std::string::npos)
            features.set(i);
    }
    return features;
}

int report(const Result<HostBuild>& build, const std::string& directory)
{
    if (!build) {
        std::fprintf(stderr, "%s\n", build.error().text().c_str());
        return 1;
    }
    for (const auto& [name, image] : build->images)
        std::ofstream{fmt::format("{}/{}.bpf.o", directory, name), std::ios::binary} << image;
    fmt::print("{}, {}: {}\n", build->compiler, build->instructions, to_string(build->features));
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc < 4) {
        std::fprintf(stderr, "usage: compile_programs SOURCE DIRECTORY FEATURES [v2|v3|v4]\n");
        return 2;
    }
    // A checkout may belong to anybody, and what is loaded from here is for tests: compiled from a copy of our own.
    const std::filesystem::path directory{argv[2]}, source = directory / "source";
    std::filesystem::remove_all(source);
    std::filesystem::create_directories(source / "include/vpcd");
    const auto with_all = std::filesystem::copy_options::recursive;
    std::filesystem::copy(std::filesystem::path{argv[1]} / "bpf", source / "bpf", with_all);
    std::filesystem::copy(std::filesystem::path{argv[1]} / "include/vpcd/abi", source / "include/vpcd/abi", with_all);

    for (const auto& entry : std::filesystem::recursive_directory_iterator{source})
        std::filesystem::permissions(entry,
                                     std::filesystem::perms::group_write | std::filesystem::perms::others_write,
                                     std::filesystem::perm_options::remove);

    int status = 1;
    boost::asio::io_context context{1};
    Compiler compiler{context,
                      {.source = source,
                       .compiler = "clang",
                       .cache = directory / "cache",
                       .sizes = {VPCD_MAX_FLOWS, VPCD_MAX_ENDPOINTS},
                       .instructions = argc > 4 ? argv[4] : ""}};
    compiler.build(parse_features(argv[3]),
                   [&](const Result<HostBuild>& build) { status = report(build, directory.string()); });
    context.run();
    return status;
}
