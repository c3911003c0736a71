"""Packets too big for the tunnel: the sender is told the MTU, and TCP with offloads is not slowed down."""
from lab_test import main
from lab_two_hosts import TwoHosts


class TooBigForTheTunnel(TwoHosts):
    encapsulation = "vxlan"
    tunnel_mtu = 1450

    @classmethod
    def populate(cls, fleet):
        # Instances that believe in Ethernet's MTU.
        cls.near = fleet.interface("near", "web", cls.node_a, "10.0.1.10", mtu=1500)
        cls.far = fleet.interface("far", "db", cls.node_b, "10.0.2.10", mtu=1500)
        cls.neighbour = fleet.interface("neighbour", "web", cls.node_b, "10.0.1.11", mtu=1500)
        cls.local = fleet.interface("local", "web", cls.node_a, "10.0.1.12", mtu=1500)

    def setUp(self):
        for instance in (self.near, self.far, self.neighbour):
            instance.namespace.ip("route", "flush", "cache")  # and with it the path MTUs learned so far

    def test_the_sender_is_told_the_mtu_of_the_tunnel(self):
        for target in (self.far, self.neighbour):
            with self.subTest(to=target.name), self.assert_drops(self.node_a, "too-big", "near", "prod"):
                ping = self.near.ping(target, count=1, size=1472, df=True)

                self.assertEqual(ping.received, 0, ping.text)
                self.assertTrue(ping.errors, ping.text)
                self.assertIn(f"From {self.near.gateway} ", ping.errors[0])
                self.assertIn(f"mtu = {self.tunnel_mtu}", ping.errors[0].replace("mtu=", "mtu = "))

    def test_the_largest_packet_that_fits_passes(self):
        self.assert_reaches(self.near, self.far, size=self.tunnel_mtu - 28, df=True)
        self.assertEqual(self.near.ping(self.far, size=self.tunnel_mtu - 27, df=True).received, 0)

    def test_a_full_sized_packet_passes_within_the_host(self):
        self.assert_reaches(self.near, self.local, size=1472, df=True)

    def test_tcp_between_instances_of_mtu_1500_is_whole_and_keeps_its_offloads(self):
        for target in (self.far, self.neighbour):
            with self.subTest(to=target.name):
                before = target.statistics()["rx"]
                transfer = self.near.tcp_transfer(target, 128 << 20)
                after = target.statistics()["rx"]

                self.assertEqual((transfer.received, transfer.wrong), (128 << 20, 0))
                # Segments of the tunnel's MTU would average below 1,500 bytes a packet.
                average = (after["bytes"] - before["bytes"]) / (after["packets"] - before["packets"])
                self.assertGreater(average, 6000)


class TooBigForGre(TooBigForTheTunnel):
    encapsulation = "gre"
    tunnel_mtu = 1472


if __name__ == "__main__":
    main()
