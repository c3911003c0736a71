// One attachment of one program to one device, atomic to replace: a TCX or XDP link (pinned), or a clsact filter on
// kernels before 6.6.
#pragma once

#include <compare>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/unique_fd.h"
#include "dataplane/hook_side.h"

namespace vpcd {

struct Hook {
    std::string program; // name in bpf/
    HookSide side;
    unsigned ifindex;

    friend auto operator<=>(const Hook&, const Hook&) = default;
};

// "from_interface-17": the name of its pin.
std::string pin_name(const Hook&);
// The inverse; nothing for a name that is not of this form.
std::optional<Hook> parse_pin_name(std::string_view name);
HookSide side_of(std::string_view program);

class Attachment {
public:
    // Takes over what an earlier agent has pinned at `pin` and replaces its program in one step; else attaches anew.
    static Result<Attachment> attach(const Hook&, int program_fd, const std::filesystem::path& pin);
    // Another program in its place, in one step.
    Result<void> replace(int program_fd) const;
    // False: the device is gone, or somebody has detached us.
    bool is_alive() const;
    bool is_link() const { return static_cast<bool>(link_); }
    // Ends the link pinned there, and removes the pin. One that is not there is no error.
    static Result<void> detach(const std::filesystem::path& pin);

private:
    explicit Attachment(Hook hook, UniqueFd link) : hook_(std::move(hook)), link_(std::move(link)) {}

    Hook hook_;
    UniqueFd link_; // empty: a clsact filter
};

} // namespace vpcd
