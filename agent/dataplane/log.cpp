#include "dataplane/log.h"

#include <bpf/libbpf.h>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <vector>

namespace vpcd {

namespace {

constexpr std::size_t kLongestLog = 4096; // the end of a verifier log holds its reason

std::string& warnings()
{
    static std::string text;
    return text;
}

int keep(libbpf_print_level level, const char* format, va_list arguments)
{
    if (level != LIBBPF_WARN)
        return 0;
    va_list copy;
    va_copy(copy, arguments);
    const int length = std::vsnprintf(nullptr, 0, format, copy);
    va_end(copy);
    if (length <= 0)
        return 0;
    std::vector<char> line(static_cast<std::size_t>(length) + 1);
    std::vsnprintf(line.data(), line.size(), format, arguments);
    warnings().append(line.data(), static_cast<std::size_t>(length));
    return length;
}

// What an errno of bpf() asks of the operator.
const char* advice(int code)
{
    if (code == EPERM)
        return "; vpcd needs root, or CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON";
    if (code == ENOMEM)
        return "; the kernel has no memory for it, it is tried again";
    return "";
}

} // namespace

void capture_libbpf_log()
{
    libbpf_set_print(keep);
}

void discard_libbpf_log()
{
    warnings().clear();
}

Error bpf_error(int code, const std::string& doing)
{
    std::string told = std::exchange(warnings(), {});
    if (told.size() > kLongestLog)
        told = "..." + told.substr(told.size() - kLongestLog);
    while (!told.empty() && told.back() == '\n')
        told.pop_back();
    const std::string reason = std::string{std::strerror(std::abs(code))} + advice(std::abs(code));
    return {ErrorSource::Bpf, std::abs(code),
            told.empty() ? fmt::format("{}: {}", doing, reason) : fmt::format("{}: {} ({})", doing, reason, told)};
}

} // namespace vpcd
