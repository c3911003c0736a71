"""What cloud users do with groups and ACLs, as their manuals tell it, from documents to packets."""
from lab_fleet import egress, ingress
from lab_packets import ICMP, IP, UDP, Ether
from lab_probe import Connection
from lab_site import Site
from lab_test import Fleet, LabTest, main

ANYWHERE = "0.0.0.0/0"
OFFICE, HOME = "172.20.0.9", "172.20.7.7"
SSH, RDP, HTTP, HTTPS = 22, 3389, 80, 443


class Scenarios(LabTest):
    """Two VPCs with equal addresses. In each the instances ecs-1 and ecs-2 (10.0.1.10, 10.0.1.11) on two hosts, client
    (10.0.2.10) in another subnet, and a gateway to addresses of the Internet."""

    @classmethod
    def build(cls):
        cls.fleet = fleet = Fleet(cls.lab)
        cls.node_a, cls.node_b = fleet.hosts
        cls.vpcs = {}
        for vpc, vni in (("one", 100), ("two", 200)):
            fleet.vpc(vpc, vni)
            for group in ("ecs", "client"):
                fleet.security_group(f"{vpc}-{group}", vpc)
            fleet.security_group(f"{vpc}-gateway", vpc, ingress())
            for subnet, cidr in (("web", "10.0.1.0/24"), ("db", "10.0.2.0/24"), ("transit", "10.0.3.0/24")):
                fleet.subnet(f"{vpc}-{subnet}", vpc, cidr)
            cls.vpcs[vpc] = {name: fleet.interface(f"{vpc}-{name}", f"{vpc}-{subnet}", host, address,
                                                   securityGroups=[f"{vpc}-{name.split('-')[0]}"], **fields)
                             for name, subnet, host, address, fields in (
                                 ("ecs-1", "web", cls.node_a, "10.0.1.10", {}),
                                 ("ecs-2", "web", cls.node_b, "10.0.1.11", {}),
                                 ("client", "db", cls.node_a, "10.0.2.10", {}),
                                 ("gateway", "transit", cls.node_b, "10.0.3.10", {"sourceCheck": False}))}
            fleet.put("RouteTable", f"{vpc}-main", vpc=vpc, main=True,
                      routes=[{"destination": "172.20.0.0/16", "nextHop": {"interface": f"{vpc}-gateway"}}])
            cls.vpcs[vpc]["site"] = Site(cls.lab, cls.vpcs[vpc]["gateway"], OFFICE, HOME)
        cls.one, cls.two = cls.vpcs["one"], cls.vpcs["two"]
        fleet.start()
        cls.clean = dict(fleet.resources)

    def setUp(self):
        self.fleet.resources = dict(self.clean)

    def rules(self, vpc, *rules, group="ecs", **fields):
        self.fleet.security_group(f"{vpc}-{group}", vpc, *rules, **fields)
        self.fleet.apply()

    def instances(self, vpc):
        return self.vpcs[vpc]["ecs-1"], self.vpcs[vpc]["ecs-2"]

    @staticmethod
    def logs_in(site, target, address, port):
        """By nc, from an address of the Internet to a server of the instance."""
        server = target.namespace.spawn("nc", "-nlv", port)
        server.wait_line("Listening")
        done = site.namespace.run("nc", "-nz", "-w", "1", "-s", address, target.address, port, check=False)
        server.kill()
        return done.returncode == 0

    def assert_logs_in(self, site, target, address, port):
        self.assertTrue(self.logs_in(site, target, address, port), f"{address} to {target.name} port {port}")

    def assert_locked_out(self, site, target, address, port):
        with self.assert_drops(target.host, "group-in", vpc=target.name.split("-")[0]):
            self.assertFalse(self.logs_in(site, target, address, port), f"{address} to {target.name} port {port}")

    # --- S2, 7.2 ECS security group configurations --------------------------------------------------------------------

    def test_case_1_intranet_communication(self):
        """Members of one group reach each other; another group needs a rule; another VPC is never reached."""
        self.rules("one", ingress(protocol="tcp", ports=SSH, peer="10.0.2.10/32"))
        self.rules("two", ingress(protocol="tcp", ports=[SSH, RDP], peer=ANYWHERE))
        first, second = self.instances("one")

        for source, target in ((first, second), (second, first)):
            self.assert_reaches(source, target, count=1)
            self.assert_tcp(source, target, {SSH, RDP, 9000})
            self.assert_tcp(self.one["client"], target, {SSH}, {RDP, 9000})
            self.assert_silence(self.one["client"], target, count=1)
        for target in self.instances("two"):
            self.assert_tcp(self.two["client"], target, {SSH, RDP}, {9000})
        with self.instances("two")[1].capture("tcp", "in") as capture:
            self.assert_tcp(self.one["client"], second, {SSH})
            self.assert_tcp(self.two["client"], self.instances("two")[1], {RDP})
            capture.wait(lambda packet: packet.dport == RDP)
            self.assertEqual(capture.matching(lambda packet: packet.dport == SSH), [])

    def test_case_2_deny_access_of_specific_addresses_or_ports(self):
        for vpc, denied in (("one", ingress("drop", peer="10.0.2.10/32")),
                            ("two", ingress("drop", protocol="tcp", ports=SSH, peer="10.0.2.0/24"))):
            self.rules(vpc, ingress(peer=ANYWHERE), denied)

        for target in self.instances("one"):
            self.assert_tcp(self.one["client"], target, refuses={SSH, HTTP})
            self.assert_logs_in(self.one["site"], target, OFFICE, SSH)
        for target in self.instances("two"):
            self.assert_tcp(self.two["client"], target, {HTTP, RDP}, {SSH})
            self.assert_reaches(self.two["client"], target, count=1)

    def test_case_3_allow_remote_logon_from_a_specific_address(self):
        self.rules("one", ingress(protocol="tcp", ports=SSH, peer=f"{OFFICE}/32"))
        self.rules("two", ingress(protocol="tcp", ports=SSH, peer=ANYWHERE))
        for target in self.instances("one"):
            self.assert_logs_in(self.one["site"], target, OFFICE, SSH)
            self.assert_locked_out(self.one["site"], target, HOME, SSH)
            self.assert_locked_out(self.one["site"], target, OFFICE, RDP)
        for target in self.instances("two"):
            for address in (OFFICE, HOME):
                self.assert_logs_in(self.two["site"], target, address, SSH)

    def test_case_4_a_web_site_for_everybody(self):
        self.rules("one", *(ingress(protocol="tcp", ports=port, peer=ANYWHERE) for port in (HTTP, HTTPS)))
        for target in self.instances("one"):
            for port in (HTTP, HTTPS):
                self.assert_logs_in(self.one["site"], target, HOME, port)
            self.assert_locked_out(self.one["site"], target, HOME, SSH)
        self.assert_locked_out(self.two["site"], self.instances("two")[0], HOME, HTTP)

    # --- network ACLs -------------------------------------------------------------------------------------------------

    def acl(self, *rules):
        self.fleet.network_acl("one-acl", "one", *rules)
        self.fleet.change("Subnet", "one-web", networkAcl="one-acl")
        self.fleet.apply()

    def test_an_acl_drops_what_the_group_would_let_in_and_the_other_way_round(self):
        self.rules("one", ingress(protocol="tcp", ports=[HTTP, HTTPS]))
        self.acl(ingress("drop", protocol="tcp", ports=HTTP), ingress(), egress())

        for target in self.instances("one"):
            with self.assert_drops(target.host, "acl-in", vpc="one"), \
                    self.assert_drops(target.host, "group-in", vpc="one"):
                self.assert_tcp(self.one["client"], target, {HTTPS}, {HTTP, SSH})

    def test_a_session_persists_through_changes_that_do_not_concern_it(self):
        self.rules("one", ingress(protocol="tcp", ports=[HTTP, HTTPS], peer="10.0.2.0/24"))
        self.acl(ingress(), egress())
        sessions = [Connection(self.one["client"], target, HTTPS) for target in self.instances("one")]
        for session in sessions:
            self.addCleanup(session.__exit__)

        self.acl(ingress("drop", protocol="tcp", ports=HTTP), ingress(), egress())
        self.assertTrue(all(session.exchange() for session in sessions))
        self.rules("one", ingress(protocol="tcp", ports="443-444", peer={"group": "one-client"}))
        self.assertTrue(all(session.exchange() for session in sessions))
        self.fleet.change("Subnet", "one-web", networkAcl=None)
        self.fleet.remove("NetworkAcl", "one-acl")
        self.fleet.apply()

        self.assertTrue(all(session.exchange() for session in sessions))
        for target in self.instances("one"):
            self.assert_tcp(self.one["client"], target, {444}, {HTTP})

    def test_fragmented_traffic_crosses_an_acl_and_a_group_by_its_ports(self):
        self.rules("one", ingress(protocol="udp", ports="53-54"))
        self.acl(ingress(protocol="udp", ports=[53, 55]), egress())

        for target in self.instances("one"):
            self.assert_udp(self.one["client"], target, {53}, {54, 55}, size=6000)

    def test_icmp_errors_belong_to_the_connection_they_are_about(self):
        self.rules("one", ingress(protocol="udp", ports=53))
        client = self.one["client"]
        for target in self.instances("one"):
            with client.namespace.udp_socket() as udp:
                udp.settimeout(5)
                udp.connect((target.address, 53))
                udp.send(b"nobody listens")
                self.assertRaises(ConnectionRefusedError, udp.recv, 1)
            forged = Ether(src=target.mac, dst="02:76:70:63:64:fe") / IP(src=target.address, dst=client.address) / \
                ICMP(type=3, code=3) / IP(src=client.address, dst=target.address) / UDP(sport=4000, dport=54)
            with self.assert_drops(target.host, "icmp-unrelated", vpc="one"):
                target.inject(forged)
                self.assert_silence(target, client, count=1)


if __name__ == "__main__":
    main()
