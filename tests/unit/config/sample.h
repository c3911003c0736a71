// Documents for the tests: texts in, errors as text out.
#pragma once

#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "config/documents.h"

namespace vpcd::sample {

inline std::vector<std::string> texts(const std::vector<Error>& errors)
{
    std::vector<std::string> found;
    for (const auto& error : errors)
        found.push_back(error.text());
    return found;
}

// What an update is refused for; empty when it is accepted.
inline std::vector<std::string> refusal(Documents& documents, const Documents::Files& files)
{
    const auto changed = documents.update(files);
    return changed ? std::vector<std::string>{} : texts(changed.error());
}

// An accepted network that the rows below add to: base.yaml, one document a line.
inline Documents network(Quotas quotas = {})
{
    Documents documents{quotas};
    const auto changed = documents.update({{"base.yaml", R"(
--- {kind: Host, name: node-a, address: 192.0.2.1}
--- {kind: Host, name: node-b, address: 192.0.2.2, zone: b}
--- {kind: Vpc, name: blue, vni: 100, cidrs: [10.0.0.0/16, 192.168.0.0/24]}
--- {kind: Vpc, name: red, vni: 200, cidrs: [10.0.0.0/16]}
--- {kind: Subnet, name: web, vpc: blue, cidr: 10.0.1.0/24}
--- {kind: Subnet, name: red-web, vpc: red, cidr: 10.0.1.0/24}
--- {kind: Interface, name: web-1, subnet: web, host: node-a, device: tap-1, address: 10.0.1.10, mac: "02:00:00:00:01:0a"}
--- {kind: Interface, name: red-1, subnet: red-web, host: node-a, device: tap-2, address: 10.0.1.10, mac: "02:00:00:00:01:0a"}
--- {kind: RouteTable, name: red-table, vpc: red}
--- {kind: RouteTable, name: blue-main, vpc: blue, main: true}
--- {kind: Host, name: gateway, address: 192.0.2.3, external: eth1}
)"}});
    REQUIRE(changed);
    return documents;
}

// One file of documents, added to network(), and every error it makes.
struct RuleRow {
    const char* name;
    std::string text;
    std::vector<std::string> errors;
};

inline void check_rows(const std::vector<RuleRow>& rows)
{
    for (const auto& row : rows) {
        INFO(row.name);
        Documents documents = network();
        CHECK(refusal(documents, {{"net.yaml", row.text}}) == row.errors);
    }
}

} // namespace vpcd::sample
