"""Two tenants with equal private addresses, each with a NAT gateway on the same host."""
import json

from lab_fleet import Fleet
from lab_internet import DEVICE, Internet
from lab_test import LabTest

VNIS = {"blue": 100, "red": 200}
POOLS = {"blue": ["203.0.113.20", "203.0.113.21"], "red": ["203.0.113.30"]}
MAPPED = {"blue": "203.0.113.22", "red": "203.0.113.32"}  # by ports
WHOLE = {"blue": "203.0.113.23", "red": "203.0.113.33"}   # of instance 4
ELASTIC = "203.0.113.40"                                  # of blue-5
PORTS = {1: (8001, 22), 3: (8003, 8080)}                  # mapped: of which instance, public and private port


class Tenants(LabTest):
    """Instances 1 and 3 of each tenant share addresses, 1 on the gateway's host, 3 on another."""

    hosts, external = 3, ("node-a", "node-b")
    places = {1: "node-a", 3: "node-c", 4: "node-c", 5: "node-c"}
    gateway_hosts = "node-a"

    @classmethod
    def build(cls):
        fleet = cls.fleet = Fleet(cls.lab, cls.hosts)
        cls.node_a, cls.node_b, cls.node_c = fleet.hosts
        cls.internet = Internet(cls.lab, [host for host in fleet.hosts if host.name in cls.external])
        cls.client = cls.internet.client
        cls.client.namespace.sysctl("net.ipv4.icmp_ratelimit", 0)  # a test asks for more than it tells a second
        for name in cls.external:
            fleet.change("Host", name, external=DEVICE)
        by_name = {host.name: host for host in fleet.hosts}
        cls.instances = fleet.tenants(VNIS, {number: by_name[name] for number, name in cls.places.items()})
        for tenant in VNIS:
            fleet.put("RouteTable", f"{tenant}-out", vpc=tenant, main=True,
                      routes=[{"destination": "0.0.0.0/0", "nextHop": {"natGateway": tenant}}])
            fleet.put("NatGateway", tenant, vpc=tenant, host=cls.gateway_hosts,
                      snat=[{"subnet": f"{tenant}-a", "addresses": POOLS[tenant]}],
                      dnat=[*cls.mapped_ports(tenant), {"address": WHOLE[tenant], "to": "10.0.1.40"}])
        fleet.put("ElasticIp", "blue-5", address=ELASTIC, interface="blue-5", host=cls.node_b.name)
        cls.declared = dict(fleet.resources)
        fleet.start(config=cls.config())
        for instance in cls.sharing():
            instance.wait_ping(cls.client)
        for address in (ELASTIC, *WHOLE.values()):
            cls.client.wait_ping(address)

    @classmethod
    def config(cls):
        return None

    @staticmethod
    def mapped_ports(tenant):
        return [{"address": MAPPED[tenant], "to": f"10.0.1.{number}0", "protocol": protocol, "port": port, "toPort": to}
                for number, (port, to) in PORTS.items() for protocol in ("tcp", "udp")]

    @classmethod
    def sharing(cls):
        return [cls.instances[f"{tenant}-{number}"] for tenant in VNIS for number in PORTS]

    def tearDown(self):
        if self.fleet.resources != self.declared:
            self.fleet.resources = dict(self.declared)
            self.fleet.apply()

    def udp(self, who, port=0, to=None):
        """A UDP socket of an instance or the client, connected if `to` is given."""
        endpoint = who.namespace.udp_socket((who.address, port))
        self.addCleanup(endpoint.close)
        if to:
            endpoint.connect(to)
        endpoint.settimeout(5)
        return endpoint

    def seen_outside(self, instance, marker=b"who-am-i", port=7777):
        """The address and port under which the client sees what an instance sends from a new port."""
        server = self.udp(self.client, port)
        self.udp(instance, to=(self.client.address, port)).send(marker)
        data, origin = server.recvfrom(100)
        self.assertEqual(data, marker)
        server.close()
        return origin

    def assert_peers_meet(self, one, other):
        """By the places under which the client sees them (RFC 4787), with `mapping: endpoint-independent`."""
        one, other, meeting = self.udp(one), self.udp(other), self.udp(self.client, 3478)
        places = []
        for peer in (one, other):
            peer.sendto(b"where-am-i", (self.client.address, 3478))
            places.append(meeting.recvfrom(100)[1])
        one.sendto(b"to-the-other", places[1])
        data, origin = other.recvfrom(100)
        self.assertEqual((data, origin), (b"to-the-other", places[0]))
        other.sendto(b"and-back", origin)
        self.assertEqual(one.recv(100), b"and-back")
        meeting.close()

    def assert_passes_whole(self, instance):
        result = instance.tcp_transfer(self.client, size=16 << 20)
        self.assertEqual((result.received, result.wrong), (16 << 20, 0))
        stream = instance.udp_stream(self.client, rate=500, seconds=1).finish(20)
        self.assertEqual((stream.lost, stream.duplicate), (0, 0))

    def nat(self, name):
        """What the gateway's host knows of it."""
        return json.loads(self.node_a.ctl("get", "nat", name, "-o", "json"))

    def connections(self, name):
        return sum(entry["connections"] for entry in self.nat(name)["addresses"])
