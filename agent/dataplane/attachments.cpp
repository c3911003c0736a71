#include "dataplane/attachments.h"

namespace vpcd {

HookSet::HookSet(const Pins& pins) : pins_(&pins), filters_(observe_filters())
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
        if (found != attached_.end() && found->second.is_alive())
            continue;
        attached_.erase(hook);
        auto attachment = Attachment::attach(hook, programs.program(hook.program), pins_->links() / pin_name(hook));
        inherited_.erase(hook);
        if (!attachment) {
            errors.push_back(attachment.error());
            continue;
        }
        if (!attachment->is_link())
            filters_.insert({hook.ifindex, hook.direction});
        attached_.emplace(hook, std::move(*attachment));
    }
    end_unwanted(wanted);
    return errors;
}

void HookSet::end_unwanted(const std::set<Hook>& wanted)
{
    std::set<Hook> unwanted = std::exchange(inherited_, {});
    for (const auto& [hook, attachment] : attached_)
        if (!wanted.contains(hook))
            unwanted.insert(hook);
    for (const auto& hook : unwanted) {
        attached_.erase(hook);
        Attachment::detach(pins_->links() / pin_name(hook));
    }

    // A filter stays where it is the attachment, or where attaching has just failed; never beside a link.
    std::set<FilterPlace> kept;
    for (const auto& hook : wanted) {
        const auto found = attached_.find(hook);
        if (found == attached_.end() || !found->second.is_link())
            kept.insert({hook.ifindex, hook.direction});
    }
    for (const auto& place : std::exchange(filters_, {})) {
        if (kept.contains(place))
            filters_.insert(place);
        else
            detach_filter(place);
    }
}

std::vector<Error> HookSet::replace(const Programs& programs)
{
    std::vector<Error> errors;
    for (const auto& [hook, attachment] : attached_)
        if (attachment.is_alive()) // else the next apply() attaches it anew
            if (auto replaced = attachment.replace(programs.program(hook.program)); !replaced)
                errors.push_back(replaced.error());
    return errors;
}

} // namespace vpcd
