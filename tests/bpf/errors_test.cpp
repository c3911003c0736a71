// What the kernel refuses reaches the operator in words: what was tried, on what, why, and what to do.
#include <bpf/bpf.h>
#include <catch2/catch_test_macros.hpp>
#include <refused.skel.h>

#include "base/unique_fd.h"
#include "dataplane/map.h"
#include "own_bpffs.h"

using namespace vpcd;

TEST_CASE("a table that is full is named, with its size and the setting that changes it", "[errors]")
{
    own_bpffs();
    const UniqueFd fd{bpf_map_create(BPF_MAP_TYPE_HASH, "endpoints", sizeof(vpc_key), sizeof(vpc), 2, nullptr)};
    const Map<vpc_key, vpc> map{fd.get(), "endpoints", TableKind::Hash};

    const auto written = map.put({{{1}, {1}}, {{2}, {2}}, {{3}, {3}}});

    REQUIRE_FALSE(written);
    CHECK(written.error().text() ==
          "write table endpoints: it is full with 2 entries; raise datapath.endpoints in vpcd.yaml and restart vpcd");
}

TEST_CASE("a program the verifier refuses is told with the end of the verifier's log", "[errors]")
{
    own_bpffs();
    refused_bpf* skeleton = refused_bpf::open();
    REQUIRE(skeleton);

    const int error = bpf_object__load(skeleton->obj);
    REQUIRE(error);
    const auto text = bpf_error(error, "load programs of refused").text();
    refused_bpf::destroy(skeleton);

    CHECK(text.find("load programs of refused: ") == 0);
    CHECK(text.find("invalid access to packet") != std::string::npos);
}

TEST_CASE("lacking privilege and lacking memory say what to do", "[errors]")
{
    CHECK(bpf_error(-EPERM, "write table flows").text().find("CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON") !=
          std::string::npos);
    CHECK(bpf_error(-ENOMEM, "write table flows").text().find("memory") != std::string::npos);
}
