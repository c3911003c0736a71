"""Connections are followed packet by packet: what answers passes, what only looks like an answer does not."""
from lab_fleet import ingress
from lab_packets import ICMP, IP, TCP, UDP, Ether
from lab_probe import Connection
from lab_site import Site
from lab_test import main
from lab_two_hosts import TwoHosts
from lab_two_tenants import TwoTenants

SENTINEL = 5000  # UDP, which the clients let in


def between(source, target):
    return Ether(src=source.mac, dst=target.mac) / IP(src=source.address, dst=target.address)


class Tracking(TwoTenants):
    """Servers let in TCP 80 and UDP 53; clients nothing but the sentinel. Blue never takes up a connection in its
    middle, red always does."""

    vpc_fields = {"blue": {"midstream": "drop"}, "red": {"midstream": "accept"}}

    @classmethod
    def populate(cls, fleet):
        for tenant in cls.tenants:
            tenant.group("server", ingress(protocol="tcp", ports=80), ingress(protocol="udp", ports=53))
            tenant.group("client", ingress(protocol="udp", ports=SENTINEL))

    def back_to_the_beginning(self):
        self.fleet.resources = dict(self.clean)
        self.fleet.apply()

    def ways(self):
        return [(tenant, server) for tenant in self.tenants for server in tenant.servers]

    def sentinel(self, source, target):
        return {"sentinel": between(source, target) / UDP(sport=9, dport=SENTINEL if "client" in target.name else 53)}

    def segments(self, source, target, source_port, target_port, *flags):
        """{flags: a TCP segment}, each of a connection of its own."""
        ports = range(source_port, source_port + len(flags)) if target_port == 80 else [source_port] * len(flags)
        return {f"{word or 'none'}-{port}": between(source, target) / TCP(
            sport=port, dport=target_port, flags=word, seq=9, ack=9 if "A" in word else 0)
                for word, port in zip(flags, ports)}

    # --- TCP ----------------------------------------------------------------------------------------------------------

    def test_the_middle_of_an_unknown_connection_is_what_the_vpc_says(self):
        for tenant, server in self.ways():
            middle = self.segments(tenant.client, server, 4100, 80, "A", "PA", "SA", "FA")
            reset = self.segments(tenant.client, server, 4200, 80, "R", "RA")
            begin = self.segments(tenant.client, server, 4300, 80, "S")
            with self.assert_drops(self.node_a, "tcp-unknown", vpc=tenant.name, at_least=2):
                if tenant is self.blue:
                    self.assert_frames(tenant.client, server, begin, {**middle, **reset})
                else:
                    self.assert_frames(tenant.client, server, {**middle, **begin}, reset)

    def test_what_is_taken_up_in_its_middle_is_what_rules_allow_in_either_direction(self):
        """The servers open no connections themselves, so nothing is an answer to one of theirs."""
        client = self.red.client
        self.red.group("server", *self.clean["SecurityGroup", "red-server"]["rules"], egressDefault="drop")
        self.fleet.apply()
        self.addCleanup(self.back_to_the_beginning)
        for server in self.red.servers:
            other_port = self.segments(client, server, 4400, 81, "A")
            self.assert_frames(client, server, self.sentinel(client, server), other_port)
            answer = {"answer-of-80": between(server, client) / TCP(sport=80, dport=4500, flags="A")}
            no_answer = {"answer-of-81": between(server, client) / TCP(sport=81, dport=4500, flags="A")}
            self.assert_frames(server, client, answer, no_answer)

    def test_flags_that_contradict_each_other_are_dropped(self):
        for tenant, server in self.ways():
            wrong = self.segments(tenant.client, server, 4600, 80, "SF", "SR", "", "F", "SFA", "P")
            with self.assert_drops(self.node_a, "tcp-flags", vpc=tenant.name, at_least=len(wrong)):
                self.assert_frames(tenant.client, server, self.sentinel(tenant.client, server), wrong)

    def test_a_syn_against_an_open_connection_is_decided_by_rules_and_does_not_disturb_it(self):
        for tenant, server in self.ways():
            with Connection(tenant.client, server, 80) as connection:
                self.assertTrue(connection.exchange())
                against = {"against": between(server, tenant.client) / TCP(sport=80, dport=connection.port, flags="S")}
                with self.assert_drops(self.node_a, "group-in", vpc=tenant.name):
                    self.assert_frames(server, tenant.client, self.sentinel(server, tenant.client), against)
                self.assertTrue(connection.exchange(), f"{tenant.name}: {server.name}")

    def test_after_a_reset_the_other_side_may_not_begin_anew_and_the_same_side_may(self):
        for tenant, server in self.ways():
            with Connection(tenant.client, server, 80) as connection:
                self.assertTrue(connection.exchange())
                connection.reset()
                back = {"back": between(server, tenant.client) / TCP(sport=80, dport=connection.port, flags="S")}
                again = {"again": between(tenant.client, server) / TCP(sport=connection.port, dport=80, flags="S")}
                self.assert_frames(server, tenant.client, self.sentinel(server, tenant.client), back)
                self.assert_frames(tenant.client, server, again)

    def test_a_reset_that_the_receiver_ignores_ends_nothing(self):
        """RFC 5961, 3.2: a RST outside the window is not believed."""
        for tenant, server in self.ways():
            with Connection(tenant.client, server, 80) as connection:
                self.assertTrue(connection.exchange())
                for source, target, ports in ((tenant.client, server, (connection.port, 80)),
                                              (server, tenant.client, (80, connection.port))):
                    reset = between(source, target) / TCP(sport=ports[0], dport=ports[1], flags="R", seq=1)
                    self.assert_frames(source, target, {"reset": reset})
                    self.assertTrue(connection.exchange(), f"{tenant.name}: {server.name}")

    # --- ICMP ---------------------------------------------------------------------------------------------------------

    def test_an_answer_nobody_asked_for_is_dropped_whatever_rules_say(self):
        for tenant in self.tenants:
            tenant.group("server", ingress())
        self.fleet.apply()
        self.addCleanup(self.back_to_the_beginning)

        for tenant, server in self.ways():
            base = between(tenant.client, server)
            unasked = {"echo-reply": base / ICMP(type=0, id=1), "timestamp-reply": base / ICMP(type=14, id=1)}
            with self.assert_drops(self.node_a, "icmp-unasked", vpc=tenant.name, at_least=len(unasked)):
                self.assert_frames(tenant.client, server, {"request": base / ICMP(type=8, id=1)}, unasked)

    def test_an_error_passes_if_it_is_about_a_known_connection(self):
        for tenant, server in self.ways():
            client = tenant.client

            def quoting(source, port):
                quoted = IP(src=client.address, dst=server.address) / UDP(sport=port, dport=53)
                return between(source, client) / ICMP(type=3, code=1) / quoted

            self.assert_frames(client, server, {"question": between(client, server) / UDP(sport=4700, dport=53)})
            with self.assert_drops(server.host, "icmp-unrelated", vpc=tenant.name):
                self.assert_frames(server, client, {"known": quoting(server, 4700)}, {"unknown": quoting(server, 4701)})
            with self.assert_drops(self.node_b, "icmp-unrelated", vpc=tenant.name):  # about somebody else's
                self.assert_frames(tenant.other, client, self.sentinel(tenant.other, client),
                                   {"foreign": quoting(tenant.other, 4700)})

    # --- fragments ----------------------------------------------------------------------------------------------------

    def test_large_datagrams_are_filtered_by_the_ports_of_their_first_fragment(self):
        for tenant, server in self.ways():
            self.assert_udp(tenant.client, server, {53}, {54}, size=5000)

    def test_the_answers_to_large_pings_pass(self):
        for tenant, server in self.ways():
            self.assert_silence(tenant.client, server, count=1, size=4000)
        for tenant in self.tenants:
            tenant.group("server", ingress(protocol="icmp", icmpType=8))
        self.fleet.apply()
        self.addCleanup(self.back_to_the_beginning)
        for tenant, server in self.ways():
            self.assert_reaches(tenant.client, server, size=4000)

    def test_a_fragment_before_its_first_one_is_dropped(self):
        for tenant, server in self.ways():
            first, later = self.fragments(tenant.client, server, number=4801)
            with self.assert_drops(self.node_a, "fragment-early", vpc=tenant.name):
                self.assert_frames(tenant.client, server, {"first-in-order": first}, {"too-early": later})
            self.assert_frames(tenant.client, server, {"now-known": later})

    @staticmethod
    def fragments(source, target, number):
        """The first 1,000 bytes of a datagram and the begin of the rest."""
        first, later = between(source, target), between(source, target)
        first[IP].id = later[IP].id = number
        first[IP].proto = later[IP].proto = 17
        first[IP].flags, later[IP].frag = "MF", 125
        return first / UDP(sport=4800, dport=53, len=1900, chksum=0) / (b"a" * (992 - len("<first-in-order>"))), later

    # --- a leg that is poisoned ---------------------------------------------------------------------------------------

    def test_what_a_server_sends_unasked_does_not_open_it(self):
        """The server may send to anybody; nobody may come in at 81. Neither half of a handshake, nor a datagram that
        the client's group stops, makes what the client sends an answer."""
        for tenant, server in self.ways():
            client = tenant.client
            for flags in ("SA", "R", "A", "S"):
                server.inject(between(server, client) / TCP(sport=81, dport=4900, flags=flags, seq=9))
            self.assert_frames(client, server, self.sentinel(client, server), {
                "syn": between(client, server) / TCP(sport=4900, dport=81, flags="S")})
        for tenant in self.tenants:
            client, server = tenant.client, tenant.near  # on one host both decide before anything is remembered
            self.assert_frames(server, client, self.sentinel(server, client), {
                "datagram": between(server, client) / UDP(sport=54, dport=4901)})
            self.assert_frames(client, server, self.sentinel(client, server), {
                "not-an-answer": between(client, server) / UDP(sport=4901, dport=54)})


class Errors(TwoHosts):
    """No group lets ICMP in. The far end of the way is a site with a smaller MTU, behind an instance that forwards."""

    site_mtu = 1300

    @classmethod
    def populate(cls, fleet):
        fleet.subnet("transit", "prod", "10.0.3.0/24")
        services = [ingress(protocol="tcp"), ingress(protocol="udp")]
        fleet.security_group("nothing", "prod")
        fleet.security_group("services", "prod", *services)
        cls.client = fleet.interface("client", "web", cls.node_a, "10.0.1.10", securityGroups=["nothing"])
        cls.near = fleet.interface("near", "db", cls.node_a, "10.0.2.10", securityGroups=["services"])
        cls.far = fleet.interface("far", "db", cls.node_b, "10.0.2.11", securityGroups=["services"])
        cls.router = fleet.interface("router", "transit", cls.node_b, "10.0.3.10", sourceCheck=False,
                                     securityGroups=["services"])
        fleet.put("RouteTable", "prod-main", vpc="prod", main=True,
                  routes=[{"destination": "172.20.0.0/16", "nextHop": {"interface": "router"}}])
        cls.site = Site(cls.lab, cls.router, "172.20.0.9", mtu=cls.site_mtu)

    def test_traceroute_sees_each_hop(self):
        cases = [(self.near, [self.client.gateway, self.near.address]),
                 (self.far, [self.client.gateway, self.far.address]),
                 (self.site, [self.client.gateway, self.router.address, self.site.address])]
        for target, hops in cases:
            self.assert_silence(target, self.client, count=1)
            self.assertEqual(self.client.traceroute(target, method="-Mdefault"), hops)

    def test_the_mtu_of_a_path_is_found(self):
        ping = self.client.ping(self.far, size=1400, df=True)
        self.assertEqual((ping.received, ping.errors), (0, []))  # the far end lets no ICMP in

        self.fleet.change("SecurityGroup", "services", rules=[ingress()])
        self.fleet.apply()
        big = self.client.ping(self.site, size=1400, df=True)
        self.assertIn(f"From {self.router.address} ", big.errors[0])
        self.assertRegex(big.errors[0], f"mtu ?= ?{self.site_mtu}")

        self.client.namespace.ip("route", "flush", "cache")
        transfer = self.client.tcp_transfer(self.site, 1 << 20)
        self.assertEqual((transfer.received, transfer.wrong), (1 << 20, 0))


if __name__ == "__main__":
    main()
