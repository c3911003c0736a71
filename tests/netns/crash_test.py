"""An agent killed at any step of what it does to the kernel: the next one brings everything in order.

Which steps are tried: tests/support/lab_interrupt.py."""
import contextlib
import json
import os
import re
import sys

import lab_paths
from lab_fleet import FILE, egress, ingress, render
from lab_interrupt import REACHED, interrupt, points_to_try
from lab_maps import meaning, read_table
from lab_test import main
from lab_two_hosts import TwoHosts


class Crash(TwoHosts):
    config = {"datapath": {"flows": 4096, "endpoints": 1024}}

    @classmethod
    def populate(cls, fleet):
        cls.near = fleet.interface("near", "web", cls.node_a, "10.0.1.10")
        cls.tap = fleet.interface("tap", "db", cls.node_a, "10.0.2.11", kind="tap")
        cls.far = fleet.interface("far", "db", cls.node_b, "10.0.2.10")

    @classmethod
    def build(cls):
        super().build()
        cls.log = os.path.join(cls.lab.directory, "points")
        cls.first = render(cls.fleet.resources)
        cls.reference = meaning(cls.vpcd.pins)

    def interrupted(self, *what):
        return interrupt(self.log, *what)

    def points(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            lines = log.read().splitlines()
        picked = points_to_try(lines)
        print(f"{self._testMethodName}: {len(lines)} points, {len(picked)} tried", file=sys.stderr)
        self.assertGreater(len(picked), 10)
        return picked

    def previous(self):
        """What an earlier version leaves: flows in another layout, and the connections that made them."""
        program = lab_paths.program("VPCD_PREVIOUS", "tests/support/vpcd_previous")
        self.vpcd.start(program=program)
        self.vpcd.wait_attached()
        self.near.wait_ping(self.far)
        self.vpcd.kill()

    def test_migrating(self):
        held = self.near.hold_connection(self.far)
        held.wait_progress()
        self.vpcd.kill()
        self.previous()
        self.count_start()

        for number, point in self.points():
            with self.point(number, point):
                self.previous()
                self.killed_at(number)
                held.wait_progress()
                self.assert_converges(self.reference)
                held.wait_progress()
                flows = [flow for flow in self.vpcd.get("/v1/flows?address=10.0.2.10")["flows"]
                         if flow["protocol"] == "tcp"]
                self.assertTrue(flows)
        self.assertEqual(held.stop()["error"], "")
        self.vpcd.start()

    def count_start(self):
        self.vpcd.launch(*self.interrupted("count"))
        self.vpcd.wait_ready()
        self.vpcd.wait_attached()
        with open(self.log, encoding="utf-8") as log:
            before_the_end = log.read()
        self.vpcd.stop()
        with open(self.log, "w", encoding="utf-8") as log:
            log.write(before_the_end)

    @contextlib.contextmanager
    def point(self, number, line):
        """One point: what fails there is told, and the agent is ended before the next."""
        with self.subTest(number=number, point=line):
            try:
                yield
            finally:
                self.vpcd.kill()

    def killed_at(self, number):
        process = self.vpcd.launch(*self.interrupted("kill", number))
        if process.ended_within(60):
            self.assertEqual(process.popen.returncode, REACHED, self.vpcd.last_log())
            return
        # News of the kernel that came one by one when points were counted may come together, and make a step less.
        with open(self.log, encoding="utf-8", errors="replace") as log:
            taken = len(log.read().splitlines())
        self.assertIn(number - taken, (1, 2, 3), "the agent was not killed")
        self.vpcd.kill()

    def write(self, text):
        with open(os.path.join(self.vpcd.documents, FILE), "w", encoding="utf-8") as file:
            file.write(text)

    def assert_converges(self, reference):
        self.vpcd.start()
        status = self.vpcd.wait_attached()
        self.assertEqual(status["kernelErrors"], [])
        self.assertEqual(meaning(self.vpcd.pins), reference)
        (_, settings), = read_table(self.vpcd.pins, "settings")
        device, = json.loads(self.node_a.namespace.ip("-j", "link", "show", "vpcd-vxlan"))
        self.assertEqual((settings["tunnel_ifindex"], device["ifalias"]), (device["ifindex"], "vpcd"))
        leftovers = [name for name in os.listdir(f"{self.vpcd.pins}/maps") if re.search("-(new|old)$", name)]
        self.assertEqual(leftovers, [])
        self.near.wait_ping(self.far)
        self.near.wait_ping(self.tap)

    def purge(self):
        done = self.vpcd.run("--purge", check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertFalse(os.path.exists(self.vpcd.pins))
        self.assertNotIn("vpcd-vxlan", self.node_a.namespace.ip("link"))
        self.assertNotIn("proto 118", self.node_a.namespace.ip("-d", "neigh"))

    def test_first(self):
        self.vpcd.stop()
        self.purge()
        self.count_start()

        for number, point in self.points():
            with self.point(number, point):
                self.purge()
                self.killed_at(number)
                self.assert_converges(self.reference)
        self.vpcd.start()

    def test_adopting(self):
        """A start that finds another agent's tables, and other documents."""
        self.fleet.put("RouteTable", "prod-main", vpc="prod", main=True,
                       routes=[{"destination": "10.9.0.0/16", "nextHop": {"blackhole": True}}])
        self.fleet.put("Interface", "more", subnet="web", host="node-b", device="more", address="10.0.1.77",
                       mac="02:00:0a:00:01:4d")
        self.fleet.security_group("everybody", "prod", ingress(peer="10.0.0.0/16"))
        self.fleet.network_acl("open", "prod", ingress(), egress())
        self.fleet.change("Subnet", "db", networkAcl="open")
        for name in ("tap", "far"):
            self.fleet.change("Interface", name, securityGroups=["everybody"])
        second = render(self.fleet.resources)
        held = [self.near.hold_connection(self.far), self.near.hold_connection(self.tap)]
        for connection in held:
            connection.wait_progress()
        self.vpcd.kill()
        self.write(second)
        self.count_start()
        reference = meaning(self.vpcd.pins)
        self.assertNotEqual(reference, self.reference)

        for number, point in self.points():
            with self.point(number, point):
                self.write(self.first)
                self.vpcd.start()
                self.vpcd.wait_attached()
                self.assertEqual(meaning(self.vpcd.pins), self.reference)
                self.vpcd.kill()
                self.write(second)
                self.killed_at(number)
                for connection in held:
                    connection.wait_progress()
                self.assert_converges(reference)
        for connection in held:
            result = connection.stop()
            self.assertEqual(result["error"], "")
        self.write(self.first)
        self.vpcd.start()

    def test_purge(self):
        self.vpcd.stop()
        self.node_a.namespace.run(*self.interrupted("count"), *self.vpcd.argv("--purge"))

        for number, point in self.points():
            with self.point(number, point):
                self.vpcd.start()
                self.vpcd.wait_attached()
                self.vpcd.kill()
                done = self.node_a.namespace.run(*self.interrupted("kill", number), *self.vpcd.argv("--purge"),
                                                 check=False)
                self.assertEqual(done.returncode, REACHED)
                self.purge()
        self.vpcd.start()
        self.vpcd.wait_attached()


if __name__ == "__main__":
    main()
