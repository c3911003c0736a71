"""How many connections NAT gateways take, and what becomes of those beyond: others do not notice."""
import contextlib
import struct
import time

from lab_nat import Tenants
from lab_packets import IP, UDP, Ether
from lab_probe import Connection
from lab_test import ROUTER_MAC, main


def udp_frames(source, to, source_ports, ports):
    """One for each pair of ports, without a checksum; scapy would take a minute."""
    head = bytearray(bytes(Ether(src=source.mac, dst=ROUTER_MAC) / IP(src=source.address, dst=to) /
                           UDP(sport=0, dport=0, chksum=0) / b"many"))
    for port in ports:
        for source_port in source_ports:
            struct.pack_into("!HH", head, 34, source_port, port)
            yield bytes(head)


class Limits(Tenants):
    LIMIT = 500

    @classmethod
    def config(cls):
        return {"quotas": {"translationsPerVpc": cls.LIMIT, "translationsPerAddress": cls.LIMIT - 100},
                "timeouts": {"udpUnanswered": 2, "tcpHandshake": 2, "tcpClosed": 1}}

    def wait(self, holds):
        deadline = time.monotonic() + 30
        while not holds():
            self.assertLess(time.monotonic(), deadline)

    def test_without_a_free_port_new_connections_wait_until_there_is_one(self):
        self.fleet.change("NatGateway", "red", ports="2000-2009")
        self.fleet.apply()
        self.wait(lambda: self.connections("red") < 50)  # those of a flood have ended
        instance = self.instances["red-3"]
        server = self.udp(self.client, 7000)
        for _ in range(10):
            self.udp(instance, to=(self.client.address, 7000)).send(b"one-of-ten")
        ports = {server.recvfrom(100)[1][1] for _ in range(10)}
        self.assertEqual(ports, set(range(2000, 2010)))

        other = self.udp(self.client, 7001)
        with self.assert_drops(self.node_a, "no-port", vpc="red"):
            one_more = self.udp(instance, to=(self.client.address, 7000))
            one_more.send(b"one-too-many")
            self.udp(instance, to=(self.client.address, 7001)).send(b"elsewhere")
            self.assertEqual(other.recvfrom(100)[0], b"elsewhere")

        def passes():
            one_more.send(b"again")
            server.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                return server.recvfrom(100)[0] == b"again"
            return False
        self.wait(passes)

    def test_a_flood_from_one_tenant_leaves_anothers_connections_alone(self):
        server = self.udp(self.client, 7002)
        echo = self.client.traffic("tcp-echo", self.client.address, 7003)
        echo.wait_line("ready", stream="stdout")
        self.addCleanup(echo.kill)
        for attacker in ("red-1", "red-3"):
            self.instances[attacker].inject(*udp_frames(self.instances[attacker], self.client.address,
                                                        range(2000, 2000 + 5 * self.LIMIT), [7002]))
        with self.assert_drops(self.node_a, "translation-limit", vpc="red"):
            for attacker in ("red-1", "red-3"):
                self.instances[attacker].inject(*udp_frames(self.instances[attacker], self.client.address,
                                                            range(9000, 9000 + self.LIMIT), [7002]))
            self.seen_outside(self.instances["blue-3"])
        for name in ("blue-1", "blue-3"):
            for _ in range(100):
                self.assertTrue(self.instances[name].tcp_connects(self.client, 7003))
        server.close()


class Many(Tenants):
    CONNECTIONS = 300_000

    @classmethod
    def config(cls):
        return {"datapath": {"translations": 1 << 20},
                "quotas": {"translationsPerVpc": cls.CONNECTIONS + 1000, "translationsPerAddress": cls.CONNECTIONS}}

    def test_three_hundred_thousand_connections_share_two_addresses(self):
        ports = [7000, 7001, 7002]
        for port in ports:
            self.udp(self.client, port)
        each = self.CONNECTIONS // len(ports) // 2
        created = self.node_a.vpcd.counter("translation-created")
        drops = self.node_a.vpcd.get("/v1/drops")
        for name in ("blue-1", "blue-3"):
            instance = self.instances[name]
            instance.inject(*udp_frames(instance, self.client.address, range(10_000, 10_000 + each), ports))
        deadline = time.monotonic() + 30
        while self.node_a.vpcd.counter("translation-created") - created < self.CONNECTIONS:
            self.assertLess(time.monotonic(), deadline,
                            f'{self.node_a.vpcd.counter("translation-created") - created} of {self.CONNECTIONS}, '
                            f'{[host.vpcd.get("/v1/drops") for host in self.fleet.hosts]}')
        self.assertEqual(self.node_a.vpcd.get("/v1/drops"), drops)
        self.assertGreaterEqual(self.connections("blue"), self.CONNECTIONS)
        with Connection(self.instances["blue-3"], self.client, 7100) as connection:
            self.assertTrue(connection.exchange())


if __name__ == "__main__":
    main()
