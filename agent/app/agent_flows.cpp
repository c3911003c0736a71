// Connections as the status API shows and ends them.
#include "app/agent_views.h"
#include "app/translation_views.h"
#include "dataplane/flow_ends.h"
#include "dataplane/readings.h"

namespace vpcd {

Result<std::vector<FlowView>> AgentViews::flows(const FlowFilter& filter) const
{
    if (auto updated = dataplane_.clock().update(); !updated)
        return fail(updated.error());
    const Planner& planner = reconciler_.planner();
    const FlowSelection selection{filter, planner};
    std::vector<FlowView> views;

    const Programs& programs = dataplane_.programs();
    auto visited = visit_flows(programs, [&](FlowTable table, const ::flow_key& key, const ::flow& flow) {
        if (selection.selects(key, flow)) {
            const auto answer_at = answer_key(key, flow);
            const auto answer = answer_at ? find_flow(programs, *answer_at) : std::nullopt;
            views.push_back(to_view({table, key, flow, answer ? &*answer : nullptr}, planner, dataplane_.clock()));
        }
        return views.size() < filter.limit;
    });
    if (visited && views.size() < filter.limit)
        visited = add_translations(filter, selection, views);
    if (!visited)
        return fail(visited.error());
    return views;
}

Result<void> AgentViews::add_translations(const FlowFilter& filter, const FlowSelection& selection,
                                          std::vector<FlowView>& views) const
{
    const Programs& programs = dataplane_.programs();
    return visit_translations(programs, [&](const ::flow_key& key, const ::translation& translation) {
        if (selection.selects(key, translation)) {
            const auto answer = find_translation(programs, answer_key(key, translation));
            views.push_back(to_view(TranslationEntry{key, translation, answer ? &*answer : nullptr},
                                    reconciler_.planner(), dataplane_.clock()));
        }
        return views.size() < filter.limit;
    });
}

Result<std::size_t> AgentViews::end_flows(const FlowFilter& filter) const
{
    const FlowSelection selection{filter, reconciler_.planner()};
    std::vector<::flow_key> keys;
    auto visited = visit_flows(dataplane_.programs(), [&](FlowTable, const ::flow_key& key, const ::flow& flow) {
        if (selection.selects(key, flow))
            keys.push_back(key);
        return true;
    });
    std::vector<::flow_key> translated;
    if (visited)
        visited = visit_translations(dataplane_.programs(), [&](const ::flow_key& key, const ::translation& entry) {
            if (selection.selects(key, entry))
                translated.push_back(key);
            return true;
        });
    if (!visited)
        return fail(visited.error());
    std::size_t connections = 0;
    // The other direction's, if it is among them, finds nothing any more.
    const auto end = [&](const auto& all, const auto& forget) -> Result<void> {
        for (const auto& key : all) {
            const auto ended = forget(dataplane_.programs(), key);
            if (!ended)
                return fail(ended.error());
            connections += *ended > 0 ? 1 : 0;
        }
        return {};
    };
    auto ended = end(keys, forget_flow);
    if (ended)
        ended = end(translated, forget_translation);
    if (!ended)
        return fail(ended.error());
    return connections;
}

} // namespace vpcd
