// The kernel half as the agent handles it, across agents.
#include "dataplane/dataplane.h"

#include <catch2/catch_test_macros.hpp>

#include "own_bpffs.h"

using namespace vpcd;

TEST_CASE("an agent that was killed while somebody followed drops leaves no events on", "[dataplane]")
{
    own_bpffs();
    const auto open = [] { return Dataplane::open("/sys/fs/bpf/vpcd", {1024, 1024}); };
    {
        const auto killed = open();
        REQUIRE(killed);
        REQUIRE((*killed)->produce_events(true));
        REQUIRE((*killed)->read_settings()->events == 1);
    }

    const auto next = open();

    REQUIRE(next);
    CHECK((*next)->read_settings()->events == 0);
}
