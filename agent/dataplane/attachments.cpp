#include "dataplane/attachments.h"

namespace vpcd {

HookSet::HookSet(const Pins& pins) : pins_(&pins)
{
    for (const auto& name : pins.link_names())
        if (auto hook = parse_pin_name(name))
            inherited_.insert(std::move(*hook));
}

std::vector<Error> HookSet::apply(const std::set<Hook>& wanted, const Programs& programs)
{
    std::vector<Error> errors;
    const auto pin_of = [&](const Hook& hook) { return pins_->links() / pin_name(hook); };

    for (const auto& hook : wanted) {
        const auto found = attached_.find(hook);
        if (found != attached_.end() && found->second.is_alive())
            continue;
        attached_.erase(hook);
        auto attachment = Attachment::attach(hook, programs.program(hook.program), pin_of(hook));
        if (attachment)
            attached_.emplace(hook, std::move(*attachment));
        else
            errors.push_back(attachment.error());
        inherited_.erase(hook);
    }

    std::set<Hook> unwanted = std::exchange(inherited_, {});
    for (const auto& [hook, attachment] : attached_)
        if (!wanted.contains(hook))
            unwanted.insert(hook);
    for (const auto& hook : unwanted) {
        attached_.erase(hook);
        Attachment::detach(hook, pin_of(hook));
    }
    return errors;
}

} // namespace vpcd
