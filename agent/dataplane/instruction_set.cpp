#include "dataplane/instruction_set.h"

#include <array>
#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "base/unique_fd.h"

namespace vpcd {

namespace {

template <std::size_t Count>
bool loads(const std::array<bpf_insn, Count>& instructions)
{
    return static_cast<bool>(UniqueFd{bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "probe", "Dual BSD/GPL",
                                                    instructions.data(), instructions.size(), nullptr)});
}

constexpr bpf_insn kZero{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .src_reg = 0, .off = 0, .imm = 0};
constexpr bpf_insn kExit{.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0};
// if (w0 == 0) goto +0
constexpr bpf_insn kJump32{
    .code = BPF_JMP32 | BPF_JEQ | BPF_K, .dst_reg = BPF_REG_0, .src_reg = 0, .off = 0, .imm = 0};
// r0 = (s8)r0
constexpr bpf_insn kSignExtend{
    .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_0, .src_reg = BPF_REG_0, .off = 8, .imm = 0};

std::string_view ask()
{
    if (loads(std::array{kZero, kSignExtend, kExit}))
        return "v4";
    return loads(std::array{kZero, kJump32, kExit}) ? "v3" : "v2";
}

} // namespace

std::string_view newest_instructions()
{
    static const std::string_view kNewest = ask();
    return kNewest;
}

} // namespace vpcd
