"""The Internet of a lab: a segment on which hosts have an external device, a router, and a client behind it."""
import json

from lab_traffic import Traffic

DEVICE = "external0"
SEGMENT, FAR = "203.0.113", "198.51.100"


class Client(Traffic):
    """Somebody on the Internet; like an instance, its device is eth0."""

    def __init__(self, namespace, name, address):
        self.namespace, self.name, self.address = namespace, name, address


class Internet:
    """Host number i gets 203.0.113.i and a default route. `router` has 203.0.113.254, `client` 198.51.100.7."""

    router_address = f"{SEGMENT}.254"
    far_router_address = f"{FAR}.254"

    def __init__(self, lab, hosts, mtu=1500):
        self.router = lab.namespace("internet")
        self.router.sysctl("net.ipv4.ip_forward", 1)
        self.router.ip("link", "add", "segment", "type", "bridge", "stp_state", "0", "mcast_snooping", "0")
        self.router.ip("link", "set", "segment", "mtu", mtu, "up")
        self.router.ip("addr", "add", f"{self.router_address}/24", "dev", "segment")
        for index, host in enumerate(hosts, 1):
            self._join(host.namespace, host.name, mtu)
            host.namespace.ip("addr", "add", f"{SEGMENT}.{index}/24", "dev", DEVICE)
            host.namespace.ip("route", "add", "default", "via", self.router_address)
        self.client = self._client(lab, mtu)

    def _join(self, namespace, port, mtu):
        self.router.ip("link", "add", port, "mtu", mtu, "type", "veth", "peer", "name", DEVICE, "netns",
                       namespace.name, "mtu", mtu)
        self.router.ip("link", "set", port, "master", "segment", "up")
        namespace.ip("link", "set", DEVICE, "up")

    def _client(self, lab, mtu):
        namespace = lab.namespace("client")
        self.router.ip("link", "add", "far", "mtu", mtu, "type", "veth", "peer", "name", "eth0", "netns",
                       namespace.name, "mtu", mtu)
        self.router.ip("link", "set", "far", "up")
        self.router.ip("addr", "add", f"{self.far_router_address}/24", "dev", "far")
        namespace.ip("link", "set", "eth0", "up")
        client = Client(namespace, "client", f"{FAR}.7")
        namespace.ip("addr", "add", f"{client.address}/24", "dev", "eth0")
        namespace.ip("route", "add", "default", "via", self.far_router_address)
        return client

    def set_far_mtu(self, mtu):
        """Between the router and the client."""
        self.router.ip("link", "set", "far", "mtu", mtu)
        self.client.namespace.ip("link", "set", "eth0", "mtu", mtu)

    def neighbour(self, address):
        """The MAC the router has learned for an address of the segment, or None."""
        for entry in json.loads(self.router.ip("-j", "neigh", "show", "to", address) or "[]"):
            if entry.get("lladdr"):
                return entry["lladdr"]
        return None
