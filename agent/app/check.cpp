#include "app/check.h"

#include <cstdio>
#include <fmt/format.h>

#include "app/plan_options_of.h"
#include "config/documents.h"
#include "plan/explain.h"
#include "source/directory_files.h"

namespace vpcd {

namespace {

void print_errors(const std::vector<Error>& errors)
{
    for (const auto& error : errors)
        fmt::print(stderr, "{}\n", error.text());
}

void print_plan(const AgentConfig& config, const Documents& documents, const ResourceIds& resources)
{
    auto options = plan_options_of(config);
    options.documents.clear(); // they are not where the settings say
    Planner planner{std::move(options)};
    const PlanResult plan = planner.update(documents.model(), resources, Facts{});

    print_errors(plan.errors);
    fmt::print("{} resources are valid. On host {} they make {} rows (devices and underlay not looked at):\n",
               resources.size(), config.host, row_count(planner.tables()));
    fmt::print("{}", explain(planner.tables(), planner));
}

} // namespace

int check_documents(const AgentConfig& config, const std::string& directory)
{
    auto files = read_directory(directory);
    if (!files) {
        print_errors({files.error()});
        return 1;
    }

    Documents documents{config.quotas};
    const auto changed = documents.update(std::move(*files));
    if (!changed) {
        print_errors(changed.error());
        fmt::print(stderr, "{} {}, nothing would change\n", changed.error().size(),
                   changed.error().size() == 1 ? "error" : "errors");
        return 1;
    }
    print_plan(config, documents, *changed);
    return 0;
}

} // namespace vpcd
