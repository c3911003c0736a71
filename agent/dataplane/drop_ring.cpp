#include "dataplane/drop_ring.h"

#include <bpf/libbpf.h>
#include <cerrno>
#include <cstring>

#include "dataplane/log.h"

namespace vpcd {

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

void DropRing::drain()
{
    ring_buffer__consume(ring_);
}

int DropRing::receive(void* self, void* data, std::size_t size)
{
    ::drop_event event{};
    if (size >= sizeof(event)) {
        std::memcpy(&event, data, sizeof(event));
        static_cast<DropRing*>(self)->handler_(event);
    }
    return 0;
}

} // namespace vpcd
