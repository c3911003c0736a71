// XDP's note as TC reads it, which BPF_PROG_TEST_RUN cannot show: real frames over real devices.
#include <cstring>

#include <bpf/libbpf.h>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <chrono>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>

#include "handover_note.h"

using namespace vpcd::test;

namespace {

void set_up(int socket, std::uint32_t ifindex)
{
    ifreq request{};
    REQUIRE(if_indextoname(ifindex, request.ifr_name));
    REQUIRE(ioctl(socket, SIOCGIFFLAGS, &request) == 0);
    request.ifr_flags |= IFF_UP;
    REQUIRE(ioctl(socket, SIOCSIFFLAGS, &request) == 0);
}

// The far end of one of the namespace's devices: what is sent here is received by the device.
class FarEnd {
public:
    explicit FarEnd(std::uint32_t device) : socket_{::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL))}
    {
        REQUIRE(socket_ >= 0);
        set_up(socket_, device);
        set_up(socket_, device + kPeerOffset);
        sockaddr_ll at{};
        at.sll_family = AF_PACKET;
        at.sll_protocol = htons(ETH_P_ALL);
        at.sll_ifindex = static_cast<int>(device + kPeerOffset);
        REQUIRE(bind(socket_, reinterpret_cast<sockaddr*>(&at), sizeof(at)) == 0);
    }
    FarEnd(const FarEnd&) = delete;
    FarEnd& operator=(const FarEnd&) = delete;
    ~FarEnd() { close(socket_); }

    void send(const Bytes& frame) const
    {
        REQUIRE(::send(socket_, frame.data(), frame.size(), 0) == static_cast<ssize_t>(frame.size()));
    }

    // Waits for this very frame; others (the kernel announces itself) do not matter.
    bool sees(const Bytes& expected) const
    {
        using namespace std::chrono;
        const auto end = steady_clock::now() + seconds{5};
        for (auto now = steady_clock::now(); now < end; now = steady_clock::now()) {
            pollfd waiting{.fd = socket_, .events = POLLIN, .revents = 0};
            if (poll(&waiting, 1, static_cast<int>(duration_cast<milliseconds>(end - now).count()) + 1) <= 0)
                break;
            Bytes frame(4096);
            const auto length = recv(socket_, frame.data(), frame.size(), 0);
            frame.resize(static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
            if (frame == expected)
                return true;
        }
        return false;
    }

private:
    int socket_;
};

class Attached {
public:
    Attached(const Datapath& datapath, int xdp)
    {
        hook_.sz = sizeof(hook_);
        hook_.ifindex = kUnderlayDevice;
        hook_.attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS);
        REQUIRE(bpf_tc_hook_create(&hook_) == 0);
        auto ingress = hook_;
        ingress.attach_point = BPF_TC_INGRESS;
        bpf_tc_opts options{};
        options.sz = sizeof(options);
        options.prog_fd = datapath.program(Program::kTcUnderlay);
        REQUIRE(bpf_tc_attach(&ingress, &options) == 0);
        REQUIRE(bpf_xdp_attach(kUnderlayDevice, xdp, XDP_FLAGS_DRV_MODE, nullptr) == 0);
    }
    Attached(const Attached&) = delete;
    Attached& operator=(const Attached&) = delete;
    ~Attached()
    {
        bpf_xdp_detach(kUnderlayDevice, XDP_FLAGS_DRV_MODE, nullptr);
        bpf_tc_hook_destroy(&hook_);
    }

private:
    bpf_tc_hook hook_{};
};

struct LiveWorld : Underlay {
    std::uint32_t other = host("192.0.2.2");
    Instance web = interface("10.0.1.10");
    Instance neighbour = interface("10.0.1.11");
    FarEnd wire{kUnderlayDevice};
    FarEnd instance{web.ifindex};
    FarEnd other_instance{neighbour.ifindex};
    Packet tunnel_packet = tunnelled(ENCAPSULATION_VXLAN, inner());

    std::uint64_t counter(std::uint32_t which) const
    {
        return datapath.sum<std::uint32_t, std::uint64_t>("counters", which);
    }
};

} // namespace

TEST_CASE("TC delivers what XDP has uncovered, to the interface XDP has chosen", "[bpf][handover]")
{
    LiveWorld world;
    const Attached attached{world.datapath, world.datapath.program(Program::kXdpUnderlay)};

    world.wire.send(world.tunnel_packet.bytes());

    CHECK(world.instance.sees(inner().bytes()));
    CHECK(world.counter(COUNTER_DECAPSULATED) == 1);
    CHECK(world.counter(COUNTER_FLOW_MISS) == 1);
}

TEST_CASE("TC believes no note but XDP's own", "[bpf][handover]")
{
    struct Row {
        const char* name;
        Bytes metadata;
    };
    // Each would lead to the neighbour, or nowhere, were it believed.
    const auto row = GENERATE(values<Row>({
        {"another mark", note(VPCD_MARK ^ 1, 2)},
        {"no mark", note(0, 2)},
        {"half a note", note(VPCD_MARK, 2)},
        {"an interface that cannot be", note(VPCD_MARK, 100000)},
    }));

    DYNAMIC_SECTION(row.name)
    {
        auto metadata = row.metadata;
        if (std::string_view{row.name} == "half a note")
            metadata.resize(4);
        LiveWorld world;
        const Attached attached{world.datapath, world.datapath.forger(metadata)};

        world.wire.send(world.tunnel_packet.bytes());

        CHECK(world.instance.sees(inner().bytes())); // uncovered by TC itself
        CHECK(world.counter(COUNTER_DECAPSULATED) == 1);
    }
}

TEST_CASE("a note for an interface delivers the frame as it is", "[bpf][handover]")
{
    LiveWorld world;
    const Attached attached{world.datapath, world.datapath.forger(note(VPCD_MARK, world.neighbour.id))};

    world.wire.send(inner().bytes());

    CHECK(world.other_instance.sees(inner().bytes()));
    CHECK(world.counter(COUNTER_DECAPSULATED) == 0);
}
