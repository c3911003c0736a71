// The ring of drop events. The kernel half fills it only while settings.events is set.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include <vpcd/abi/drop.h>

#include "base/error.h"

struct ring_buffer;

namespace vpcd {

class DropRing {
public:
    using Handler = std::function<void(const ::drop_event&)>;

    static Result<std::unique_ptr<DropRing>> open(int map, Handler);
    ~DropRing();
    DropRing(const DropRing&) = delete;
    DropRing& operator=(const DropRing&) = delete;

    // Readable when there are events. Owned by the ring.
    int fd() const;
    // Calls the handler for each event, without waiting; in a flood for some of them. True: call it again, soon.
    bool drain();

private:
    explicit DropRing(Handler handler) : handler_(std::move(handler)) {}
    static int receive(void* self, void* data, std::size_t size);

    Handler handler_;
    ring_buffer* ring_ = nullptr;
    std::size_t taken_ = 0; // in this turn
};

} // namespace vpcd
