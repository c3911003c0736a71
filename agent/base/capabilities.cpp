#include "base/capabilities.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace vpcd {

namespace {

constexpr int kBits = 32; // of each word

using Words = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

// Leaves those for which `is_kept(capability)`.
template <typename Keep>
Result<void> keep_capabilities(Keep is_kept)
{
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    Words words{};
    if (::syscall(SYS_capget, &header, words.data()))
        return fail(Error::system(errno, "read capabilities"));
    for (int capability = 0; capability < static_cast<int>(words.size()) * kBits; ++capability) {
        if (is_kept(capability))
            continue;
        auto& word = words.at(static_cast<std::size_t>(capability / kBits));
        const auto others = ~(std::uint32_t{1} << (capability % kBits));
        word.effective &= others;
        word.permitted &= others;
        word.inheritable &= others;
    }
    if (::syscall(SYS_capset, &header, words.data()))
        return fail(Error::system(errno, "give up capabilities"));
    return {};
}

} // namespace

Result<void> give_up_capability(int given_up)
{
    return keep_capabilities([given_up](int capability) { return capability != given_up; });
}

Result<void> give_up_all_capabilities_but(std::initializer_list<int> kept)
{
    return keep_capabilities([kept](int capability) {
        for (const int each : kept)
            if (each == capability)
                return true;
        return false;
    });
}

} // namespace vpcd
