// The process gets namespaces of its own with an empty BPF file system: what it pins and attaches goes with it.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include "dataplane/log.h"

inline void own_bpffs()
{
    if (::geteuid() != 0)
        SKIP("needs root");
    vpcd::capture_libbpf_log();
    REQUIRE(::unshare(CLONE_NEWNET | CLONE_NEWNS) == 0);
    REQUIRE(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
    REQUIRE(::mount("bpf", "/sys/fs/bpf", "bpf", 0, nullptr) == 0);
}
