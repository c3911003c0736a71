// Small ids: stable, reused, exhausted, adopted.
#include "plan/id_pool.h"

#include <catch2/catch_test_macros.hpp>

namespace vpcd {

TEST_CASE("an id stays with its name while somebody claims it, and is given to the next one after that")
{
    IdPool pool{"things", 10};

    CHECK(pool.acquire("a").value() == 1);
    CHECK(pool.acquire("b").value() == 2);
    CHECK(pool.acquire("a").value() == 1);
    CHECK_FALSE(pool.release("a").has_value());
    CHECK(pool.release("a") == 1u);
    CHECK_FALSE(pool.find("a").has_value());
    CHECK(pool.acquire("c").value() == 1);
    CHECK(*pool.name_of(1) == "c");
}

TEST_CASE("an exhausted pool says what is used up, and works again when something is free")
{
    IdPool pool{"things", 3};
    REQUIRE(pool.acquire("a"));
    REQUIRE(pool.acquire("b"));

    const auto full = pool.acquire("c");

    REQUIRE_FALSE(full.has_value());
    CHECK(full.error().sentence() == "all 2 things are in use");
    CHECK(pool.acquire("b").value() == 2);
    pool.release("a");
    CHECK(pool.acquire("c").value() == 1);
}

TEST_CASE("an adopted id is kept for its name, and given up when nobody claims it")
{
    IdPool pool{"things", 10};
    CHECK(pool.adopt("a", 3));
    CHECK(pool.adopt("b", 5));
    CHECK_FALSE(pool.adopt("c", 3));
    CHECK_FALSE(pool.adopt("a", 4));
    CHECK_FALSE(pool.adopt("d", 0));
    CHECK_FALSE(pool.adopt("d", 10));

    CHECK(pool.acquire("d").value() == 1);
    CHECK(pool.acquire("b").value() == 5);
    CHECK(pool.drop_unclaimed() == std::vector<std::uint32_t>{3});
    CHECK(pool.acquire("e").value() == 2);
    CHECK(pool.acquire("f").value() == 3);
    CHECK(pool.acquire("g").value() == 4);
    CHECK(pool.acquire("h").value() == 6);
}

TEST_CASE("an id from a name follows from the name alone, is never 0, and moves aside for one that has it")
{
    NameIds ids;
    REQUIRE(fnv1a("costarring") == fnv1a("liquid"));

    CHECK(fnv1a("") == 0x811c9dc5);
    CHECK(fnv1a("a") == 0xe40c292c);
    CHECK(ids.acquire("blue", "costarring") == fnv1a("costarring"));
    CHECK(ids.acquire("blue", "liquid") == fnv1a("liquid") + 1);
    CHECK(ids.acquire("red", "liquid") == fnv1a("liquid"));
    CHECK(*ids.name_of("blue", fnv1a("liquid") + 1) == "liquid");
    ids.release("blue", "costarring");
    CHECK(ids.acquire("blue", "liquid") == fnv1a("liquid") + 1);
    CHECK(ids.name_of("blue", fnv1a("costarring")) == nullptr);
    CHECK(ids.name_of("green", 1) == nullptr);
}

TEST_CASE("a pool that is to reuse late gives every other id first")
{
    IdPool pool{"things", 5, IdPool::Reuse::Late};
    REQUIRE(pool.acquire("a").value() == 1);
    REQUIRE(pool.acquire("b").value() == 2);
    pool.release("a");

    CHECK(pool.acquire("c").value() == 3);
    pool.release("c");
    CHECK(pool.acquire("d").value() == 4);
    CHECK(pool.acquire("e").value() == 1); // round again
    pool.release("e");
    CHECK(pool.acquire("f").value() == 3);
    CHECK(pool.acquire("g").value() == 1);
    CHECK_FALSE(pool.acquire("h").has_value());
}

} // namespace vpcd
