"""A change of who may talk to whom counts from the next packet on, for open connections too, in both directions, and
for nobody else."""
from lab_fleet import ingress
from lab_packets import IP, UDP, Ether, Raw
from lab_test import main
from lab_two_tenants import TwoTenants

DOOMED, KEPT = 7001, 7002


class Traffic:
    """A connection and a stream from a tenant's client to one of its servers."""

    def __init__(self, client, server, port):
        self.client, self.server, self.port = client, server, port
        self.held = client.hold_connection(server, port=port)
        self.stream = client.udp_stream(server, rate=500, port=port)

    def progress(self):
        self.held.wait_progress()

    def assert_untouched(self, test):
        connection, stream = self.held.stop(), self.stream.stop()
        test.assertEqual(connection["error"], "", self.server.name)
        test.assertGreater(stream.sent, 0)
        test.assertEqual((stream.lost, stream.duplicate), (0, 0), self.server.name)

    def abandon(self):
        self.held.abandon()
        self.stream.abandon()


class Changes(TwoTenants):
    @classmethod
    def populate(cls, fleet):
        for tenant in cls.tenants:
            tenant.group("extra")

    def setUp(self):
        super().setUp()
        self.rules = [ingress(ports=DOOMED, protocol=protocol) for protocol in ("tcp", "udp")]
        self.kept_rules = [ingress(ports=KEPT, protocol=protocol) for protocol in ("tcp", "udp")]

    def give_all(self, *rules):
        for tenant in self.tenants:
            tenant.group("server", *rules)

    def nothing_passes_after(self, change, servers):
        """Starts traffic that will be stopped and traffic that will not; after change() is applied, no packet of the
        former passes, in either direction, and the latter has lost nothing."""
        self.fleet.apply()
        doomed = [Traffic(self.blue.client, server, DOOMED) for server in servers]
        kept = [Traffic(self.blue.client, server, KEPT) for server in servers]
        kept += [Traffic(self.red.client, self.red.far, DOOMED), Traffic(self.red.client, self.red.near, DOOMED)]
        for traffic in doomed:
            self.known_port(traffic)
        for traffic in doomed + kept:
            traffic.progress()

        change()
        self.fleet.apply()

        for traffic, other in zip(doomed, kept):
            self.assert_stopped(traffic, other)
        for traffic in doomed:
            traffic.abandon()
        for traffic in kept:
            traffic.progress()
            traffic.assert_untouched(self)

    @staticmethod
    def known_port(traffic):
        """The client's port of the stream, by which the server would answer."""
        with traffic.server.capture("udp") as capture:
            packet, = capture.wait(lambda packet: UDP in packet and packet[UDP].dport == traffic.port)
        traffic.answer = Ether(src=traffic.server.mac, dst=traffic.client.mac) / IP(
            src=traffic.server.address, dst=traffic.client.address) / UDP(sport=traffic.port, dport=packet[UDP].sport)

    def assert_stopped(self, traffic, other):
        with traffic.server.capture("port %d or port %d" % (traffic.port, other.port), "in") as arriving, \
                traffic.client.capture("port %d or port %d" % (traffic.port, other.port), "in") as answers:
            traffic.server.inject(traffic.answer / Raw(b"answer"))
            other.progress()
            other.progress()
            arriving.wait(lambda packet: UDP in packet, count=5)  # of the other stream
        for capture in (arriving, answers):
            passed = [packet for packet in capture.stop() if traffic.port in (packet[IP].sport, packet[IP].dport)]
            self.assertEqual(passed, [], f"{traffic.client.name} and {traffic.server.name}")
            self.assertTrue(capture.packets)

    def test_a_rule_that_is_removed_stops_what_only_it_allowed(self):
        self.give_all(*self.rules, *self.kept_rules)

        self.nothing_passes_after(lambda: self.blue.group("server", *self.kept_rules), self.blue.servers)

    def test_a_rule_that_drops_stops_what_it_concerns(self):
        self.give_all(ingress(priority=5))

        self.nothing_passes_after(
            lambda: self.blue.group("server", ingress(priority=5), ingress("drop", protocol="tcp", ports=DOOMED),
                                    ingress("drop", protocol="udp", ports=DOOMED)), self.blue.servers)

    def test_a_member_that_leaves_keeps_only_what_others_may(self):
        for tenant in self.tenants:
            members = [{**rule, "peer": {"group": f"{tenant.name}-extra"}} for rule in self.rules]
            tenant.group("server", *members, *self.kept_rules)
            tenant.join(tenant.client, "client", "extra")

        self.nothing_passes_after(lambda: self.blue.join(self.blue.client, "client"), self.blue.servers)

    def test_an_interface_that_leaves_a_group_is_let_alone_by_its_rules(self):
        for tenant in self.tenants:
            tenant.group("extra", *self.rules, isolated=True)
            tenant.group("server", *self.kept_rules)
            for server in tenant.servers:
                tenant.join(server, "server", "extra")

        def leave():
            for server in self.blue.servers:
                self.blue.join(server, "server")

        self.nothing_passes_after(leave, self.blue.servers)

    def test_a_rule_that_is_added_takes_effect_at_once(self):
        self.give_all(*self.kept_rules)
        self.fleet.apply()
        for tenant in self.tenants:
            for server in tenant.servers:
                self.assert_tcp(tenant.client, server, {KEPT}, {DOOMED})
                self.assert_udp(tenant.client, server, {KEPT}, {DOOMED})

        self.blue.group("server", *self.rules, *self.kept_rules)
        self.fleet.apply()

        for server in self.blue.servers:
            self.assert_tcp(self.blue.client, server, {KEPT, DOOMED})
            self.assert_udp(self.blue.client, server, {KEPT, DOOMED})
        for server in self.red.servers:
            self.assert_tcp(self.red.client, server, {KEPT}, {DOOMED})

    def test_what_was_refused_passes_with_the_next_packet_when_a_rule_allows_it(self):
        self.fleet.apply()
        frame = Ether(src=self.blue.client.mac, dst=self.blue.far.mac) / IP(
            src=self.blue.client.address, dst=self.blue.far.address) / UDP(sport=9, dport=DOOMED)
        with self.assert_drops(self.node_b, "group-in", vpc="blue", at_least=2):
            self.blue.client.inject(frame, frame)
            self.assert_silence(self.blue.client, self.blue.far, count=1)

        self.give_all(*self.rules)
        self.fleet.apply()

        self.assert_arrives(lambda: self.blue.client.inject(frame / Raw(b"same-flow")), self.blue.far, b"same-flow")


class ChangesInXdp(Changes):
    """What is established never reaches TC."""

    config = {"datapath": {"decapsulation": "xdp-redirect"}}

    @classmethod
    def populate(cls, fleet):
        super().populate(fleet)
        for tenant in cls.tenants:
            for instance in (tenant.client, *tenant.servers):
                instance.offloads(tx="off", gro="on")


if __name__ == "__main__":
    main()
