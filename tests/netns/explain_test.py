"""Who asks why is told: which rule of which document decided about a packet, a connection, a refusal, and how often."""
import json
import shlex

from lab_fleet import egress, ingress
from lab_packets import IP, TCP, Ether
from lab_probe import Connection
from lab_test import main
from lab_trace import ARRIVES, DROPPED, ask, texts
from lab_two_tenants import TwoTenants

PER_SECOND = 5
ALLOWED = "SecurityGroup {}-server rules[0] (ingress allow tcp 80 from group {}-client)"
REFUSED = "SecurityGroup {}-server rules[1] (ingress drop tcp 81 from anybody)"
KEPT_IN = "SecurityGroup {}-client rules[0] (egress drop tcp 82 to 10.0.1.0/24)"
OUTBOUND = "no rule matched: outbound is allowed"
INBOUND = "no rule matched: inbound is dropped"


class Explain(TwoTenants):
    """Red has the rules of blue with other ports, so nobody's are taken for the other's."""

    config = {"denyLog": {"perSecond": PER_SECOND}}
    vpc_fields = {"blue": {"midstream": "drop"}, "red": {"midstream": "drop"}}

    @classmethod
    def populate(cls, fleet):
        for tenant in cls.tenants:
            add = 0 if tenant is cls.blue else 1000
            tenant.group("server", ingress(protocol="tcp", ports=80 + add, peer={"group": f"{tenant.name}-client"}),
                         ingress("drop", protocol="tcp", ports=81 + add), ingress(protocol="tcp", ports=82 + add))
            tenant.group("client", egress("drop", protocol="tcp", ports=82 + add, peer="10.0.1.0/24"))

    def follow(self, source, to, *argv):
        """Whether it arrives, and all steps of the hosts it crosses."""
        code, answer = ask(source.host, "--from", source.name, "--to", to.address, "--proto", "tcp", *argv)
        said = [texts(answer)]
        if code == ARRIVES and answer["outcome"] == "sent":
            code, answer = ask(to.host, *shlex.split(answer["next"])[2:])
            said.append(texts(answer))
        return code, answer, "\n".join(said)

    # --- trace --------------------------------------------------------------------------------------------------------

    def test_a_trace_names_the_rule_of_each_side(self):
        client = self.blue.client
        for server in self.blue.servers:
            code, answer, said = self.follow(client, server, "--dport", 80)
            self.assertEqual(code, ARRIVES, answer)
            self.assertIn(f"groups of the sender, outbound, allow: {OUTBOUND}", said)
            self.assertIn(f"groups of the receiver, inbound, allow: {ALLOWED.format('blue', 'blue')}", said)

    def test_a_trace_of_what_is_refused_ends_with_the_rule_and_says_what_packets_meet(self):
        client = self.blue.client
        for server in self.blue.servers:
            for port, reason, rule in ((81, "group-in", REFUSED.format("blue")),
                                       (82, "group-out", KEPT_IN.format("blue")), (83, "group-in", INBOUND)):
                code, answer, _ = self.follow(client, server, "--dport", port)
                self.assertEqual((code, answer["reason"], answer["rule"]), (DROPPED, reason, rule))
                self.assertTrue(answer["verdict"].endswith(rule), answer["verdict"])
                self.assert_tcp(client, server, refuses={port})

    def test_tenants_with_equal_addresses_are_told_their_own_rules(self):
        for server in self.red.servers:
            code, answer, said = self.follow(self.red.client, server, "--dport", 1080)
            self.assertEqual(code, ARRIVES, answer)
            self.assertIn("SecurityGroup red-server rules[0] (ingress allow tcp 1080 from group red-client)", said)
            self.assertNotIn("blue", said)
            code, answer, _ = self.follow(self.red.client, server, "--dport", 80)
            self.assertEqual((code, answer["rule"]), (DROPPED, INBOUND))

    def test_a_trace_of_an_answer_names_the_rule_that_let_the_connection_in(self):
        for server in self.blue.servers:
            with Connection(self.blue.client, server, 80) as connection:
                self.assertTrue(connection.exchange())
                code, answer, said = self.follow(server, self.blue.client, "--sport", 80, "--dport", connection.port,
                                                 "--flags", "ack")
                self.assertEqual(code, ARRIVES, answer)
                self.assertIn("the connection was opened under", said)
                self.assertIn(ALLOWED.format("blue", "blue"), said)
                code, answer, _ = self.follow(server, self.blue.client, "--sport", 80, "--dport", connection.port + 1,
                                              "--flags", "ack")
                self.assertEqual((code, answer["reason"]), (DROPPED, "tcp-unknown"))

    # --- hits, drops, the log -----------------------------------------------------------------------------------------

    def hits(self, host, tenant):
        """Packets that each rule of the tenant's servers decided on a host."""
        answer = json.loads(host.ctl("get", "sg", f"{tenant.name}-server", "-o", "json"))
        return {row["rule"]: row["packets"] for row in answer["rules"]
                if row["direction"] == "ingress" and "packets" in row}

    def test_each_rule_counts_the_packets_it_decided(self):
        before = {(host, tenant): self.hits(host, tenant) for host in self.fleet.hosts for tenant in self.tenants}
        with Connection(self.blue.client, self.blue.far, 80) as connection:
            for _ in range(10):
                self.assertTrue(connection.exchange())
        self.assert_tcp(self.blue.client, self.blue.far, {80}, {81, 83})

        def more(host, tenant):
            return {rule: packets - before[host, tenant][rule] for rule, packets in self.hits(host, tenant).items()}

        # The first packet of a connection, and every one that is refused.
        self.assertEqual(more(self.node_b, self.blue), {"rules[0]": 2, "rules[1]": 1, "rules[2]": 0, "members": 0})
        self.assertEqual(set(more(self.node_b, self.red).values()), {0})
        self.assertEqual(set(more(self.node_a, self.blue).values()), {0})
        self.assertRegex(self.node_b.ctl("get", "sg", "blue-server"), r"rules\[1\] +ingress +1 +drop +tcp +81 +anybody +[1-9]")

    def test_following_drops_shows_rule_and_reason(self):
        follower = self.node_b.namespace.spawn(*self.node_b.vpcd.ctl_argv("drops", "--follow"))
        line = ""
        for _ in range(50):  # nothing says when the stream has begun
            self.assert_tcp(self.blue.client, self.blue.far, refuses={81})
            try:
                line = follower.wait_line("group-in", stream="stdout", timeout=0.2)
                break
            except RuntimeError:
                self.assertTrue(follower.running())
        follower.kill()
        for words in ("blue-far", "10.0.1.10", "10.0.1.12", REFUSED.format("blue")):
            self.assertIn(words, line)

    def test_the_log_of_denied_packets_names_rule_and_reason_and_is_limited(self):
        frame = Ether(src=self.red.client.mac, dst=self.red.far.mac) / IP(
            src=self.red.client.address, dst=self.red.far.address) / TCP(sport=4000, dport=1081, flags="S")
        for _ in range(3):  # by batches: a second may end within one
            self.red.client.inject(*[frame] * (4 * PER_SECOND))

        vpcd = self.node_b.vpcd
        vpcd.wait_log(vpcd.log, "denied tcp 10.0.1.10:4000 -> 10.0.1.12:1081 of red-far in VPC red: group-in, "
                                "SecurityGroup red-server rules[1] (ingress drop tcp 1081 from anybody)")
        vpcd.wait_log(vpcd.log, f"more packets, not logged: there were more than {PER_SECOND} a second")

    # --- flows --------------------------------------------------------------------------------------------------------

    def flows(self, host, *filters):
        return json.loads(host.ctl("flows", *filters, "-o", "json"))["flows"]

    def test_flows_tell_state_rule_and_counts_and_are_filtered(self):
        with Connection(self.blue.client, self.blue.far, 80) as blue, \
                Connection(self.red.client, self.red.far, 1080) as red:
            for connection in (blue, red):
                self.assertTrue(connection.exchange() and connection.exchange())
            flows = self.flows(self.node_b, "--vpc", "blue", "--port", blue.port, "--address", "10.0.1.10")
            self.assertEqual({flow["direction"] for flow in flows}, {"forward", "reverse"})
            for flow in flows:
                self.assertEqual((flow["vpc"], flow["state"], flow["table"]), ("blue", "established", "established"))
                self.assertEqual({flow["sourcePort"], flow["destinationPort"]}, {80, blue.port})
                self.assertGreater(flow["packets"], 2)
                self.assertGreater(flow["bytes"], 100)
                self.assertEqual(flow["ingressRule"], ALLOWED.format("blue", "blue"))
            self.assertEqual({flow["vpc"] for flow in self.flows(self.node_b, "--port", 1080)}, {"red"})
            self.assertEqual(self.flows(self.node_b, "--vpc", "red", "--port", 80), [])
            self.assertIn("rules[0]", self.node_b.ctl("flows", "--port", blue.port))

    def test_deleting_flows_ends_the_connections_they_are_and_no_others(self):
        for server in self.blue.servers:
            with Connection(self.blue.client, server, 80) as doomed, \
                    Connection(self.blue.client, server, 80) as other, \
                    Connection(self.red.client, self.red.far, 1080) as red:
                self.assertTrue(all(connection.exchange() for connection in (doomed, other, red)))
                self.node_a.ctl("flows", "delete", "--vpc", "blue", "--port", doomed.port)

                with self.assert_drops(self.node_a, "tcp-unknown", vpc="blue"):
                    self.assertFalse(doomed.exchange(timeout=0.3))
                self.assertTrue(other.exchange() and red.exchange())
                self.assertEqual(self.flows(self.node_a, "--port", doomed.port), [])


if __name__ == "__main__":
    main()
