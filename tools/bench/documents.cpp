// What reading documents costs, from text to typed declarations, beside two measures of the same text: finding its
// line ends, and libyaml's bare events. The threads of parse_files() come last.
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>

#include <fmt/format.h>
#include <sys/resource.h>
#include <yaml.h>

#include "config/parse_files.h"

namespace {

using Files = std::map<std::string, std::optional<std::string>>;

Files generate(unsigned documents, unsigned files)
{
    Files result;
    const unsigned each = (documents + files - 1) / files;
    for (unsigned i = 0; i < documents; ++i) {
        auto& text = result[fmt::format("/etc/vpcd/documents/part-{:04}.yaml", i / each)];
        if (!text)
            text.emplace();
        *text +=
            fmt::format("---\nkind: Interface\nname: i-{0:07}\nsubnet: s-{1}\nhost: node-{2}\ndevice: tap-{0:07}\n"
                        "address: 10.{3}.{4}.{5}\nmac: \"02:00:00:{3:02x}:{4:02x}:{5:02x}\"\n",
                        i, i % 100, i % 1000, i >> 16, (i >> 8) & 255, i & 255);
    }
    return result;
}

std::size_t count_lines(const std::string& text)
{
    std::size_t lines = 0;
    const char* const end = text.data() + text.size();
    for (const char* at = text.data(); at < end; ++lines) {
        const auto* found = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
        at = found ? found + 1 : end;
    }
    return lines;
}

std::size_t count_events(const std::string& text)
{
    yaml_parser_t parser;
    if (yaml_parser_initialize(&parser) == 0)
        return 0;
    yaml_parser_set_input_string(&parser, reinterpret_cast<const unsigned char*>(text.data()), text.size());
    std::size_t events = 0;
    for (bool goes_on = true; goes_on; ++events) {
        yaml_event_t event;
        if (yaml_parser_parse(&parser, &event) == 0)
            break;
        goes_on = event.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return events;
}

double seconds(auto&& work)
{
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

long peak_mib()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

} // namespace

int main(int argc, char** argv)
{
    const auto documents = static_cast<unsigned>(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000);
    const auto file_count = static_cast<unsigned>(argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1000);
    if (documents == 0 || file_count == 0) {
        fmt::print(stderr, "usage: bench_documents [DOCUMENTS [FILES]]\n");
        return 2;
    }
    const Files files = generate(documents, file_count);
    std::size_t bytes = 0;
    for (const auto& [path, text] : files)
        bytes += text->size();
    fmt::print("{} documents in {} files, {} bytes each; {} MiB in memory\n", documents, files.size(),
               bytes / documents, peak_mib());

    std::size_t sum = 0;
    const double lines = seconds([&] {
        for (const auto& [path, text] : files)
            sum += count_lines(*text);
    });
    const double events = seconds([&] {
        for (const auto& [path, text] : files)
            sum += count_events(*text);
    });
    std::size_t read = 0;
    const double one_thread = seconds([&] {
        for (const auto& [path, text] : files)
            read += vpcd::parse_documents(path, *text).declarations.size();
    });
    std::map<std::string, vpcd::ParsedFile> kept;
    const double threads = seconds([&] { kept = vpcd::parse_files(files); });

    const auto row = [&](const char* name, double time) {
        fmt::print("{:<28}{:>8.2f} s{:>8.0f} ns a document{:>8.2f} x libyaml's events\n", name, time,
                   time * 1e9 / documents, time / events);
    };
    row("line ends", lines);
    row("libyaml, bare events", events);
    row("declarations, one thread", one_thread);
    row("declarations, parse_files", threads);
    fmt::print("peak {} MiB with all declarations held (checksum {})\n", peak_mib(), sum);
    return read == documents ? 0 : 1;
}
