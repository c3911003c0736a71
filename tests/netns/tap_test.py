"""Instances behind taps, as a hypervisor has them: reached like any, and bulk packets arrive whole."""
from lab_test import main
from lab_two_hosts import TwoHosts

SIZE = 64 << 20


class Tap(TwoHosts):
    @classmethod
    def populate(cls, fleet):
        cls.guest = fleet.interface("guest", "web", cls.node_b, "10.0.1.10", kind="tap")
        cls.guest_near = fleet.interface("guest-near", "web", cls.node_b, "10.0.1.11", kind="tap")
        cls.guest_far = fleet.interface("guest-far", "db", cls.node_a, "10.0.2.11", kind="tap")
        cls.container = fleet.interface("container", "db", cls.node_a, "10.0.2.10")
        cls.container_near = fleet.interface("container-near", "db", cls.node_b, "10.0.2.12")

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
