// A cable between two taps in two namespaces, as a hypervisor's virtio backend is one between a tap and a guest:
// packets keep their offload header, so bulk packets pass whole.  tap_cable NETNS DEVICE NETNS DEVICE
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace {

int check(int result, const char* what)
{
    if (result >= 0)
        return result;
    std::fprintf(stderr, "tap_cable: %s: %s\n", what, std::strerror(errno));
    std::exit(1);
}

int open_tap(const char* netns, const char* device)
{
    check(::setns(check(::open(netns, O_RDONLY | O_CLOEXEC), netns), CLONE_NEWNET), "setns");
    const int fd = check(::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK), "/dev/net/tun");
    ifreq request{};
    std::strncpy(request.ifr_name, device, IFNAMSIZ - 1);
    request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
    check(::ioctl(fd, TUNSETIFF, &request), device);
    check(::ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4), "TUNSETOFFLOAD");
    return fd;
}

// Passes on what one end has, until it has nothing more. A full or downed end loses packets, as a cable would.
void pass(int from, int to, std::vector<char>& buffer)
{
    for (int packets = 0; packets < 64; ++packets) {
        const auto length = ::read(from, buffer.data(), buffer.size());
        if (length <= 0)
            return;
        [[maybe_unused]] const auto written = ::write(to, buffer.data(), static_cast<std::size_t>(length));
    }
}

} // namespace

int main(int count, char** arguments)
{
    if (count != 5) {
        std::fputs("usage: tap_cable NETNS DEVICE NETNS DEVICE\n", stderr);
        return 2;
    }
    const int near = open_tap(arguments[1], arguments[2]);
    const int far = open_tap(arguments[3], arguments[4]);
    std::puts("ready");
    std::fflush(stdout);

    std::vector<char> buffer(1 << 17);
    pollfd ends[] = {{near, POLLIN, 0}, {far, POLLIN, 0}};
    // POLLERR: a device was deleted under us.
    while (::poll(ends, 2, -1) >= 0 && !((ends[0].revents | ends[1].revents) & POLLERR)) {
        if (ends[0].revents)
            pass(near, far, buffer);
        if (ends[1].revents)
            pass(far, near, buffer);
    }
    return 1;
}
