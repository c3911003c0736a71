// Plays a case on the real thing: documents through the planner into the maps of the loaded programs, packets through
// the programs.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "case.h"
#include "oracle.h"
#include "plan/planner.h"
#include "readings.h"

namespace vpcd::oracle {

// What came of a packet.
struct Outcome {
    std::uint32_t action = 0; // TC_ACT_
    Bytes bytes;
    Readings counted;
};

class Player {
public:
    explicit Player(Datapath&);

    // As the agent does: rules beside those in force, the switch, everything else, and what nobody needs any more
    // goes.
    void declare(const Model&, const ResourceIds& changed, const std::set<std::string>& windows);
    Outcome play(const Sending&, const Bytes& frame);

    const Planner& planner() const { return planner_; }
    Datapath& datapath() { return datapath_; }
    // "SecurityGroup web: ingress allow tcp 80 from anybody", as the oracle says it.
    std::string rule_name(std::uint64_t id) const;

private:
    void write(const PlanChanges&);
    void switch_policies(const Changes<__u32, ::policy>&);
    void open_windows(const std::set<std::string>&);

    Datapath& datapath_;
    Planner planner_;
    Facts facts_;
    std::uint32_t epoch_ = 0;
    Readings before_;
};

// What differs between what the oracle expects of a step and what came of it; nullopt: nothing.
std::optional<std::string> difference(const Answer&, const Outcome&, const Player&);

struct Mismatch {
    std::size_t step = 0;
    std::string words; // both answers
};

// What else is done to the tables after each change of documents.
using Sabotage = std::function<void(Player&)>;

// Oracle and datapath side by side; the first step they disagree about. nullopt: none, or the documents are refused.
std::optional<Mismatch> play(const Case&, const Sabotage& sabotage = {});

} // namespace vpcd::oracle
