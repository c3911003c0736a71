#!/usr/bin/python3
"""Mutated document sets through the real `vpcd --check`: it ends, with 0 or 1, and says why."""
import concurrent.futures
import os
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

SETS = int(os.environ.get("VPCD_TEST_SETS", "10000"))
SECONDS = 60  # for one set; it takes milliseconds
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
SOURCES = [os.path.join(ROOT, part) for part in ("config/reference", "config/examples/two-tenants",
                                                 "tests/fuzz/sets/styles")]


class Check(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="vpcd-mutated-")
        self.addCleanup(shutil.rmtree, self.directory)
        seed = int(os.environ.get("VPCD_TEST_SEED", random.randrange(1 << 32)))
        print(f"VPCD_TEST_SEED={seed}", flush=True)
        subprocess.run([os.environ["VPCD_MUTATE"], str(seed), str(SETS), self.directory, *SOURCES], check=True)

    def check(self, directory):
        return subprocess.run([os.environ["VPCD_BIN"], "--check", directory, "--host", "node-a"], timeout=SECONDS,
                              check=False, stdin=subprocess.DEVNULL, capture_output=True)

    def test_every_mutated_set_is_judged(self):
        sets = sorted(os.listdir(self.directory))
        self.assertEqual(len(sets), SETS)
        refused = 0
        directories = [os.path.join(self.directory, name) for name in sets]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            judged = list(pool.map(self.check, directories))
        for name, directory, done in zip(sets, directories, judged):
            said = done.stderr.decode()
            with self.subTest(set=name):
                self.assertIn(done.returncode, (0, 1), said)
                if done.returncode == 1:
                    refused += 1
                    *errors, verdict = said.splitlines()
                    self.assertIn("nothing would change", verdict)
                    self.assertTrue(errors)
                    for error in errors:
                        self.assertTrue(error.startswith(directory), error)
                else:
                    self.assertIn(said, ("", "no Host document is named 'node-a': nothing to do\n"))
                    self.assertIn(b"resources are valid", done.stdout)
        print(f"{refused} of {SETS} were refused")
        self.assertGreater(refused, SETS // 4)
        self.assertLess(refused, SETS)


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
