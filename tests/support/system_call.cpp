#include "system_call.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include <elf.h>
#include <linux/bpf.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/seccomp.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>

namespace interrupt {
namespace {

// Number, name, which argument is the path.
struct PathCall {
    long number;
    const char* name;
    int path;
};

constexpr PathCall kPathCalls[] = {
#ifdef SYS_mkdir
    {SYS_mkdir, "mkdir", 0},     {SYS_unlink, "unlink", 0},   {SYS_rmdir, "rmdir", 0},      {SYS_rename, "rename", 0},
    {SYS_link, "link", 0},
#endif
#ifdef SYS_renameat
    {SYS_renameat, "rename", 1},
#endif
    {SYS_mkdirat, "mkdir", 1},   {SYS_unlinkat, "unlink", 1}, {SYS_renameat2, "rename", 1}, {SYS_linkat, "link", 1},
};

// Commands of bpf() that change something; the others only look.
const std::map<std::uint64_t, const char*> kCommands{
    {BPF_MAP_CREATE, "MAP_CREATE"},
    {BPF_MAP_UPDATE_ELEM, "MAP_UPDATE_ELEM"},
    {BPF_MAP_DELETE_ELEM, "MAP_DELETE_ELEM"},
    {BPF_MAP_UPDATE_BATCH, "MAP_UPDATE_BATCH"},
    {BPF_MAP_DELETE_BATCH, "MAP_DELETE_BATCH"},
    {BPF_MAP_FREEZE, "MAP_FREEZE"},
    {BPF_PROG_LOAD, "PROG_LOAD"},
    {BPF_BTF_LOAD, "BTF_LOAD"},
    {BPF_OBJ_PIN, "OBJ_PIN"},
    {BPF_PROG_ATTACH, "PROG_ATTACH"},
    {BPF_PROG_DETACH, "PROG_DETACH"},
    {BPF_LINK_CREATE, "LINK_CREATE"},
    {BPF_LINK_UPDATE, "LINK_UPDATE"},
    {BPF_LINK_DETACH, "LINK_DETACH"},
};

bool read_memory(pid_t process, std::uint64_t address, void* to, std::size_t size)
{
    iovec local{to, size};
    iovec remote{reinterpret_cast<void*>(address), size};
    return ::process_vm_readv(process, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size);
}

std::string read_path(pid_t process, std::uint64_t address)
{
    std::string path;
    for (char next = 0; path.size() < 4096 && read_memory(process, address + path.size(), &next, 1) && next;)
        path.push_back(next);
    return path;
}

std::string describe_bpf(pid_t process, const char* command, const __ptrace_syscall_info& call)
{
    bpf_attr attributes{};
    const auto size = std::min<std::uint64_t>(call.seccomp.args[2], sizeof(attributes));
    std::string words = std::string{"bpf "} + command;
    if (!read_memory(process, call.seccomp.args[1], &attributes, size))
        return words;
    switch (call.seccomp.args[0]) {
    case BPF_OBJ_PIN:
        return words + " " + read_path(process, attributes.pathname);
    case BPF_MAP_CREATE:
        return words + " " + std::string{attributes.map_name, strnlen(attributes.map_name, BPF_OBJ_NAME_LEN)};
    case BPF_PROG_LOAD:
        return words + " " + std::string{attributes.prog_name, strnlen(attributes.prog_name, BPF_OBJ_NAME_LEN)};
    case BPF_LINK_CREATE:
        return words + " " + std::to_string(attributes.link_create.target_ifindex);
    case BPF_MAP_UPDATE_BATCH:
    case BPF_MAP_DELETE_BATCH:
        return words + " " + std::to_string(attributes.batch.map_fd);
    case BPF_MAP_UPDATE_ELEM:
    case BPF_MAP_DELETE_ELEM:
        return words + " " + std::to_string(attributes.map_fd);
    default:
        return words;
    }
}

bool is_netlink(pid_t process, std::uint64_t fd)
{
    const int handle = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
    const int copy = static_cast<int>(::syscall(SYS_pidfd_getfd, handle, fd, 0));
    int domain = 0;
    socklen_t length = sizeof(domain);
    const bool is_it =
        copy >= 0 && ::getsockopt(copy, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_NETLINK;
    ::close(copy);
    ::close(handle);
    return is_it;
}

std::optional<std::string> describe_message(pid_t process, std::uint64_t fd, std::uint64_t address)
{
    nlmsghdr header{};
    if (!is_netlink(process, fd) || !read_memory(process, address, &header, sizeof(header)))
        return std::nullopt;
    const bool is_question = header.nlmsg_type < RTM_BASE || (header.nlmsg_type - RTM_BASE) % 4 == 2;
    if (is_question)
        return std::nullopt;
    return "netlink " + std::to_string(header.nlmsg_type);
}

pid_t process_of(pid_t thread)
{
    char path[64], line[256];
    std::snprintf(path, sizeof(path), "/proc/%d/status", thread);
    pid_t process = thread;
    if (FILE* status = std::fopen(path, "re")) {
        while (std::fgets(line, sizeof(line), status))
            if (std::sscanf(line, "Tgid: %d", &process) == 1)
                break;
        std::fclose(status);
    }
    return process;
}

} // namespace

std::vector<sock_filter> stop_at_changes()
{
    std::vector<sock_filter> filter{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
    const auto stop_at = [&](long number) {
        filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<__u32>(number), 0, 1));
        filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE));
    };
    for (const long number : {SYS_bpf, SYS_sendmsg, SYS_sendto})
        stop_at(number);
    for (const auto& call : kPathCalls)
        stop_at(call.number);
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    return filter;
}

std::optional<std::string> describe_change(pid_t thread)
{
    __ptrace_syscall_info call{};
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof(call), &call) <= 0 || call.op != PTRACE_SYSCALL_INFO_SECCOMP)
        return std::nullopt;
    const auto& arguments = call.seccomp.args;
    if (call.seccomp.nr == SYS_bpf) {
        const auto command = kCommands.find(arguments[0]);
        return command == kCommands.end() ? std::nullopt : std::optional{describe_bpf(thread, command->second, call)};
    }
    if (call.seccomp.nr == SYS_sendto)
        return describe_message(process_of(thread), arguments[0], arguments[1]);
    if (call.seccomp.nr == SYS_sendmsg) {
        msghdr message{};
        iovec first{};
        if (!read_memory(thread, arguments[1], &message, sizeof(message)) || message.msg_iovlen == 0 ||
            !read_memory(thread, reinterpret_cast<std::uint64_t>(message.msg_iov), &first, sizeof(first)))
            return std::nullopt;
        return describe_message(process_of(thread), arguments[0], reinterpret_cast<std::uint64_t>(first.iov_base));
    }
    for (const auto& path_call : kPathCalls)
        if (static_cast<long>(call.seccomp.nr) == path_call.number)
            return std::string{path_call.name} + " " + read_path(thread, arguments[path_call.path]);
    return std::nullopt;
}

void fail_call(pid_t thread, int code)
{
#if defined(__x86_64__)
    user_regs_struct registers{};
    ::ptrace(PTRACE_GETREGS, thread, nullptr, &registers);
    registers.orig_rax = ~0ULL;
    registers.rax = static_cast<unsigned long long>(-code);
    ::ptrace(PTRACE_SETREGS, thread, nullptr, &registers);
#elif defined(__aarch64__)
    int number = -1;
    iovec call{&number, sizeof(number)};
    ::ptrace(PTRACE_SETREGSET, thread, NT_ARM_SYSTEM_CALL, &call);
    user_regs_struct registers{};
    iovec all{&registers, sizeof(registers)};
    ::ptrace(PTRACE_GETREGSET, thread, NT_PRSTATUS, &all);
    registers.regs[0] = static_cast<unsigned long long>(-code);
    ::ptrace(PTRACE_SETREGSET, thread, NT_PRSTATUS, &all);
#else
#error "how does a tracer replace a system call's result here?"
#endif
}

} // namespace interrupt
