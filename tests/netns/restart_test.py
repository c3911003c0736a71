"""The kernel state outlives the agent: packets go on without it, and the next one takes over what is there."""
import os
import re
import signal
import threading
import time

import lab_paths
from lab_agent import put_file
from lab_fleet import FILE, render
from lab_test import main
from lab_two_hosts import TwoHosts


class Transfers:
    """One checked TCP transfer after the other, until stop()."""

    def __init__(self, source, target, size=64 << 20):
        self._end = threading.Event()
        self._done, self._errors = [], []
        self._size = size
        self._thread = threading.Thread(target=self._run, args=(source, target))
        self._thread.start()

    def _run(self, source, target):
        while not self._done or not self._end.is_set():
            try:
                self._done.append(source.tcp_transfer(target, self._size, timeout=200))
            except Exception as error:  # told by stop(), in the test's own thread
                self._errors.append(error)
                return

    def stop(self, test):
        self._end.set()
        self._thread.join()
        test.assertEqual(self._errors, [])
        for transfer in self._done:
            test.assertEqual((transfer.received, transfer.wrong), (self._size, 0))


class Restart(TwoHosts):
    @classmethod
    def populate(cls, fleet):
        cls.near = fleet.interface("near", "web", cls.node_a, "10.0.1.10")
        cls.local = fleet.interface("local", "db", cls.node_a, "10.0.2.11")
        cls.far = fleet.interface("far", "db", cls.node_b, "10.0.2.10")

    def nothing_is_lost_while(self, change):
        before, drops = self.losses(), self.drops()
        floods = [source.namespace.spawn("ping", "-f", "-q", target.address)
                  for source, target in ((self.near, self.far), (self.near, self.local))]
        ways = [(self.near, self.far, 50000), (self.far, self.near, 2000), (self.near, self.local, 2000)]
        streams = [source.udp_stream(target, rate=rate) for source, target, rate in ways]
        begun = time.monotonic()
        held = self.near.hold_connection(self.far)
        transfers = Transfers(self.far, self.near)
        change()
        transfers.stop(self)
        seconds = time.monotonic() - begun
        results = [stream.stop() for stream in streams]
        elsewhere = {place: more - before[place] for place, more in self.losses().items() if more != before[place]}
        for (source, target, rate), result in zip(ways, results):
            # A sender that waited for a processor makes up for it, so it falls behind only while it is kept waiting.
            self.assertGreater(result.sent, rate * seconds / 4, f"{result} in {seconds:.1f} s")
            self.assertEqual(result.duplicate, 0)
            # A machine that is busy with other things may not find the time to empty its own queues: that is counted.
            queues = {place: elsewhere[place] for place in self.places(source, target) if place in elsewhere}
            self.assertLessEqual(result.lost, sum(queues.values()),
                                 f"{source.name} to {target.name}: {result}; dropped by its queues: {queues}")
        self.assertEqual(self.drops(), drops)
        for flood in floods:
            self.assert_flood(flood)
        self.assertEqual(held.stop()["error"], "")
        self.assert_reaches(self.near, self.far)

    @staticmethod
    def places(source, target):
        """Where a packet may wait on its way."""
        underlay = {(host.name, host.device) for host in (source.host, target.host) if source.host is not target.host}
        return {(source.name, "eth0"), (source.host.name, source.device), *underlay,
                (target.host.name, target.device), (target.name, "eth0"), (target.name, "sockets")}

    def losses(self):
        """Packets the machine's own queues dropped on the way: full backlogs of devices, full socket buffers."""
        counts = {}
        for space in (self.near, self.local, self.far, self.node_a, self.node_b):
            with space.namespace.inside():
                with open("/proc/net/dev", encoding="ascii") as devices:
                    for line in devices.readlines()[2:]:
                        name, numbers = line.split(":")
                        counts[space.name, name.strip()] = int(numbers.split()[3]) + int(numbers.split()[11])
                with open("/proc/net/snmp", encoding="ascii") as lines:
                    names, numbers = [line.split() for line in lines if line.startswith("Udp:")]
                counts[space.name, "sockets"] = int(numbers[names.index("RcvbufErrors")])
        return counts

    def drops(self):
        return {host.name: host.vpcd.get("/v1/drops")["drops"] for host in (self.node_a, self.node_b)}

    def assert_flood(self, flood):
        flood.signal(signal.SIGINT)
        _, text, _ = flood.finish()
        sent, received = map(int, re.search(r"(\d+) packets transmitted, (\d+) received", text).groups())
        self.assertGreater(received, 100)
        self.assertLessEqual(sent - received, 1, text)  # the one on its way when ping was told to end

    def assert_answers(self, target):
        """A new flow passes. Beside floods a ping may lose answers to itself: until it has its filter, its raw socket
        gets every echo reply of the namespace."""
        ping = self.near.ping(target, count=3)
        self.assertLess(ping.lost, 3, ping.text)

    def restart(self, end):
        end()
        self.assert_answers(self.far)  # nobody is in charge now
        self.assert_answers(self.local)
        self.node_a.vpcd.start()
        self.node_a.vpcd.wait_attached()

    def test_an_agent_that_is_killed_and_started_again_loses_no_packet(self):
        self.nothing_is_lost_while(lambda: self.restart(self.node_a.vpcd.kill))

    def test_an_agent_that_is_stopped_and_started_again_loses_no_packet(self):
        self.nothing_is_lost_while(lambda: self.restart(self.node_a.vpcd.stop))

    def test_a_reload_loses_no_packet(self):
        """Each reload finds another route, in a file that is not in the watched directory: only a link to it is."""
        elsewhere = os.path.join(self.lab.directory, "routes.yaml")
        link = "routes.yaml"
        vpcd = self.node_a.vpcd

        def put(number):
            put_file(elsewhere, render({("RouteTable", "extra"): {"vpc": "prod", "routes": [
                {"destination": f"10.0.3.{number}/32", "nextHop": {"blackhole": True}}]}}))

        def reload():
            for number in range(1, 11):
                before = vpcd.status()["lastChange"].get("time")
                put(number)
                vpcd.reload()
                vpcd.wait_status(lambda now, old=before: now["lastChange"].get("time") != old,
                                 what="the reload to find the change")
                routes = vpcd.get("/v1/resources/RouteTable/extra")
                self.assertIn(f"10.0.3.{number}/32", str(routes))
                vpcd.wait_attached()

        put(0)
        before = vpcd.status()["lastChange"].get("time")
        os.symlink(elsewhere, os.path.join(vpcd.documents, link))
        self.addCleanup(vpcd.remove, link)
        vpcd.wait_status(lambda now: now["lastChange"].get("time") != before, what="the agent to find the link")
        self.nothing_is_lost_while(reload)

    def test_an_upgrade_to_other_programs_and_back_loses_no_packet(self):
        previous = lab_paths.program("VPCD_PREVIOUS", "tests/support/vpcd_previous")

        def upgrade():
            for program in (previous, None):
                self.node_a.vpcd.stop()
                self.node_a.vpcd.start(program=program)
                self.node_a.vpcd.wait_attached()
        self.nothing_is_lost_while(upgrade)
        self.assertEqual([name for name in os.listdir(f"{self.node_a.vpcd.pins}/maps") if "-" in name], [])

    def test_a_hundred_restarts_in_a_row_lose_no_packet(self):
        def restarts():
            for number in range(100):
                (self.node_a.vpcd.kill if number % 2 else self.node_a.vpcd.stop)()
                self.node_a.vpcd.start()
            self.node_a.vpcd.wait_attached()
        self.nothing_is_lost_while(restarts)

    def test_a_restart_keeps_the_flows(self):
        held = self.near.hold_connection(self.far)
        held.wait_progress()
        before = self.node_a.vpcd.counter("flow-miss")

        self.node_a.vpcd.kill()
        self.node_a.vpcd.start()
        self.node_a.vpcd.wait_attached()
        held.wait_progress()
        known = [flow for flow in self.node_a.vpcd.get("/v1/flows?address=10.0.2.10")["flows"]
                 if flow["protocol"] == "tcp"]

        self.assertEqual(self.node_a.vpcd.counter("flow-miss"), before)  # nothing was decided anew
        self.assertTrue(known)
        self.assertEqual(held.stop()["error"], "")

    def test_a_change_made_while_no_agent_ran_is_taken_up(self):
        self.node_a.vpcd.kill()
        self.fleet.put("RouteTable", "prod-main", vpc="prod", main=True,
                       routes=[{"destination": "10.0.2.11/32", "nextHop": {"blackhole": True}}])
        self.addCleanup(self.forget_the_route)
        self.node_a.write(FILE, render(self.fleet.resources))
        self.assert_reaches(self.near, self.local)

        self.node_a.vpcd.start()
        self.node_a.vpcd.wait_attached()

        self.assert_silence(self.near, self.local)
        self.assert_reaches(self.near, self.far)

    def forget_the_route(self):
        self.fleet.remove("RouteTable", "prod-main")
        self.fleet.apply()


if __name__ == "__main__":
    main()
