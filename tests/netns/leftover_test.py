"""A device whose interface is declared no more keeps no program of ours, whether an agent saw it leave or not."""
import json

from lab_fleet import FILE, render
from lab_test import main
from lab_two_hosts import NearAndFar

OURS = {"from_interface", "to_interface"}


class Leftover(NearAndFar):
    @classmethod
    def populate(cls, fleet):
        super().populate(fleet)
        cls.leaving = fleet.interface("leaving", "web", cls.node_a, "10.0.1.12")
        cls.declared = dict(fleet.resources)

    def setUp(self):
        self.fleet.resources = dict(self.declared)
        self.fleet.apply()
        self.assertEqual(self.programs_on("leaving"), OURS)

    def programs_on(self, device):
        """By link (from_interface) or by filter (from_interface:[17])."""
        shown, = json.loads(self.node_a.namespace.run("bpftool", "-j", "net", "show", "dev", device).stdout)
        return {entry["name"].split(":")[0] for entry in shown["tc"] + shown["xdp"]}

    def assert_only_leaving_left(self):
        self.assertEqual(self.programs_on("leaving"), set())
        self.assertEqual(self.programs_on("near"), OURS)
        self.assert_reaches(self.near, self.far)
        self.assert_silence(self.leaving, self.near)

    def test_it_leaves_under_a_running_agent(self):
        self.fleet.remove("Interface", "leaving")
        self.fleet.apply()

        self.assert_only_leaving_left()

    def test_it_leaves_while_no_agent_runs(self):
        self.node_a.vpcd.kill()
        self.fleet.remove("Interface", "leaving")
        self.node_a.write(FILE, render(self.fleet.resources))
        self.assertEqual(self.programs_on("leaving"), OURS)

        self.node_a.vpcd.start()
        self.node_a.vpcd.wait_attached()

        self.assert_only_leaving_left()


if __name__ == "__main__":
    main()
