#include "dataplane/hooks.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fmt/format.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <unistd.h>

#include "dataplane/filters.h"
#include "dataplane/log.h"

namespace vpcd {

namespace {

bpf_attach_type attach_type(HookSide side)
{
    switch (side) {
    case HookSide::Ingress:
        return BPF_TCX_INGRESS;
    case HookSide::Egress:
        return BPF_TCX_EGRESS;
    case HookSide::Xdp:
        break;
    }
    return BPF_XDP;
}

// The device a link is on; 0 when the device is gone.
unsigned link_ifindex(int link, HookSide side)
{
    bpf_link_info info{};
    __u32 length = sizeof(info);
    if (bpf_link_get_info_by_fd(link, &info, &length))
        return 0;
    return side == HookSide::Xdp ? info.xdp.ifindex : info.tcx.ifindex;
}

Error attach_error(const Hook& hook, int code)
{
    const int number = std::abs(code);
    char name[IF_NAMESIZE];
    const bool is_there = ::if_indextoname(hook.ifindex, name) != nullptr;
    auto error = bpf_error(number, fmt::format("attach {} to device {}{}", hook.program, hook.ifindex,
                                               is_there ? fmt::format(" ({})", name) : ""));
    if (number == ENODEV || number == ENXIO || !is_there)
        return {error.source(), number, error.sentence() + "; the device is gone"};
    return error;
}

// XDP only in the driver: generic XDP is slower than TC, which is there anyway.
UniqueFd create_link(const Hook& hook, int program_fd)
{
    LIBBPF_OPTS(bpf_link_create_opts, options);
    if (hook.side == HookSide::Xdp)
        options.flags = XDP_FLAGS_DRV_MODE;
    return UniqueFd{bpf_link_create(program_fd, static_cast<int>(hook.ifindex), attach_type(hook.side), &options)};
}

} // namespace

HookSide side_of(std::string_view program)
{
    if (program.starts_with("xdp_"))
        return HookSide::Xdp;
    return program == "to_interface" ? HookSide::Egress : HookSide::Ingress;
}

std::string pin_name(const Hook& hook)
{
    return fmt::format("{}-{}", hook.program, hook.ifindex);
}

std::optional<Hook> parse_pin_name(std::string_view name)
{
    const auto dash = name.rfind('-');
    if (dash == std::string_view::npos)
        return std::nullopt;
    Hook hook{std::string{name.substr(0, dash)}, side_of(name.substr(0, dash)), 0};
    const auto digits = name.substr(dash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), hook.ifindex);
    if (error != std::errc{} || end != digits.data() + digits.size())
        return std::nullopt;
    return hook;
}

Result<Attachment> Attachment::attach(const Hook& hook, int program_fd, const std::filesystem::path& pin)
{
    UniqueFd link{bpf_obj_get(pin.c_str())};
    if (link && link_ifindex(link.get(), hook.side) == hook.ifindex) {
        if (const int error = bpf_link_update(link.get(), program_fd, nullptr))
            return fail(attach_error(hook, error));
        return Attachment{hook, std::move(link)};
    }

    ::unlink(pin.c_str()); // of a device that is gone
    link = create_link(hook, program_fd);
    if (!link && errno == EINVAL && hook.side != HookSide::Xdp) { // no TCX before kernel 6.6
        if (const int error = attach_filter({hook.ifindex, hook.side}, program_fd))
            return fail(attach_error(hook, error));
        return Attachment{hook, {}};
    }
    if (!link)
        return fail(attach_error(hook, errno));
    if (bpf_obj_pin(link.get(), pin.c_str()))
        return fail(bpf_error(errno, "pin " + pin.string()));
    return Attachment{hook, std::move(link)};
}

Result<void> Attachment::replace(int program_fd) const
{
    const int error = link_ ? bpf_link_update(link_.get(), program_fd, nullptr)
                            : attach_filter({hook_.ifindex, hook_.side}, program_fd);
    if (error)
        return fail(attach_error(hook_, error));
    return {};
}

bool Attachment::is_alive() const
{
    if (link_)
        return link_ifindex(link_.get(), hook_.side) == hook_.ifindex;
    return has_filter({hook_.ifindex, hook_.side});
}

// Without its pin a link ends as well, unless somebody else holds it.
Result<void> Attachment::detach(const std::filesystem::path& pin)
{
    const UniqueFd link{bpf_obj_get(pin.c_str())};
    const int error = link ? bpf_link_detach(link.get()) : 0;
    if (::unlink(pin.c_str()) != 0 && errno != ENOENT)
        return fail(Error::system(errno, "remove " + pin.string()));
    if (error && error != -ENOENT && error != -ENOLINK) // its device is gone
        return fail(bpf_error(error, "detach " + pin.filename().string()));
    return {};
}

} // namespace vpcd
