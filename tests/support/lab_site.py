"""Addresses outside the VPC: a namespace behind an instance that forwards. Routes lead there by `nextHop.interface`."""
from lab_traffic import Traffic


class Site(Traffic):
    def __init__(self, lab, router, *addresses, mtu=1450):
        self.name = "site"
        self.addresses = addresses
        self.address = addresses[0]
        self.namespace = lab.namespace(f"site-{router.name}")
        router.namespace.sysctl("net.ipv4.ip_forward", 1)
        router.namespace.ip("link", "add", "site", "mtu", mtu, "type", "veth", "peer", "name", "eth0", "netns",
                            self.namespace.name, "mtu", mtu)
        router.namespace.ip("addr", "add", "172.31.255.1/30", "dev", "site")
        router.namespace.ip("link", "set", "site", "up")
        self.namespace.ip("addr", "add", "172.31.255.2/30", "dev", "eth0")
        self.namespace.ip("link", "set", "eth0", "up")
        for address in addresses:
            self.namespace.ip("addr", "add", f"{address}/32", "dev", "lo")
            router.namespace.ip("route", "add", f"{address}/32", "via", "172.31.255.2")
        self.namespace.ip("route", "add", "default", "via", "172.31.255.1", "src", self.address)
