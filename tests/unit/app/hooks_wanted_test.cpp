// Which programs belong on which devices.
#include "app/hooks_wanted.h"

#include <catch2/catch_test_macros.hpp>
#include <cerrno>

namespace vpcd {

namespace {

Attachments one_instance(bool is_nic)
{
    Attachments attachments;
    attachments.instances[7] = {"tap-web", "web"};
    attachments.underlay_device = "underlay0";
    attachments.underlay_ifindex = 3;
    attachments.is_underlay_nic = is_nic;
    return attachments;
}

} // namespace

TEST_CASE("an instance's device gets its two programs, the underlay's one")
{
    const std::set<Hook> expected{{"from_interface", HookSide::Ingress, 7},
                                  {"to_interface", HookSide::Egress, 7},
                                  {"tc_underlay", HookSide::Ingress, 3}};

    CHECK(hooks_wanted(one_instance(false), {}) == expected);
}

TEST_CASE("XDP and the tunnel device come on top: TC serves what XDP hands over")
{
    const auto hooks =
        hooks_wanted(one_instance(true), {.xdp = true, .tunnel_ifindex = 9, .check_ifindex = 0, .xdp_instances = {}});

    CHECK(hooks.contains({"xdp_underlay", HookSide::Xdp, 3}));
    CHECK(hooks.contains({"tc_underlay", HookSide::Ingress, 3}));
    CHECK(hooks.contains({"from_tunnel", HookSide::Ingress, 9}));
}

TEST_CASE("health checks come from a device of their own")
{
    HookNeeds needs;
    needs.check_ifindex = 11;
    CHECK(hooks_wanted(one_instance(false), needs).contains({"from_checks", HookSide::Ingress, 11}));
    CHECK(side_of("from_checks") == HookSide::Ingress);
}

TEST_CASE("without an underlay device only the instances are served")
{
    Attachments attachments = one_instance(false);
    attachments.underlay_ifindex = 0;

    CHECK(hooks_wanted(attachments, {.xdp = true, .tunnel_ifindex = 0, .check_ifindex = 0, .xdp_instances = {}})
              .size() == 2);
}

TEST_CASE("where tunnel packets are taken apart")
{
    struct Row {
        const char* name;
        Decapsulation mode;
        bool is_nic;
        bool xdp;
    };
    const Row rows[] = {
        {"auto on a NIC", Decapsulation::Auto, true, true},
        {"auto on a veth", Decapsulation::Auto, false, false},
        {"TC on a NIC", Decapsulation::Tc, true, false},
        {"XDP on a veth", Decapsulation::Xdp, false, true},
        {"XDP redirect on a veth", Decapsulation::XdpRedirect, false, true},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        CHECK(wants_xdp(row.mode, one_instance(row.is_nic)) == row.xdp);
    }
}

TEST_CASE("the kernel's vxlan device stands where it pays")
{
    struct Row {
        const char* name;
        bool is_nic;
        bool has_tap;
        bool xdp;
        Encapsulation encapsulation;
        bool wanted;
    };
    const Row rows[] = {
        {"a NIC and TC: its socket lets GRO merge", true, false, false, Encapsulation::Vxlan, true},
        {"a tap: big packets stay whole", false, true, false, Encapsulation::Vxlan, true},
        {"veths only", false, false, false, Encapsulation::Vxlan, false},
        {"XDP uncovers before GRO", true, true, true, Encapsulation::Vxlan, false},
        {"Geneve", true, true, false, Encapsulation::Geneve, false},
        {"GRE", true, true, false, Encapsulation::Gre, false},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        Attachments attachments = one_instance(row.is_nic);
        attachments.has_whole_packets = row.has_tap;
        CHECK(wants_tunnel_device(attachments, row.xdp, row.encapsulation) == row.wanted);
    }
}

TEST_CASE("instances send in XDP where it was asked for, from pairs, towards a device that takes the frames")
{
    struct Row {
        const char* name;
        Decapsulation mode;
        const char* kind;
        bool underlay_takes_frames;
        bool xdp;
    };
    const Row rows[] = {
        {"asked for", Decapsulation::XdpRedirect, "veth", true, true},
        {"not asked for", Decapsulation::Xdp, "veth", true, false},
        {"a tap", Decapsulation::XdpRedirect, "tun", true, false},
        {"frames would vanish on the underlay", Decapsulation::XdpRedirect, "veth", false, false},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        Facts facts;
        facts.links["tap-web"] = {.ifindex = 7, .name = "tap-web", .kind = row.kind, .mac = {}};
        facts.links["underlay0"].accepts_xdp_redirect = row.underlay_takes_frames;

        const auto devices = xdp_instances(row.mode, one_instance(false), facts);

        CHECK(devices == (row.xdp ? std::set<unsigned>{7} : std::set<unsigned>{}));
        CHECK(hooks_wanted(one_instance(false),
                           {.xdp = true, .tunnel_ifindex = 0, .check_ifindex = 0, .xdp_instances = devices})
                  .contains({"xdp_interface", HookSide::Xdp, 7}) == row.xdp);
    }
}

TEST_CASE("a hook is known again by the name of its pin")
{
    const Hook hook{"to_interface", HookSide::Egress, 1234};

    CHECK(pin_name(hook) == "to_interface-1234");
    CHECK(parse_pin_name(pin_name(hook)) == hook);
    CHECK(parse_pin_name("xdp_underlay-3")->side == HookSide::Xdp);
    for (const char* foreign : {"", "from_interface", "from_interface-", "from_interface-3x"}) {
        INFO(foreign);
        CHECK_FALSE(parse_pin_name(foreign));
    }
}

TEST_CASE("only a driver that says so has no XDP")
{
    struct Row {
        const char* what;
        Error error;
        bool lacks;
    };
    const Row rows[] = {
        {"no XDP in the driver", {ErrorSource::Bpf, EOPNOTSUPP, "attach"}, true},
        {"not on such a device", {ErrorSource::Bpf, EINVAL, "attach"}, true},
        {"another program is there", {ErrorSource::Bpf, EBUSY, "attach"}, false},
        {"no memory", {ErrorSource::Bpf, ENOMEM, "attach"}, false},
        {"another code of the same number", {ErrorSource::Netlink, EINVAL, "add link"}, false},
    };

    for (const auto& row : rows) {
        INFO(row.what);
        CHECK(lacks_xdp(row.error) == row.lacks);
    }
}

} // namespace vpcd
