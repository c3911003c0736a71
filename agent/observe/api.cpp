// Handlers of the status API, and how a query is read.
#include "observe/api.h"

#include <charconv>

#include <fmt/format.h>
#include <netinet/in.h>

#include "observe/describe.h"
#include "observe/json.h"
#include "observe/resources.h"
#include "observe/words.h"

namespace vpcd {

namespace json = boost::json;

namespace {

std::optional<std::string> text(const Request& request, std::string_view key)
{
    const auto value = request.query_value(key);
    return value.empty() ? std::nullopt : std::optional<std::string>{value};
}

Answer<std::optional<unsigned>> number(const Request& request, std::string_view key, unsigned least, unsigned most)
{
    const auto value = request.query_value(key);
    if (value.empty())
        return std::nullopt;
    unsigned result = 0;
    const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), result);
    if (error != std::errc{} || stop != value.data() + value.size() || result < least || result > most)
        return refuse(400, fmt::format("{}: '{}' is no number from {} to {}", key, value, least, most));
    return result;
}

Answer<std::optional<Address>> address(const Request& request, std::string_view key)
{
    const auto value = request.query_value(key);
    if (value.empty())
        return std::nullopt;
    const auto parsed = Address::parse(value);
    if (!parsed)
        return refuse(400, fmt::format("{}: {}", key, parsed.error().text()));
    return *parsed;
}

Answer<std::optional<unsigned>> protocol(const Request& request)
{
    const auto value = request.query_value("protocol");
    if (value.empty())
        return std::nullopt;
    const auto parsed = parse_protocol(value);
    if (!parsed)
        return refuse(400, fmt::format("protocol: '{}' is neither a name nor a number up to 255", value));
    return *parsed;
}

Answer<bool> flag(const Request& request, std::string_view key)
{
    const auto value = request.query_value(key);
    if (!value.empty() && value != "true" && value != "false")
        return refuse(400, fmt::format("{}: '{}' is neither true nor false", key, value));
    return value == "true";
}

Answer<FlowFilter> flow_filter(const Request& request)
{
    FlowFilter filter;
    filter.vpc = text(request, "vpc");
    filter.interface = text(request, "interface");
    const auto either_end = address(request, "address");
    if (!either_end)
        return std::unexpected(either_end.error());
    filter.address = *either_end;
    const auto carried = protocol(request);
    if (!carried)
        return std::unexpected(carried.error());
    filter.protocol = *carried;
    const auto port = number(request, "port", 1, 65535);
    if (!port)
        return std::unexpected(port.error());
    filter.port = *port;
    const auto limit = number(request, "limit", 1, FlowFilter::kMaxLimit);
    if (!limit)
        return std::unexpected(limit.error());
    filter.limit = limit->value_or(FlowFilter::kDefaultLimit);
    return filter;
}

DropFilter drop_filter(const Request& request)
{
    return {text(request, "vpc"), text(request, "interface"), text(request, "reason")};
}

template <typename T>
Answer<json::array> rows(const Result<std::vector<T>>& values)
{
    if (!values)
        return refuse(500, values.error().text());
    return to_json_array(*values);
}

Answer<json::value> get_flows(const Views& views, const Request& request)
{
    const auto filter = flow_filter(request);
    if (!filter)
        return std::unexpected(filter.error());
    auto flows = rows(views.flows(*filter));
    if (!flows)
        return std::unexpected(flows.error());
    return json::value{{"limit", filter->limit}, {"flows", std::move(*flows)}};
}

// Which must be named: a slip is not to end every connection of a host.
Answer<json::value> end_flows(const Views& views, const Request& request)
{
    const auto filter = flow_filter(request);
    if (!filter)
        return std::unexpected(filter.error());
    const auto all = flag(request, "all");
    if (!all)
        return std::unexpected(all.error());
    if (filter->is_any() != *all)
        return refuse(400, *all ? "all=true and filters contradict each other"
                                : "say which flows are to end, by a filter or with all=true");
    const auto ended = views.end_flows(*filter);
    if (!ended)
        return refuse(500, ended.error().text());
    return json::value{{"ended", *ended}};
}

Answer<json::value> get_counters(const Views& views)
{
    auto interfaces = rows(views.interface_counters());
    if (!interfaces)
        return std::unexpected(interfaces.error());
    auto datapath = rows(views.datapath_counters());
    if (!datapath)
        return std::unexpected(datapath.error());
    return json::value{{"interfaces", std::move(*interfaces)}, {"datapath", std::move(*datapath)}};
}

Answer<json::value> get_drops(const Views& views, const Request& request)
{
    auto drops = views.drop_counts();
    if (!drops)
        return refuse(500, drops.error().text());
    std::erase_if(*drops, [filter = drop_filter(request)](const DropCount& drop) {
        return (filter.vpc && *filter.vpc != drop.vpc) || (filter.interface && *filter.interface != drop.interface) ||
               (filter.reason && *filter.reason != drop.reason);
    });
    return json::value{{"drops", to_json_array(*drops)}};
}

// What only TCP and only ICMP have.
Answer<void> read_headers(const Request& request, TraceRequest& wanted)
{
    const auto flags = request.query_value("flags");
    wanted.tcp_flags = flags.empty() ? std::nullopt : parse_tcp_flags(flags);
    if (!flags.empty() && !wanted.tcp_flags)
        return refuse(400, fmt::format("flags: '{}' is not made of syn, ack, fin, rst, psh and urg", flags));
    const auto type = number(request, "icmpType", 0, 255), code = number(request, "icmpCode", 0, 255);
    if (!type || !code)
        return std::unexpected(!type ? type.error() : code.error());
    wanted.icmp_type = *type;
    wanted.icmp_code = code->value_or(0);
    if (wanted.tcp_flags && wanted.protocol != IPPROTO_TCP)
        return refuse(400, "flags: only TCP has them");
    if ((wanted.icmp_type || *code) && wanted.protocol != IPPROTO_ICMP)
        return refuse(400, "icmpType and icmpCode: only ICMP has them");
    return {};
}

Answer<TraceRequest> trace_request(const Request& request)
{
    TraceRequest wanted;
    wanted.from = request.query_value("from");
    wanted.to = request.query_value("to");
    wanted.vpc = text(request, "vpc");
    if (wanted.from.empty() || wanted.to.empty())
        return refuse(400, "a trace needs from and to");
    const auto source = address(request, "source");
    if (!source)
        return std::unexpected(source.error());
    wanted.source = *source;
    const auto carried = protocol(request);
    if (!carried)
        return std::unexpected(carried.error());
    wanted.protocol = carried->value_or(wanted.protocol);
    if (auto done = read_headers(request, wanted); !done)
        return std::unexpected(done.error());
    for (const auto& [key, field, least, most] : {std::tuple{"sport", &wanted.source_port, 1u, 65535u},
                                                  {"dport", &wanted.destination_port, 1u, 65535u},
                                                  {"size", &wanted.size, 20u, 65535u},
                                                  {"ttl", &wanted.ttl, 1u, 255u}}) {
        const auto value = number(request, key, least, most);
        if (!value)
            return std::unexpected(value.error());
        *field = value->value_or(*field);
    }
    for (const auto& [key, field] : {std::pair{"fresh", &wanted.fresh}, {"arriving", &wanted.arriving}}) {
        const auto value = flag(request, key);
        if (!value)
            return std::unexpected(value.error());
        *field = *value;
    }
    return wanted;
}

Answer<json::value> get_trace(const Views& views, const Request& request)
{
    const auto wanted = trace_request(request);
    if (!wanted)
        return std::unexpected(wanted.error());
    const auto answer = views.trace(*wanted);
    if (!answer)
        return refuse(answer.error().source() == ErrorSource::Config ? 400 : 500, answer.error().text());
    return to_json(*answer);
}

Answer<json::value> get_list(const Views& views, const Request& request)
{
    const auto limit = number(request, "limit", 1, Page::kMaxLimit);
    if (!limit)
        return std::unexpected(limit.error());
    return list_resources(views, request.parameter("kind"),
                          {std::string{request.query_value("after")}, limit->value_or(Page::kDefaultLimit)});
}

} // namespace

Router make_api(const Views& views, DropFeed& drops)
{
    Router router;
    router.get("/v1/status", {}, [&views](const Request&) -> Answer<json::value> {
        return to_json(views.status(), resource_counts(views.model()));
    });
    router.get("/v1/resources", {}, [&views](const Request&) -> Answer<json::value> {
        return json::value{{"kinds", resource_counts(views.model())}};
    });
    router.get("/v1/resources/{kind}", {"limit", "after"},
               [&views](const Request& request) { return get_list(views, request); });
    router.get("/v1/resources/{kind}/{name}", {}, [&views](const Request& request) {
        return show_resource(views, request.parameter("kind"), request.parameter("name"));
    });
    router.get("/v1/describe/{kind}/{name}", {}, [&views](const Request& request) {
        return describe_resource(views, request.parameter("kind"), request.parameter("name"));
    });
    router.get("/v1/flows", {"vpc", "address", "port", "protocol", "interface", "limit"},
               [&views](const Request& request) { return get_flows(views, request); });
    router.remove("/v1/flows", {"vpc", "address", "port", "protocol", "interface", "all"},
                  [&views](const Request& request) { return end_flows(views, request); });
    router.get("/v1/counters", {}, [&views](const Request&) { return get_counters(views); });
    router.get("/v1/trace",
               {"from", "to", "vpc", "source", "protocol", "sport", "dport", "flags", "icmpType", "icmpCode", "size",
                "ttl", "fresh", "arriving"},
               [&views](const Request& request) { return get_trace(views, request); });
    router.get("/v1/drops", {"vpc", "interface", "reason"},
               [&views](const Request& request) { return get_drops(views, request); });
    router.stream("/v1/drops/follow", {"vpc", "interface", "reason"},
                  [&views, &drops](const Request& request, std::shared_ptr<Stream> stream) -> Answer<void> {
                      if (!views.offers_drops())
                          return refuse(409, "drops cannot be followed: datapath.events is off in vpcd.yaml");
                      drops.follow(std::move(stream), drop_filter(request));
                      return {};
                  });
    return router;
}

} // namespace vpcd
