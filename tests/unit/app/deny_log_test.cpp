// What rules dropped, in the journal: the words, and how many of them.
#include "app/deny_log.h"

#include <catch2/catch_test_macros.hpp>
#include <netinet/in.h>

namespace vpcd {

namespace {

using namespace std::chrono_literals;

DropRecord denial()
{
    DropRecord record;
    record.vpc = "prod";
    record.interface = "db-1";
    record.reason = "group-in";
    record.source = Address::v4(0x0a00010a);
    record.destination = Address::v4(0x0a00020a);
    record.source_port = 4000;
    record.destination_port = 22;
    record.protocol = IPPROTO_TCP;
    record.rule = "SecurityGroup db rules[2] (ingress drop tcp 22 from anybody)";
    return record;
}

// A log that keeps its lines.
struct Journal {
    std::vector<std::string> lines;
    std::vector<bool> have_records;
    DenyLog log;

    explicit Journal(unsigned per_second)
        : log(per_second, [this](const std::string& line, const DropRecord* record) {
              lines.push_back(line);
              have_records.push_back(record != nullptr);
          })
    {
    }
};

} // namespace

TEST_CASE("a denial names both ends, whom it concerns, the reason and the rule")
{
    CHECK(denial_text(denial()) ==
          "denied tcp 10.0.1.10:4000 -> 10.0.2.10:22 of db-1 in VPC prod: group-in, SecurityGroup db rules[2] "
          "(ingress drop tcp 22 from anybody)");

    DropRecord ping = denial();
    ping.protocol = IPPROTO_GRE;
    ping.source_port = ping.destination_port = 0;
    CHECK(denial_text(ping).starts_with("denied gre 10.0.1.10 -> 10.0.2.10 of db-1"));
}

TEST_CASE("no more lines a second are written than were asked for, and how many are missing is told")
{
    Journal journal{2};
    const DenyLog::Clock::time_point start{};
    for (int i = 0; i < 5; ++i)
        journal.log.take(denial(), start + i * 10ms);
    CHECK(journal.lines.size() == 2);

    journal.log.take(denial(), start + 1s);

    REQUIRE(journal.lines.size() == 4);
    CHECK(journal.lines[2] == "denied 3 more packets, not logged: there were more than 2 a second");
    CHECK(journal.have_records == std::vector{true, true, false, true});
}

TEST_CASE("when a flood has ended, what it left out is told once")
{
    Journal journal{1};
    for (int i = 0; i < 3; ++i)
        journal.log.take(denial(), DenyLog::Clock::time_point{});

    journal.log.tell_left_out();
    journal.log.tell_left_out();

    REQUIRE(journal.lines.size() == 2);
    CHECK(journal.lines[1].starts_with("denied 2 more packets"));
}

TEST_CASE("only what a rule decided is logged, and nothing where no log is asked for")
{
    DropRecord other = denial();
    other.rule.clear();
    Journal journal{10}, off{0};

    journal.log.take(other);
    off.log.take(denial());

    CHECK(journal.lines.empty());
    CHECK(off.lines.empty());
}

} // namespace vpcd
