#include "dataplane/compiler.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/trusted_file.h"
#include "dataplane/build_header.h"
#include "dataplane/instruction_set.h"

namespace vpcd {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kVersionLimit{10};
constexpr int kKnowsV4 = 18; // clang's major version
// Those whose source asks for features.
constexpr std::array<std::string_view, 3> kSpecialised{"interface", "underlay", "xdp"};

// As the embedded ones are compiled (bpf/CMakeLists.txt), but for warnings: those are for who writes the source.
std::vector<std::string> arguments(const std::string& instructions)
{
    std::vector<std::string> words{"-target",
                                   "bpf",
                                   "-std=gnu11",
                                   "-O2",
                                   "-g",
                                   "-fno-strict-aliasing",
                                   "-mcpu=" + instructions,
                                   "-fdebug-compilation-dir=.",
                                   "-fno-color-diagnostics",
                                   "-fno-caret-diagnostics",
                                   "-ferror-limit=3",
                                   "-Iinclude",
                                   "-Ibpf",
                                   "-Ihost",
                                   "-idirafter",
                                   std::string{"/usr/include/"} + VPCD_MULTIARCH,
                                   "-c"};
    for (const auto name : kSpecialised)
        words.push_back(fmt::format("bpf/{}.bpf.c", name));
    return words;
}

std::string instructions_for(const std::string& version)
{
    const std::string newest{newest_instructions()};
    return newest == "v4" && std::atoi(version.c_str()) < kKnowsV4 ? "v3" : newest;
}

std::string key_of(const SourceTree& source, const SourceTree& headers, const std::vector<std::string>& words,
                   const std::string& compiler)
{
    Digest digest;
    utsname kernel{};
    ::uname(&kernel);
    digest.add(kernel.release);
    digest.add(kernel.machine);
    digest.add(compiler);
    for (const auto& word : words)
        digest.add(word);
    for (const auto* files : {&source, &headers})
        for (const auto& [path, content] : *files) {
            digest.add(path);
            digest.add(content);
        }
    return digest.hex().substr(0, BuildCache::kKeyLength);
}

Result<ObjectImages> read_objects(const fs::path& directory)
{
    ObjectImages images;
    for (const auto name : kSpecialised) {
        auto image = read_trusted_file(directory / fmt::format("{}.bpf.o", name));
        if (!image)
            return fail(image.error());
        images.emplace(name, std::move(*image));
    }
    return images;
}

bool is_program(const fs::path& path)
{
    std::error_code error;
    return fs::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

// The directory is gone with it.
struct Workplace {
    fs::path path;

    Workplace() = default;
    Workplace(Workplace&& other) noexcept : path(std::exchange(other.path, {})) {}
    Workplace& operator=(Workplace&&) = delete;
    ~Workplace()
    {
        std::error_code ignored;
        if (!path.empty())
            fs::remove_all(path, ignored);
    }
};

} // namespace

std::optional<fs::path> find_compiler(const std::string& setting)
{
    if (setting.starts_with('/'))
        return is_program(setting) ? std::optional<fs::path>{setting} : std::nullopt;
    std::vector<std::string> names{setting};
    if (setting == "clang")
        names.insert(names.begin(), VPCD_BPF_CLANG);
    const char* path = std::getenv("PATH");
    const std::string directories = path ? path : "/usr/sbin:/usr/bin:/sbin:/bin";
    for (const auto& name : names)
        for (std::size_t at = 0; at <= directories.size();) {
            const std::size_t end = std::min(directories.find(':', at), directories.size());
            fs::path candidate = fs::path{directories.substr(at, end - at)} / name;
            if (candidate.is_absolute() && is_program(candidate))
                return candidate;
            at = end + 1;
        }
    return std::nullopt;
}

std::string clang_version(const std::string& printed)
{
    constexpr std::string_view kWords = "clang version ";
    const auto at = printed.find(kWords);
    if (at == std::string::npos)
        return {};
    const auto begin = at + kWords.size();
    return printed.substr(begin, std::min(printed.find_first_of(" \n", begin), printed.size()) - begin);
}

// What is carried from step to step.
struct Compiler::Work {
    BuildCache cache;
    fs::path program;
    HostBuild build;
    std::string printed; // by clang --version
};

void Compiler::build(const FeatureSet& features, Handler handler)
{
    handler_ = std::move(handler);
    auto cache = BuildCache::open(options_.cache);
    const auto program = find_compiler(options_.compiler);
    if (!cache || !program) {
        child_ = Child::failed(context_,
                               !cache ? cache.error()
                                      : Error::config(fmt::format("compiler '{}' is not there", options_.compiler)),
                               [this](const auto& failed) { finish(fail(failed.error())); });
        return;
    }
    Work work{std::move(*cache), *program, {}, {}};
    work.build.features = features;
    child_ = Child::start(context_, {*program, {"--version"}, "/", kVersionLimit},
                          [this, work = std::move(work)](Result<std::string> printed) mutable {
                              if (!printed)
                                  return finish(fail(printed.error()));
                              work.printed = std::move(*printed);
                              compile(std::move(work));
                          });
}

void Compiler::compile(Work work)
{
    const std::string version = clang_version(work.printed);
    if (version.empty())
        return finish(fail(Error::config(fmt::format("{} is no clang", work.program.string()))));
    auto source = read_source(options_.source);
    if (!source)
        return finish(fail(source.error()));
    (*source)["host/vpcd_build.h"] = build_header(work.build.features, options_.sizes);
    work.build.compiler = "clang " + version;
    work.build.instructions = options_.instructions.empty() ? instructions_for(version) : options_.instructions;
    const auto words = arguments(work.build.instructions);
    work.build.key = key_of(*source, system_headers(*source, options_.headers), words, work.printed);

    auto cached = work.cache.find(work.build.key);
    if (!cached) {
        work.build.warnings.push_back(cached.error());
    } else if (*cached) {
        work.build.images = std::move(**cached);
        work.build.is_cached = true;
        return finish(std::move(work.build));
    }

    const auto place = std::make_shared<Workplace>();
    auto made = work.cache.make_workplace();
    if (!made)
        return finish(fail(made.error()));
    place->path = *made;
    if (auto written = write_source(*source, place->path); !written)
        return finish(fail(written.error()));
    const Command command{work.program, words, place->path, options_.limit};
    child_ = Child::start(context_, command, [this, work, place](const Result<std::string>& printed) mutable {
        if (!printed)
            return finish(fail(printed.error()));
        auto images = read_objects(place->path);
        if (!images)
            return finish(fail(images.error()));
        work.build.images = std::move(*images);
        if (auto stored = work.cache.put(work.build.key, work.build.images); !stored)
            work.build.warnings.push_back(stored.error());
        finish(std::move(work.build));
    });
}

void Compiler::finish(Result<HostBuild> result)
{
    const auto handler = std::exchange(handler_, nullptr);
    child_.reset();
    handler(std::move(result));
}

} // namespace vpcd
