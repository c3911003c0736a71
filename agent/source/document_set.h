// What is known of the documents of a directory: which text was told last, which names are to be read, which cannot
// be.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "source/directory_files.h"

namespace vpcd {

// Begins with nothing known, and tells nothing before everything could be read once.
class DocumentSet {
public:
    explicit DocumentSet(std::filesystem::path directory) : directory_(std::move(directory)) {}

    void note_changed(const std::string& name);
    void note_touched(const std::string& name) { dirty_.insert(name); }
    void note_writing(const std::string& name) { being_written_.insert(name); } // until note_changed()
    void note_all_closed() { being_written_.clear(); }
    bool has_writers() const { return !being_written_.empty(); }

    // All names, at the next look.
    void look_at_all() { is_rescan_due_ = true; }
    // What could not be read, at the next look.
    void look_at_failed();
    bool is_rescan_due() const { return is_rescan_due_; }
    bool is_whole() const { return is_whole_; }
    void forget_all();

    // Reads what is to be read; what differs from what was told before. `catch_up`, called when all is read, notes
    // what happened meanwhile; true: it was perhaps another directory, and nothing read counts.
    Files look(const std::function<bool()>& catch_up);

    bool has_failed() const { return !failed_.empty() || listing_error_; }
    std::vector<Error> errors() const;

private:
    void find_names();
    Files read_dirty();
    Files compare(Files texts);
    std::string path_of(const std::string& name) const { return (directory_ / name).string(); }

    std::filesystem::path directory_;
    std::map<std::string, std::uint64_t> known_; // name -> hash of the text last told
    std::set<std::string> dirty_;                // to be read
    std::set<std::string> being_written_;        // not to be read before they are closed
    std::map<std::string, Error> failed_;        // name -> why it cannot be read
    std::optional<Error> listing_error_;
    bool is_whole_ = false; // everything could be read once
    bool is_rescan_due_ = true;
};

} // namespace vpcd
