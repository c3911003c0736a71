"""Security groups with real packets: what each part of a rule says, on the same host and across two, for two tenants
with equal addresses and other groups."""
from lab_fleet import egress, ingress
from lab_packets import ICMP, IP, TCP, UDP, Ether
from lab_test import main
from lab_two_tenants import TwoTenants

GRE, ESP, OSPF = 47, 50, 89


def frames(source, target):
    """{name: a frame from source to target} of as many protocols as rules tell apart."""
    base = Ether(src=source.mac, dst=target.mac) / IP(src=source.address, dst=target.address)
    kinds = {"tcp-53": TCP(sport=999, dport=53), "udp-53": UDP(sport=999, dport=53),
             "echo-request": ICMP(type=8, id=7), "timestamp-request": ICMP(type=13, id=7),
             "router-solicitation": ICMP(type=10), "solicitation-code-3": ICMP(type=10, code=3)}
    found = {name: base / layer for name, layer in kinds.items()}
    for name, number in (("gre", GRE), ("esp", ESP), ("ospf", OSPF)):
        found[name] = base.copy()
        found[name][IP].proto = number
    return found


class Rules(TwoTenants):
    @classmethod
    def populate(cls, fleet):
        for tenant in cls.tenants:
            tenant.group("extra")

    def apply(self, blue, red, group="server"):
        self.blue.group(group, *blue)
        self.red.group(group, *red)
        self.fleet.apply()

    def ways(self):
        """Each tenant's client to each of its servers: on the same host and on another."""
        return [(tenant, server) for tenant in self.tenants for server in tenant.servers]

    def test_ports_are_one_a_list_or_a_range(self):
        ports = {"blue": {80, 443, 8443, 8000, 8005, 8010}, "red": {79, 444, 9000, 9999}}
        refused = {81, 7999, 8011, 8442, 8999, 10000}
        self.apply([ingress(protocol="tcp", ports=80), ingress(protocol="tcp", ports=[443, 8443]),
                    ingress(protocol="tcp", ports="8000-8010")],
                   [ingress(protocol="tcp", ports=[79, 444, "9000-9999"])])

        for tenant, server in self.ways():
            opens = ports[tenant.name]
            self.assert_tcp(tenant.client, server, opens, (ports["blue"] | ports["red"] | refused) - opens)

    def test_protocols_are_told_apart(self):
        passing = {"blue": {"udp-53", "echo-request", "solicitation-code-3", "gre"},
                   "red": {"tcp-53", "timestamp-request", "router-solicitation", "solicitation-code-3", "esp", "ospf"}}
        self.apply([ingress(protocol="udp", ports=53), ingress(protocol="icmp", icmpType=8), ingress(protocol="gre"),
                    ingress(protocol="icmp", icmpType=10, icmpCode=3)],
                   [ingress(protocol="tcp", ports=53), ingress(protocol="icmp", icmpType=13), ingress(protocol="esp"),
                    ingress(protocol="icmp", icmpType=10), ingress(protocol=OSPF)])

        for tenant, server in self.ways():
            sent = frames(tenant.client, server)
            self.assert_frames(tenant.client, server,
                               {name: frame for name, frame in sent.items() if name in passing[tenant.name]},
                               {name: frame for name, frame in sent.items() if name not in passing[tenant.name]})

    def test_all_protocols_are_all(self):
        self.apply([ingress(protocol="all")], [])

        for server in self.blue.servers:
            self.assert_frames(self.blue.client, server, frames(self.blue.client, server))
        for server in self.red.servers:
            self.assert_tcp(self.red.client, server, refuses={53})
            self.assert_udp(self.red.client, server, refuses={53})

    def test_peers_are_a_block_a_prefix_list_a_group_or_anybody(self):
        self.fleet.prefix_list("office", "10.0.1.10/32", "10.0.1.0/29", "192.168.0.0/16")
        blue = [ingress(protocol="tcp", ports=1001, peer="10.0.1.10/32"),
                ingress(protocol="tcp", ports=1002, peer={"prefixList": "office"}),
                ingress(protocol="tcp", ports=1003, peer={"group": "blue-client"}),
                ingress(protocol="tcp", ports=1004),
                ingress(protocol="tcp", ports=1005, peer="10.0.2.0/24"),
                ingress(protocol="tcp", ports=1006, peer={"cidr": "10.0.1.12/31"})]
        red = [ingress(protocol="tcp", ports=1003, peer={"group": "red-other"}),
               ingress(protocol="tcp", ports=1005, peer={"group": "red-client"})]
        opens = {"blue-client": {1001, 1002, 1003, 1004}, "blue-other": {1004, 1006},
                 "red-client": {1005}, "red-other": {1003}}
        self.apply(blue, red)

        for tenant, server in self.ways():
            for source in (tenant.client, tenant.other):
                self.assert_tcp(source, server, opens[source.name], set(range(1001, 1008)) - opens[source.name])

    def test_the_smallest_priority_decides_and_among_equals_drop(self):
        def rules(tenant, first, second):
            return [ingress(first, protocol="tcp", ports="2001-2009", priority=50),
                    ingress(second, protocol="tcp", ports=2001, priority=49),
                    ingress(second, protocol="tcp", ports=2002, priority=51),
                    ingress(second, protocol="tcp", ports=2003, priority=50),
                    ingress("drop", peer={"group": f"{tenant}-client"}, priority=100),
                    ingress(protocol="tcp", ports=2010, peer="10.0.1.10/32", priority=100)]
        self.apply(rules("blue", "allow", "drop"), rules("red", "drop", "allow"))

        for tenant, server in self.ways():
            opens = {2002, 2004, 2009} if tenant is self.blue else {2001}
            self.assert_tcp(tenant.client, server, opens, {2001, 2002, 2003, 2004, 2009, 2010} - opens)

    def test_the_rules_of_all_groups_of_an_interface_decide_together(self):
        self.blue.group("extra", ingress(protocol="tcp", ports=3002), ingress("drop", protocol="tcp", ports=3003),
                        ingress(protocol="tcp", ports=3004, priority=1))
        self.red.group("extra", ingress(protocol="tcp", ports=3003))
        for tenant in self.tenants:
            for server in tenant.servers:
                self.fleet.security_group(f"{tenant.name}-empty", tenant.name)
                tenant.join(server, "server", "extra", "empty")
        server_rules = [ingress(protocol="tcp", ports=[3001, 3003], priority=2),
                        ingress("drop", protocol="tcp", ports=3004, priority=2)]
        self.apply(server_rules, server_rules)

        for tenant, server in self.ways():
            opens = {3001, 3002, 3004} if tenant is self.blue else {3001, 3003}
            self.assert_tcp(tenant.client, server, opens, {3001, 3002, 3003, 3004, 3005} - opens)

    def test_members_of_a_group_reach_each_other_unless_it_is_isolated(self):
        for tenant, isolated in ((self.blue, False), (self.red, True)):
            tenant.group("extra", isolated=isolated)
            tenant.join(tenant.client, "client", "extra")
            for server in tenant.servers:
                tenant.join(server, "server", "extra")
        self.fleet.apply()

        for server in self.blue.servers:
            self.assert_reaches(self.blue.client, server, count=1)
            self.assert_tcp(self.blue.client, server, {22, 4000})
            self.assert_udp(server, self.blue.client, {4000})
        for server in self.red.servers:
            self.assert_silence(self.red.client, server, count=1)
            self.assert_tcp(self.red.client, server, refuses={22, 4000})
            self.assert_udp(server, self.red.client, refuses={4000})

    def test_without_a_rule_nobody_comes_in_and_everything_goes_out(self):
        anybody = [ingress(protocol="tcp", ports=80)]
        self.apply(anybody, anybody)

        for tenant, server in self.ways():
            host = tenant.client.host
            self.assert_tcp(tenant.client, server, {80}, {8080})
            with self.assert_drops(host, "group-in", vpc=tenant.name):
                self.assert_tcp(server, tenant.client, refuses={80})

    def test_egress_is_closed_by_egress_default_and_opened_by_rules(self):
        open_to_all = [ingress(protocol="all")]
        self.blue.group("client", egress(protocol="tcp", ports=80, peer={"group": "blue-server"}),
                        egress("drop", protocol="tcp", ports=81, peer="10.0.1.12/32"),
                        egress(protocol="tcp", ports=81, priority=2), egressDefault="drop")
        self.red.group("client", egress("drop", protocol="tcp", ports=80, peer="10.0.1.0/24"))
        self.apply(open_to_all, open_to_all)

        for tenant, server in self.ways():
            blue = {80, 81} if server is tenant.near else {80}
            opens = blue if tenant is self.blue else {81, 82, 443}
            with self.assert_drops(self.node_a, "group-out", vpc=tenant.name):
                self.assert_tcp(tenant.client, server, opens, {80, 81, 82, 443} - opens)

    def test_default_groups_let_in_what_a_new_instance_needs(self):
        services = {22, 80, 443, 3389}
        for server in self.blue.servers:
            self.blue.join(server)
        for server in self.red.servers:
            self.red.join(server, "default-2")
        self.fleet.apply()

        for tenant, server in self.ways():
            opens = services if tenant is self.blue else {22, 3389}
            self.assert_tcp(tenant.client, server, opens, (services | {8080, 21}) - opens)
            self.assert_udp(tenant.client, server, refuses={22, 53})
            self.assert_reaches(tenant.client, server, count=1)
            self.assert_tcp(server, tenant.client, refuses={22})  # it is their group, not the client's
        for tenant in self.tenants:
            self.assert_tcp(tenant.near, tenant.far, {8080})  # members


if __name__ == "__main__":
    main()
