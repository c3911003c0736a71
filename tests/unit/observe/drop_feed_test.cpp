#include "observe/drop_feed.h"

#include <vector>

#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>

#include "unit/observe/fake_views.h"

using namespace vpcd;

TEST_CASE("the first follower turns the records on and the last one turns them off")
{
    std::vector<bool> changes;
    DropFeed feed{[&](bool on) { changes.push_back(on); }};
    const auto first = std::make_shared<Stream>();
    const auto second = std::make_shared<Stream>();

    feed.follow(first, {});
    feed.follow(second, {});
    first->close();
    CHECK(changes == std::vector{true});
    second->close();

    CHECK(changes == std::vector{true, false});
}

TEST_CASE("each follower gets the records its filter lets through")
{
    DropFeed feed{[](bool) {}};
    const auto all = std::make_shared<Stream>();
    const auto other_vpc = std::make_shared<Stream>();
    const auto same = std::make_shared<Stream>();
    feed.follow(all, {});
    feed.follow(other_vpc, {.vpc = "test", .interface = {}, .reason = {}});
    feed.follow(same, {.vpc = "prod", .interface = "web-1", .reason = "no-route"});

    feed.publish(example_drop());

    const std::string line = all->take(1000);
    CHECK(line == R"({"time":"2026-03-01T12:00:00.250Z","vpc":"prod","interface":"web-1","reason":"no-route",)"
                  R"("sentence":"no entry for the destination","hook":"from-interface","protocol":"udp",)"
                  R"("source":"10.0.1.10","destination":"8.8.8.8","sourcePort":40000,"destinationPort":53,)"
                  "\"length\":98}\n");
    CHECK(other_vpc->take(1000).empty());
    CHECK(same->take(1000) == line);
}

TEST_CASE("a stream may outlive the feed")
{
    const auto stream = std::make_shared<Stream>();
    {
        DropFeed feed{[](bool) {}};
        feed.follow(stream, {});
    }

    stream->close();

    CHECK_FALSE(stream->is_open());
}
