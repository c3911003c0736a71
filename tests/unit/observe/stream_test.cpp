#include "observe/stream.h"

#include <catch2/catch_test_macros.hpp>

using vpcd::Stream;

TEST_CASE("records are taken in the order in which they were written, one a line")
{
    Stream stream;

    stream.write({{"n", 1}});
    stream.write({{"n", 2}});

    CHECK(stream.take(1000) == "{\"n\":1}\n{\"n\":2}\n");
    CHECK(stream.take(1000).empty());
}

TEST_CASE("a full queue counts what it loses and tells so behind what it kept")
{
    Stream stream{2};
    for (int i = 1; i <= 5; ++i)
        stream.write({{"n", i}});

    CHECK(stream.take(1000) == "{\"n\":1}\n{\"n\":2}\n{\"lost\":3}\n");
    CHECK(stream.take(1000).empty());
}

TEST_CASE("the gap is told between the records before it and the records after it")
{
    Stream stream{2};
    for (int i = 1; i <= 3; ++i)
        stream.write({{"n", i}});
    REQUIRE(stream.take(1) == "{\"n\":1}\n");

    stream.write({{"n", 4}});

    CHECK(stream.take(1000) == "{\"n\":2}\n{\"lost\":1}\n{\"n\":4}\n");
}

TEST_CASE("closing tells once, and what is written afterwards goes nowhere")
{
    Stream stream;
    int closed = 0;
    stream.on_close([&] { ++closed; });

    stream.close();
    stream.close();
    stream.write({{"n", 1}});

    CHECK(closed == 1);
    CHECK_FALSE(stream.is_open());
    CHECK(stream.take(1000).empty());
}
