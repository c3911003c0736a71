"""What the agent needs of the underlay it keeps: removed by someone, it comes back; what is not ours stays."""
import json

from lab_test import main
from lab_two_hosts import NearAndFar


class Repair(NearAndFar):
    def neighbour(self):
        entries = json.loads(self.node_a.namespace.ip("-j", "neigh", "show", "to", self.node_b.address) or "[]")
        return [entry["lladdr"] for entry in entries if entry.get("lladdr")]

    def neighbour_watcher(self):
        """`ip monitor` that listens already: it has told of an entry that was made for that."""
        namespace, marker = self.node_a.namespace, "192.0.2.250"
        watcher = namespace.spawn("stdbuf", "-oL", "ip", "monitor", "neigh")
        for _ in range(50):
            namespace.ip("neigh", "replace", marker, "lladdr", "02:00:00:00:00:fa", "dev", "underlay0", "nud",
                         "permanent")
            namespace.ip("neigh", "del", marker, "dev", "underlay0")
            try:
                watcher.wait_line(marker, stream="stdout", timeout=0.2)
                return watcher
            except RuntimeError:
                continue
        return self.fail("ip monitor tells nothing")

    def test_a_deleted_neighbour_is_resolved_again(self):
        self.assert_reaches(self.near, self.far)
        before = self.neighbour()
        self.assertTrue(before)

        watcher = self.neighbour_watcher()
        self.node_a.namespace.ip("neigh", "del", self.node_b.address, "dev", "underlay0")
        watcher.wait_line("lladdr " + before[0], stream="stdout")
        watcher.kill()

        self.near.wait_ping(self.far)
        self.assertEqual(self.neighbour(), before)

    def test_a_host_whose_mac_changes_is_followed(self):
        self.assert_reaches(self.near, self.far)

        self.node_b.namespace.ip("link", "set", "underlay0", "address", "02:00:00:00:0b:0b")
        # The new MAC is heard when node-b next speaks; its own traffic does not wait for that.
        self.node_b.namespace.run("ping", "-c", "1", "-W", "1", self.node_a.address, check=False)

        self.near.wait_ping(self.far, tries=100)
        self.far.wait_ping(self.near, tries=100)

    def test_the_underlay_going_down_and_up_is_survived(self):
        self.node_a.namespace.ip("link", "set", "underlay0", "down")
        self.assertEqual(self.near.ping(self.far, wait=0.3).received, 0)

        self.node_a.namespace.ip("link", "set", "underlay0", "up")

        self.near.wait_ping(self.far, tries=100)

    def test_what_is_not_ours_is_left_alone(self):
        namespace = self.node_a.namespace
        namespace.ip("neigh", "add", "192.0.2.200", "lladdr", "02:00:00:00:00:c8", "dev", "underlay0", "nud",
                     "permanent")
        namespace.ip("route", "add", "203.0.113.0/24", "via", "192.0.2.200")

        self.node_a.vpcd.stop()
        self.node_a.vpcd.start()
        self.node_a.vpcd.wait_attached()

        self.assertIn("02:00:00:00:00:c8 PERMANENT", namespace.ip("neigh", "show", "to", "192.0.2.200"))
        self.assertIn("via 192.0.2.200", namespace.ip("route", "show", "203.0.113.0/24"))


if __name__ == "__main__":
    main()
