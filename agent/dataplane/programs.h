// The programs, loaded, with their maps shared and pinned: those embedded in the agent, which stay ready, or others
// in their place.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "dataplane/map_sizes.h"
#include "dataplane/other_build.h"
#include "dataplane/pins.h"
#include "dataplane/upgrade.h"

struct bpf_object;

namespace vpcd {

class Programs {
public:
    // Maps that are pinned already are used as they are; where the layout or the size is another, upgrade() says what
    // becomes of them, and its last steps are the caller's.
    static Result<Programs> load(const Pins&, const MapSizes&);
    // What load() would do to the maps. Changes nothing.
    static Result<std::vector<MapFate>> preview(const Pins&, const MapSizes&);
    Programs(Programs&&) noexcept;
    Programs& operator=(Programs&&) noexcept;
    ~Programs();

    // From now on program() is of this build, which uses the same maps. On an error nothing has changed. What is
    // attached is the caller's business.
    Result<void> prefer(const ObjectImages&);
    void prefer_own() { preferred_.reset(); }
    bool prefers_own() const { return !preferred_; }

    // -1: no such program. Names are those in bpf/.
    int program(const std::string& name) const;
    int map(const std::string& name) const;
    std::uint32_t max_entries(const std::string& map) const;
    // The mark by which the programs know a packet that is to be traced. Nobody else knows it.
    std::uint32_t trace_mark() const { return trace_mark_; }
    Upgrade& upgrade() { return *upgrade_; }
    const Upgrade& upgrade() const { return *upgrade_; }

private:
    struct Objects;

    Programs();
    Result<void> open(const Pins&, const MapSizes&);

    std::unique_ptr<Objects> objects_;
    std::optional<OtherBuild> preferred_;
    std::unique_ptr<Upgrade> upgrade_;                 // refers to objects_
    std::map<std::string, int, std::less<>> programs_; // borrowed from objects_
    std::map<std::string, int, std::less<>> maps_;
    std::map<std::string, std::uint32_t, std::less<>> max_entries_;
    std::uint32_t trace_mark_ = 0;
};

} // namespace vpcd
