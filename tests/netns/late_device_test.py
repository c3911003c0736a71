"""Devices come and go after the agent has started."""
from lab_test import main
from lab_two_hosts import TwoHosts


class LateDevice(TwoHosts):
    @classmethod
    def populate(cls, fleet):
        cls.early = fleet.interface("early", "web", cls.node_a, "10.0.1.10")
        fleet.interface("late", "web", cls.node_b, "10.0.1.11", plug=False)

    @classmethod
    def start_agents(cls, fleet):
        fleet.start(attached=False)
        cls.node_a.vpcd.wait_attached()

    def attached(self, count):
        return self.node_b.vpcd.wait_status(lambda status: status["interfaces"]["attached"] == count,
                                            what=f"{count} attached interfaces")

    def test_a_device_is_attached_when_it_appears_and_again_after_it_was_gone(self):
        waiting = self.attached(0)["interfaces"]["waiting"]
        self.assertEqual(len(waiting), 1)
        self.assertIn("late", waiting[0])
        self.assertIn("waiting for device late", self.node_b.ctl("describe", "interface", "late"))
        self.assertEqual(self.early.ping("10.0.1.11", count=1, wait=0.3).received, 0)

        late = self.fleet.plug("late", self.node_b)
        self.attached(1)
        self.assert_reaches(self.early, late)
        self.assert_reaches(late, self.early)

        late.unplug()
        self.attached(0)
        self.assertEqual(self.early.ping("10.0.1.11", count=1, wait=0.3).received, 0)

        late.plug()
        self.attached(1)
        self.assert_reaches(self.early, late)
        self.assert_reaches(late, self.early)


if __name__ == "__main__":
    main()
