"""The benchmark of large fleets works: at its smallest size, without a word about how fast anything is."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest

import lab_paths
from lab_test import main

RUN = os.path.join(lab_paths.CHECKOUT, "tools", "bench", "run")
SHAPES = ("one-vpc", "many-vpcs", "route-tables")
SECTIONS = ("documents", "load", "tables", "agentMemory", "kernelMemory", "packet", "change", "churn", "restart")
INSTANCES = 1000


def bench(*arguments, **options):
    return subprocess.Popen([sys.executable, RUN, "scale", "--instances", str(INSTANCES), *arguments], text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def traces_of(process):
    """What a run has made and not removed; its names begin with its pid."""
    mark = re.compile(f"vs{process.pid:x}[0-9a-f]{{4}}-")
    places = ("/run/netns", "/sys/fs/bpf", "/dev/shm", tempfile.gettempdir())
    return [os.path.join(place, name) for place in places if os.path.isdir(place)
            for name in os.listdir(place) if mark.match(name)]


class Scale(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            process = bench("--shape", "all", "--json", file.name)
            cls.text, errors = process.communicate()
            if process.returncode != 0:
                raise AssertionError(f"exit {process.returncode}\n{cls.text}{errors}")
            cls.results = json.load(file)["runs"]
        cls.traces = traces_of(process)

    def each_shape(self):
        self.assertEqual([result["shape"] for result in self.results], list(SHAPES))
        for result in self.results:
            with self.subTest(shape=result["shape"]):
                yield result

    def test_each_figure_is_there(self):
        for result in self.each_shape():
            self.assertEqual(result["instances"], INSTANCES)
            for section in SECTIONS:
                self.assertTrue(result[section], section)
            for value in (result["load"]["seconds"], result["restart"]["seconds"], result["change"]["medianMs"],
                          result["churn"]["seconds"], result["churn"]["interfaces"], result["packet"]["firstNs"],
                          result["packet"]["knownNs"], result["packet"]["lookupNs"],
                          result["agentMemory"]["perInstance"], result["kernelMemory"]["perInstance"],
                          result["documents"]["bytes"], result["diskBytes"]):
                self.assertGreater(value, 0)
            self.assertGreaterEqual(result["diskBytes"], result["documents"]["bytes"])
            self.assertIn(result["shape"], self.text)

    def test_the_tables_hold_exactly_what_the_documents_say(self):
        for result in self.each_shape():
            self.assertGreaterEqual(result["tables"]["endpoints"]["rows"], INSTANCES)
            for name, table in result["tables"].items():
                self.assertEqual(table["rows"], table["expected"], name)
        route_tables = self.results[SHAPES.index("route-tables")]
        self.assertEqual(route_tables["tables"]["routes"]["rows"], 100 * (40 + 100 + 1))

    def test_a_load_writes_each_row_and_a_change_of_one_interface_its_own(self):
        for result in self.each_shape():
            if result["load"]["rowsCounted"] is None:
                self.skipTest("this kernel has no tracepoint for system calls")
            rows = sum(table["rows"] for table in result["tables"].values())
            self.assertGreaterEqual(result["load"]["rowsCounted"], rows)
            self.assertLess(result["change"]["rowsCounted"], 10)

    def test_a_restart_writes_nothing_if_the_agent_counts(self):
        for result in self.each_shape():
            self.assertIn(result["restart"]["rowsTold"], (None, 0))

    def test_nothing_is_left_behind(self):
        self.assertEqual(self.traces, [])
        for result in self.each_shape():
            self.assertTrue(result["removed"])


class Interrupted(unittest.TestCase):
    def test_a_run_that_is_ended_half_way_removes_what_it_made(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number.name):
                process = bench("--shape", "one-vpc")
                while "load" not in process.stderr.readline():
                    self.assertIsNone(process.poll(), "the run ended by itself")
                self.assertTrue(traces_of(process))

                process.send_signal(number)
                process.communicate()

                self.assertNotEqual(process.returncode, 0)
                self.assertEqual(traces_of(process), [])


if __name__ == "__main__":
    main()
