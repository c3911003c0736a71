"""Network ACLs: stateless, in order, where a packet crosses the border of a subnet and not inside it."""
from lab_fleet import egress, ingress
from lab_packets import IP, UDP, Ether
from lab_site import Site
from lab_test import Fleet, LabTest, main

EPHEMERAL = "1024-65535"
WEB, DB, OUTSIDE = "10.0.1.0/24", "10.0.2.0/24", "172.20.0.0/16"


class Tenant:
    """Two instances in each of the subnets web and db, one on each host, and an outside behind a router instance in a
    third. Groups let everything through: what is decided, the ACLs of web and db decide."""

    def __init__(self, fleet, name, vni):
        self.fleet, self.name = fleet, name
        here, there = fleet.hosts
        fleet.vpc(name, vni)
        fleet.security_group(f"{name}-all", name, ingress())
        for subnet, cidr in (("web", WEB), ("db", DB)):
            fleet.network_acl(f"{name}-{subnet}", name)
            fleet.subnet(f"{name}-{subnet}", name, cidr, networkAcl=f"{name}-{subnet}")
        fleet.subnet(f"{name}-transit", name, "10.0.3.0/24")
        self.web, self.web_far = self._instance("web", 10, here), self._instance("web", 11, there)
        self.db, self.db_far = self._instance("db", 10, here), self._instance("db", 11, there)
        self.router = self._instance("transit", 10, there, sourceCheck=False)
        fleet.put("RouteTable", f"{name}-main", vpc=name, main=True,
                  routes=[{"destination": OUTSIDE, "nextHop": {"interface": self.router.name}}])
        self.site = Site(fleet.lab, self.router, "172.20.0.9")

    def _instance(self, subnet, number, host, **fields):
        third = {"web": 1, "db": 2, "transit": 3}[subnet]
        return self.fleet.interface(f"{self.name}-{subnet}-{number}", f"{self.name}-{subnet}", host,
                                    f"10.0.{third}.{number}", securityGroups=[f"{self.name}-all"], **fields)

    def acl(self, subnet, *rules):
        self.fleet.network_acl(f"{self.name}-{subnet}", self.name, *rules)


class NetworkAcls(LabTest):
    """What red has, blue is not given: with equal addresses, the other tenant's rules would be noticed."""

    @classmethod
    def build(cls):
        cls.fleet = Fleet(cls.lab)
        cls.node_a, cls.node_b = cls.fleet.hosts
        cls.blue, cls.red = Tenant(cls.fleet, "blue", 100), Tenant(cls.fleet, "red", 200)
        cls.fleet.start()

    def apply(self, web=(), db=()):
        """The ACLs of blue; those of red let everything through."""
        self.blue.acl("web", *web)
        self.blue.acl("db", *db)
        for subnet in ("web", "db"):
            self.red.acl(subnet, ingress(), egress())
        self.fleet.apply()

    def ways(self, tenant):
        """From web to db: on one host, and on two."""
        return [(tenant.web, tenant.db), (tenant.web, tenant.db_far), (tenant.web_far, tenant.db)]

    def test_an_acl_without_rules_closes_the_border_and_is_not_asked_inside(self):
        self.apply()

        self.assert_reaches(self.blue.web, self.blue.web_far, count=1)
        self.assert_reaches(self.blue.db_far, self.blue.db, count=1)
        self.assert_reaches(self.blue.web, self.blue.web.gateway, count=1)
        for source, target in self.ways(self.blue):
            with self.assert_drops(source.host, "acl-out", vpc="blue"):
                self.assert_silence(source, target, count=1)
        for source, target in self.ways(self.red):
            self.assert_reaches(source, target, count=1)

    def test_a_question_and_its_answer_each_need_a_rule_in_each_subnet(self):
        web_out, web_in = egress(protocol="tcp", ports=80, peer=DB), ingress(protocol="tcp", ports=EPHEMERAL, peer=DB)
        db_in, db_out = ingress(protocol="tcp", ports=80, peer=WEB), egress(protocol="tcp", ports=EPHEMERAL, peer=WEB)
        lacking = [("acl-in", "db", [web_out, web_in], [db_out]), ("acl-out", "db", [web_out, web_in], [db_in]),
                   ("acl-in", "web", [web_out], [db_in, db_out]), ("acl-out", "web", [web_in], [db_in, db_out])]
        for reason, where, web, db in lacking:
            with self.subTest(reason, where=where):
                self.apply(web, db)
                for source, target in self.ways(self.blue):
                    with self.assert_drops((source if where == "web" else target).host, reason, vpc="blue"):
                        self.assert_tcp(source, target, refuses={80})

        self.apply([web_out, web_in], [db_in, db_out])
        for source, target in self.ways(self.blue):
            self.assert_tcp(source, target, {80}, {81})
            self.assert_tcp(target, source, refuses={80})
        for source, target in self.ways(self.red):
            self.assert_tcp(source, target, {80, 81})

    def test_the_first_rule_that_matches_decides(self):
        one, all_of_them = ingress("drop", peer="10.0.1.10/32"), ingress(peer=WEB)
        self.apply([egress(), ingress()], [one, all_of_them, egress()])
        self.assert_silence(self.blue.web, self.blue.db_far, count=1)
        self.assert_reaches(self.blue.web_far, self.blue.db, count=1)

        self.apply([egress(), ingress()], [all_of_them, one, egress()])

        self.assert_reaches(self.blue.web, self.blue.db_far, count=1)
        self.assert_reaches(self.blue.web_far, self.blue.db, count=1)

    def test_a_prefix_list_is_a_peer(self):
        self.fleet.prefix_list("some", "10.0.1.11/32", "10.0.2.8/29")
        peer = {"prefixList": "some"}
        self.apply([egress(peer=peer), ingress(peer=peer)], [ingress(peer=peer), egress(peer=peer)])

        self.assert_reaches(self.blue.web_far, self.blue.db, count=1)
        self.assert_silence(self.blue.web, self.blue.db, count=1)

    def test_addresses_outside_the_vpc_are_beyond_the_border(self):
        there = [egress(protocol="icmp", peer=OUTSIDE), ingress(protocol="icmp", icmpType=0, peer=OUTSIDE)]
        self.apply(there)
        self.assert_reaches(self.blue.web, "172.20.0.9", count=1)
        self.assert_reaches(self.blue.web_far, "172.20.0.9", count=1)
        self.assert_silence(self.blue.site, self.blue.web, count=1)
        self.assert_silence(self.blue.web, self.blue.router, count=1)
        self.assert_reaches(self.red.site, self.red.web, count=1)

        self.apply(there[:1])

        with self.assert_drops(self.node_a, "acl-in", vpc="blue"):
            self.assert_silence(self.blue.web, "172.20.0.9", count=1)
        self.assert_reaches(self.red.web, "172.20.0.9", count=1)

    def test_an_icmp_error_needs_a_rule_as_any_packet_does(self):
        """Port 9 of db is closed; its kernel says so."""
        udp = [egress(protocol="udp"), ingress(protocol="udp")]
        errors = [egress(protocol="icmp", icmpType=3, icmpCode=3), ingress(protocol="icmp", icmpType=3)]
        for web, db, arrives in ((udp + errors, udp + errors, True), (udp, udp + errors, False)):
            with self.subTest(arrives=arrives):
                self.apply(web, db)
                for source, target in self.ways(self.blue):
                    self.assertEqual(self.port_is_unreachable(source, target), arrives, f"{source.name}, {target.name}")

    @staticmethod
    def port_is_unreachable(source, target):
        with source.namespace.udp_socket() as udp:
            udp.connect((target.address, 9))
            udp.settimeout(0.3)
            udp.send(b"anybody there?")
            try:
                udp.recv(1)
            except ConnectionRefusedError:
                return True
            except TimeoutError:
                return False

    def test_a_change_stops_open_connections_and_no_others(self):
        everything = [ingress(), egress()]
        self.apply(everything, everything)
        held = self.blue.web.hold_connection(self.blue.db_far)
        frame = Ether(src=self.blue.web.mac, dst="02:76:70:63:64:fe") / IP(
            src=self.blue.web.address, dst=self.blue.db_far.address) / UDP(sport=9, dport=9)
        self.blue.web.inject(frame)
        held.wait_progress()
        others = [self.red.web.udp_stream(self.red.db_far), self.blue.web.udp_stream(self.blue.web_far)]

        self.apply(everything, [ingress("drop", peer="10.0.1.10/32"), *everything])

        with self.blue.db_far.capture(direction="in") as capture:
            self.blue.web.inject(frame)
            self.assert_reaches(self.blue.web_far, self.blue.db_far, count=3)
            capture.wait(lambda packet: IP in packet and packet[IP].src == self.blue.web_far.address)
            self.assertEqual(capture.matching(lambda packet: IP in packet and packet[IP].src == "10.0.1.10"), [])
        for stream in others:
            result = stream.stop()
            self.assertGreater(result.sent, 0)
            self.assertEqual(result.lost, 0)
        held.abandon()

    def test_a_subnet_without_an_acl_lets_everything_through(self):
        self.apply([egress(protocol="tcp"), ingress(protocol="tcp")])
        self.fleet.change("Subnet", "blue-db", networkAcl=None)
        self.fleet.apply()
        self.addCleanup(self.fleet.change, "Subnet", "blue-db", networkAcl="blue-db")

        self.assert_tcp(self.blue.web, self.blue.db, {80})
        self.assert_silence(self.blue.web, self.blue.db, count=1)


if __name__ == "__main__":
    main()
