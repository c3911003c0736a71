"""Every drop has a reason, is counted per VPC and interface, and can be followed; vpcctl's other views answer."""
import json

from lab_test import Fleet, LabTest, datagram, main


class Drops(LabTest):
    @classmethod
    def build(cls):
        fleet = Fleet(cls.lab)
        cls.node_a, node_b = fleet.hosts
        for name, vni in (("blue", 100), ("red", 200)):
            fleet.vpc(name, vni)
            fleet.subnet(f"{name}-web", name, "10.0.1.0/24")
            fleet.put("RouteTable", f"{name}-main", vpc=name, main=True,
                      routes=[{"destination": "10.9.0.0/16", "nextHop": {"blackhole": True}}])
        cls.blue = fleet.interface("blue-1", "blue-web", cls.node_a, "10.0.1.10")
        cls.blue_other = fleet.interface("blue-2", "blue-web", cls.node_a, "10.0.1.11")
        cls.red = fleet.interface("red-1", "red-web", cls.node_a, "10.0.1.10")
        cls.remote = fleet.interface("blue-3", "blue-web", node_b, "10.0.1.12")
        fleet.start()

    def test_drops_are_counted_for_the_interface_and_vpc_they_concern_and_no_other(self):
        before = {name: self.node_a.vpcd.drops("blackhole", name) for name in ("blue-1", "blue-2", "red-1")}
        for _ in range(5):
            self.blue.inject(datagram(self.blue, "10.9.0.1", b"x" * 100))

        self.assertEqual(self.node_a.vpcd.drops("blackhole", "blue-1", "blue"), before["blue-1"] + 5)
        self.assertEqual(self.node_a.vpcd.drops("blackhole", "blue-2"), before["blue-2"])
        self.assertEqual(self.node_a.vpcd.drops("blackhole", "red-1"), before["red-1"])

    def test_bytes_are_counted_as_they_arrived(self):
        def total():
            return sum(drop["bytes"] for drop in self.node_a.vpcd.get("/v1/drops")["drops"]
                       if (drop["reason"], drop.get("interface")) == ("blackhole", "red-1"))

        before = total()
        frame = datagram(self.red, "10.9.0.1", b"x" * 100)
        self.red.inject(frame)

        self.assertEqual(total() - before, len(bytes(frame)))

    def test_following_drops_shows_who_was_refused_and_why(self):
        follower = self.node_a.namespace.spawn(*self.node_a.vpcd.ctl_argv("drops", "--follow"))
        line = self.first_line(follower, "blackhole")

        for word in ("blue", "blue-1", "10.0.1.10", "10.9.0.1"):
            self.assertIn(word, line)
        follower.kill()

    def first_line(self, follower, word):
        """Nothing says when the stream has begun, so the packet is repeated until it shows."""
        for _ in range(50):
            self.blue.inject(datagram(self.blue, "10.9.0.1", b"refused"))
            try:
                return follower.wait_line(word, stream="stdout", timeout=0.2)
            except RuntimeError:
                self.assertTrue(follower.running(), "vpcctl drops --follow ended")
        self.fail("no drop was shown")
        return ""

    def test_the_views_answer_in_every_form(self):
        self.assert_reaches(self.blue, self.remote)
        self.blue.inject(datagram(self.blue, "10.9.0.1", b"refused"))

        self.assertIn("blackhole", self.node_a.ctl("drops"))
        self.assertIn("node-a", self.node_a.ctl("status"))
        self.assertIn("encapsulated", self.node_a.ctl("counters"))
        self.assertIn("blue-1", self.node_a.ctl("get", "interface"))
        self.assertIn("vni: 100", self.node_a.ctl("get", "vpc", "blue", "-o", "yaml"))
        self.assertTrue(json.loads(self.node_a.ctl("get", "vpc", "-o", "json")))
        self.assertIn("10.0.1.10", self.node_a.ctl("describe", "interface", "blue-1"))
        self.assertIn("10.0.1.12", self.node_a.ctl("flows"))

    def test_vpcctl_fails_for_what_does_not_exist(self):
        with self.assertRaises(RuntimeError):
            self.node_a.ctl("get", "vpc", "green")


if __name__ == "__main__":
    main()
