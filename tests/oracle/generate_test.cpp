// What random cases are made of: documents the loader takes, and packets that are worth asking about.
#include <map>

#include <catch2/catch_test_macros.hpp>

#include "generate.h"
#include "oracle.h"
#include "scenario.h"

namespace vpcd::oracle {

TEST_CASE("random documents are such as the loader takes")
{
    for (unsigned seed = 1; seed <= 200; seed++) {
        Dice dice{seed};
        const auto made = random_documents(dice);
        Documents documents{Quotas{}};

        const auto taken = documents.update(files_of(made));

        INFO("seed " << seed << (taken ? "" : ": " + taken.error().front().text()));
        REQUIRE(taken);
    }
}

TEST_CASE("a seed makes the same case again")
{
    Dice first{7}, second{7}, other{8};
    const auto words = in_words(random_case(first, 100));

    CHECK(words == in_words(random_case(second, 100)));
    CHECK(words != in_words(random_case(other, 100)));
}

TEST_CASE("random packets have every outcome, and every reason that rules and connections have")
{
    std::map<std::string, unsigned> outcomes;
    std::map<drop_reason, unsigned> reasons;
    unsigned changes = 0;
    for (unsigned seed = 1; seed <= 60; seed++) {
        Dice dice{seed};
        const auto made = random_case(dice, 200);
        Documents documents{Quotas{}};
        REQUIRE(documents.update(files_of(made.documents)));
        Oracle oracle{kHost};
        oracle.declare(world_of(documents.model()));
        for (const auto& step : made.steps) {
            if (const auto* change = std::get_if<Change>(&step)) {
                REQUIRE(documents.update(files_of(*change)));
                oracle.declare(world_of(documents.model()));
                changes++;
                continue;
            }
            const auto& sending = std::get<Sending>(step);
            const auto frame = frame_of(sending, oracle.world, kHost);
            REQUIRE(frame);
            const auto answer = oracle.answer(sending, *frame);
            const auto text = outcome(answer);
            outcomes[text.substr(0, text.find(' '))]++;
            if (!answer.objections.empty())
                reasons[answer.objections.front().reason]++;
        }
    }

    CHECK(changes > 100);
    for (const auto* each : {"delivered", "sent", "out", "told", "dropped"}) {
        CAPTURE(each, outcomes[each]);
        CHECK(outcomes[each] > 100);
    }
    for (const auto reason :
         {DROP_SOURCE_MAC,     DROP_SOURCE_ADDRESS, DROP_NO_ROUTE,       DROP_BLACKHOLE,   DROP_NO_ENDPOINT,
          DROP_NO_SERVICE,     DROP_NOT_PLACED,     DROP_TTL_EXCEEDED,   DROP_TOO_BIG,     DROP_UNKNOWN_VTEP,
          DROP_UNKNOWN_VNI,    DROP_NOT_LOCAL,      DROP_TO_ROUTER,      DROP_CONGESTION,  DROP_GROUP_OUT,
          DROP_GROUP_IN,       DROP_ACL_OUT,        DROP_ACL_IN,         DROP_TCP_UNKNOWN, DROP_TCP_FLAGS,
          DROP_ICMP_UNRELATED, DROP_ICMP_UNASKED,   DROP_FRAGMENT_EARLY, DROP_NO_PUBLIC}) {
        CAPTURE(reason);
        CHECK(reasons[reason] > 0);
    }
}

} // namespace vpcd::oracle
