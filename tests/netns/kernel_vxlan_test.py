"""The far end is the kernel's own vxlan device and a bridge: what we put on the wire is VXLAN as others know it."""
from lab_test import Fleet, LabTest, main

VNI = 100


class KernelVxlanAsFarEnd(LabTest):
    @classmethod
    def build(cls):
        fleet = Fleet(cls.lab)
        node_a, node_b = fleet.hosts
        fleet.vpc("prod", VNI)
        fleet.subnet("web", "prod", "10.0.1.0/24")
        cls.ours = fleet.interface("ours", "web", node_a, "10.0.1.10")
        cls.theirs = fleet.interface("theirs", "web", node_b, "10.0.1.11")
        cls.bridge_with_vxlan(node_b, node_a, cls.ours)
        node_b.namespace.ip("link", "set", "theirs", "master", "bridge")
        # Nothing floods to us, so the far instance is told the neighbour instead of asking.
        cls.theirs.namespace.ip("neigh", "add", cls.ours.address, "lladdr", cls.ours.mac, "dev", "eth0", "nud",
                                "permanent")
        fleet.start(node_a)

    @staticmethod
    def bridge_with_vxlan(host, peer, instance):
        namespace = host.namespace
        namespace.ip("link", "add", "bridge", "type", "bridge", "stp_state", "0", "mcast_snooping", "0")
        namespace.ip("link", "add", "vxlan", "type", "vxlan", "id", VNI, "local", host.address, "dstport", 4789,
                     "dev", host.device, "nolearning")
        for device in ("vxlan", "bridge"):
            namespace.ip("link", "set", device, "mtu", 1450, "up")
        namespace.ip("link", "set", "vxlan", "master", "bridge")
        namespace.run("bridge", "fdb", "append", instance.mac, "dev", "vxlan", "dst", peer.address, "static")

    def test_ping_passes_in_both_directions(self):
        self.assert_reaches(self.ours, self.theirs)
        self.assert_reaches(self.theirs, self.ours)

    def test_bulk_passes_in_both_directions(self):
        for source, target in ((self.ours, self.theirs), (self.theirs, self.ours)):
            with self.subTest(source=source.name):
                transfer = source.tcp_transfer(target, 16 << 20)
                self.assertEqual((transfer.received, transfer.wrong), (16 << 20, 0))

    def test_large_datagrams_pass(self):
        self.assert_reaches(self.ours, self.theirs, size=1422)
        self.assert_reaches(self.theirs, self.ours, size=1422)


if __name__ == "__main__":
    main()
