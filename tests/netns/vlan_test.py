"""VLANs are the underlay's: no tenant chooses one, and what comes in another is not taken for the underlay's own.

    vlan_test.py [Tc|Xdp ...]
"""
from lab_capture import Capture
from lab_packets import ARP, Dot1Q, Ether, is_tunnel, vxlan
from lab_test import ROUTER_MAC, Fleet, LabTest, datagram, main


def tagged(frame, vlan):
    """The frame with an 802.1Q tag in it, as it is on a wire."""
    return Ether(src=frame.src, dst=frame.dst) / Dot1Q(vlan=vlan) / frame.payload


class Vlan:
    """The tests; below, a class for each way to decapsulate."""

    decapsulation = "tc"

    @classmethod
    def build(cls):
        fleet = Fleet(cls.lab)
        cls.node_a, cls.node_b = fleet.hosts
        fleet.vpc("prod", 100)
        fleet.subnet("web", "prod", "10.0.1.0/24")
        fleet.subnet("db", "prod", "10.0.2.0/24")
        cls.near = fleet.interface("near", "web", cls.node_a, "10.0.1.10")
        cls.guest = fleet.interface("guest", "web", cls.node_a, "10.0.1.11", kind="tap")
        cls.local = fleet.interface("local", "db", cls.node_a, "10.0.2.11")
        cls.far = fleet.interface("far", "db", cls.node_b, "10.0.2.10")
        cls.far_guest = fleet.interface("far-guest", "db", cls.node_b, "10.0.2.12", kind="tap")
        fleet.start(config={"datapath": {"decapsulation": cls.decapsulation}})

    def test_a_tagged_frame_of_an_instance_goes_nowhere(self):
        for source, target, vlans in ((self.near, self.local, (5, )), (self.near, self.far, (0, 5)),
                                      (self.guest, self.far, (5, ))):
            self.assert_reaches(source, target)  # a known flow makes no difference
            for vlan in vlans:
                with self.subTest(source=source.name, to=target.name, vlan=vlan):
                    self.assert_nowhere(source, target, vlan)

    def assert_nowhere(self, source, target, vlan):
        marker = b"tagged by a tenant"
        frame = tagged(datagram(source, target, marker), vlan)
        with self.assert_drops(self.node_a, "not-ip", source.name, "prod"), \
                Capture(self.node_a.namespace, self.node_a.device, direction="out") as wire:
            self.assert_lost(lambda: source.inject(frame), target, marker,
                             lambda sentinel: source.inject(datagram(source, target, sentinel)))
            if target is self.far:
                wire.wait(lambda packet: is_tunnel(packet) and b"sentinel" in bytes(packet))
            self.assertEqual(wire.matching(lambda packet: Dot1Q in packet or marker in bytes(packet)), [])

    def test_the_virtual_router_answers_no_tagged_arp(self):
        request = Ether(src=self.near.mac, dst="ff:ff:ff:ff:ff:ff") / ARP(
            hwsrc=self.near.mac, psrc=self.near.address, pdst="10.0.1.253")
        with self.assert_drops(self.node_a, "not-ip", "near", "prod"), self.near.capture(direction="in") as capture:
            self.near.inject(tagged(request, 5))
            self.near.inject(request)
            answer, = capture.wait(lambda packet: ARP in packet)
            self.assertEqual(answer.src, ROUTER_MAC)
        self.assertEqual(capture.matching(lambda packet: Dot1Q in packet), [])

    def tunnelled(self, target, marker):
        inner = datagram(self.near, target, marker, source_mac=ROUTER_MAC, destination_mac=target.mac)
        return vxlan(self.node_a.address, self.node_b.address, 100, inner, source_mac=self.mac(self.node_a),
                     destination_mac=self.mac(self.node_b))

    @staticmethod
    def mac(host):
        return host.namespace.ip("-br", "link", "show", host.device).split()[2]

    def from_wire(self, frame):
        return self.node_a.namespace.inject(self.node_a.device, frame)

    def test_a_tunnel_packet_of_another_vlan_is_not_the_underlays(self):
        for target in (self.far, self.far_guest):
            with self.subTest(to=target.name):
                packet = tagged(self.tunnelled(target, b"other vlan"), 5)
                self.assert_lost(lambda frame=packet: self.from_wire(frame), target, b"other vlan",
                                 lambda marker, to=target: self.from_wire(self.tunnelled(to, marker)))

    def test_a_tagged_frame_in_a_tunnel_goes_nowhere(self):
        for target in (self.far, self.far_guest):
            with self.subTest(to=target.name), self.assert_drops(self.node_b, "not-ip", vpc="prod"):
                inner = tagged(datagram(self.near, target, b"tagged", source_mac=ROUTER_MAC,
                                        destination_mac=target.mac), 5)
                packet = vxlan(self.node_a.address, self.node_b.address, 100, inner,
                               source_mac=self.mac(self.node_a), destination_mac=self.mac(self.node_b))
                self.assert_lost(lambda packet=packet: self.from_wire(packet), target, b"tagged",
                                 lambda marker, to=target: self.from_wire(self.tunnelled(to, marker)))


class Tc(Vlan, LabTest):
    pass


class Xdp(Vlan, LabTest):
    decapsulation = "xdp"


if __name__ == "__main__":
    main()
