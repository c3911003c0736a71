// The agent: documents in, kernel held to them, questions answered. One thread, one io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <memory>

#include "app/agent_views.h"
#include "app/chore.h"
#include "app/deny_log.h"
#include "app/directories.h"
#include "app/drop_reader.h"
#include "app/progress.h"
#include "app/reconciler.h"
#include "config/documents.h"
#include "observe/drop_feed.h"
#include "observe/server.h"
#include "source/directory_source.h"

namespace vpcd {

class Agent {
public:
    static Result<std::unique_ptr<Agent>> start(boost::asio::io_context&, AgentConfig);
    Agent(const Agent&) = delete;
    Agent& operator=(const Agent&) = delete;

    std::string headline() const; // how the agent is, in one line

private:
    explicit Agent(boost::asio::io_context& context, AgentConfig config);
    Result<void> take_directories();
    Result<void> open_kernel();
    Result<void> open_source();
    Result<void> open_api();
    Result<void> begin_chores();
    void take(DirectorySource::Files);
    void apply(const ResourceIds& changed, ChangeView&);
    void refuse(const std::vector<Error>&, ChangeView&);
    void note_sources(const std::vector<Error>&);
    void wait_for_signal();

    boost::asio::io_context& context_;
    AgentConfig config_;
    std::vector<DirectoryLock> locks_;
    std::unique_ptr<Progress> progress_;
    Documents documents_;
    std::unique_ptr<Dataplane> dataplane_;
    std::unique_ptr<HostKernel> kernel_;
    std::unique_ptr<Reconciler> reconciler_;
    std::unique_ptr<AgentViews> views_;
    std::unique_ptr<DirectorySource> source_;
    std::set<std::string> files_;      // that hold documents now
    std::set<std::string> unreadable_; // errors of the source
    ErrorList refused_;                // why the documents of now are not in force
    std::unique_ptr<DropFeed> feed_;
    DenyLog deny_log_;
    std::unique_ptr<DropReader> drops_;
    std::vector<std::unique_ptr<Chore>> chores_;
    std::unique_ptr<Server> server_;
    boost::asio::signal_set signals_;
};

} // namespace vpcd
