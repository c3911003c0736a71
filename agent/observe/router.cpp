// Request targets: splitting, percent-decoding, matching.
#include "observe/router.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace vpcd {

namespace {

std::optional<std::string> decode(std::string_view text, bool plus_is_space)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus_is_space) {
            out += ' ';
        } else if (text[i] != '%') {
            out += text[i];
        } else {
            unsigned value = 0;
            if (i + 2 >= text.size())
                return std::nullopt;
            const char* end = text.data() + i + 3;
            auto [stop, error] = std::from_chars(text.data() + i + 1, end, value, 16);
            if (error != std::errc{} || stop != end)
                return std::nullopt;
            out += static_cast<char>(value);
            i += 2;
        }
    }
    return out;
}

std::vector<std::string_view> split(std::string_view text, char separator)
{
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const auto end = text.find(separator);
        if (end != 0)
            parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos)
            break;
        text.remove_prefix(end + 1);
    }
    return parts;
}

std::vector<std::string> pattern_of(std::string_view text)
{
    const auto parts = split(text, '/');
    return {parts.begin(), parts.end()};
}

bool is_parameter(std::string_view segment)
{
    return segment.starts_with('{');
}

bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& path)
{
    return std::ranges::equal(pattern, path, [](const std::string& wanted, const std::string& given) {
        return is_parameter(wanted) || wanted == given;
    });
}

Answer<std::vector<std::string>> parse_path(std::string_view text)
{
    std::vector<std::string> path;
    for (const auto part : split(text, '/')) {
        auto decoded = decode(part, false);
        if (!decoded)
            return refuse(400, fmt::format("'{}' is not percent-encoded", part));
        path.push_back(std::move(*decoded));
    }
    return path;
}

Answer<void> parse_query(std::string_view text, const std::vector<std::string>& known, Request& request)
{
    for (const auto part : split(text, '&')) {
        const auto equals = part.find('=');
        auto key = decode(part.substr(0, equals), true);
        auto value = decode(equals == std::string_view::npos ? "" : part.substr(equals + 1), true);
        if (!key || !value)
            return refuse(400, fmt::format("'{}' is not percent-encoded", part));
        if (std::ranges::find(known, *key) == known.end())
            return refuse(400, known.empty() ? fmt::format("unknown parameter '{}'; there is none here", *key)
                                             : fmt::format("unknown parameter '{}'; there are {}", *key,
                                                           fmt::join(known, ", ")));
        if (!request.query.emplace(std::move(*key), std::move(*value)).second)
            return refuse(400, fmt::format("parameter '{}' is given twice", part.substr(0, equals)));
    }
    return {};
}

std::string_view find(const std::map<std::string, std::string, std::less<>>& values, std::string_view name)
{
    const auto found = values.find(name);
    return found == values.end() ? std::string_view{} : found->second;
}

} // namespace

std::string_view Request::parameter(std::string_view name) const
{
    return find(parameters, name);
}

std::string_view Request::query_value(std::string_view name) const
{
    return find(query, name);
}

void Router::get(std::string_view pattern, std::vector<std::string> query, Handler handler)
{
    routes_.push_back({"GET", pattern_of(pattern), std::move(query), std::move(handler), {}});
}

void Router::remove(std::string_view pattern, std::vector<std::string> query, Handler handler)
{
    routes_.push_back({"DELETE", pattern_of(pattern), std::move(query), std::move(handler), {}});
}

void Router::stream(std::string_view pattern, std::vector<std::string> query, StreamHandler handler)
{
    routes_.push_back({"GET", pattern_of(pattern), std::move(query), {}, std::move(handler)});
}

ApiError Router::no_route(std::string_view method, std::string_view target,
                          const std::vector<std::string>& path) const
{
    std::vector<std::string_view> methods;
    for (const auto& route : routes_)
        if (fits(route.pattern, path))
            methods.push_back(route.method);
    if (methods.empty())
        return {404, fmt::format("there is nothing at {}", target)};
    return {405, fmt::format("{} is not possible here; only {}", method, fmt::join(methods, " and ")),
            fmt::format("{}", fmt::join(methods, ", "))};
}

Answer<Router::Match> Router::match(std::string_view method, std::string_view target) const
{
    if (!target.starts_with('/'))
        return refuse(400, "the request target does not begin with '/'");
    const auto question = target.find('?');
    auto path = parse_path(target.substr(0, question));
    if (!path)
        return std::unexpected(path.error());

    const auto route = std::ranges::find_if(
        routes_, [&](const Route& each) { return each.method == method && fits(each.pattern, *path); });
    if (route == routes_.end())
        return std::unexpected(no_route(method, target.substr(0, question), *path));

    Match match{&*route, {}};
    for (std::size_t i = 0; i < path->size(); ++i)
        if (const std::string& wanted = route->pattern[i]; is_parameter(wanted))
            match.request.parameters.emplace(wanted.substr(1, wanted.size() - 2), (*path)[i]);
    if (question != std::string_view::npos)
        if (auto parsed = parse_query(target.substr(question + 1), route->query, match.request); !parsed)
            return std::unexpected(parsed.error());
    return match;
}

} // namespace vpcd
