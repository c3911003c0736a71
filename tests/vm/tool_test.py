"""tools/vm keeps its word: status, output, time limit, what stays and what is lost, several machines at once."""
import os
import subprocess
import sys
import tempfile
import unittest

CHECKOUT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = os.path.join(CHECKOUT, "tools", "vm")
SKIPPED = 4  # as ctest was told
TIMED_OUT, NO_RESULT, MISUSED = 124, 125, 2
PANIC = "echo 1 >/proc/sys/kernel/sysrq; echo c >/proc/sysrq-trigger; sleep 1000"


class Started:
    """One tools/vm that runs beside others."""

    def __init__(self, *argv, **options):
        # With standard input closed, as some starters of jobs have it.
        self.popen = subprocess.Popen(["sh", "-c", 'exec "$0" "$@" <&-', TOOL, *map(str, argv)], text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def finish(self):
        out, err = self.popen.communicate(timeout=200)
        return self.popen.returncode, out, err

    def end(self):
        self.popen.terminate()
        self.popen.communicate()


class Machines(unittest.TestCase):
    def start(self, *argv, **options):
        started = Started(*argv, **options)
        self.addCleanup(started.end)
        return started

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory(prefix="vpcd vm, ")
        self.addCleanup(self.directory.cleanup)

    def path(self, name, make=False):
        path = os.path.join(self.directory.name, name)
        if make:
            os.mkdir(path)
        return path

    def test_a_command_and_two_machines_that_end_badly_run_side_by_side(self):
        kept, lost = self.path("kept 'here'", make=True), self.path("lost", make=True)
        script = ('echo out; echo "err $1" >&2; cat; pwd; touch kept; touch ../lost/file; '
                  'ls /sys/fs/bpf >/dev/null && exit 7')
        command = self.start("--write", kept, "--cpus", 1, "bash", "-c", script, "bash", "two  words", cwd=kept)
        panic = self.start("--cpus", 1, "--memory", "512M", "--keep-log", self.path("log"), "bash", "-c", PANIC)
        late = self.start("--timeout", 40, "--cpus", 1, "--memory", "512M", "bash", "-c", "echo begun; sleep 1000")

        self.assertEqual(command.finish(), (7, f"out\nerr two  words\n{kept}\n", ""))
        self.assertTrue(os.path.exists(os.path.join(kept, "kept")))
        self.assertEqual(os.listdir(lost), [])

        status, _, err = panic.finish()
        self.assertEqual(status, NO_RESULT, err)
        self.assertIn("sysrq triggered crash", err)
        with open(self.path("log"), encoding="utf-8", errors="replace") as log:
            self.assertIn("sysrq triggered crash", log.read())

        status, out, err = late.finish()
        self.assertEqual((status, out), (TIMED_OUT, "begun\n"), err)
        self.assertIn("stopped after 40 s, before the command was ending", err)

    def test_a_machine_ends_with_the_tool_and_leaves_no_files(self):
        scratch, shared = self.path("scratch", make=True), self.path("shared", make=True)
        tool = self.start("--write", shared, "--cpus", 1, "bash", "-c", "echo begun; sleep 1000",
                       env={**os.environ, "TMPDIR": scratch})
        self.assertEqual(tool.popen.stdout.readline(), "begun\n", tool.popen.poll() and tool.finish())

        tool.popen.terminate()

        self.assertEqual(tool.finish()[0], 143)
        self.assertEqual(os.listdir(scratch), [])
        machines = subprocess.run(["pgrep", "-f", f"qemu.*{shared}"], stdout=subprocess.PIPE, text=True, check=False)
        self.assertEqual(machines.stdout, "")


class Words(unittest.TestCase):
    def run_tool(self, *argv, **options):
        return subprocess.run([TOOL, *argv], text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60, check=False, **options)

    def test_misuse_is_told_and_nothing_is_started(self):
        cases = {"no command": [], "--kernel: 6.1 or 6.12, not '5.10'": ["--kernel", "5.10", "true"],
                 "--timeout needs a value": ["--timeout"], "--timeout: seconds, not 'soon'": ["--timeout", "soon", "true"],
                 "--memory: a size such as 512M or 2G, not '2'": ["--memory", "2", "true"],
                 "--write: no directory '/nowhere'": ["--write", "/nowhere", "true"],
                 "unknown option --quick": ["--quick", "true"], "--prepare runs no command": ["--prepare", "true"]}
        for words, argv in cases.items():
            with self.subTest(words):
                done = self.run_tool(*argv)
                self.assertEqual((done.returncode, done.stdout), (MISUSED, ""))
                self.assertIn(words, done.stderr)

    def test_help_is_no_error(self):
        done = self.run_tool("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("usage: tools/vm", done.stdout)

    def test_a_missing_program_is_named(self):
        with tempfile.TemporaryDirectory() as empty:
            for program in ("bash", "dirname", "readlink", "uname", "realpath"):
                os.symlink(f"/usr/bin/{program}", os.path.join(empty, program))
            done = self.run_tool("true", env={"PATH": empty, "HOME": empty})
        self.assertEqual(done.returncode, NO_RESULT)
        self.assertIn("no apt-get on this machine: run tools/setup", done.stderr)


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("skipped: a virtual machine over this machine's files needs root")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
