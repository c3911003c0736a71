// vpcctl: the operator's view of the agent on this host. Here: the command line.
#include <functional>
#include <map>

#include <CLI/CLI.hpp>

#include "vpcctl/commands.h"

namespace {

constexpr const char* kExamples = R"(Examples:
  vpcctl status                              is the agent well, and are the documents in force?
  vpcctl get                                 how many resources of each kind
  vpcctl get interfaces                      kinds in any spelling: vpc, subnets, rt, eni, hosts
  vpcctl get subnet web-a -o yaml            the document as it is in force
  vpcctl describe eni web-1-eth0             with its network, routes, counters and drops
  vpcctl get sg web                          the rules of a security group, and what each has decided here
  vpcctl flows --vpc prod --port 443         what is being forwarded, where it leads, which rule let it through
  vpcctl flows delete --address 10.0.1.10    ends connections
  vpcctl drops --follow --interface web-1-eth0
  vpcctl trace --from web-1-eth0 --to 10.0.2.10 --proto tcp --dport 443   what becomes of such a packet, and why
  vpcctl counters --all -o json

Exit codes: 0 done, 1 the agent answered with an error, 2 wrong command line, 3 the agent is not reachable,
4 it is busy, at its start for example, and does not answer yet: `status` says what it is at (-o json: {"busy": ...}).
trace: 0 the packet would arrive, as far as this host knows, 1 it would not, 2 wrong question.)";

using Run = int (*)(const vpcd::Options&);

// `key`: what the API calls it, where that is not the option's name.
CLI::Option* add_filter(CLI::App* command, vpcd::Options& options, const std::string& name,
                        const std::string& meaning, std::string key = {})
{
    if (key.empty())
        key = name;
    return command->add_option_function<std::string>(
        "--" + name, [&options, key](const std::string& value) { options.query.emplace_back(key, value); }, meaning);
}

CLI::App* add_command(CLI::App& app, vpcd::Options& options, Run& run, Run function, const std::string& name,
                      const std::string& meaning)
{
    static const std::map<std::string, vpcd::Format> kFormats{
        {"table", vpcd::Format::Table}, {"yaml", vpcd::Format::Yaml}, {"json", vpcd::Format::Json}};
    CLI::App* command = app.add_subcommand(name, meaning);
    command
        ->add_option_function<std::string>(
            "-o,--output", [&options](const std::string& word) { options.format = kFormats.at(word); },
            "table (default), yaml or json")
        ->check(CLI::IsMember({"table", "yaml", "json"}))
        ->type_name("FORMAT");
    command->callback([&run, function, command] { // is called after those of the words behind it
        if (command->get_subcommands().empty())
            run = function;
    });
    return command;
}

void add_trace(CLI::App& app, vpcd::Options& options, Run& run)
{
    auto* trace = add_command(app, options, run, vpcd::run_trace, "trace",
                              "What the loaded programs do with a packet, and why; nothing is sent or counted");
    add_filter(trace, options, "from", "The interface that sends it, or its address")->required();
    add_filter(trace, options, "to", "The address it is for, or an interface of the same VPC")->required();
    add_filter(trace, options, "vpc", "Which VPC, where several have the address of --from");
    add_filter(trace, options, "proto", "icmp (default: a ping), tcp (the opening of a connection), udp or a number",
               "protocol");
    add_filter(trace, options, "sport", "Source port, or identifier of the ping (40000)");
    add_filter(trace, options, "dport", "Destination port (80 for TCP, 53 for UDP)");
    add_filter(trace, options, "flags", "Of TCP: syn (default), 'syn|ack', ack, 'fin|ack', rst ...");
    add_filter(trace, options, "icmp-type", "Of ICMP: 8 (default: a ping), 0, 3 ...; errors quote a UDP packet",
               "icmpType");
    add_filter(trace, options, "icmp-code", "Of ICMP: 0 (default) ...", "icmpCode");
    add_filter(trace, options, "size", "Bytes of the IP packet (84)");
    add_filter(trace, options, "ttl", "Time to live (64)");
    add_filter(trace, options, "source", "Another source address than the interface's own");
    trace->add_flag_callback(
        "--fresh", [&options] { options.query.emplace_back("fresh", "true"); },
        "Decide anew, whatever the flow table says");
    trace->add_flag_callback(
        "--arriving", [&options] { options.query.emplace_back("arriving", "true"); },
        "Begin where the packet of an interface on another host arrives here");
    trace->add_flag_callback("--json", [&options] { options.format = vpcd::Format::Json; }, "As -o json");
}

void add_flow_filters(CLI::App* command, vpcd::Options& options)
{
    add_filter(command, options, "vpc", "Only of this VPC");
    add_filter(command, options, "address", "Only from or to this address");
    add_filter(command, options, "port", "Only from or to this port");
    add_filter(command, options, "protocol", "tcp, udp, icmp or a number");
    add_filter(command, options, "interface", "Only those that enter from or lead to this interface");
}

void add_flows(CLI::App& app, vpcd::Options& options, Run& run)
{
    auto* flows = add_command(app, options, run, vpcd::run_flows, "flows",
                              "Connections this host forwards, their state and the rules that let them through");
    add_flow_filters(flows, options);
    add_filter(flows, options, "limit", "At most so many (1000)");

    auto* ending = add_command(*flows, options, run, vpcd::run_flows_delete, "delete",
                               "End connections: the next packet of each is decided as a new one");
    add_flow_filters(ending, options);
    ending->add_flag_callback(
        "--all", [&options] { options.query.emplace_back("all", "true"); }, "Every one; instead of filters");
    flows->require_subcommand(0, 1);
}

void add_commands(CLI::App& app, vpcd::Options& options, Run& run)
{
    add_command(app, options, run, vpcd::run_status, "status", "The agent, its documents, underlay and peers");

    auto* get = add_command(app, options, run, vpcd::run_get, "get", "List resources, or show one");
    get->add_option("KIND", options.kind, "Which kind; without: how many there are of each");
    get->add_option("NAME", options.name, "Which one; without: all");

    auto* describe =
        add_command(app, options, run, vpcd::run_describe, "describe", "One resource and everything related to it");
    describe->add_option("KIND", options.kind)->required();
    describe->add_option("NAME", options.name)->required();

    add_flows(app, options, run);

    auto* counters = add_command(app, options, run, vpcd::run_counters, "counters", "Packets and bytes");
    counters->add_flag("--all", options.all, "Counters that are zero, too");

    auto* drops = add_command(app, options, run, vpcd::run_drops, "drops", "What was dropped, and why");
    drops->add_flag("-f,--follow", options.follow, "Each packet as it is dropped, until interrupted");
    add_filter(drops, options, "vpc", "Only of this VPC");
    add_filter(drops, options, "interface", "Only of this interface");
    add_filter(drops, options, "reason", "Only for this reason, such as no-route");
    add_trace(app, options, run);
}

} // namespace

int main(int argc, char** argv)
{
    vpcd::Options options;
    Run run = nullptr;
    CLI::App app{"Shows what the vpcd agent of this host knows and does.", "vpcctl"};
    app.footer(kExamples);
    app.add_option("--socket", options.socket, "The agent's socket")->envname("VPCD_SOCKET")->capture_default_str();
    app.require_subcommand(1);
    app.fallthrough();
    add_commands(app, options, run);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? vpcd::kOk : vpcd::kUsage;
    }
    return run(options);
}
