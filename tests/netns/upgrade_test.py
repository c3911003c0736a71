"""An agent of another version starts on what its predecessor left: connections, and what was decided for them, go on.

The predecessor (tests/support/previous.cmake) lays its flows out in another order and knows `created` by another name."""
import lab_paths
from lab_test import main
from lab_two_hosts import NearAndFar


class Upgrade(NearAndFar):
    def start_previous(self):
        self.vpcd.start(program=lab_paths.program("VPCD_PREVIOUS", "tests/support/vpcd_previous"))
        self.vpcd.wait_attached()

    def test_open_connections_and_their_flows_are_carried_over(self):
        self.vpcd.stop()
        self.start_previous()
        held = self.near.hold_connection(self.far)
        held.wait_progress()
        misses = self.vpcd.counter("flow-miss")
        self.vpcd.stop()

        told = self.vpcd.run("--check-upgrade").stdout
        self.vpcd.start()
        self.vpcd.wait_attached()
        held.wait_progress()

        self.assertRegex(told, r"table flows: \d+ entries carried over \(.*created is new.*born is gone\)")
        self.assertIn("a start loses nothing", told)
        self.assertEqual(self.vpcd.counter("flow-miss"), misses)  # nothing was decided anew
        flows = [flow for flow in self.vpcd.get("/v1/flows?address=10.0.1.11")["flows"] if flow["protocol"] == "tcp"]
        self.assertTrue(flows)
        self.assertEqual(held.stop()["error"], "")

    def test_other_sizes_of_tables_are_told_and_carry_the_flows_over(self):
        held = self.near.hold_connection(self.far)
        held.wait_progress()
        self.vpcd.stop()
        with open(self.vpcd.config, "a", encoding="utf-8") as settings:
            settings.write("datapath: {flows: 8192, endpoints: 2048}\n")

        told = self.vpcd.run("--check-upgrade").stdout
        misses = self.misses_of_a_start()
        held.wait_progress()

        self.assertRegex(told, r"table flows: \d+ entries carried over \(room for 8192 instead of 262144\)")
        self.assertEqual(self.vpcd.counter("flow-miss"), misses)
        self.assertEqual(held.stop()["error"], "")

    def misses_of_a_start(self):
        self.vpcd.start()
        self.vpcd.wait_attached()
        return self.vpcd.counter("flow-miss")


if __name__ == "__main__":
    main()
