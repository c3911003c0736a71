"""Every encapsulation with every way to decapsulate, checked on the wire with tcpdump.

    encapsulation_test.py [Vxlan|Geneve|Gre|Mixed ...]
"""
from lab_capture import Capture
from lab_packets import GENEVE, GRE, IP, UDP, VXLAN, is_tunnel
from lab_test import datagram, main
from lab_two_hosts import TwoHosts

VNI = 0xABCDE


class OverTheWire:
    """The tests; below, a class for each combination says which."""

    encapsulation = {}
    decapsulation = "tc"
    vni = VNI

    @classmethod
    def populate(cls, fleet):
        cls.near = fleet.interface("near", "web", cls.node_a, "10.0.1.10")
        cls.far = fleet.interface("far", "db", cls.node_b, "10.0.2.10")
        cls.neighbour = fleet.interface("neighbour", "web", cls.node_b, "10.0.1.11")
        if cls.decapsulation == "xdp-redirect":
            for instance in (cls.near, cls.far, cls.neighbour):
                instance.offloads(tx="off", gro="on")

    def on_the_wire(self, send, marker):
        """The tunnel packets with `marker` that node-a sends while send() runs. Where XDP sends, it does so below
        tcpdump, and only the first packet of a flow, which TC decides, is seen: each test has a port of its own."""
        with Capture(self.node_a.namespace, self.node_a.device, direction="out") as capture:
            send()
            capture.wait(lambda packet: is_tunnel(packet) and marker in bytes(packet))
        return capture.matching(lambda packet: is_tunnel(packet) and marker in bytes(packet))

    def test_the_agent_says_how_it_decapsulates(self):
        underlay = self.node_a.vpcd.status()["underlay"]

        self.assertEqual(underlay["decapsulation"], self.decapsulation)
        self.assertEqual(underlay["encapsulation"], self.encapsulation["node-a"])

    def test_ping_and_bulk_pass_in_both_directions(self):
        for source, target in ((self.near, self.far), (self.far, self.near), (self.near, self.neighbour)):
            with self.subTest(source=source.name, to=target.name):
                self.assert_reaches(source, target)
                transfer = source.tcp_transfer(target, 4 << 20)
                self.assertEqual((transfer.received, transfer.wrong), (4 << 20, 0))

    def test_datagrams_of_all_sizes_pass(self):
        for size in (0, 1, 18, 56, 512, 1400, 1422):
            with self.subTest(size=size):
                self.assert_reaches(self.near, self.far, size=size, count=2)

    def test_the_outer_header_says_from_which_host_to_which_and_forbids_fragments(self):
        packet, = self.on_the_wire(lambda: self.near.inject(datagram(self.near, self.far, b"outer-header", port=101)),
                                   b"outer-header")

        outer = packet[IP]
        self.assertEqual((outer.src, outer.dst), (self.node_a.address, self.node_b.address))
        self.assertEqual(str(outer.flags), "DF")
        self.assertGreaterEqual(outer.ttl, 32)

    def test_the_tunnel_header_carries_the_vni(self):
        frame = datagram(self.near, self.far, b"tunnel-header", port=102)
        packet, = self.on_the_wire(lambda: self.near.inject(frame), b"tunnel-header")

        kind = self.encapsulation["node-b"]
        if kind == "vxlan":
            self.assertEqual((packet[UDP].dport, packet[VXLAN].vni, int(packet[VXLAN].flags)), (4789, VNI, 0x08))
        elif kind == "geneve":
            self.assertEqual((packet[UDP].dport, packet[GENEVE].vni, packet[GENEVE].proto), (6081, VNI, 0x6558))
        else:
            gre = packet[GRE]
            self.assertEqual((gre.proto, gre.key_present, gre.key, gre.chksum_present), (0x0800, 1, VNI, 0))

    def test_the_inner_packet_lost_one_hop_and_is_for_the_instance(self):
        packet, = self.on_the_wire(lambda: self.near.inject(datagram(self.near, self.far, b"inner-packet", port=103)),
                                   b"inner-packet")

        inner = packet[IP].payload[IP]
        self.assertEqual((inner.src, inner.dst, inner.ttl), (self.near.address, self.far.address, 63))
        computed = inner.copy()
        del computed.chksum
        self.assertEqual(inner.chksum, IP(bytes(computed)).chksum)

    def test_the_outer_source_port_spreads_flows_and_keeps_each_together(self):
        if self.encapsulation["node-b"] == "gre":
            self.skipTest("GRE has no ports")
        flows = [datagram(self.near, self.far, b"entropy", port=port) for port in range(1000, 1032)]

        packets = self.on_the_wire(lambda: self.near.inject(*flows, *flows, datagram(
            self.near, self.far, b"entropy", port=2000)), b"entropy")
        ports = {}
        for packet in packets:
            ports.setdefault(packet[UDP].payload[UDP].dport, set()).add(packet[UDP].sport)

        self.assertTrue(all(len(outer) == 1 for outer in ports.values()), ports)
        self.assertGreater(len(set.union(*ports.values())), len(ports) // 2)
        self.assertTrue(all(port >= 32768 for outer in ports.values() for port in outer), ports)


def combinations():
    for encapsulation in ("vxlan", "geneve", "gre"):
        for decapsulation in ("tc", "xdp", "xdp-redirect"):
            name = "".join(word.capitalize() for word in (encapsulation, *decapsulation.split("-")))
            yield name, encapsulation, encapsulation, decapsulation
    yield "MixedTc", "vxlan", "geneve", "tc"
    yield "MixedXdp", "gre", "vxlan", "xdp"


for title, at_a, at_b, how in combinations():
    globals()[title] = type(title, (OverTheWire, TwoHosts), {
        "__module__": __name__, "encapsulation": {"node-a": at_a, "node-b": at_b}, "decapsulation": how,
        "config": {"datapath": {"decapsulation": how}}})

if __name__ == "__main__":
    main()
