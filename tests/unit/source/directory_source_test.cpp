#include "source/directory_source.h"

#include <catch2/catch_test_macros.hpp>

#include "document_files.h"
#include "support/temporary_directory.h"

using namespace vpcd;
using namespace std::chrono_literals;

namespace {

constexpr auto kSettle = 20ms;
constexpr auto kDeadline = 10s;

// A watched directory, and what its handlers were told.
class Watched {
public:
    explicit Watched(const std::filesystem::path& directory, std::chrono::milliseconds settle = kSettle)
        : directory_(directory)
    {
        auto opened = DirectorySource::open(context_, directory, settle);
        REQUIRE(opened);
        source_ = std::move(*opened);
        if (auto start = source_->read_all())
            state_ = std::move(*start);
        else
            errors_ = start.error();
        source_->watch([this](Files changes) {
            ++calls_;
            for (auto& [path, text] : changes) {
                if (text)
                    state_[path] = text;
                else
                    state_.erase(path);
                last_[path] = text;
            }
        });
        source_->on_error([this](const std::vector<Error>& errors) { errors_ = errors; });
    }

    // Runs the io_context until `condition` holds; fails the test at the deadline.
    template <typename Condition>
    void until(Condition condition)
    {
        const auto deadline = std::chrono::steady_clock::now() + kDeadline;
        while (!condition()) {
            REQUIRE(std::chrono::steady_clock::now() < deadline);
            context_.restart();
            context_.run_one_for(100ms);
        }
    }

    // Everything that happened before this call has been told when it returns.
    void until_marker()
    {
        const auto marker = "marker-" + std::to_string(++markers_) + ".yaml";
        write_file(directory_ / marker, marker);
        until([&] { return text(marker) == marker; });
    }

    std::optional<std::string> text(const std::string& name) const
    {
        const auto found = state_.find((directory_ / name).string());
        return found == state_.end() ? std::nullopt : found->second;
    }
    // Whether the handler was ever told of that document.
    bool was_told_of(const std::string& name) const { return last_.contains((directory_ / name).string()); }
    int calls() const { return calls_; }
    const std::vector<Error>& errors() const { return errors_; } // that there are now
    DirectorySource& source() { return *source_; }

private:
    std::filesystem::path directory_;
    boost::asio::io_context context_;
    std::unique_ptr<DirectorySource> source_;
    Files state_;
    Files last_;
    std::vector<Error> errors_;
    int calls_ = 0;
    int markers_ = 0;
};

} // namespace

TEST_CASE("a document renamed into place is told once, whole", "[source]")
{
    const TemporaryDirectory directory;
    Watched watched{directory.path()};

    replace_file(directory.path() / "a.yaml", "one");

    watched.until([&] { return watched.text("a.yaml") == "one"; });
    CHECK(watched.calls() == 1);
    CHECK(watched.errors().empty());
}

TEST_CASE("a document that is being rewritten keeps its old text until it is closed", "[source]")
{
    const TemporaryDirectory directory;
    write_file(directory.path() / "a.yaml", "old");
    Watched watched{directory.path()};

    std::ofstream writer{directory.path() / "a.yaml"};
    writer << "first half, " << std::flush;
    watched.until_marker();
    CHECK(watched.text("a.yaml") == "old");
    CHECK_FALSE(watched.was_told_of("a.yaml"));

    SECTION("also when all files are looked at again")
    {
        watched.source().rescan();
        watched.until_marker();
        CHECK_FALSE(watched.was_told_of("a.yaml"));
    }
    writer << "second half" << std::flush;
    writer.close();
    watched.until([&] { return watched.was_told_of("a.yaml"); });
    CHECK(watched.text("a.yaml") == "first half, second half");
}

TEST_CASE("a removed document is told as gone", "[source]")
{
    const TemporaryDirectory directory;
    write_file(directory.path() / "a.yaml", "one");
    write_file(directory.path() / "b.yaml", "two");
    Watched watched{directory.path()};

    SECTION("by deletion")
    {
        std::filesystem::remove(directory.path() / "a.yaml");
    }
    SECTION("by a name that is no document's")
    {
        std::filesystem::rename(directory.path() / "a.yaml", directory.path() / "a.yaml.off");
    }

    watched.until([&] { return !watched.text("a.yaml"); });
    CHECK(watched.text("b.yaml") == "two");
}

TEST_CASE("what editors leave beside a document is not told", "[source]")
{
    const TemporaryDirectory directory;
    Watched watched{directory.path()};

    for (const auto* name : {".a.yaml.swp", "a.yaml~", "#a.yaml#", ".#a.yaml", "4913"})
        write_file(directory.path() / name, "no");
    watched.until_marker();

    CHECK(watched.calls() == 1); // the marker
}

TEST_CASE("a document written anew with the same text is not told", "[source]")
{
    const TemporaryDirectory directory;
    write_file(directory.path() / "a.yaml", "one");
    Watched watched{directory.path()};

    SECTION("written")
    {
        write_file(directory.path() / "a.yaml", "one");
    }
    SECTION("replaced")
    {
        replace_file(directory.path() / "a.yaml", "one");
    }
    SECTION("rescanned")
    {
        watched.source().rescan();
    }
    watched.until_marker();

    CHECK_FALSE(watched.was_told_of("a.yaml"));
}

TEST_CASE("a burst of writes is told in few calls and ends in the last text", "[source]")
{
    const TemporaryDirectory directory;
    Watched watched{directory.path()};

    for (int i = 0; i < 100; ++i)
        write_file(directory.path() / "a.yaml", "text " + std::to_string(i));

    watched.until([&] { return watched.text("a.yaml") == "text 99"; });
    CHECK(watched.calls() <= 3);
}

TEST_CASE("documents that change without pause are told all the same", "[source]")
{
    const TemporaryDirectory directory;
    Watched watched{directory.path()};
    int written = 0;

    watched.until([&] { // each turn of the loop is another event within `settle`
        write_file(directory.path() / "a.yaml", "text " + std::to_string(++written));
        return watched.calls() > 0;
    });

    CHECK(watched.was_told_of("a.yaml"));
}

TEST_CASE("a directory that is replaced is read and watched in its new place", "[source]")
{
    const TemporaryDirectory outer;
    const auto path = outer.path() / "vpcd.d";
    const auto next = outer.path() / "next.d";
    std::filesystem::create_directory(path);
    write_file(path / "a.yaml", "old");
    write_file(path / "b.yaml", "stays");
    Watched watched{path};
    const auto fill = [](const std::filesystem::path& directory) {
        std::filesystem::create_directory(directory);
        write_file(directory / "a.yaml", "new");
        write_file(directory / "b.yaml", "stays");
    };

    SECTION("by renaming another to its name")
    {
        fill(next);
        std::filesystem::rename(path, outer.path() / "old.d");
        std::filesystem::rename(next, path);
    }
    SECTION("by removing it and making it again")
    {
        std::filesystem::remove_all(path);
        fill(path);
    }
    watched.until([&] { return watched.text("a.yaml") == "new"; });
    CHECK_FALSE(watched.was_told_of("b.yaml"));

    write_file(path / "c.yaml", "later");
    watched.until([&] { return watched.text("c.yaml") == "later"; });
}

TEST_CASE("a directory that is gone takes no document away, and is an error", "[source]")
{
    const TemporaryDirectory outer;
    const auto path = outer.path() / "vpcd.d";
    std::filesystem::create_directory(path);
    write_file(path / "a.yaml", "one");
    Watched watched{path};

    std::filesystem::remove_all(path);
    watched.until([&] { return !watched.errors().empty(); });
    CHECK(watched.calls() == 0);
    CHECK(watched.text("a.yaml") == "one");
    CHECK(watched.errors().front().text().find("keeping what was read before") != std::string::npos);

    std::filesystem::create_directory(path);
    write_file(path / "b.yaml", "two");
    watched.until([&] { return watched.text("b.yaml") == "two"; });
    CHECK_FALSE(watched.text("a.yaml"));
    CHECK(watched.errors().empty());
}

TEST_CASE("a swapped symlink on the way to the documents brings the new ones", "[source]")
{
    const TemporaryDirectory outer;
    for (const auto* release : {"1", "2"}) {
        std::filesystem::create_directories(outer.path() / release / "vpcd.d");
        write_file(outer.path() / release / "vpcd.d" / "a.yaml", release);
    }
    const auto swap_to_2 = [](const std::filesystem::path& link, const char* target) {
        std::filesystem::create_symlink(target, link.string() + ".new");
        std::filesystem::rename(link.string() + ".new", link);
    };

    SECTION("the directory itself is a link")
    {
        const auto link = outer.path() / "current.d";
        std::filesystem::create_symlink("1/vpcd.d", link);
        Watched watched{link};
        swap_to_2(link, "2/vpcd.d");
        watched.until([&] { return watched.text("a.yaml") == "2"; });
        write_file(outer.path() / "2" / "vpcd.d" / "b.yaml", "later");
        watched.until([&] { return watched.text("b.yaml") == "later"; });
    }
    SECTION("a directory above it is a link")
    {
        const auto link = outer.path() / "current";
        std::filesystem::create_symlink("1", link);
        Watched watched{link / "vpcd.d"};
        swap_to_2(link, "2");
        watched.until([&] { return watched.text("a.yaml") == "2"; });
    }
    SECTION("the documents are links through ..data, as in a mounted ConfigMap")
    {
        const auto mount = outer.path() / "mount";
        std::filesystem::create_directory(mount);
        std::filesystem::create_symlink("../1/vpcd.d", mount / "..data");
        std::filesystem::create_symlink("..data/a.yaml", mount / "a.yaml");
        Watched watched{mount};
        CHECK(watched.text("a.yaml") == "1");
        swap_to_2(mount / "..data", "../2/vpcd.d");
        watched.until([&] { return watched.text("a.yaml") == "2"; });
    }
}

TEST_CASE("a document that cannot be read any more is an error, and keeps its old text", "[source]")
{
    const TemporaryDirectory directory;
    write_file(directory.path() / "a.yaml", "one");
    Watched watched{directory.path()};

    {
        std::ofstream huge{directory.path() / "a.yaml"};
        huge.seekp(static_cast<std::streamoff>(kLargestDocument)) << "end";
    }
    write_file(directory.path() / "b.yaml", "two");

    watched.until([&] { return !watched.errors().empty(); });
    watched.until([&] { return watched.text("b.yaml") == "two"; });
    CHECK(watched.errors().front().code() == EFBIG);
    CHECK(watched.text("a.yaml") == "one");
}

TEST_CASE("events that the kernel had to drop are made up for by looking at everything", "[source]")
{
    const TemporaryDirectory directory;
    Watched watched{directory.path()};
    std::ifstream limit_file{"/proc/sys/fs/inotify/max_queued_events"};
    int limit = 0;
    REQUIRE(limit_file >> limit);
    if (limit > 100'000)
        SKIP("the inotify queue of this machine is too long to overflow: " << limit);

    write_file(directory.path() / "a.txt", "");
    for (int i = 0; i < limit; ++i) // not the same event in a row, which the kernel would merge
        std::filesystem::rename(directory.path() / (i % 2 == 0 ? "a.txt" : "b.txt"),
                                directory.path() / (i % 2 == 0 ? "b.txt" : "a.txt"));
    write_file(directory.path() / "late.yaml", "found");

    watched.until([&] { return watched.text("late.yaml") == "found"; });
}

TEST_CASE("a source that is destroyed with work pending leaves nothing behind", "[source]")
{
    const TemporaryDirectory directory;
    boost::asio::io_context context;
    auto source = DirectorySource::open(context, directory.path(), 0ms);
    REQUIRE(source);
    int calls = 0;
    (*source)->watch([&](const Files&) { ++calls; });
    write_file(directory.path() / "a.yaml", "one");
    context.run_one_for(100ms);

    source->reset();
    context.run();

    CHECK(calls == 0);
}

TEST_CASE("who asks for a rescan hears of its end after what it found", "[source]")
{
    const TemporaryDirectory directory;
    Watched watched{directory.path()};
    write_file(directory.path() / "a.yaml", "one");
    std::vector<std::optional<std::string>> texts_at_the_end;

    watched.source().rescan([&] { texts_at_the_end.push_back(watched.text("a.yaml")); });
    watched.until([&] { return !texts_at_the_end.empty(); });
    write_file(directory.path() / "a.yaml", "two");
    watched.until([&] { return watched.text("a.yaml") == "two"; });

    CHECK(texts_at_the_end == std::vector<std::optional<std::string>>{"one"});
}

TEST_CASE("a directory that is not there yet cannot be read, and is watched for", "[source]")
{
    const TemporaryDirectory directory;
    const auto later = directory.path() / "later" / "documents";
    boost::asio::io_context context;
    auto source = DirectorySource::open(context, later, kSettle);
    REQUIRE(source);
    const auto nothing = (*source)->read_all();
    REQUIRE_FALSE(nothing);
    CHECK(nothing.error().front().code() == ENOENT);
    Files told;
    (*source)->watch([&](const Files& files) { told = files; });

    std::filesystem::create_directories(later);
    write_file(later / "a.yaml", "one");

    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (told.empty()) {
        REQUIRE(std::chrono::steady_clock::now() < deadline);
        context.run_one_for(100ms);
    }
    CHECK(told.at((later / "a.yaml").string()) == "one");
}

namespace {

// As root reads everything: what nobody can open is a symlink that leads to itself.
void make_unreadable(const std::filesystem::path& path)
{
    std::filesystem::create_symlink(path.filename(), path);
}

} // namespace

TEST_CASE("a part of the documents never passes for all of them", "[source]")
{
    const TemporaryDirectory directory;
    write_file(directory.path() / "a.yaml", "one");
    write_file(directory.path() / "b.yaml", "two");
    make_unreadable(directory.path() / "c.yaml");
    Watched watched{directory.path()};
    REQUIRE(watched.errors().size() == 1);
    CHECK(watched.errors().front().code() == ELOOP);
    CHECK_FALSE(watched.text("a.yaml"));

    SECTION("when another document changes")
    {
        replace_file(directory.path() / "a.yaml", "changed");
        make_unreadable(directory.path() / "d.yaml");
        watched.until([&] { return watched.errors().size() == 2; }); // it has looked again
        CHECK(watched.calls() == 0);
        std::filesystem::remove(directory.path() / "d.yaml");
    }
    SECTION("when everything is looked at again")
    {
        bool is_done = false;
        watched.source().rescan([&] { is_done = true; });
        watched.until([&] { return is_done; });
        CHECK(watched.calls() == 0);
    }
    SECTION("while one is being written")
    {
        std::ofstream writer{directory.path() / "b.yaml"};
        writer << "half" << std::flush;
        replace_file(directory.path() / "c.yaml", "three");
        watched.until([&] { return watched.errors().size() == 1 && watched.errors().front().code() == EBUSY; });
        CHECK(watched.calls() == 0);
        writer.close();
        std::ofstream{directory.path() / "b.yaml"} << "two";
    }

    replace_file(directory.path() / "c.yaml", "three");
    watched.until([&] { return watched.calls() > 0; });
    CHECK(watched.text("b.yaml") == "two");
    CHECK(watched.text("c.yaml") == "three");
    CHECK(watched.was_told_of("a.yaml"));
    CHECK(watched.errors().empty());
}

TEST_CASE("what cannot be read stays an error until it can be read, and no event is needed for that", "[source]")
{
    const TemporaryDirectory directory;
    const TemporaryDirectory elsewhere;
    write_file(directory.path() / "a.yaml", "one");
    Watched watched{directory.path()};
    make_unreadable(elsewhere.path() / "file");
    std::filesystem::create_symlink(elsewhere.path() / "file", directory.path() / "link.yaml");
    watched.until([&] { return !watched.errors().empty(); });

    watched.until_marker(); // other changes
    CHECK(watched.errors().size() == 1);

    replace_file(elsewhere.path() / "file", "read at last");
    watched.until([&] { return watched.text("link.yaml") == "read at last"; });
    CHECK(watched.errors().empty());
}

TEST_CASE("what could not be read and is gone is no error any more", "[source]")
{
    const TemporaryDirectory directory;
    Watched watched{directory.path()};
    make_unreadable(directory.path() / "a.yaml");
    watched.until([&] { return !watched.errors().empty(); });

    std::filesystem::remove(directory.path() / "a.yaml");

    watched.until([&] { return watched.errors().empty(); });
    CHECK(watched.calls() == 0);
}

TEST_CASE("a document that is renamed into place alone is told without waiting for a burst to settle", "[source]")
{
    const TemporaryDirectory directory;
    Watched watched{directory.path(), 1h};

    replace_file(directory.path() / "a.yaml", "one");

    watched.until([&] { return watched.text("a.yaml") == "one"; });
}

TEST_CASE("what may be half of a change settles first", "[source]")
{
    constexpr auto kLong = 300ms;
    const TemporaryDirectory directory;
    write_file(directory.path() / "a.yaml", "old");
    Watched watched{directory.path(), kLong};
    const auto begin = std::chrono::steady_clock::now();
    std::ofstream writer;

    SECTION("documents that are renamed back to back")
    {
        replace_file(directory.path() / "a.yaml", "new");
        replace_file(directory.path() / "b.yaml", "new");
        watched.until([&] { return watched.calls() > 0; });
        CHECK(watched.text("a.yaml") == "new");
        CHECK(watched.text("b.yaml") == "new");
    }
    SECTION("a document that is moved to another name")
    {
        std::filesystem::rename(directory.path() / "a.yaml", directory.path() / "b.yaml");
        watched.until([&] { return watched.calls() > 0; });
        CHECK_FALSE(watched.text("a.yaml"));
        CHECK(watched.text("b.yaml") == "old");
    }
    SECTION("a document that is gone, and may be made anew")
    {
        std::filesystem::remove(directory.path() / "a.yaml");
        watched.until([&] { return watched.calls() > 0; });
    }
    SECTION("a document that comes while another is being written")
    {
        writer.open(directory.path() / "a.yaml");
        writer << "half" << std::flush;
        replace_file(directory.path() / "b.yaml", "new");
        watched.until([&] { return watched.calls() > 0; });
        CHECK(watched.text("a.yaml") == "old");
    }

    CHECK(std::chrono::steady_clock::now() - begin >= kLong);
    CHECK(watched.calls() == 1);
}
