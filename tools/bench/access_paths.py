"""The paths on which access rules are compared: two subnets, one instance in each, on two hosts.

All route. Where there are rules both hosts track connections; the rules are those of the receiver, on its host.
"""
import measure
import topology
from lab import Lab
from lab_fleet import Fleet, ingress

NEAR, FAR = "10.0.1.10", "10.0.2.10"
MOST_RULES = 1000  # those of a group
SUBNETS = ("10.0.1.0/24", "10.0.2.0/24")


def matches(count):
    """(peer, TCP port) of each rule, in order. Only the last matches what is measured, anything from the sender; of the
    others one half has another port, the other half another peer."""
    for index in range(count - 1):
        if index % 2:
            yield f"172.16.{index >> 8}.{index & 255}/32", measure.PINGPONG_PORT
        else:
            yield SUBNETS[0], 20000 + index
    if count:
        yield f"{NEAR}/32", None


class Veth:
    """No overlay and nothing that filters: what the instances and the machine themselves reach."""

    has_rules = False

    def __init__(self, lab):
        self.ends = topology.PATHS["veth"](lab)

    def set_rules(self, count):
        assert count == 0


class Vpcd:
    """Security groups. Without a rule the two are members of one group, which lets its members reach each other."""

    has_rules = True

    def __init__(self, lab):
        self._fleet = fleet = Fleet(lab)
        fleet.vpc("bench", 100)
        for name, cidr in zip(("near", "far"), SUBNETS):
            fleet.security_group(name, "bench")
            fleet.subnet(name, "bench", cidr)
        self.ends = tuple(
            fleet.interface(name, name, host, address, mtu=topology.MTU, securityGroups=["far"])
            for name, host, address in zip(("near", "far"), fleet.hosts, (NEAR, FAR)))
        fleet.start(config={"logLevel": "info", "datapath": {"decapsulation": "tc"}})

    def set_rules(self, count):
        rules = [ingress(protocol="tcp", ports=port, peer=peer) if port else ingress(peer=peer)
                 for peer, port in matches(count)]
        self._fleet.security_group("far", "bench", *rules)
        self._fleet.change("Interface", "near", securityGroups=["near" if count else "far"])
        self._fleet.apply()


class Nftables:
    """The kernel's vxlan device as a port of a bridge, the hosts route, and nftables filters what they forward: `ct` is
    not to be had in the bridge family of every kernel."""

    has_rules = True

    def __init__(self, lab):
        self._hosts = hosts = lab.underlay(2)
        self.ends = []
        for number, host in enumerate(hosts, 1):
            subnet = f"10.0.{number}"
            self.ends.append(host.instance(f"end-{number}", "instance", f"{subnet}.10", 24, f"{subnet}.253",
                                           f"02:00:0a:00:0{number}:0a", topology.MTU))
            self._route(host, hosts[2 - number], number)
        _nft(hosts[0], _table("ct state established,related accept", "ct state invalid drop"))

    @staticmethod
    def _route(host, other, number):
        namespace = host.namespace
        peer = 3 - number
        namespace.ip("link", "add", "bridge", "address", f"02:00:0a:63:00:0{number}", "mtu", topology.MTU, "type",
                     "bridge", "stp_state", "0", "mcast_snooping", "0")
        namespace.ip("link", "add", "vxlan", "type", "vxlan", "id", 100, "local", host.address, "dstport", 4789, "dev",
                     host.device, "nolearning")
        namespace.ip("link", "set", "vxlan", "mtu", topology.MTU, "master", "bridge", "up")
        namespace.ip("link", "set", "bridge", "up")
        namespace.run("bridge", "fdb", "append", f"02:00:0a:63:00:0{peer}", "dev", "vxlan", "dst", other.address,
                      "static")
        namespace.sysctl("net.ipv4.ip_forward", 1)
        # Flows that nobody answers make room for others soon, as they do in `pending`.
        namespace.sysctl("net.netfilter.nf_conntrack_udp_timeout", 1)
        namespace.ip("addr", "add", f"10.0.{number}.253/24", "dev", "instance")
        namespace.ip("addr", "add", f"10.99.0.{number}/24", "dev", "bridge")
        namespace.ip("neigh", "add", f"10.99.0.{peer}", "lladdr", f"02:00:0a:63:00:0{peer}", "dev", "bridge", "nud",
                     "permanent")
        namespace.ip("route", "add", f"10.0.{peer}.0/24", "via", f"10.99.0.{peer}")

    def set_rules(self, count):
        """As the groups do: who is known passes, then the rules one after the other, then nobody."""
        rules = [f"ip saddr {peer} " + (f"tcp dport {port} accept" if port else "accept")
                 for peer, port in matches(count)]
        _nft(self._hosts[1], _table("ct state established,related accept", "ct state invalid drop", *rules,
                                    *(["drop"] if rules else [])))


def _table(*rules):
    """Replaces what was there, in one transaction."""
    lines = "\n".join(f"    {rule}" for rule in rules)
    return ("table ip access {}\ndelete table ip access\ntable ip access {\n  chain forward {\n"
            f"    type filter hook forward priority 0;\n{lines}\n  }}\n}}\n")


def _nft(host, text):
    path = f"{host.lab.directory_of(host.name)}/access.nft"
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    host.namespace.run("nft", "-f", path)


PATHS = {"veth": Veth, "nftables": Nftables, "vpcd": Vpcd}
