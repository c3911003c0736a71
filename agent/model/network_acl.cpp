#include "model/network_acl.h"

#include <fmt/format.h>

#include "model/rule_context.h"

namespace vpcd {

void check(const NetworkAcl& acl, RuleContext& context)
{
    check_rule_counts("rules", "network ACL " + acl.name, count_rules(acl.rules), context);
    for (std::size_t i = 0; i < acl.rules.size(); ++i) {
        const auto path = fmt::format("rules[{}]", i);
        check_access_rule(path, acl.rules[i], context);
        if (!acl.rules[i].peer.group.empty())
            context.report(path + ".peer.group", "a network ACL knows no groups; its peers are 'cidr' or "
                                                 "'prefixList'");
    }
}

Claims claims(const NetworkAcl&, const Model&)
{
    return {};
}

} // namespace vpcd
