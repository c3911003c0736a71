// Which programs run: the embedded ones, or ones compiled for this host (`datapath.compile: host`). Programs without
// a feature never see rows that need it: before such rows are written the embedded ones take over, then others are
// compiled, beside the event loop, and take their place. What an earlier agent has left attached may be compiled,
// too: nothing is sure of it but that it knows the rows that agent has written. One thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>

#include "app/features_wanted.h"
#include "config/agent_config.h"
#include "dataplane/compiler.h"
#include "dataplane/dataplane.h"
#include "observe/views.h"

namespace vpcd {

class HostPrograms {
public:
    HostPrograms(boost::asio::io_context&, const AgentConfig&, Dataplane&);

    // The rows an earlier agent has left. Before the first require().
    void adopt(const Tables& rows);
    // Rows like these will be written: makes sure that the programs know all they need. On an error some do not.
    std::vector<Error> require(const Tables& rows, bool xdp);
    // An earlier agent's programs still run that may not know what was required: the hooks come before the rows.
    bool are_inherited_lacking() const
    {
        return dataplane_.has_inherited_programs() && !contains(inherited_, required_);
    }
    // The pass is over. `is_clean`: the kernel holds these rows and no others.
    void settle(bool is_clean);
    // What failed may be tried again.
    void retry() { failed_.reset(); }

    ProgramsView view() const;

private:
    bool is_wanted() const { return config_.datapath.compile == Compile::Host; }
    void build();
    void take(Result<HostBuild>);
    void give_up(const Error&);

    const AgentConfig& config_;
    Dataplane& dataplane_;
    Compiler compiler_;
    boost::asio::steady_timer settled_;
    bool is_scheduled_ = false;
    FeatureSet received_;                 // see FeatureInputs
    FeatureSet wanted_;                   // by the last pass
    FeatureSet required_;                 // by what the kernel may hold
    FeatureSet running_ = all_features(); // of the programs that are attached, an earlier agent's apart
    FeatureSet inherited_;                // of those, at least
    std::optional<HostBuild> build_;      // attached; nothing: the embedded ones are
    FeatureSet tried_;                    // by the last build
    std::optional<FeatureSet> failed_;    // could not be compiled or loaded
    std::string warning_;
};

} // namespace vpcd
