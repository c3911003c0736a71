// libFuzzer target: any text as a file of documents and as the agent's settings; and what the fast way of reading
// takes, libyaml reads the same.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "config/agent_config.h"
#include "config/documents.h"
#include "config/parse.h"
#include "config/yaml_events.h"
#include "config/yaml_plain.h"
#include "config/yaml_text.h"
#include "support/yaml_outline.h"

namespace {

void compare_readers(std::string_view text)
{
    if (text.size() > vpcd::kLargestDocument || vpcd::find_foreign_byte("", text))
        return;
    for (const auto& piece : vpcd::split_documents(text)) {
        vpcd::YamlTree fast;
        if (!vpcd::parse_plain(piece.text, piece.line, fast))
            continue;
        vpcd::YamlTree full;
        std::size_t aliased_nodes = 0;
        const auto refused = vpcd::parse_by_events(piece.text, piece.line, aliased_nodes, full);
        const auto expected = refused ? "refused: " + refused->sentence + "\n" : vpcd::outline(full.root());
        if (const auto found = vpcd::outline(fast.root()); found != expected) {
            std::fprintf(stderr, "the fast way reads\n%s\nlibyaml reads\n%s\n", found.c_str(), expected.c_str());
            std::abort();
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string text{reinterpret_cast<const char*>(data), size};
    compare_readers(text);
    vpcd::Documents documents{vpcd::Quotas{}};
    static_cast<void>(documents.update({{"net.yaml", text}}));
    static_cast<void>(vpcd::parse_agent_config("vpcd.yaml", text));
    return 0;
}
