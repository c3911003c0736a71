// Waiting in the event loop for a descriptor that somebody else owns.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <fcntl.h>
#include <string>

#include "base/error.h"
#include "base/unique_fd.h"

namespace vpcd {

// `readable` holds a copy of `fd` from now on, and nothing else. `doing` begins the error.
inline Result<void> assign_copy(boost::asio::posix::stream_descriptor& readable, int fd, const std::string& doing)
{
    UniqueFd copy{::fcntl(fd, F_DUPFD_CLOEXEC, 0)};
    if (!copy)
        return fail(Error::system(errno, doing));
    boost::system::error_code error;
    readable.close(error);
    readable.assign(copy.get(), error);
    if (error)
        return fail(Error::system(error.value(), doing));
    (void)copy.release();
    return {};
}

} // namespace vpcd
