"""What the kernel refuses is told in words, tried again, and never stops the rest. The refusals are made by a tracer
(tests/support/interrupt.cpp): the agent asks, and gets an error instead of what it asked for."""
import errno
import os
import signal
import time

from lab_agent import put_file
from lab_fleet import render
from lab_interrupt import interrupt
from lab_maps import read_table
from lab_test import main
from lab_two_hosts import NearAndFar


class KernelErrors(NearAndFar):
    def tearDown(self):
        for kind, name in list(self.fleet.resources):
            if name.startswith("late"):
                self.fleet.remove(kind, name)
        self.fleet.apply()

    def interrupted(self, *what):
        """The agent runs under the tracer from here to the end of the test."""
        self.vpcd.stop()
        process = self.vpcd.launch(*interrupt(os.path.join(self.lab.directory, "points"), *what))
        self.vpcd.wait_ready()
        self.vpcd.wait_attached()
        self.addCleanup(self.vpcd.wait_attached)
        return lambda: process.signal(signal.SIGUSR1)

    def wait_error(self, *words):
        status = self.vpcd.wait_status(
            lambda now: any(all(word in error for word in words) for error in now["kernelErrors"]), 30,
            f"an error with {words}")
        return status

    def plug(self, name, address):
        return self.fleet.interface(name, "web", self.node_a, address)

    def test_no_memory_for_a_row_leaves_what_runs_alone_and_is_tried_again(self):
        toggle = self.interrupted("fail", "bpf MAP_UPDATE", errno.ENOMEM)
        toggle()

        late = self.plug("late-a", "10.0.1.20")
        self.fleet.apply(attached=False)

        self.wait_error("write table endpoints: Cannot allocate memory", "tried again")
        self.assert_reaches(self.near, self.far)
        toggle()
        self.vpcd.wait_attached()
        self.near.wait_ping(late)
        self.far.wait_ping(late)

    def test_a_device_that_cannot_be_attached_holds_up_no_other(self):
        toggle = self.interrupted("fail", "bpf LINK_CREATE", errno.ENOMEM)
        toggle()
        late = self.plug("late-b", "10.0.1.21")
        self.fleet.apply(attached=False)
        self.wait_error("attach from_interface to device", "(late-b): Cannot allocate memory")
        self.assert_reaches(self.near, self.far)

        toggle()

        self.vpcd.wait_attached()
        self.near.wait_ping(late)

    def test_a_lack_of_privilege_is_called_by_name(self):
        toggle = self.interrupted("fail", "bpf MAP_UPDATE", errno.EPERM)
        toggle()
        self.fleet.put("Interface", "late-c", subnet="web", host="node-b", device="late-c", address="10.0.1.22",
                       mac="02:00:0a:00:01:16")

        self.fleet.apply(attached=False)

        self.wait_error("write table", "Operation not permitted", "CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON")
        toggle()
        self.vpcd.wait_attached()

    def fill(self, vpc):
        """More addresses than a table of 1,024 has room for: with the gateways of ten subnets."""
        for subnet in range(10):
            self.fleet.subnet(f"late-{subnet}", vpc, f"10.0.{100 + subnet}.0/24")
            for number in range(102):
                self.fleet.interface(f"late-{subnet}-{number}", f"late-{subnet}", self.node_b,
                                     f"10.0.{100 + subnet}.{1 + number}", plug=False)

    def rows(self, table):
        return len(read_table(self.vpcd.pins, table))

    def restart_with(self, settings):
        self.vpcd.stop()
        put_file(self.vpcd.config, settings)
        self.vpcd.start()
        self.vpcd.wait_attached()

    def test_a_public_address_has_no_route_before_what_comes_for_it_is_taken(self):
        namespace = self.node_a.namespace
        namespace.ip("link", "add", "external0", "up", "type", "veth", "peer", "name", "external1")
        self.addCleanup(namespace.ip, "link", "del", "external0")
        self.addCleanup(self.fleet.change, "Host", "node-a", external=None)
        toggle = self.interrupted("fail", "bpf LINK_CREATE", errno.ENOMEM)
        toggle()
        self.fleet.change("Host", "node-a", external="external0")
        self.fleet.put("ElasticIp", "late-e", address="198.18.0.10", interface="near", announce="route")
        self.fleet.apply(attached=False)
        self.wait_error("attach from_external to device", "Cannot allocate memory")
        self.assertEqual(namespace.ip("route", "show", "proto", "118"), "")

        toggle()
        self.vpcd.wait_status(lambda now: not now["kernelErrors"], 30, "no errors")
        self.assertIn("198.18.0.10", namespace.ip("route", "show", "proto", "118"))

    def test_a_table_that_is_full_is_told_with_its_setting_and_changes_nothing_for_who_is_there(self):
        with open(self.vpcd.config, encoding="utf-8") as file:
            settings = file.read()
        self.addCleanup(self.restart_with, settings)
        self.restart_with(settings + "datapath: {endpoints: 1024}\n")
        held = self.near.hold_connection(self.far)
        held.wait_progress()

        self.fill("prod")
        self.fleet.apply(attached=False)
        self.wait_error("write table endpoints: it is full with 1024 entries; raise datapath.endpoints in vpcd.yaml "
                        "and restart vpcd", "rows are refused")
        full = self.rows("endpoints")
        held.wait_progress()
        self.assert_reaches(self.near, self.far)
        self.fleet.change("Interface", "late-0-0", mac="02:00:00:00:00:99")
        self.fleet.apply(attached=False)
        changed = [row for _, row in read_table(self.vpcd.pins, "next_hops") if row["mac.byte"] == "020000000099"]
        self.assert_checked("near")

        self.tearDown()
        late = self.plug("late-f", "10.0.1.25")
        self.fleet.apply()

        self.assertEqual((full, len(changed)), (1024, 1))
        self.assertLess(self.rows("endpoints"), 10)
        self.near.wait_ping(late)
        self.assertEqual(held.stop()["error"], "")

    def assert_checked(self, backend):
        """A load balancer that comes now has its backends checked, whatever else is refused."""
        self.fleet.put("LoadBalancer", "late-lb", vpc="prod", subnet="web", address="10.0.1.200", backends=[backend],
                       listeners=[{"protocol": "tcp", "port": 80,
                                   "healthCheck": {"type": "tcp", "interval": 1, "timeout": 1, "unhealthy": 1}}])
        self.fleet.apply(attached=False)
        deadline = time.monotonic() + 20
        while f"{backend} of tcp/80 is dead" not in (told := self.node_a.ctl("get", "lb", "late-lb")):
            self.assertLess(time.monotonic(), deadline, told)

    def test_a_device_removed_while_it_is_being_attached_is_forgotten_and_the_others_work(self):
        toggle = self.interrupted("hold", "bpf LINK_CREATE:1")
        gone, stays = self.plug("late-d", "10.0.1.23"), self.plug("late-e", "10.0.1.24")
        self.node_a.write("network.yaml", render(self.fleet.resources))
        self.node_b.write("network.yaml", render(self.fleet.resources))
        held = os.path.join(self.lab.directory, "points")
        self.vpcd.wait_log(held, "bpf LINK_CREATE")
        gone.unplug()

        toggle()

        self.vpcd.wait_status(lambda now: not now["kernelErrors"] and
                              any("late-d" in str(waiting) for waiting in now["interfaces"]["waiting"]))
        self.near.wait_ping(stays)
        self.assert_reaches(self.near, self.far)
        self.assertIn("the device is gone", self.vpcd.last_log(400))
        self.fleet.remove("Interface", "late-d")
        self.fleet.apply()


if __name__ == "__main__":
    main()
