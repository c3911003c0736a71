#include "dataplane/source_tree.h"

#include <fmt/format.h>

#include "base/trusted_file.h"

namespace vpcd {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrograms = "bpf";
constexpr std::string_view kLayouts = "include/vpcd/abi";

Result<void> read_part(const fs::path& root, std::string_view part, SourceTree& tree)
{
    std::error_code error;
    if (auto checked = check_trusted_directory(root / part); !checked)
        return checked;
    for (fs::recursive_directory_iterator at{root / part, error}, end; !error && at != end; at.increment(error)) {
        if (at->is_directory() && !at->is_symlink()) {
            if (auto checked = check_trusted_directory(at->path()); !checked)
                return checked;
            continue;
        }
        const auto ending = at->path().extension();
        if (ending != ".c" && ending != ".h")
            continue;
        auto content = read_trusted_file(at->path());
        if (!content)
            return fail(content.error());
        tree[at->path().lexically_relative(root).string()] = std::move(*content);
    }
    if (error)
        return fail(Error::system(error.value(), fmt::format("read {}", (root / part).string())));
    return {};
}

} // namespace

Result<SourceTree> read_source(const fs::path& root)
{
    SourceTree tree;
    for (const auto part : {kPrograms, kLayouts})
        if (auto read = read_part(root, part, tree); !read)
            return fail(read.error());
    return tree;
}

Result<void> write_source(const SourceTree& tree, const fs::path& root)
{
    for (const auto& [path, content] : tree) {
        std::error_code error;
        fs::create_directories((root / path).parent_path(), error);
        if (error)
            return fail(Error::system(error.value(), "create " + (root / path).parent_path().string()));
        if (auto written = write_private_file(root / path, content); !written)
            return written;
    }
    return {};
}

} // namespace vpcd
