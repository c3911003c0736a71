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

    const auto written = map.put({{{1}, {1, 0, 0, 0}}, {{2}, {2, 0, 0, 0}}, {{3}, {3, 0, 0, 0}}});

    REQUIRE_FALSE(written);
    CHECK(written.error().text() ==
          "write table endpoints: it is full with 2 entries; raise datapath.endpoints in vpcd.yaml and restart vpcd");
}

TEST_CASE("rows a table has no room for hold up no other, and their number is told", "[errors]")
{
    own_bpffs();
    const UniqueFd fd{bpf_map_create(BPF_MAP_TYPE_HASH, "vpcs", sizeof(vpc_key), sizeof(vpc), 5000, nullptr)};
    const Map<vpc_key, vpc> map{fd.get(), "vpcs", TableKind::Hash};
    std::vector<std::pair<vpc_key, vpc>> rows;
    for (__u32 i = 1; i <= 5000; ++i)
        rows.push_back({{i}, {1, 0, 0, 0}});
    REQUIRE(map.put(rows));

    rows.clear();
    for (__u32 i = 5001; i <= 9097; ++i)
        rows.push_back({{i}, {2, 0, 0, 0}});
    rows.push_back({{5000}, {2, 0, 0, 0}}); // in the second batch
    const auto written = map.put(rows);

    REQUIRE_FALSE(written);
    CHECK(written.error().text() ==
          "write table vpcs: it is full with 5000 entries; this version has no room for more; 4097 rows are refused");
    const auto table = map.read();
    REQUIRE(table);
    CHECK(table->size() == 5000);
    CHECK(table->at({5000}).arrivals == 2);
}

TEST_CASE("a row that cannot be removed holds up no other", "[errors]")
{
    own_bpffs();
    const UniqueFd fd{bpf_map_create(BPF_MAP_TYPE_ARRAY, "hosts", sizeof(__u32), sizeof(__u64), 4, nullptr)};
    const Map<__u32, __u64> map{fd.get(), "hosts", TableKind::Array};
    REQUIRE(map.put({{1, 1}, {2, 2}, {3, 3}}));

    const auto erased = map.erase({4, 2, 5});

    REQUIRE_FALSE(erased);
    CHECK(erased.error().text().find("remove from table hosts: ") == 0);
    CHECK(erased.error().text().find("; 2 rows are refused") != std::string::npos);
    CHECK(map.read().value() == Table<__u32, __u64>{{1, 1}, {3, 3}});
}

TEST_CASE("a table that cannot be read is an error, not an empty one", "[errors]")
{
    own_bpffs();
    const UniqueFd fd{bpf_map_create(BPF_MAP_TYPE_QUEUE, "routes", 0, sizeof(vpc), 4, nullptr)};

    CHECK_FALSE(Map<vpc_key, vpc>{fd.get(), "routes", TableKind::Trie}.read());
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
