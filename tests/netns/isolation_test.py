"""Two tenants with the same blocks, addresses and MACs never meet, whatever is forged."""
import contextlib

from lab_packets import IP, UDP, VXLAN, Ether, Raw, vxlan
from lab_test import Fleet, LabTest, datagram, main

BLUE, RED = 100, 200


class TwoTenantsAlike(LabTest):
    @classmethod
    def build(cls):
        fleet = Fleet(cls.lab, 3)
        node_a, node_b, cls.stranger = fleet.hosts
        fleet.remove("Host", cls.stranger.name)
        for name, vni in (("blue", BLUE), ("red", RED)):
            fleet.vpc(name, vni, "10.0.0.0/16")
            fleet.subnet(f"{name}-near", name, "10.0.1.0/24")
            fleet.subnet(f"{name}-far", name, "10.0.2.0/24")
        cls.blue_1 = fleet.interface("blue-1", "blue-near", node_a, "10.0.1.10")
        cls.blue_2 = fleet.interface("blue-2", "blue-far", node_b, "10.0.2.10")
        cls.red_1 = fleet.interface("red-1", "red-near", node_a, "10.0.1.10")
        cls.red_2 = fleet.interface("red-2", "red-far", node_b, "10.0.2.10")
        cls.node_a, cls.node_b = node_a, node_b
        fleet.start(node_a, node_b)

    def blue_sentinel(self, marker):
        self.blue_1.inject(datagram(self.blue_1, self.blue_2, marker))

    def red_sentinel(self, marker):
        self.red_1.inject(datagram(self.red_1, self.red_2, marker))

    def tunnelled(self, sender, vni, marker):
        """Sends, from a host's underlay device to node-b, a tunnel packet for 10.0.2.10 of a tenant."""
        inner = datagram(self.blue_1, self.blue_2, marker, source_mac=self.blue_1.mac,
                         destination_mac=self.blue_2.mac)
        sender.namespace.inject(sender.device, vxlan(sender.address, self.node_b.address, vni, inner,
                                                     source_mac=self.mac(sender),
                                                     destination_mac=self.mac(self.node_b)))

    @staticmethod
    def mac(host):
        return host.namespace.ip("-br", "link", "show", host.device).split()[2]

    def test_each_tenant_reaches_its_own(self):
        for one, other in ((self.blue_1, self.blue_2), (self.red_1, self.red_2)):
            with self.subTest(tenant=one.name):
                self.assert_reaches(one, other)
                self.assert_reaches(other, one)

    def test_what_one_tenant_sends_the_other_never_sees(self):
        cases = [
            ("blue to red, far", self.blue_1, self.blue_2, self.red_2, self.red_1),
            ("red to blue, far", self.red_1, self.red_2, self.blue_2, self.blue_1),
            ("blue to red, back", self.blue_2, self.blue_1, self.red_1, self.red_2),
            ("red to blue, back", self.red_2, self.red_1, self.blue_1, self.blue_2),
        ]
        for name, source, own, other, other_source in cases:
            with self.subTest(name):
                def send(marker, source=source, own=own):
                    source.inject(datagram(source, own, marker))

                def sentinel(marker, source=other_source, to=other):
                    source.inject(datagram(source, to, marker))

                self.assert_arrives(lambda send=send: send(b"for-my-own-kind"), own, b"for-my-own-kind")
                self.assert_lost(lambda send=send: send(b"for-my-own-kind"), other, b"for-my-own-kind", sentinel)

    def test_services_on_the_same_address_and_port_stay_apart(self):
        blue = self.blue_1.hold_connection(self.blue_2)
        red = self.red_1.hold_connection(self.red_2)
        self.assert_reaches(self.blue_1, self.blue_2, count=5)

        for result in (blue.stop(), red.stop()):
            self.assertEqual(result["error"], "")
            self.assertGreater(result["exchanged"], 3)

    def test_a_forged_vni_from_a_known_host_shows_that_the_packet_is_right(self):
        # Without this the next tests could pass because their packets are malformed.
        self.assert_arrives(lambda: self.tunnelled(self.node_a, RED, b"from-a-known-host"), self.red_2,
                            b"from-a-known-host")

    def test_a_forged_vni_from_an_unknown_underlay_source_is_dropped(self):
        for vni, target, sentinel in ((RED, self.red_2, self.red_sentinel), (BLUE, self.blue_2, self.blue_sentinel)):
            with self.subTest(vni=vni), self.assert_drops(self.node_b, "unknown-vtep"):
                self.assert_lost(lambda vni=vni: self.tunnelled(self.stranger, vni, b"from-a-stranger"), target,
                                 b"from-a-stranger", sentinel)

    def test_an_unknown_vni_from_a_known_host_is_dropped(self):
        with self.assert_drops(self.node_b, "unknown-vni"):
            self.assert_lost(lambda: self.tunnelled(self.node_a, 4711, b"of-no-tenant"), self.red_2, b"of-no-tenant",
                             self.red_sentinel)

    def test_a_tunnel_packet_from_inside_an_instance_does_not_reach_the_underlay(self):
        inner = datagram(self.red_1, self.red_2, b"smuggled", destination_mac=self.red_2.mac)
        for host in (self.node_a, self.node_b):
            def smuggle(host=host):
                self.blue_1.inject(Ether(src=self.blue_1.mac, dst="02:76:70:63:64:fe") /
                                   IP(src=self.blue_1.address, dst=host.address) / UDP(sport=50000, dport=4789) /
                                   VXLAN(vni=RED, flags=8) / inner)

            with self.subTest(vtep=host.name), self.assert_drops(self.node_a, "no-route", "blue-1", "blue"):
                self.assert_lost(smuggle, self.red_2, b"smuggled", self.red_sentinel)

    def test_a_tunnel_packet_between_instances_is_ordinary_data(self):
        inner = datagram(self.red_1, self.red_2, b"ordinary-data", destination_mac=self.red_2.mac)

        def send():
            self.blue_1.inject(Ether(src=self.blue_1.mac, dst="02:76:70:63:64:fe") /
                               IP(src=self.blue_1.address, dst=self.blue_2.address) /
                               UDP(sport=50000, dport=4789) / VXLAN(vni=RED, flags=8) / inner)

        self.assert_arrives(send, self.blue_2, b"ordinary-data")
        self.assert_lost(send, self.red_2, b"ordinary-data", self.red_sentinel)

    def test_the_hosts_own_stack_does_not_reach_an_instance(self):
        frame = Ether(src="02:00:00:00:00:01", dst=self.red_2.mac) / IP(src="192.0.2.2", dst="10.0.2.10") / \
            UDP(sport=9, dport=7) / Raw(b"from-the-host")

        def send():
            with contextlib.suppress(OSError):  # the sender may be told: ENOBUFS
                self.node_b.namespace.inject("red-2", frame)

        with self.assert_drops(self.node_b, "host-stack"):
            self.assert_lost(send, self.red_2, b"from-the-host", self.red_sentinel)


if __name__ == "__main__":
    main()
