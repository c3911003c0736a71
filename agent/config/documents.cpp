#include "config/documents.h"

#include <algorithm>
#include <iterator>
#include <ranges>

#include <fmt/format.h>

#include "model/defaults.h"

namespace vpcd {

std::expected<std::set<ResourceId>, std::vector<Error>> Documents::update(const Files& files)
{
    for (const auto& [path, text] : files)
        pending_[path] = text ? parse_documents(path, *text) : ParsedFile{};

    Change change = gather();
    std::vector<Declaration> undo;
    for (auto& declaration : change.declarations)
        undo.push_back(model_.apply(std::move(declaration)));
    complete_defaults(model_, undo);

    std::set<ResourceId> touched = changed(undo);
    auto errors = std::move(change.errors);
    std::ranges::move(check(model_, touched, quotas_, change.unreadable), std::back_inserter(errors));

    if (!errors.empty()) {
        take_back(std::move(undo));
        sort_errors(errors);
        pending_errors_ = errors;
        return std::unexpected(std::move(errors));
    }
    accept();
    return touched;
}

// All pending files as one list of declarations, those first that others build on. What the files declared before and
// do not any more is removed.
Documents::Change Documents::gather()
{
    Change change;
    std::map<ResourceId, Location> declared;
    std::set<ResourceId> removed;

    for (const auto& path : std::views::keys(pending_))
        if (const auto before = accepted_.find(path); before != accepted_.end())
            removed.insert(before->second.begin(), before->second.end());

    for (const auto& [path, parsed] : pending_) {
        std::ranges::copy(parsed.errors, std::back_inserter(change.errors));
        change.unreadable.others |= parsed.unreadable.others;
        change.unreadable.ids.insert(parsed.unreadable.ids.begin(), parsed.unreadable.ids.end());

        for (const auto& declaration : parsed.declarations) {
            const auto& id = declaration.id;
            const Origin* elsewhere = removed.contains(id) ? nullptr : model_.origin(id);
            if (elsewhere && !elsewhere->is_generated())
                declared.emplace(id, elsewhere->at("name"));
            const auto [first, is_new] = declared.emplace(id, declaration.origin.at("name"));
            if (is_new)
                change.declarations.push_back(declaration);
            else
                change.errors.push_back(
                    Error::at(declaration.origin.at("name"),
                              fmt::format("{} is already declared at {}; kind and name are declared "
                                          "once",
                                          to_string(id), to_string(first->second))));
        }
    }
    for (const auto& id : removed)
        if (!declared.contains(id))
            change.declarations.push_back({id, std::nullopt, {}});

    std::ranges::stable_sort(change.declarations, {}, [](const Declaration& declaration) {
        return declaration.value ? declaration.value->index() : std::variant_size_v<AnyResource>;
    });
    return change;
}

// What differs now from before the change.
std::set<ResourceId> Documents::changed(const std::vector<Declaration>& undo) const
{
    std::set<ResourceId> seen;
    std::set<ResourceId> found;
    for (const auto& [id, old_value, old_origin] : undo)
        if (seen.insert(id).second && model_.get(id) != old_value)
            found.insert(id);
    return found;
}

void Documents::take_back(std::vector<Declaration> undo)
{
    for (auto& step : std::views::reverse(undo))
        model_.apply(std::move(step));
}

void Documents::accept()
{
    for (const auto& [path, parsed] : pending_) {
        auto& ids = accepted_[path];
        ids.clear();
        for (const auto& declaration : parsed.declarations)
            ids.push_back(declaration.id);
        if (ids.empty())
            accepted_.erase(path);
    }
    pending_.clear();
    pending_errors_.clear();
}

} // namespace vpcd
