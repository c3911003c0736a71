// Which programs are on which devices: brings the kernel to a wanted set of hooks.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "dataplane/filters.h"
#include "dataplane/hooks.h"
#include "dataplane/pins.h"
#include "dataplane/programs.h"

namespace vpcd {

class HookSet {
public:
    // What an earlier agent has left is known by its pins, and its filters by their numbers.
    explicit HookSet(const Pins& pins);

    // Goes on past what fails. Hooks an earlier agent left get the programs of now, in one step each; hooks nobody
    // wants any more are ended last.
    std::vector<Error> apply(const std::set<Hook>& wanted, const Programs&);
    // Other programs on what is attached, each in one step: no packet meets none. Where that fails the program of
    // before goes on, and the next call, of this or of apply(), tries it again.
    std::vector<Error> replace(const Programs&);
    bool is_attached(const Hook& hook) const { return attached_.contains(hook); }
    // Programs an earlier agent has attached may still run.
    bool has_inherited() const { return !inherited_.empty() || !inherited_filters_.empty(); }

private:
    std::optional<Error> renew(const Hook&, const Attachment&, const Programs&);
    std::optional<Error> attach(const Hook&, const Programs&);
    void end_unwanted(const std::set<Hook>& wanted, std::vector<Error>&);

    const Pins* pins_;
    std::set<Hook> inherited_;                // pinned by an earlier agent, not taken over yet
    std::set<FilterPlace> inherited_filters_; // the same, of filters_
    std::set<FilterPlace> filters_;           // of ours, whoever attached them
    std::map<Hook, Attachment> attached_;
    std::set<Hook> outdated_; // attached, with other programs than the last ones: replacing them has failed
};

} // namespace vpcd
