// Compiles the programs on this host, for this host. clang runs in a process of its own; nothing here blocks for
// longer than it takes to read and write a few small files.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/child.h"
#include "dataplane/build_cache.h"
#include "dataplane/map_sizes.h"
#include "dataplane/source_tree.h"
#include "dataplane/system_headers.h"
#include "plan/features.h"

namespace vpcd {

struct CompilerOptions {
    std::filesystem::path source; // with bpf/ and include/vpcd/abi/
    std::string compiler;         // an absolute path, or a name to look for
    std::filesystem::path cache;
    MapSizes sizes;
    std::vector<std::filesystem::path> headers = system_header_directories();
    std::string instructions; // "v3": clang's -mcpu; empty: the newest this kernel and this clang know
    std::chrono::milliseconds limit = std::chrono::seconds{60};
};

struct HostBuild {
    ObjectImages images;
    FeatureSet features;
    std::string key;      // of the cache
    std::string compiler; // "clang 19.1.7"
    std::string instructions;
    bool is_cached = false;
    std::vector<Error> warnings; // a damaged file in the cache, a cache that cannot be written
};

class Compiler {
public:
    using Handler = std::function<void(Result<HostBuild>)>;

    Compiler(boost::asio::io_context& context, CompilerOptions options)
        : context_(context), options_(std::move(options))
    {
    }

    // One build at a time; the handler is called by the event loop, unless the Compiler is destroyed before.
    void build(const FeatureSet&, Handler);
    bool is_busy() const { return child_ != nullptr; }

private:
    struct Work;

    void compile(Work);
    void finish(Result<HostBuild>);

    boost::asio::io_context& context_;
    CompilerOptions options_;
    Handler handler_;
    std::unique_ptr<Child> child_;
};

// Where the compiler is: the setting as it stands if it is a path; else on PATH, "clang" being looked for by the name
// of the version the agent was built with first.
std::optional<std::filesystem::path> find_compiler(const std::string& setting);
// "19.1.7" out of what `clang --version` prints; empty: this is no clang.
std::string clang_version(const std::string& printed);

} // namespace vpcd
