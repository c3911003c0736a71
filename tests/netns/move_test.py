"""An interface moves to another host and keeps address, MAC and an open TCP connection."""
from lab_capture import Capture
from lab_fleet import ingress
from lab_packets import IP, is_tunnel
from lab_test import Fleet, LabTest, main

LONGEST_STALL_MS = 5000


class Move(LabTest):
    @classmethod
    def build(cls):
        cls.fleet = fleet = Fleet(cls.lab, 3)
        cls.node_a, cls.node_b, cls.node_c = fleet.hosts
        fleet.vpc("prod", 100)
        fleet.subnet("web", "prod", "10.0.1.0/24")
        fleet.subnet("db", "prod", "10.0.2.0/24")
        for group, other in (("movers", "peers"), ("peers", "movers")):
            fleet.security_group(group, "prod", ingress(protocol="icmp"),
                                 ingress(protocol="tcp", ports="20000-29999", peer={"group": other}))
        cls.mover = fleet.interface("mover", "web", cls.node_a, "10.0.1.10", securityGroups=["movers"])
        cls.peer = fleet.interface("peer", "db", cls.node_c, "10.0.2.10", securityGroups=["peers"])
        fleet.start()

    def move_to(self, host):
        self.mover.move(host)
        self.fleet.change("Interface", "mover", host=host.name)
        self.fleet.apply()

    def destination_host(self):
        """The tunnel endpoint to which node-c sends what is for the mover."""
        with Capture(self.node_c.namespace, self.node_c.device, direction="out") as capture:
            self.peer.ping(self.mover)
            packet, = capture.wait(lambda packet: is_tunnel(packet) and self.mover.address in
                                   (packet[IP].payload[IP].dst if packet[IP].payload.haslayer(IP) else ""))
        return packet[IP].dst

    def test_an_open_connection_survives_moves_to_another_host_next_to_the_peer_and_back(self):
        self.assertEqual(self.destination_host(), self.node_a.address)
        from_peer = self.peer.hold_connection(self.mover)
        from_mover = self.mover.hold_connection(self.peer)

        self.move_to(self.node_b)
        self.peer.wait_ping(self.mover)
        self.assertEqual(self.destination_host(), self.node_b.address)
        from_peer.wait_progress()
        from_mover.wait_progress()

        self.move_to(self.node_c)
        self.peer.wait_ping(self.mover)
        from_peer.wait_progress()
        from_mover.wait_progress()

        self.move_to(self.node_a)
        self.peer.wait_ping(self.mover)
        self.assertEqual(self.destination_host(), self.node_a.address)

        for held in (from_peer, from_mover):
            held.wait_progress()
            result = held.stop()
            self.assertEqual(result["error"], "")
            self.assertLess(result["longest_stall_ms"], LONGEST_STALL_MS)


if __name__ == "__main__":
    main()
