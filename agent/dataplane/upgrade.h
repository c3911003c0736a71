// What a start does to the maps an earlier agent has pinned: keeps them, carries their entries over into a new layout
// or size, or makes them anew - without a packet lost, and so that a crash at any point is made good by the next
// start.
//
// A new map is made and filled as NAME-new, while the programs that run go on with NAME. Then it takes the name, and
// the old map is NAME-old until the last program is replaced and what the old ones wrote meanwhile is carried over.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "dataplane/layout_records.h"
#include "dataplane/map_fate.h"
#include "dataplane/pins.h"

struct bpf_map;
struct bpf_object;

namespace vpcd {

class Upgrade {
public:
    // Behind a name: a map that has not taken the name yet, one that has given it away.
    static constexpr const char* kNew = "-new";
    static constexpr const char* kOld = "-old";

    // What loading these objects (open, not loaded yet) means for the pinned maps. Changes nothing.
    static Result<std::unique_ptr<Upgrade>> plan(const Pins&, const std::vector<bpf_object*>&);
    // New maps that have not taken their names yet go.
    ~Upgrade();
    Upgrade(const Upgrade&) = delete;
    Upgrade& operator=(const Upgrade&) = delete;

    std::vector<MapFate> fates() const;

    // The steps, in this order.
    Result<void> prepare();    // before loading: tells libbpf where the maps are, clears what a crash has left
    Result<void> fill();       // after loading
    Result<void> take_names(); // before the first program is replaced
    Result<void> finish();     // after the last one is
    bool is_finished() const { return step_ == Step::Finished; }

private:
    enum class Step { Planned, Filled, Named, Finished };

    struct Item {
        MapFate fate;
        MapLayout layout;           // as wanted
        std::vector<bpf_map*> maps; // one in each object that uses it; owned by the objects
        UniqueFd old;               // pinned under the name; empty: none
    };

    Upgrade(const Pins& pins, LayoutRecords records) : pins_(pins), records_(std::move(records)) {}
    Result<void> plan_item(Item&);
    Result<void> spread_renewals();
    Result<void> plan_drops();
    Result<void> settle_interrupted(const Item&);
    Result<void> migrate(const Item&, int fd);
    Result<void> carry_over_rest(const std::string& name);
    Result<void> forget_others() const;
    std::filesystem::path pin(const std::string& name, const char* suffix = "") const
    {
        return pins_.maps() / (name + suffix);
    }

    Pins pins_;
    LayoutRecords records_;
    std::map<std::string, Item> items_;
    Step step_ = Step::Planned;
};

} // namespace vpcd
