"""Documents that cannot be read: a part of them never passes for all, and the errors stay until they can be read."""
import os

from lab_fleet import render
from lab_maps import meaning
from lab_test import Fleet, LabTest, main


class Unreadable(LabTest):
    @classmethod
    def build(cls):
        cls.fleet = fleet = Fleet(cls.lab)
        cls.node_a, node_b = fleet.hosts
        fleet.vpc("prod", 100)
        fleet.subnet("web", "prod", "10.0.1.0/24")
        cls.near = fleet.interface("near", "web", cls.node_a, "10.0.1.10")
        cls.far = fleet.interface("far", "web", node_b, "10.0.1.11")
        fleet.start(config={"datapath": {"flows": 4096, "endpoints": 1024}})
        cls.vpcd = cls.node_a.vpcd

    def make_unreadable(self, name):
        """Root may read everything, but not a symlink that leads to itself."""
        path = os.path.join(self.vpcd.documents, name)
        os.symlink(name, path)
        self.addCleanup(lambda: os.path.islink(path) and os.unlink(path))

    def wait_errors(self, count):
        return self.vpcd.wait_status(lambda now: now["pendingErrorCount"] == count, 30, f"{count} errors")

    def test_an_agent_that_cannot_read_everything_at_its_start_leaves_all_that_runs(self):
        self.assert_reaches(self.near, self.far)
        before = meaning(self.vpcd.pins)
        self.vpcd.stop()
        self.make_unreadable("one.yaml")
        self.vpcd.launch()
        status = self.wait_errors(1)
        self.assertIn("one.yaml", status["pendingErrors"][0])
        self.assertNotIn("time", status["lastChange"])

        self.vpcd.write("other.yaml", render({("Vpc", "other"): {"vni": 200, "cidrs": ["10.2.0.0/16"]}}))
        self.make_unreadable("two.yaml")
        status = self.wait_errors(2)  # it has looked at everything again

        self.assertNotIn("time", status["lastChange"])
        self.assertEqual(meaning(self.vpcd.pins), before)
        self.assert_reaches(self.near, self.far)

        for name in ("one.yaml", "two.yaml"):
            os.unlink(os.path.join(self.vpcd.documents, name))
        self.vpcd.wait_ready()
        self.vpcd.wait_attached()
        self.assertEqual(self.wait_errors(0)["resources"]["Vpc"], 2)
        self.assert_reaches(self.near, self.far)

    def test_an_error_stays_in_the_status_while_other_documents_change(self):
        self.make_unreadable("three.yaml")
        self.wait_errors(1)

        self.vpcd.write("more.yaml", render({("Vpc", "more"): {"vni": 300, "cidrs": ["10.3.0.0/16"]}}))

        status = self.vpcd.wait_status(lambda now: "more" in self.node_a.ctl("get", "vpc"), 30, "the other document")
        self.assertEqual(status["pendingErrorCount"], 1)
        self.assertIn("three.yaml", self.node_a.ctl("status"))


if __name__ == "__main__":
    main()
