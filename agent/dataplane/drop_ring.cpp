#include "dataplane/drop_ring.h"

#include <bpf/libbpf.h>
#include <cerrno>
#include <cstring>

#include "dataplane/log.h"

namespace vpcd {

namespace {

constexpr std::size_t kTurn = 256; // events; each becomes JSON for everybody who follows

} // namespace

Result<std::unique_ptr<DropRing>> DropRing::open(int map, Handler handler)
{
    std::unique_ptr<DropRing> ring{new DropRing(std::move(handler))};
    ring->ring_ = ring_buffer__new(map, receive, ring.get(), nullptr);
    if (!ring->ring_)
        return fail(bpf_error(errno, "open the ring of drop events"));
    return ring;
}

DropRing::~DropRing()
{
    ring_buffer__free(ring_);
}

int DropRing::fd() const
{
    return ring_buffer__epoll_fd(ring_);
}

bool DropRing::drain()
{
    taken_ = 0;
    return ring_buffer__consume(ring_) == -EAGAIN;
}

int DropRing::receive(void* self, void* data, std::size_t size)
{
    auto& ring = *static_cast<DropRing*>(self);
    ::drop_event event{};
    if (size >= sizeof(event)) {
        std::memcpy(&event, data, sizeof(event));
        ring.handler_(event);
    }
    // An error ends the turn; libbpf counts this event as read all the same.
    return ++ring.taken_ < kTurn ? 0 : -EAGAIN;
}

} // namespace vpcd
