#include "support/objects.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace vpcd::test {

namespace {

[[noreturn]] void die(const std::string& why)
{
    std::fprintf(stderr, "%s\n", why.c_str());
    std::exit(1);
}

} // namespace

ObjectImages read_objects(const char* directory)
{
    ObjectImages images;
    for (const char* name : {"interface", "underlay", "xdp"}) {
        const std::string path = std::string{directory} + "/" + name + ".bpf.o";
        std::ifstream file{path, std::ios::binary};
        images[name] = {std::istreambuf_iterator<char>{file}, {}};
        if (images[name].empty())
            die(path + " cannot be read");
    }
    return images;
}

std::optional<OtherBuild> other_build(const std::vector<bpf_object*>& own)
{
    const char* directory = std::getenv("VPCD_BPF_OBJECTS");
    if (!directory)
        return std::nullopt;
    auto build = OtherBuild::load(read_objects(directory), own);
    if (!build)
        die(build.error().text());
    return std::move(*build);
}

} // namespace vpcd::test
