"""What two instances of one host say to each other never leaves the host."""
from lab_capture import Capture
from lab_test import ROUTER_MAC, datagram, main
from lab_two_hosts import TwoHosts


class LocalDelivery(TwoHosts):
    @classmethod
    def populate(cls, fleet):
        cls.one = fleet.interface("one", "web", cls.node_a, "10.0.1.10")
        cls.same_subnet = fleet.interface("same-subnet", "web", cls.node_a, "10.0.1.11")
        cls.other_subnet = fleet.interface("other-subnet", "db", cls.node_a, "10.0.2.11")
        cls.remote = fleet.interface("remote", "db", cls.node_b, "10.0.2.10")

    def test_the_underlay_never_sees_local_traffic(self):
        for target in (self.same_subnet, self.other_subnet):
            with self.subTest(to=target.name), Capture(self.node_a.namespace, self.node_a.device) as capture:
                before = self.node_a.vpcd.counter("delivered-local")
                self.assert_reaches(self.one, target)
                self.assertEqual(self.one.tcp_transfer(target, 1 << 20).wrong, 0)
                mac = target.mac if target is self.same_subnet else ROUTER_MAC
                self.one.inject(datagram(self.one, target, b"stays-here", destination_mac=mac))
                self.one.inject(datagram(self.one, self.remote, b"goes-out"))
                capture.wait(lambda packet: b"goes-out" in bytes(packet))

                # Only what was for the other host, and the hosts' own ARP.
                address = bytes(int(part) for part in target.address.split("."))
                self.assertEqual(capture.matching(lambda packet, address=address: address in bytes(packet)), [])
                self.assertEqual(capture.matching(lambda packet: b"stays-here" in bytes(packet)), [])
                self.assertGreater(self.node_a.vpcd.counter("delivered-local"), before)


if __name__ == "__main__":
    main()
