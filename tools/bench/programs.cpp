// Nanoseconds a packet costs in each program, measured by the kernel itself (BPF_PROG_TEST_RUN), on a table of many
// flows. Every figure is of single runs on packets of random flows: repeating one packet would show a warm cache
// only. First packets are those of flows that no table has, decided under so many rules.
#include <algorithm>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "program_tables.h"
#include "put.h"

namespace {

using namespace vpcd::bench;
using vpcd::test::Bytes;

constexpr unsigned kSamples = 20'000;

struct Subject {
    std::string name; // of the program
    int program;
    int expected; // the action
    std::function<Bytes(unsigned)> packet;
    std::string what{}; // is measured of it
    Policy policy = NoRules;
    bool is_capped = false;
};

std::uint32_t run_once(const Subject& subject, unsigned flow)
{
    static Bytes out(4096);
    Bytes packet = subject.packet(flow);
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet.data(), .data_out = out.data(),
                .data_size_in = static_cast<__u32>(packet.size()), .data_size_out = static_cast<__u32>(out.size()),
                .repeat = 1);
    if (bpf_prog_test_run_opts(subject.program, &options))
        die("run " + subject.name);
    if (static_cast<int>(options.retval) != subject.expected) {
        fmt::print(stderr, "{}: returned {} instead of {}\n", subject.name, options.retval, subject.expected);
        std::exit(1);
    }
    return options.duration;
}

// The mean of the middle half: neither interrupts nor the clock's coarse ticks show.
double typical(std::vector<std::uint32_t> values)
{
    std::ranges::sort(values);
    const std::size_t first = values.size() / 4, count = values.size() / 2;
    return std::accumulate(values.begin() + static_cast<std::ptrdiff_t>(first),
                           values.begin() + static_cast<std::ptrdiff_t>(first + count), 0.0) /
           static_cast<double>(count);
}

// Interleaved: each subject in turn gets a flow that none has touched just before.
std::vector<double> measure(const Programs& programs, const std::vector<Subject>& subjects, unsigned flows)
{
    Policy policy = NoRules;
    bool is_capped = false;
    std::mt19937 random{1};
    std::vector<std::vector<std::uint32_t>> times(subjects.size());
    for (unsigned sample = 0; sample < kSamples; ++sample)
        for (std::size_t i = 0; i < subjects.size(); ++i) {
            if (subjects[i].policy != policy || subjects[i].is_capped != is_capped)
                programs.use_policy(policy = subjects[i].policy, is_capped = subjects[i].is_capped);
            times[i].push_back(run_once(subjects[i], static_cast<unsigned>(random() % flows)));
        }

    std::vector<double> typicals;
    typicals.reserve(times.size());
    for (auto& values : times)
        typicals.push_back(typical(std::move(values)));
    return typicals;
}

void report(const std::vector<Subject>& subjects, unsigned flows, const std::vector<double>& typicals, bool json)
{
    const double overhead = typicals[0];
    const double lookup = typicals[1] - overhead;
    for (std::size_t i = 1; i < subjects.size(); ++i) {
        const double cost = typicals[i] - overhead;
        if (json)
            fmt::print(
                "{{\"path\": \"{}\", \"metric\": \"ns\", \"flows\": {}, \"typical\": {:.1f}, \"ratio\": {:.2f}}}\n",
                subjects[i].name + subjects[i].what, flows, cost, cost / lookup);
        else
            fmt::print("{:>9}  {:<64} {:>7.1f} ns  {:>5.2f}\n", flows, subjects[i].name + subjects[i].what, cost,
                       cost / lookup);
    }
}

// What costs are compared with.
std::vector<Subject> yardsticks(const Programs& programs, const std::string& what)
{
    return {{"empty", bpf_program__fd(programs.lookup->progs.empty), 0, leaving},
            {"lookup", bpf_program__fd(programs.lookup->progs.lookup), 0, bare_key, what}};
}

std::string words(Policy policy)
{
    return fmt::format(", {} rule{}", kRules[policy], kRules[policy] == 1 ? "" : "s");
}

std::vector<Subject> established(const Programs& programs)
{
    auto subjects = yardsticks(programs, "");
    for (const Policy policy : {NoRules, OneRule, ManyRules}) {
        const auto what = policy == NoRules ? "" : words(policy);
        subjects.push_back(
            {"from_interface", bpf_program__fd(programs.interface->progs.from_interface), 7, leaving, what, policy});
        subjects.push_back(
            {"tc_underlay", bpf_program__fd(programs.underlay->progs.tc_underlay), 7, arriving, what, policy});
        subjects.push_back(
            {"xdp_underlay", bpf_program__fd(programs.xdp->progs.xdp_underlay), 2, arriving, what, policy});
    }
    const auto capped = [&](const char* name, const bpf_program* program, Bytes (*packet)(unsigned)) {
        subjects.push_back({name, bpf_program__fd(program), 7, packet, ", capped", NoRules, true});
    };
    capped("from_interface", programs.interface->progs.from_interface, leaving);
    capped("tc_underlay", programs.underlay->progs.tc_underlay, arriving);
    return subjects;
}

// First packets: `n` counts up from what the tables hold, so none meets a flow that is known.
std::vector<Subject> decisions(const Programs& programs, unsigned flows)
{
    auto subjects = yardsticks(programs, ", between first packets");
    const auto next = [n = std::make_shared<unsigned>(flows)] { return (*n)++; };
    for (const Policy policy : {NoRules, OneRule, ManyRules}) {
        const auto what = ", first packet" + words(policy);
        subjects.push_back({"from_interface", bpf_program__fd(programs.interface->progs.from_interface), 7,
                            [next](unsigned) { return leaving(next()); }, what, policy});
        subjects.push_back({"tc_underlay", bpf_program__fd(programs.underlay->progs.tc_underlay), 7,
                            [next](unsigned) { return arriving(next()); }, what, policy});
    }
    return subjects;
}

// Interleaved with them: the same programs of other builds. All run once before one runs again, with other rules: a
// program that has just run would find its code in the caches.
void add_others(const Programs& programs, std::vector<Subject>& subjects)
{
    const std::vector<Subject> embedded{subjects.begin() + 2, subjects.end()};
    for (const auto& [name, build] : programs.others)
        for (const auto& subject : embedded)
            subjects.push_back({subject.name, build.program(subject.name), subject.expected, subject.packet,
                                fmt::format("{}, {}", subject.what, name), subject.policy, subject.is_capped});
    std::ranges::stable_sort(subjects, {}, &Subject::policy);
}

} // namespace

int main(int argc, char** argv)
{
    bool json = false;
    std::map<std::string, std::string> directories; // of other builds, by name
    std::vector<unsigned> sizes{256, 500'000};
    for (int i = 1; i < argc; ++i) {
        if (std::string_view{argv[i]} == "--json")
            json = true;
        else if (const std::string_view word{argv[i]}; word.find('=') != std::string_view::npos)
            directories[std::string{word.substr(0, word.find('='))}] = word.substr(word.find('=') + 1);
        else
            sizes = {static_cast<unsigned>(std::max(1, std::atoi(argv[i])))};
    }
    libbpf_set_print([](libbpf_print_level level, const char* format, va_list arguments) {
        return level == LIBBPF_WARN ? std::vfprintf(stderr, format, arguments) : 0;
    });

    if (!json)
        fmt::print(
            "    flows  program                                                                cost   of one flow "
            "lookup\n");
    for (const unsigned flows : sizes) {
        const Programs programs{flows, directories};
        programs.fill_tables();
        programs.fill_rules();
        programs.fill_flows(flows);
        // Apart, because what inserts into tables pushes others' lines out of the caches.
        for (auto subjects : {established(programs), decisions(programs, flows)}) {
            add_others(programs, subjects);
            report(subjects, flows, measure(programs, subjects, flows), json);
        }
    }
    return 0;
}
