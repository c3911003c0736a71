"""The paths that are compared. Each is two hosts joined by a veth, with one instance behind a veth on each."""
import contextlib

from lab import Lab
from lab_fleet import Fleet

NEAR, FAR = "10.0.1.10", "10.0.1.11"
NEAR_MAC, FAR_MAC = "02:00:0a:00:01:0a", "02:00:0a:00:01:0b"
MTU = 1450  # everywhere, so that no path sends more bytes a packet than another


def _veth(lab):
    """No overlay: the hosts route."""
    hosts = lab.underlay(2)
    ends = []
    for number, (host, other) in enumerate(zip(hosts, reversed(hosts)), 1):
        subnet = f"10.0.{number}"
        ends.append(host.instance(f"end-{number}", "instance", f"{subnet}.10", 24, f"{subnet}.253",
                                  f"02:00:0a:00:0{number}:0a", MTU))
        host.namespace.sysctl("net.ipv4.ip_forward", 1)
        host.namespace.ip("addr", "add", f"{subnet}.253/24", "dev", "instance")
        host.namespace.ip("route", "add", f"10.0.{3 - number}.0/24", "via", other.address)
    return ends


def _vxlan_bridge(lab):
    """The kernel's vxlan device as a port of a bridge, with static entries: nothing is learned or flooded."""
    hosts = lab.underlay(2)
    near = hosts[0].instance("near", "instance", NEAR, 24, None, NEAR_MAC, MTU)
    far = hosts[1].instance("far", "instance", FAR, 24, None, FAR_MAC, MTU)
    for host, other, remote in ((hosts[0], hosts[1], far), (hosts[1], hosts[0], near)):
        namespace = host.namespace
        namespace.ip("link", "add", "bridge", "type", "bridge", "stp_state", "0", "mcast_snooping", "0")
        namespace.ip("link", "add", "vxlan", "type", "vxlan", "id", 100, "local", host.address, "dstport", 4789,
                     "dev", host.device, "nolearning")
        for device in ("vxlan", "instance"):
            namespace.ip("link", "set", device, "mtu", MTU, "master", "bridge", "up")
        namespace.ip("link", "set", "bridge", "up")
        namespace.run("bridge", "fdb", "append", remote.mac, "dev", "vxlan", "dst", other.address, "static")
    for instance, other in ((near, far), (far, near)):
        instance.namespace.ip("neigh", "add", other.address, "lladdr", other.mac, "dev", "eth0", "nud", "permanent")
    return near, far


def _vpcd(lab, decapsulation="tc", **offloads):
    fleet = Fleet(lab)
    fleet.vpc("bench", 100)
    fleet.subnet("subnet", "bench", "10.0.1.0/24")
    near = fleet.interface("near", "subnet", fleet.hosts[0], NEAR, mtu=MTU)
    far = fleet.interface("far", "subnet", fleet.hosts[1], FAR, mtu=MTU)
    for instance in (near, far):
        if offloads:
            instance.offloads(**offloads)
    fleet.start(config={"logLevel": "info", "datapath": {"decapsulation": decapsulation}})
    return near, far


def _vpcd_xdp(lab):
    """XDP to the end: the redirect needs finished checksums, and NAPI where it leads to."""
    return _vpcd(lab, "xdp-redirect", tx="off", gro="on")


PATHS = {"veth": _veth, "vxlan-bridge": _vxlan_bridge, "vpcd": _vpcd, "vpcd-xdp": _vpcd_xdp}


def prepare(source, target, takes_xdp=False):
    """Ping-pong opens tens of thousands of connections; neither end may run out of ports."""
    source.namespace.sysctl("net.ipv4.ip_local_port_range", "1024 65535")
    target.namespace.sysctl("net.ipv4.tcp_max_tw_buckets", 0)
    target.takes_xdp = takes_xdp


@contextlib.contextmanager
def build(path):
    """(source, target): two instances joined by the path."""
    with Lab() as lab:
        source, target = PATHS[path](lab)
        prepare(source, target, takes_xdp=path == "vpcd-xdp")
        yield source, target
