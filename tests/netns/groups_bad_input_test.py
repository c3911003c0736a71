"""Groups, ACLs and prefix lists that break a rule are refused, each error with its place and the limit, while traffic
goes on under the rules that are in force."""
from lab_fleet import FILE, ingress, render
from lab_test import main
from lab_two_hosts import TwoHosts

OTHER_VPC = "kind: Vpc\nname: other\nvni: 200\ncidrs: [10.0.0.0/16]\n---\n"
RULES = 1024


def group(*lines, vpc="prod"):
    rules = ["rules:", *lines] if lines else []
    return "\n".join(["kind: SecurityGroup", "name: extra", f"vpc: {vpc}", *rules]) + "\n"


def many_rules(kind, direction, count):
    rules = "".join(f"  - {{direction: {direction}, protocol: tcp, ports: {port}}}\n" for port in range(1, count + 1))
    return f"kind: {kind}\nname: extra\nvpc: prod\nrules:\n{rules}"


class GroupsBadInput(TwoHosts):
    @classmethod
    def populate(cls, fleet):
        fleet.security_group("servers", "prod", ingress(protocol="icmp"), ingress(protocol="udp"),
                             ingress(protocol="tcp", ports=22, peer={"group": "clients"}))
        fleet.security_group("clients", "prod")
        cls.client = fleet.interface("client", "web", cls.node_a, "10.0.1.10", securityGroups=["clients"])
        cls.server = fleet.interface("server", "web", cls.node_b, "10.0.1.11", securityGroups=["servers"])
        cls.good = render(fleet.resources)

    def setUp(self):
        self.stream = self.client.udp_stream(self.server, rate=500)

    def tearDown(self):
        self.node_b.write(FILE, self.good)
        self.node_b.wait_applied()
        self.assert_tcp(self.client, self.server, {22}, {23})
        result = self.stream.stop()
        self.assertGreater(result.sent, 0)
        self.assertEqual(result.lost, 0)

    def refused(self, document):
        self.node_b.write(FILE, f"{self.good}---\n{document}")
        return self.node_b.wait_applied(accepted=False)["pendingErrors"]

    def assert_refused_at(self, document, line, column, *words):
        """`line` counts from the first line of the document."""
        place = f"{FILE}:{line + self.good.count(chr(10)) + 1}:{column}: "
        errors = self.refused(document)
        self.assertTrue([error for error in errors if place in error and all(word in error for word in words)],
                        f"no error at {place} with {words}: {errors}")

    def test_each_kind_of_mistake_is_named_with_its_place(self):
        cases = [
            ("no such group", group("  - {direction: ingress, peer: {group: nobody}}"), 5, 40, "nobody"),
            ("no such prefix list", group("  - {direction: ingress, peer: {prefixList: nothing}}"), 5, 45, "nothing"),
            ("no such VPC", group(vpc="nowhere"), 3, 6, "nowhere"),
            ("ports end before they begin", group("  - direction: ingress", "    protocol: tcp", "    ports: 90-80"),
             7, 12, "90-80"),
            ("a port too large", group("  - direction: ingress", "    protocol: tcp", "    ports: [80, 65536]"), 7, 17,
             "65536"),
            ("ports of no protocol", group("  - direction: ingress", "    ports: 80"), 6, 12, "tcp or udp"),
            ("an ICMP type of TCP", group("  - direction: ingress", "    protocol: tcp", "    icmpType: 8"), 7, 15,
             "icmp"),
            ("an unknown protocol", group("  - direction: ingress", "    protocol: 256"), 6, 15, "256"),
            ("priority 0", group("  - direction: ingress", "    priority: 0"), 6, 15, "1 to 100"),
            ("priority 101", group("  - direction: ingress", "    priority: 101"), 6, 15, "1 to 100"),
            ("no direction", group("  - {protocol: tcp}"), 5, 5, "direction"),
            ("an unknown policy", group("  - {direction: ingress, policy: reject}"), 5, 34, "reject"),
            ("a reserved name", "kind: SecurityGroup\nname: default-1\nvpc: prod\n", 2, 7, "default-1"),
            ("a group as an ACL's peer", "kind: NetworkAcl\nname: extra\nvpc: prod\nrules:\n"
                                         "  - {direction: ingress, peer: {group: servers}}\n", 5, 40, "groups"),
            ("an empty prefix list", "kind: PrefixList\nname: extra\nprefixes: []\n", 3, 11, "at least one"),
            ("a block twice", "kind: PrefixList\nname: extra\nprefixes: [10.0.0.0/8, 10.0.0.0/8]\n", 3, 24, "once"),
        ]
        for name, document, line, column, *words in cases:
            with self.subTest(name):
                self.assert_refused_at(document, line, column, *words)

    def test_groups_of_another_vpc_are_refused(self):
        errors = self.refused(OTHER_VPC + group("  - {direction: ingress, peer: {group: servers}}", vpc="other"))
        self.assertTrue([error for error in errors if "in VPC prod, not in other" in error], errors)

        bad = self.good.replace('securityGroups: ["servers"]', 'securityGroups: ["servers", "extra"]')
        self.assertNotEqual(bad, self.good)
        self.node_b.write(FILE, f"{bad}---\n{OTHER_VPC}{group(vpc='other')}")
        errors = self.node_b.wait_applied(accepted=False)["pendingErrors"]
        line = bad[:bad.index('"extra"')].count("\n") + 1
        self.assertTrue([error for error in errors if f"{FILE}:{line}:" in error and
                         "in VPC other, not in prod" in error], errors)

    def test_too_many_rules_are_refused_with_the_count(self):
        for kind in ("SecurityGroup", "NetworkAcl"):
            for direction in ("ingress", "egress"):
                with self.subTest(kind=kind, direction=direction):
                    errors = self.refused(many_rules(kind, direction, RULES + 1))
                    self.assertTrue([error for error in errors if f"{RULES + 1} {direction} rules" in error and
                                     str(RULES) in error], errors)

    def test_too_many_rules_of_an_interface_are_refused_with_the_count_of_each_group(self):
        bad = self.good.replace('securityGroups: ["servers"]', 'securityGroups: ["servers", "extra"]')
        self.node_b.write(FILE, f"{bad}---\n{many_rules('SecurityGroup', 'ingress', RULES)}")
        errors = self.node_b.wait_applied(accepted=False)["pendingErrors"]

        self.assertTrue([error for error in errors if f"{RULES + 3} ingress rules" in error and
                         f"servers 3, extra {RULES}" in error], errors)

    def test_a_group_that_is_in_use_is_not_removed(self):
        without = {key: value for key, value in self.fleet.resources.items() if key != ("SecurityGroup", "clients")}
        self.node_b.write(FILE, render(without))
        errors = self.node_b.wait_applied(accepted=False)["pendingErrors"]

        self.assertEqual(len([error for error in errors if "clients" in error]), 2, errors)


if __name__ == "__main__":
    main()
