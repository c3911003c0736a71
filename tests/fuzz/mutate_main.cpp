// Writes mutated document sets for tests that run whole programs: OUT/000000/*.yaml, OUT/000001/*.yaml, ... With
// --beside, each set is judged together with the documents there: OUT/refused/000000/*.yaml, OUT/valid/000004/*.yaml.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "config/documents.h"
#include "mutate.h"

namespace {

using vpcd::fuzz::DocumentSet;

// Whether an agent that has taken `good` and the documents beside it takes another set in the place of the good one.
class Judge {
public:
    static std::optional<Judge> open(const DocumentSet& beside)
    {
        Judge judge;
        if (!judge.documents_.update({beside.begin(), beside.end()}))
            return std::nullopt;
        return judge;
    }
    bool takes(const DocumentSet& good, const DocumentSet& mutated)
    {
        const bool is_good = documents_.update({good.begin(), good.end()}).has_value();
        return is_good && documents_.update({mutated.begin(), mutated.end()}).has_value();
    }

private:
    Judge() = default;
    vpcd::Documents documents_{vpcd::Quotas{}};
};

bool write(const DocumentSet& set, const std::filesystem::path& directory)
{
    std::filesystem::create_directories(directory);
    for (const auto& [name, text] : set) {
        std::ofstream file{directory / name, std::ios::binary};
        file << text;
        if (!file.flush()) {
            fmt::print(stderr, "mutate_documents: cannot write {}\n", (directory / name).string());
            return false;
        }
    }
    return true;
}

int usage()
{
    fmt::print(stderr, "usage: mutate_documents [--beside DIRECTORY] SEED COUNT OUT DIRECTORY...\n");
    return 2;
}

int refuse(const char* problem)
{
    fmt::print(stderr, "mutate_documents: {}\n", problem);
    return 1;
}

} // namespace

int main(int argc, char** argv)
{
    std::span<char*> arguments{argv + 1, static_cast<std::size_t>(argc - 1)};
    std::optional<Judge> judge;
    if (arguments.size() >= 2 && std::string_view{arguments[0]} == "--beside") {
        const auto beside = vpcd::fuzz::read_sets({arguments[1]});
        judge = Judge::open(beside.empty() ? DocumentSet{} : beside.front());
        if (!judge)
            return refuse("the documents beside are not valid");
        arguments = arguments.subspan(2);
    }
    if (arguments.size() < 4)
        return usage();

    const auto sets = vpcd::fuzz::read_sets({arguments.begin() + 3, arguments.end()});
    if (sets.empty())
        return refuse("no documents");
    vpcd::fuzz::Mutator mutator{std::strtoull(arguments[0], nullptr, 10)};
    const auto count = std::strtoul(arguments[1], nullptr, 10);
    for (std::size_t i = 0; i < count; ++i) {
        const DocumentSet& good = sets[i % sets.size()];
        const DocumentSet mutated = mutator.mutate(good);
        std::filesystem::path directory{arguments[2]};
        if (judge)
            directory /= judge->takes(good, mutated) ? "valid" : "refused";
        if (!write(mutated, directory / fmt::format("{:06}", i)))
            return 1;
    }
    return 0;
}
