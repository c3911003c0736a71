// Two changes as one.
#include "plan/sequence.h"

#include <catch2/catch_test_macros.hpp>

namespace vpcd {

namespace {

using Rows = Changes<__u32, __u32>;

} // namespace

TEST_CASE("two changes one after another end as the later says, each key once")
{
    const Rows first{.upserts = {{1, 10}, {2, 20}, {3, 30}}, .deletes = {4, 5}};
    const Rows second{.upserts = {{2, 21}, {4, 40}}, .deletes = {3, 6}};

    const Rows both = sequence(first, second);

    CHECK(both.upserts == std::vector<std::pair<__u32, __u32>>{{1, 10}, {2, 21}, {4, 40}});
    CHECK(both.deletes == std::vector<__u32>{3, 5, 6});
}

TEST_CASE("a key that one change removes and writes is written")
{
    const Rows change{.upserts = {{1, 10}}, .deletes = {1}};

    CHECK(sequence(change, {}).upserts.size() == 1);
    CHECK(sequence(change, {}).deletes.empty());
}

} // namespace vpcd
