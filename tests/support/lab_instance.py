"""An instance: a namespace with eth0, plugged into a host by a veth or a tap."""
import json

import lab_paths
from lab_traffic import Traffic


class Instance(Traffic):
    def __init__(self, host, name, device, address, prefix_len, gateway, mac, mtu, kind):
        self.host = host
        self.name = name
        self.device = device  # on the host
        self.address = address
        self.prefix_len = prefix_len
        self.gateway = gateway
        self.mac = mac
        self.mtu = mtu
        self.kind = kind
        self.namespace = host.lab.namespace(name)
        self._cable = None

    def plug(self):
        """Makes the device and gives the instance its address and default route."""
        if self.kind == "tap":
            self._plug_tap()
        else:
            self.host.namespace.ip("link", "add", self.device, "mtu", self.mtu, "type", "veth",
                                   "peer", "name", "eth0", "netns", self.namespace.name, "mtu", self.mtu)
        self.host.namespace.ip("link", "set", self.device, "mtu", self.mtu, "up")
        self.namespace.ip("link", "set", "eth0", "address", self.mac, "mtu", self.mtu, "up")
        self.namespace.ip("addr", "add", f"{self.address}/{self.prefix_len}", "dev", "eth0")
        if self.gateway:
            self.namespace.ip("route", "add", "default", "via", self.gateway)

    def _plug_tap(self):
        program = lab_paths.program("VPCD_TAP_CABLE", "tests/support/tap_cable")
        self._cable = self.host.namespace.spawn(program, self.host.namespace.path, self.device, self.namespace.path,
                                                "eth0", outlive=self.host.lab.outlive)
        self._cable.wait_line("ready", stream="stdout")

    def unplug(self):
        """Takes the device away; the instance keeps its processes."""
        if self._cable:
            self._cable.kill()
            self._cable = None
        else:
            self.host.namespace.ip("link", "del", self.device)

    def move(self, host, device=None):
        """The other end of eth0 goes to another host. Address, MAC and open connections stay."""
        device = device or self.device
        self.host.namespace.ip("link", "set", self.device, "netns", host.namespace.name, "name", device)
        self.host.instances.remove(self)
        host.instances.append(self)
        self.host, self.device = host, device
        host.namespace.ip("link", "set", device, "up")

    def offloads(self, **settings):
        """offloads(tx="off", gro="on"): what the path of an XDP redirect needs."""
        self.namespace.run("ethtool", "-K", "eth0", *[word for pair in settings.items() for word in pair])

    def statistics(self):
        link, = json.loads(self.namespace.ip("-j", "-s", "link", "show", "dev", "eth0"))
        return {"rx": link["stats64"]["rx"], "tx": link["stats64"]["tx"]}

    def neighbour(self, address):
        """The MAC the instance has learned for an address, or None."""
        for entry in json.loads(self.namespace.ip("-j", "neigh", "show", "to", address) or "[]"):
            if entry.get("lladdr"):
                return entry["lladdr"]
        return None
