#include "config/documents.h"

#include <algorithm>
#include <iterator>
#include <ranges>

#include <fmt/format.h>

#include "base/stopwatch.h"
#include "config/parse_files.h"
#include "model/defaults.h"

namespace vpcd {

namespace {

Error declared_twice(const Declaration& declaration, const Origin& first)
{
    return Error::at(declaration.origin.at("name"),
                     fmt::format("{} is already declared at {}; kind and name are declared once",
                                 to_string(declaration.id), to_string(first.at("name"))))
        .about(to_string(declaration.id));
}

void shorten(std::vector<Error>& errors)
{
    if (errors.size() <= kMostErrors)
        return;
    errors.erase(errors.begin() + kMostErrors, errors.end());
    errors.push_back(Error::config(fmt::format("more than {} errors; the others are not listed", kMostErrors)));
}

} // namespace

std::expected<ResourceIds, std::vector<Error>> Documents::update(Files files)
{
    Stopwatch watch;
    for (auto& [path, parsed] : parse_files(files))
        pending_[path] = std::move(parsed);
    files.clear(); // much text, not needed from here
    read_ms_ = watch.lap();

    auto touched = try_pending();
    model_ms_ = watch.lap();
    return touched;
}

std::expected<ResourceIds, std::vector<Error>> Documents::try_pending()
{
    Change change;
    gather(change);
    apply(change);
    ResourceIds touched = changed(change);
    auto errors = std::move(change.errors);
    const FormerValues former = former_values(change, touched);
    std::ranges::move(check(model_, touched, quotas_, change.unreadable, former), std::back_inserter(errors));

    if (!errors.empty()) {
        take_back(change);
        sort_errors(errors);
        shorten(errors);
        pending_errors_ = errors;
        return std::unexpected(std::move(errors));
    }
    accept();
    return touched;
}

// All pending files as one list of declarations. What the files declared before and do not any more is removed.
void Documents::gather(Change& change)
{
    DeclaredKeys declared;
    std::size_t count = 0;
    for (const auto& parsed : std::views::values(pending_))
        count += parsed.declarations.size();
    declared.reserve(count);
    change.declarations.reserve(count);
    for (auto& [path, parsed] : pending_) {
        std::ranges::copy(parsed.errors, std::back_inserter(change.errors));
        change.unreadable.others |= parsed.unreadable.others;
        change.unreadable.ids.insert(parsed.unreadable.ids.begin(), parsed.unreadable.ids.end());

        for (auto& declaration : parsed.declarations) {
            if (auto error = note_declared(declaration, declared))
                change.errors.push_back(std::move(*error));
            else
                change.declarations.push_back(&declaration);
        }
    }
    gather_removals(change, declared);
    for (auto& removal : change.removals)
        change.declarations.push_back(&removal);

    std::ranges::stable_sort(change.declarations, {}, [](const Declaration* declaration) {
        return declaration->value ? declaration->value->index() : std::variant_size_v<AnyResource>;
    });
}

void Documents::gather_removals(Change& change, const DeclaredKeys& declared) const
{
    for (const auto& path : std::views::keys(pending_)) {
        const auto before = accepted_.find(path);
        if (before == accepted_.end())
            continue;
        for (const auto& id : before->second)
            if (!declared.contains(id))
                change.removals.push_back({id, std::nullopt, {}});
    }
}

// An error if it is declared already: in this change, or in a file that is not part of it.
std::optional<Error> Documents::note_declared(const Declaration& declaration, DeclaredKeys& declared) const
{
    const auto [first, is_new] = declared.emplace(declaration.id, &declaration);
    if (!is_new)
        return declared_twice(declaration, first->second->origin);
    const Origin* elsewhere = model_.origin(declaration.id);
    if (!elsewhere || elsewhere->is_generated() || pending_.contains(elsewhere->file()))
        return std::nullopt;
    declared.erase(first);
    return declared_twice(declaration, *elsewhere);
}

void Documents::apply(Change& change)
{
    model_.reserve(change.declarations);
    for (auto* declaration : change.declarations)
        *declaration = model_.apply(std::move(*declaration));
    complete_defaults(model_, change.declarations, change.defaults);
}

// Afterwards the declarations are again what the files say.
void Documents::take_back(Change& change)
{
    for (auto& step : std::views::reverse(change.defaults))
        model_.apply(std::move(step));
    for (auto* declaration : std::views::reverse(change.declarations))
        *declaration = model_.apply(std::move(*declaration));
}

// What differs now from before the change.
ResourceIds Documents::changed(const Change& change) const
{
    ResourceIds seen; // by the declarations: what follows from them may touch the same once more
    ResourceIds found;
    found.reserve(change.declarations.size());
    const auto compare = [&](const Declaration& before) {
        if (!model_.holds(before))
            found.insert(before.id);
    };
    if (!change.defaults.empty())
        for (const auto* declaration : change.declarations)
            seen.insert(declaration->id);
    std::ranges::for_each(change.declarations, [&](const Declaration* before) { compare(*before); });
    for (const auto& before : change.defaults)
        if (seen.insert(before.id).second)
            compare(before);
    return found;
}

// What touched documents said before. Of what has none nothing is remembered.
FormerValues Documents::former_values(const Change& change, const ResourceIds& touched)
{
    FormerValues former;
    for (const auto* before : change.declarations)
        if (before->value && touched.contains(before->id))
            former.emplace(before->id, &*before->value);
    return former;
}

void Documents::accept()
{
    for (auto& [path, parsed] : pending_) {
        auto& ids = accepted_[path];
        ids.clear();
        ids.reserve(parsed.declarations.size());
        for (auto& declaration : parsed.declarations)
            ids.push_back(std::move(declaration.id));
        if (ids.empty())
            accepted_.erase(path);
    }
    pending_.clear();
    pending_errors_.clear();
}

} // namespace vpcd
