#include "app/headline.h"

#include <catch2/catch_test_macros.hpp>
#include <functional>

namespace vpcd {

TEST_CASE("the line for systemctl status tells everything that is not as it should be")
{
    const Condition well{
        .host = "node-a", .documents = "/etc/vpcd/documents", .is_declared = true, .interfaces = 12, .attached = 11};
    struct Row {
        const char* what;
        std::function<void(Condition&)> change;
        std::string line;
    };
    const std::string begin = "host node-a: 12 interfaces, 11 attached";
    const Row rows[] = {
        {"well", [](Condition&) {}, begin},
        {"one", [](Condition& now) { now.interfaces = now.attached = 1; }, "host node-a: 1 interface, 1 attached"},
        {"not declared", [](Condition& now) { now.is_declared = false; },
         "host node-a: no such Host in /etc/vpcd/documents"},
        {"refused", [](Condition& now) { now.refused = 3; },
         begin + "; 3 errors in documents, the last good ones are in force"},
        {"unreadable", [](Condition& now) { now.unreadable = 1; }, begin + "; 1 error reading documents"},
        {"kernel", [](Condition& now) { now.retried = 2; }, begin + "; 2 errors being retried"},
        {"compile", [](Condition& now) { now.lacks_compiled = true; },
         begin + "; compiling programs for this host failed"},
    };

    for (const auto& row : rows) {
        INFO(row.what);
        Condition now = well;
        row.change(now);
        CHECK(headline(now) == row.line);
    }
}

} // namespace vpcd
