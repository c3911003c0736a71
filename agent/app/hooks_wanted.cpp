#include "app/hooks_wanted.h"

#include <cerrno>

namespace vpcd {

namespace {

Hook hook(const char* program, unsigned ifindex)
{
    return {program, side_of(program), ifindex};
}

} // namespace

std::set<Hook> hooks_wanted(const Attachments& attachments, const HookNeeds& needs)
{
    std::set<Hook> hooks;
    for (const auto& [ifindex, instance] : attachments.instances) {
        hooks.insert(hook("from_interface", ifindex));
        hooks.insert(hook("to_interface", ifindex));
    }
    for (const unsigned ifindex : needs.xdp_instances)
        hooks.insert(hook("xdp_interface", ifindex));
    if (attachments.underlay_ifindex != 0) {
        hooks.insert(hook("tc_underlay", attachments.underlay_ifindex));
        if (needs.xdp)
            hooks.insert(hook("xdp_underlay", attachments.underlay_ifindex));
    }
    if (attachments.external_ifindex != 0 && attachments.external_ifindex != attachments.underlay_ifindex)
        hooks.insert(hook("from_external", attachments.external_ifindex));
    if (needs.tunnel_ifindex != 0)
        hooks.insert(hook("from_tunnel", needs.tunnel_ifindex));
    if (needs.check_ifindex != 0)
        hooks.insert(hook("from_checks", needs.check_ifindex));
    return hooks;
}

std::set<unsigned> xdp_instances(Decapsulation mode, const Attachments& attachments, const Facts& facts)
{
    const auto underlay = facts.links.find(attachments.underlay_device);
    if (mode != Decapsulation::XdpRedirect || underlay == facts.links.end() || !underlay->second.accepts_xdp_redirect)
        return {};

    std::set<unsigned> devices;
    for (const auto& [ifindex, instance] : attachments.instances) {
        const auto link = facts.links.find(instance.device);
        if (link != facts.links.end() && is_pair(link->second.kind))
            devices.insert(ifindex);
    }
    return devices;
}

bool wants_xdp(Decapsulation mode, const Attachments& attachments)
{
    if (mode == Decapsulation::Auto)
        return attachments.is_underlay_nic;
    return mode != Decapsulation::Tc;
}

bool lacks_xdp(const Error& error)
{
    return error.source() == ErrorSource::Bpf && (error.code() == EOPNOTSUPP || error.code() == EINVAL);
}

bool wants_tunnel_device(const Attachments& attachments, bool xdp, Encapsulation encapsulation)
{
    return encapsulation == Encapsulation::Vxlan && !xdp &&
           (attachments.is_underlay_nic || attachments.has_whole_packets);
}

} // namespace vpcd
