// One function a command. Results go to stdout, everything else to stderr.
#include "vpcctl/commands.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "model/render.h"
#include "vpcctl/fields.h"
#include "vpcctl/render.h"

namespace vpcd {

namespace json = boost::json;

namespace {

// What the agent is at when it is too busy to answer: the line it leaves beside its socket.
std::optional<std::string> progress_of(const Options& options)
{
    std::ifstream file{std::filesystem::path{options.socket}.parent_path() / kProgressName};
    pid_t pid = 0;
    std::string line;
    if (!(file >> pid) || !std::getline(file >> std::ws, line) || (::kill(pid, 0) != 0 && errno == ESRCH))
        return std::nullopt;
    return line;
}

int fail_with(const ClientError& error, const Options& options)
{
    fmt::print(stderr, "vpcctl: {}\n", error.sentence);
    if (error.kind == ClientError::Kind::Refused)
        return kRefused;
    if (const auto line = progress_of(options)) {
        fmt::print(stderr, "vpcd is busy and answers when that is done: {}\n", *line);
        return kBusy;
    }
    fmt::print(stderr,
               "Is the agent running? Start it with `systemctl start vpcd`, or name its socket with --socket or "
               "VPCD_SOCKET (now: {}).\n",
               options.socket);
    return kUnreachable;
}

void print(const json::value& answer, Format format, const std::function<std::string(const json::value&)>& render)
{
    std::string text;
    switch (format) {
    case Format::Json:
        text = json::serialize(answer) + '\n';
        break;
    case Format::Yaml:
        text = to_yaml(answer);
        break;
    case Format::Table:
        text = render(answer);
        break;
    }
    if (!text.empty() && text.back() != '\n')
        text += '\n';
    std::fwrite(text.data(), 1, text.size(), stdout);
}

int ask(const Options& options, const std::string& target,
        const std::function<std::string(const json::value&)>& render)
{
    const auto answer = Client{options.socket}.get(target);
    if (!answer)
        return fail_with(answer.error(), options);
    print(*answer, options.format, render);
    return kOk;
}

// All pages of a list as one answer.
Reply<json::value> get_all(const Client& client, const std::string& kind)
{
    json::value all;
    std::string after;
    do {
        auto page = client.get(make_target({"v1", "resources", kind}, {{"after", after}, {"limit", "20000"}}));
        if (!page)
            return page;
        after = text_of(*page, "next");
        if (all.is_null()) {
            all = std::move(*page);
            continue;
        }
        for (const auto& item : array_of(*page, "items"))
            all.as_object()["items"].as_array().push_back(item);
    } while (!after.empty());
    if (auto* object = all.if_object())
        object->erase("next");
    return all;
}

} // namespace

int run_status(const Options& options)
{
    const auto line = progress_of(options);
    if (line)
        fmt::print(stderr, "vpcd is busy: {}\n", *line);
    const auto answer = Client{options.socket}.get(make_target({"v1", "status"}));
    if (!answer && line && answer.error().kind == ClientError::Kind::Unreachable) {
        if (options.format != Format::Table)
            print(json::value{{"busy", *line}}, options.format, {});
        return kBusy;
    }
    if (!answer)
        return fail_with(answer.error(), options);
    print(*answer, options.format, render_status);
    return kOk;
}

int run_get(const Options& options)
{
    if (options.kind.empty())
        return ask(options, make_target({"v1", "resources"}), render_kinds);
    const Client client{options.socket};
    const auto answer = options.name.empty()
                            ? get_all(client, options.kind)
                            : client.get(make_target({"v1", "resources", options.kind, options.name}));
    if (!answer)
        return fail_with(answer.error(), options);
    // As YAML: what the documents say, ready to be edited.
    if (options.format == Format::Yaml)
        print(*answer, Format::Table, render_documents);
    else
        print(*answer, options.format, render_list);
    return kOk;
}

int run_describe(const Options& options)
{
    return ask(options, make_target({"v1", "describe", options.kind, options.name}), render_describe);
}

int run_flows(const Options& options)
{
    return ask(options, make_target({"v1", "flows"}, options.query), render_flows);
}

int run_flows_delete(const Options& options)
{
    const auto answer = Client{options.socket}.remove(make_target({"v1", "flows"}, options.query));
    if (!answer) {
        const int code = fail_with(answer.error(), options);
        return answer.error().status == 400 ? kUsage : code;
    }
    print(*answer, options.format, render_ended);
    return kOk;
}

int run_counters(const Options& options)
{
    return ask(options, make_target({"v1", "counters"}),
               [&](const json::value& answer) { return render_counters(answer, options.all); });
}

int run_trace(const Options& options)
{
    const auto answer = Client{options.socket}.get(make_target({"v1", "trace"}, options.query));
    if (!answer) {
        const int code = fail_with(answer.error(), options);
        return answer.error().status == 400 ? kUsage : code;
    }
    print(*answer, options.format, render_trace);
    return is_set(*answer, "arrives") ? kOk : kRefused;
}

int run_drops(const Options& options)
{
    if (!options.follow)
        return ask(options, make_target({"v1", "drops"}, options.query), render_drops);
    const auto followed = Client{options.socket}.follow(make_target({"v1", "drops", "follow"}, options.query),
                                                        [&](const json::value& record) {
                                                            if (options.format == Format::Yaml)
                                                                std::fputs("---\n", stdout);
                                                            print(record, options.format, render_drop);
                                                            return std::fflush(stdout) == 0;
                                                        });
    return followed ? kOk : fail_with(followed.error(), options);
}

} // namespace vpcd
