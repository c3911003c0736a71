#include "model/bandwidth.h"

#include <fmt/format.h>

#include "model/rule_context.h"

namespace vpcd {

void check(const std::optional<Bandwidth>& bandwidth, RuleContext& context)
{
    const auto check_one = [&](std::string_view key, const std::optional<unsigned>& value) {
        if (value && (*value == 0 || *value > Bandwidth::kMost))
            context.report(fmt::format("bandwidth.{}", key),
                           fmt::format("'{}' is 1 to {} Mbit/s; here it is {}", key, Bandwidth::kMost, *value));
    };
    if (!bandwidth)
        return;
    check_one("ingress", bandwidth->ingress);
    check_one("egress", bandwidth->egress);
}

} // namespace vpcd
