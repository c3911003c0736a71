"""What strangers and greedy tenants do to the tables of connections: nothing, to the connections of others."""
import contextlib
import struct
import time

from lab_fleet import ingress
from lab_packets import IP, TCP, UDP, Ether
from lab_probe import Connection
from lab_test import main
from lab_two_tenants import TwoTenants

PENDING = 1024
FLOWS = 4096
LIMIT = 10  # connections of tenant blue on each host


def with_source_ports(frame, ports):
    """The frame once for each of these ports, as bytes with a right checksum; scapy would take a minute."""
    layer = frame[IP].payload
    layer.sport = 0
    head = bytearray(bytes(frame))
    at = len(head) - len(layer)
    check_at = at + (16 if TCP in frame else 6)
    begun = ~struct.unpack_from("!H", head, check_at)[0] & 0xffff
    for port in ports:
        total = begun + port
        struct.pack_into("!H", head, at, port)
        struct.pack_into("!H", head, check_at, ~((total & 0xffff) + (total >> 16)) & 0xffff)
        yield bytes(head)


class Flood(TwoTenants):
    config = {"datapath": {"flows": FLOWS, "pendingFlows": PENDING},
              "timeouts": {"tcpHandshake": 2, "tcpClosed": 1, "udpUnanswered": 2}}
    vpc_fields = {"blue": {"connections": LIMIT}, "red": {}}

    @classmethod
    def populate(cls, fleet):
        for tenant in cls.tenants:
            tenant.group("server", ingress(protocol="tcp"), ingress(protocol="udp"))

    @staticmethod
    def frame(source, target, layer):
        return Ether(src=source.mac, dst=target.mac) / IP(src=source.address, dst=target.address) / layer

    def flows_of(self, host, address):
        return [flow for flow in host.vpcd.get(f"/v1/flows?address={address}&limit=100000")["flows"]]

    def test_ten_times_the_table_in_half_open_connections_disturbs_no_established_one(self):
        for tenant in self.tenants:
            attacker, victim = tenant.other, tenant.near
            held = [tenant.client.hold_connection(server) for server in tenant.servers]
            streams = [tenant.client.udp_stream(server, rate=500) for server in tenant.servers]
            for connection in held:
                connection.wait_progress()
            created = [host.vpcd.counter("flow-created") for host in self.fleet.hosts]

            with self.silent(victim, attacker):
                for layer in (TCP(dport=8080, flags="S"), UDP(dport=8080)):
                    attacker.inject(*with_source_ports(self.frame(attacker, victim, layer),
                                                       range(2000, 2000 + 5 * PENDING)))
                for host, before in zip(self.fleet.hosts, created):
                    self.wait(lambda host=host, before=before:
                              host.vpcd.counter("flow-created") - before >= 10 * PENDING)

            for connection in held:
                connection.wait_progress()
                self.assertEqual(connection.stop()["error"], "")
            for stream in streams:
                result = stream.stop()
                self.assertGreater(result.sent, 0)
                self.assertEqual((result.lost, result.duplicate), (0, 0))
            self.wait(lambda: not self.half_open(attacker))  # they end by themselves
            self.assert_tcp(attacker, victim, {8080})

    @contextlib.contextmanager
    def silent(self, victim, attacker):
        """The victim says nothing: an answer would close what is half open."""
        route = ("blackhole", f"{attacker.address}/32")
        victim.namespace.ip("route", "add", *route)
        try:
            yield
        finally:
            victim.namespace.ip("route", "del", *route)

    def half_open(self, attacker):
        flows = self.node_a.vpcd.get(f"/v1/flows?address={attacker.address}")["flows"]
        return [flow for flow in flows if 8080 in (flow["sourcePort"], flow["destinationPort"])]

    def wait(self, holds):
        deadline = time.monotonic() + 30
        while not holds():
            self.assertLess(time.monotonic(), deadline)

    def test_a_tenant_at_its_limit_keeps_what_it_has_and_takes_nothing_from_others(self):
        client, server = self.blue.client, self.blue.far
        with contextlib.ExitStack() as stack:
            mine = [stack.enter_context(Connection(client, server, 7100 + number)) for number in range(LIMIT)]
            self.assertTrue(all(connection.exchange() for connection in mine))

            with self.assert_drops(self.node_a, "flow-limit", vpc="blue"):
                self.assert_tcp(client, server, refuses={7200})
            others = [stack.enter_context(Connection(self.red.client, self.red.far, 7100 + number))
                      for number in range(3 * LIMIT)]

            self.assertTrue(all(connection.exchange() for connection in mine + others))
            mine[0].reset()
            self.wait_opens(client, server, 7200)

    def wait_opens(self, client, server, port):
        """When one has ended there is room for another."""
        deadline = time.monotonic() + 30
        while True:
            with contextlib.suppress(TimeoutError), Connection(client, server, port, timeout=0.5) as connection:
                self.assertTrue(connection.exchange())
                return
            self.assertLess(time.monotonic(), deadline)


if __name__ == "__main__":
    main()
