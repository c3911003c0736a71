#include "app/drop_reader.h"

#include <boost/asio/post.hpp>

#include "base/readable.h"

namespace vpcd {

DropReader::DropReader(boost::asio::io_context& context, std::unique_ptr<DropRing> ring)
    : context_(context), ring_(std::move(ring)), readable_(context)
{
}

Result<std::unique_ptr<DropReader>> DropReader::open(boost::asio::io_context& context, int events,
                                                     DropRing::Handler handler)
{
    auto ring = DropRing::open(events, std::move(handler));
    if (!ring)
        return fail(ring.error());
    std::unique_ptr<DropReader> reader{new DropReader{context, std::move(*ring)}};
    if (auto copied = assign_copy(reader->readable_, reader->ring_->fd(), "watch the ring of drop events"); !copied)
        return fail(copied.error());
    reader->wait();
    return reader;
}

void DropReader::wait()
{
    readable_.async_wait(readable_.wait_read, [this](const boost::system::error_code& error) {
        if (!error)
            read();
    });
}

// In a flood turn by turn, so that questions and timers have theirs.
void DropReader::read()
{
    if (ring_->drain())
        boost::asio::post(context_, [this] { read(); });
    else
        wait();
}

} // namespace vpcd
