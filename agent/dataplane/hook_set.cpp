#include "dataplane/hook_set.h"

#include <fmt/format.h>

#include "dataplane/log.h"

namespace vpcd {

HookSet::HookSet(const Pins& pins) : pins_(&pins), inherited_filters_(observe_filters()), filters_(inherited_filters_)
{
    for (const auto& name : pins.link_names())
        if (auto hook = parse_pin_name(name))
            inherited_.insert(std::move(*hook));
}

std::vector<Error> HookSet::apply(const std::set<Hook>& wanted, const Programs& programs)
{
    std::vector<Error> errors;
    for (const auto& hook : wanted) {
        const auto found = attached_.find(hook);
        const bool is_alive = found != attached_.end() && found->second.is_alive();
        if (is_alive && !outdated_.contains(hook))
            continue;
        if (auto error = is_alive ? renew(hook, found->second, programs) : attach(hook, programs))
            errors.push_back(std::move(*error));
    }
    end_unwanted(wanted, errors);
    return errors;
}

std::optional<Error> HookSet::renew(const Hook& hook, const Attachment& attachment, const Programs& programs)
{
    if (auto replaced = attachment.replace(programs.program(hook.program)); !replaced) {
        outdated_.insert(hook);
        return replaced.error();
    }
    outdated_.erase(hook);
    return std::nullopt;
}

// Anew, or what an earlier agent has left there: when that cannot be replaced it stays known as left.
std::optional<Error> HookSet::attach(const Hook& hook, const Programs& programs)
{
    const auto pin = pins_->links() / pin_name(hook);
    attached_.erase(hook);
    outdated_.erase(hook);
    auto attachment = Attachment::attach(hook, programs.program(hook.program), pin);
    std::error_code ignored;
    if (attachment || !std::filesystem::exists(pin, ignored))
        inherited_.erase(hook);
    if (!attachment)
        return attachment.error();
    if (!attachment->is_link()) {
        filters_.insert({hook.ifindex, hook.side});
        inherited_filters_.erase({hook.ifindex, hook.side});
    }
    attached_.emplace(hook, std::move(*attachment));
    return std::nullopt;
}

// What cannot be ended is as if left by an earlier agent, and tried again.
void HookSet::end_unwanted(const std::set<Hook>& wanted, std::vector<Error>& errors)
{
    std::set<Hook> unwanted;
    for (const auto& hook : inherited_)
        if (!wanted.contains(hook))
            unwanted.insert(hook);
    for (const auto& [hook, attachment] : attached_)
        if (!wanted.contains(hook))
            unwanted.insert(hook);
    for (const auto& hook : unwanted) {
        inherited_.erase(hook);
        attached_.erase(hook);
        outdated_.erase(hook);
        if (auto detached = Attachment::detach(pins_->links() / pin_name(hook)); !detached) {
            errors.push_back(detached.error());
            inherited_.insert(hook);
        }
    }

    // A filter stays where it is the attachment, or where attaching has just failed; never beside a link.
    std::set<FilterPlace> kept;
    for (const auto& hook : wanted) {
        const auto found = attached_.find(hook);
        if (found == attached_.end() || !found->second.is_link())
            kept.insert({hook.ifindex, hook.side});
    }
    for (const auto& place : std::exchange(filters_, {})) {
        const int error = kept.contains(place) ? 0 : detach_filter(place);
        if (error)
            errors.push_back(bpf_error(error, fmt::format("remove a filter from device {}", place.first)));
        if (error || kept.contains(place))
            filters_.insert(place);
        else
            inherited_filters_.erase(place);
    }
}

std::vector<Error> HookSet::replace(const Programs& programs)
{
    std::vector<Error> errors;
    for (const auto& [hook, attachment] : attached_)
        if (attachment.is_alive()) // else the next apply() attaches it anew
            if (auto error = renew(hook, attachment, programs))
                errors.push_back(std::move(*error));
    return errors;
}

} // namespace vpcd
