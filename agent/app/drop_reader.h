// Reads drop events in the event loop, as they come.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>

#include "dataplane/drop_ring.h"

namespace vpcd {

class DropReader {
public:
    // `events`: the map. The handler is called from the io_context.
    static Result<std::unique_ptr<DropReader>> open(boost::asio::io_context&, int events, DropRing::Handler);

private:
    DropReader(boost::asio::io_context& context, std::unique_ptr<DropRing> ring);
    void wait();
    void read();

    boost::asio::io_context& context_;
    std::unique_ptr<DropRing> ring_;
    boost::asio::posix::stream_descriptor readable_;
};

} // namespace vpcd
