"""The paths on which translation of addresses is compared: one host, an instance on it, a client on its external segment.

Both hosts that translate track connections. `snat` and `elastic` are measured from the instance, `dnat` and `balance` (a load
balancer, here with one backend; nftables chooses by numgen) from the client.
"""
import measure
import topology
from lab_fleet import Fleet, ingress

PRIVATE, GATEWAY = "10.0.1.10", "10.0.1.253"
CLIENT, HOST, PUBLIC = "203.0.113.254", "203.0.113.1", "203.0.113.20"
CLIENT_MAC, EXTERNAL_MAC = "02:00:cb:00:71:fe", "02:00:cb:00:71:01"
EXTERNAL = "external0"
PORTS = [("tcp", measure.PORT), ("tcp", measure.PINGPONG_PORT), ("udp", measure.FLOW_PORT)]


def _client(host):
    """Behind the host's external device, like an instance."""
    client = host.instance("client", EXTERNAL, CLIENT, 24, None, CLIENT_MAC, topology.MTU)
    host.namespace.ip("link", "set", EXTERNAL, "address", EXTERNAL_MAC)
    host.namespace.ip("addr", "add", f"{HOST}/24", "dev", EXTERNAL)
    for address in (HOST, PUBLIC):
        client.namespace.ip("neigh", "add", address, "lladdr", EXTERNAL_MAC, "dev", "eth0", "nud", "permanent")
    return client


class Mapped:
    """An instance as its mapped ports show it: programs bind to the private address, clients send to the public one."""

    address, private_address = PUBLIC, PRIVATE

    def __init__(self, instance):
        self._instance = instance

    def __getattr__(self, name):
        return getattr(self._instance, name)


class Outsider:
    """The client as a source. A mapped address answers no ping; its neighbour is known."""

    def __init__(self, client):
        self._client = client

    def wait_ping(self, _):
        pass

    def __getattr__(self, name):
        return getattr(self._client, name)


def _ends(kind, instance, client):
    return (Outsider(client), Mapped(instance)) if kind in ("dnat", "balance") else (instance, client)


def veth(lab):
    """Nothing is translated: what the ends and the machine themselves reach."""
    host, = lab.underlay(1)
    instance, client = _routed(host)
    client.namespace.ip("route", "add", "10.0.1.0/24", "via", HOST)
    return instance, client


def _routed(host):
    instance = host.instance("instance", "instance", PRIVATE, 24, GATEWAY, "02:00:0a:00:01:0a", topology.MTU)
    host.namespace.sysctl("net.ipv4.ip_forward", 1)
    host.namespace.ip("addr", "add", f"{GATEWAY}/24", "dev", "instance")
    return instance, _client(host)


def nftables(kind):
    def build(lab):
        host, = lab.underlay(1)
        instance, client = _routed(host)
        host.namespace.ip("addr", "add", f"{PUBLIC}/32", "dev", EXTERNAL)
        # Flows that nobody answers make room for others soon.
        source = f"ip saddr {PRIVATE} snat to {PUBLIC}"
        mapped = [f"ip daddr {PUBLIC} {protocol} dport {port} dnat to {PRIVATE}:{port}" for protocol, port in PORTS]
        chosen = [f"ip daddr {PUBLIC} {protocol} dport {port} dnat to numgen inc mod 1 map {{ 0 : {PRIVATE} }}"
                  for protocol, port in PORTS]
        rules = {"snat": ([], [source]), "dnat": (mapped, []), "balance": (chosen, []),
                 "elastic": ([f"ip daddr {PUBLIC} dnat to {PRIVATE}"], [source])}[kind]
        text = "table ip nat {\n"
        for chain, priority, lines in zip(("prerouting", "postrouting"), ("dstnat", "srcnat"), rules):
            text += f"  chain {chain} {{\n    type nat hook {chain} priority {priority};\n"
            text += "".join(f"    {line}\n" for line in lines) + "  }\n"
        path = f"{lab.directory_of(host.name)}/nat.nft"
        with open(path, "w", encoding="ascii") as file:
            file.write(text + "}\n")
        host.namespace.run("nft", "-f", path)
        host.namespace.sysctl("net.netfilter.nf_conntrack_udp_timeout", 1)
        return _ends(kind, instance, client)
    return build


def vpcd(kind):
    def build(lab):
        fleet = Fleet(lab, 1)
        host = fleet.hosts[0]
        client = _client(host)
        fleet.change("Host", host.name, external=EXTERNAL)
        fleet.vpc("bench", 100)
        fleet.subnet("subnet", "bench", "10.0.1.0/24")
        fleet.security_group("open", "bench", ingress(protocol="all"))
        instance = fleet.interface("instance", "subnet", host, PRIVATE, mtu=topology.MTU, securityGroups=["open"])
        if kind == "elastic":
            fleet.put("ElasticIp", "own", address=PUBLIC, interface="instance")
        elif kind == "balance":
            fleet.put("LoadBalancer", "all", vpc="bench", host=host.name, address=PUBLIC, backends=["instance"],
                      listeners=[{"protocol": protocol, "port": port} for protocol, port in PORTS])
        else:
            fleet.put("RouteTable", "out", vpc="bench", main=True,
                      routes=[{"destination": "0.0.0.0/0", "nextHop": {"natGateway": "nat"}}])
            ports = [{"address": PUBLIC, "to": PRIVATE, "protocol": protocol, "port": port} for protocol, port in PORTS]
            entries = {"snat": [{"subnet": "subnet", "addresses": PUBLIC}]} if kind == "snat" else {"dnat": ports}
            fleet.put("NatGateway", "nat", vpc="bench", host=host.name, **entries)
        # Flows that nobody answers make room for others soon, as they do behind nftables.
        fleet.start(config={"logLevel": "info", "timeouts": {"udpUnanswered": 1},
                            "datapath": {"translations": 1 << 20},
                            "quotas": {"translationsPerVpc": 1 << 19, "translationsPerAddress": 1 << 19}})
        return _ends(kind, instance, client)
    return build


KINDS = ("snat", "dnat", "elastic", "balance")
PATHS = {"veth": veth, **{f"{name}-{kind}": make(kind) for kind in KINDS
                          for name, make in (("nftables", nftables), ("vpcd", vpcd))}}
