"""Instances behind taps, as a hypervisor has them: reached like any, and bulk packets arrive whole."""
from lab_test import Fleet, LabTest, main

SIZE = 64 << 20


class Tap(LabTest):
    @classmethod
    def build(cls):
        fleet = Fleet(cls.lab)
        node_a, node_b = fleet.hosts
        fleet.vpc("prod", 100)
        fleet.subnet("web", "prod", "10.0.1.0/24")
        fleet.subnet("db", "prod", "10.0.2.0/24")
        cls.guest = fleet.interface("guest", "web", node_b, "10.0.1.10", kind="tap")
        cls.guest_near = fleet.interface("guest-near", "web", node_b, "10.0.1.11", kind="tap")
        cls.guest_far = fleet.interface("guest-far", "db", node_a, "10.0.2.11", kind="tap")
        cls.container = fleet.interface("container", "db", node_a, "10.0.2.10")
        cls.container_near = fleet.interface("container-near", "db", node_b, "10.0.2.12")
        fleet.start()

    def pairs(self):
        return [(self.container, self.guest), (self.guest, self.container), (self.guest_far, self.guest),
                (self.guest, self.guest_near), (self.container_near, self.guest), (self.guest, self.container_near)]

    def test_taps_reach_and_are_reached(self):
        for source, to in self.pairs():
            with self.subTest(source=source.name, to=to.name):
                self.assert_reaches(source, to)

    def test_bulk_packets_arrive_whole(self):
        for source, to in self.pairs():
            with self.subTest(source=source.name, to=to.name):
                before = to.statistics()["rx"]
                transfer = source.tcp_transfer(to, SIZE)
                after = to.statistics()["rx"]

                self.assertEqual((transfer.received, transfer.wrong), (SIZE, 0))
                average = (after["bytes"] - before["bytes"]) / (after["packets"] - before["packets"])
                self.assertGreater(average, 4000, "bulk packets were cut on their way")


if __name__ == "__main__":
    main()
