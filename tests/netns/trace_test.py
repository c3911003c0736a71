"""`vpcctl trace` tells what becomes of a packet, as real packets show."""
import json
import shlex

from lab_capture import Capture
from lab_test import Fleet, LabTest, datagram, main
from lab_trace import ARRIVES, DROPPED, WRONG, ask, steps, texts


class TwoTenants(LabTest):
    """Equal blocks and addresses; a custom route, a blackhole, a tap, an instance whose device is not there."""

    @classmethod
    def build(cls):
        cls.fleet = fleet = Fleet(cls.lab)
        cls.node_a, cls.node_b = fleet.hosts
        for name, vni in (("blue", 100), ("red", 200)):
            fleet.vpc(name, vni)
            fleet.subnet(f"{name}-near", name, "10.0.1.0/24")
            fleet.subnet(f"{name}-far", name, "10.0.2.0/24")
        fleet.put("RouteTable", "blue-main", vpc="blue", main=True,
                  routes=[{"destination": "10.9.0.0/16", "nextHop": {"blackhole": True}},
                          {"destination": "172.16.0.0/12", "nextHop": {"interface": "blue-2"}}])
        cls.blue_1 = fleet.interface("blue-1", "blue-near", cls.node_a, "10.0.1.10", mtu=1500)
        cls.blue_2 = fleet.interface("blue-2", "blue-far", cls.node_b, "10.0.2.10")
        cls.blue_3 = fleet.interface("blue-3", "blue-near", cls.node_a, "10.0.1.11")
        cls.blue_tap = fleet.interface("blue-tap", "blue-near", cls.node_b, "10.0.1.12", kind="tap")
        fleet.interface("blue-late", "blue-near", cls.node_b, "10.0.1.13", plug=False)
        cls.red_1 = fleet.interface("red-1", "red-near", cls.node_a, "10.0.1.10")
        cls.red_2 = fleet.interface("red-2", "red-far", cls.node_b, "10.0.2.10")
        fleet.start(attached=False)
        cls.node_a.vpcd.wait_attached()
        cls.node_b.vpcd.wait_status(lambda now: now["interfaces"]["attached"] == 3, what="three interfaces")

    def follow(self, *argv):
        """The way across both hosts: whether it arrives, the answer of each."""
        code, answer = ask(self.node_a, *argv)
        answers = [answer]
        if code == ARRIVES and answer["outcome"] == "sent":
            code, answer = ask(self.node_b, *shlex.split(answer["next"])[2:])
            answers.append(answer)
        return code == ARRIVES, answers

    def test_a_packet_arrives_if_and_only_if_the_trace_says_so(self):
        cases = [
            ("another host, routed", "10.0.2.10", True), ("the same host and subnet", "10.0.1.11", True),
            ("a tap on another host", "10.0.1.12", True), ("the virtual router", "10.0.1.253", True),
            ("nobody in the subnet", "10.0.1.99", False), ("nobody in another subnet", "10.0.2.99", False),
            ("a blackhole", "10.9.0.1", False), ("no route", "198.51.100.1", False),
            ("a service", "100.64.0.1", False), ("a device that is not there", "10.0.1.13", False),
        ]
        for fresh in ((), ("--fresh",)):
            for name, to, expected in cases:
                with self.subTest(name, fresh=fresh):
                    arrives, answers = self.follow("--from", "blue-1", "--to", to, *fresh)
                    ping = self.blue_1.ping(to, count=3, wait=1 if expected else 0.3)

                    self.assertEqual(arrives, expected, answers)
                    self.assertEqual(ping.received > 0, arrives, f"{ping.text}\n{answers}")

    def test_a_size_passes_if_and_only_if_the_trace_says_so(self):
        for size in (1450, 1451):
            with self.subTest(size=size):
                arrives, answers = self.follow("--from", "blue-1", "--to", "10.0.2.10", "--size", size)
                ping = self.blue_1.ping("10.0.2.10", size=size - 28, df=True)

                self.assertEqual(arrives, size == 1450, answers)
                self.assertEqual(ping.received > 0, arrives, ping.text)
        self.assertEqual(answers[0]["reason"], "too-big")
        self.assertIn("fragmentation needed, MTU 1450", texts(answers[0]))

    def test_a_life_ends_where_the_trace_says_so(self):
        arrives, answers = self.follow("--from", "blue-1", "--to", "10.0.2.10", "--ttl", 1)
        self.assertFalse(arrives)
        self.assertEqual(answers[0]["reason"], "ttl-exceeded")
        self.assert_refused(self.blue_1, self.blue_2, "10.0.1.253", "Time to live exceeded", ttl=1)

    def test_another_source_address_is_refused_as_on_the_wire(self):
        code, answer = ask(self.node_a, "--from", "blue-1", "--to", "10.0.2.10", "--source", "10.0.1.77")
        self.assertEqual((code, answer["reason"]), (DROPPED, "source-address"))

    def test_the_outer_headers_are_those_on_the_wire(self):
        _, answer = ask(self.node_a, "--from", "blue-1", "--to", "10.0.2.10", "--proto", "udp", "--sport", 9, "--dport",
                        7, "--fresh")
        outer = answer["outer"]
        with Capture(self.node_b.namespace, self.node_b.device) as capture:
            self.blue_1.inject(datagram(self.blue_1, self.blue_2, b"on-the-wire"))
            packet = capture.wait(lambda packet: b"on-the-wire" in bytes(packet))[0]

        self.assertEqual((packet.src, packet.dst), (outer["sourceMac"], outer["destinationMac"]))
        self.assertEqual((packet["IP"].src, packet["IP"].dst, packet["IP"].ttl),
                         (outer["source"], outer["destination"], outer["ttl"]))
        self.assertEqual((packet["UDP"].sport, packet["UDP"].dport),
                         (outer["sourcePort"], outer["destinationPort"]))

    def test_every_name_is_explained(self):
        arrives, (here, there) = self.follow("--from", "blue-1", "--to", "172.16.0.1", "--proto", "tcp", "--dport", 443)

        self.assertTrue(arrives)
        for words in ("172.16.0.0/12 -> interface blue-2 (RouteTable blue-main, ", "network.yaml:", "blue-2 @ node-b",
                      "TTL 64 -> 63", "ARP for 10.0.1.253 is answered with 02:76:70:63:64:fe",
                      "MSS of the TCP handshake is lowered from 1460 to 1410", "to host node-b at 192.0.2.2"):
            self.assertIn(words, texts(here))
        self.assertEqual(here["verdict"], "sent to host node-b by vxlan vni 100")
        self.assertIn("the sender is host node-a", texts(there))
        self.assertEqual(there["verdict"], "delivered to blue-2 on this host, node-b")

    def test_a_known_flow_is_shown_and_can_be_left_out(self):
        self.blue_1.inject(datagram(self.blue_1, self.blue_2, b"first", port=777))
        argv = ("--from", "blue-1", "--to", "10.0.2.10", "--proto", "udp", "--sport", 9, "--dport", 777)

        _, known = ask(self.node_a, *argv)
        _, fresh = ask(self.node_a, *argv, "--fresh")

        self.assertIn("known flow", texts(known))
        self.assertNotIn("route", steps(known))
        self.assertNotIn("known flow", texts(fresh))
        self.assertIn("route", steps(fresh))

    def test_tenants_with_equal_addresses_trace_to_their_own(self):
        for own, other in (("blue", "red"), ("red", "blue")):
            with self.subTest(own):
                arrives, answers = self.follow("--from", f"{own}-1", "--to", "10.0.2.10")
                self.assertTrue(arrives, answers)
                for answer in answers:
                    self.assertEqual(answer["to"], f"{own}-2 on node-b")
                    self.assertNotIn(f"{other}-", json.dumps(answer))
                self.assertIn(f"delivered to {own}-2", answers[-1]["verdict"])

    def test_a_wrong_question_is_answered_with_a_sentence(self):
        cases = [
            (("--from", "blue-11", "--to", "10.0.2.10"), "did you mean blue-1?"),
            (("--from", "blue-2", "--to", "10.0.1.10"), "blue-2 is on host node-b"),
            (("--from", "10.0.1.10", "--to", "10.0.2.10"), "blue-1 of VPC blue and of red-1 of VPC red"),
            (("--from", "10.0.1.10", "--vpc", "green", "--to", "10.0.2.10"), "VPC green"),
            (("--from", "blue-1", "--to", "fd00::1"), "not an IPv4 address"),
            (("--from", "blue-1", "--to", "10.0.2"), "'10.0.2' is no address"),
            (("--from", "blue-1", "--to", "red-2"), "VPCs do not reach each other"),
            (("--from", "blue-1", "--to", "10.0.1.10"), "own address"),
            (("--from", "blue-1", "--to", "10.0.2.10", "--proto", "carp"), "protocol"),
            (("--from", "blue-1", "--to", "10.0.2.10", "--proto", "tcp", "--dport", "70000"), "dport"),
            (("--from", "blue-1", "--to", "10.0.2.10", "--size", "27"), "at least 28 bytes"),
            (("--from", "blue-1", "--to", "10.0.2.10", "--size", "many"), "size"),
            (("--from", "blue-2", "--to", "10.0.1.12", "--arriving"), "does not come here"),
            (("--from", "blue-1"), "--to"),
        ]
        for argv, words in cases:
            with self.subTest(argv):
                code, said = ask(self.node_a, *argv)
                self.assertEqual(code, WRONG, said)
                self.assertIn(words, said)

    def test_an_interface_without_a_device_sends_nothing(self):
        code, said = ask(self.node_b, "--from", "blue-late", "--to", "10.0.1.12")
        self.assertEqual(code, WRONG)
        self.assertIn("waits for device blue-late", said)

    def test_text_ends_with_the_verdict(self):
        lines = self.node_a.ctl("trace", "--from", "blue-1", "--to", "10.0.2.10").splitlines()
        self.assertEqual(lines[-1], "sent to host node-b by vxlan vni 100")
        self.assertTrue(any(line.startswith("what that host does with it, there: vpcctl trace --arriving")
                            for line in lines))


class OtherEncapsulations(LabTest):
    @classmethod
    def build(cls):
        fleet = Fleet(cls.lab, 3, {"node-a": "vxlan", "node-b": "geneve", "node-c": "gre"})
        cls.node_a = fleet.hosts[0]
        fleet.vpc("prod", 100)
        fleet.subnet("web", "prod", "10.0.1.0/24")
        fleet.interface("near", "web", cls.node_a, "10.0.1.10")
        cls.targets = {"geneve": fleet.interface("far-b", "web", fleet.hosts[1], "10.0.1.11"),
                       "gre": fleet.interface("far-c", "web", fleet.hosts[2], "10.0.1.12")}
        fleet.start()

    def test_the_packet_arrives_in_what_its_host_receives(self):
        for word in ("geneve", "gre"):
            with self.subTest(word):
                outer = self.answer(word)
                self.assertEqual(outer["encapsulation"], word)

    def answer(self, word):
        target = self.targets[word]
        code, sent = ask(self.node_a, "--from", "near", "--to", target.address)
        self.assertEqual(code, ARRIVES, sent)
        code, arrived = ask(target.host, *shlex.split(sent["next"])[2:])
        self.assertEqual(code, ARRIVES, arrived)
        self.assertEqual(arrived["verdict"], f"delivered to {target.name} on this host, {target.host.name}")
        return sent["outer"]


if __name__ == "__main__":
    main()
