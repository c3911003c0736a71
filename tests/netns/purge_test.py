"""vpcd --purge removes everything of ours and nothing else; two agents never share a directory."""
import os

from lab_test import main
from lab_two_hosts import NearAndFar


class Purge(NearAndFar):
    @classmethod
    def populate(cls, fleet):
        super().populate(fleet)
        cls.tap = fleet.interface("tap", "web", cls.node_a, "10.0.1.12", kind="tap")

    def programs(self):
        return self.node_a.namespace.run("bpftool", "net", "show").stdout

    def test_a_second_agent_on_the_same_directories_is_refused_and_told_of_the_first(self):
        second = self.vpcd.run(check=False)

        self.assertEqual(second.returncode, 1)
        self.assertIn(f"is in use by process {self.vpcd.process.pid}", second.stderr)
        self.assert_reaches(self.near, self.far)

    def test_a_purge_is_refused_while_the_agent_runs(self):
        purge = self.vpcd.run("--purge", check=False)

        self.assertEqual((purge.returncode, purge.stdout), (1, ""))
        self.assertIn(f"in use by process {self.vpcd.process.pid}", purge.stderr)
        self.assert_reaches(self.near, self.far)

    def test_a_purge_leaves_nothing_of_ours_and_all_that_is_not(self):
        namespace = self.node_a.namespace
        before = self.programs()
        self.assertIn("from_interface", before)
        namespace.ip("neigh", "add", "192.0.2.200", "lladdr", "02:00:00:00:00:c8", "dev", "underlay0", "nud", "permanent")
        namespace.ip("link", "add", "vpcd-other", "type", "bridge")
        namespace.run("tc", "qdisc", "add", "dev", "near", "clsact", check=False)  # below 6.6 the agent has made it
        namespace.run("tc", "filter", "add", "dev", "near", "ingress", "prio", "9", "bpf", "direct-action", "pinned",
                      self.some_program())
        ours = os.path.join(self.vpcd.runtime, "kept-by-someone")
        with open(ours, "w", encoding="ascii"):
            pass
        self.vpcd.kill()

        first = self.vpcd.run("--purge")
        second = self.vpcd.run("--purge")

        self.assertRegex(first.stdout, "removed (program from_interface|ingress filter) from device")
        self.assertIn("removed device vpcd-vxlan", first.stdout)
        self.assertEqual(second.stdout, "nothing to remove\n")
        self.assertNotIn("to_interface", self.programs())
        self.assertNotIn("vpcd-vxlan", namespace.ip("link"))
        self.assertNotIn(self.node_b.address, namespace.ip("neigh", "show", "nud", "all", "extern_learn", check=False))
        self.assertFalse(os.path.exists(self.vpcd.pins))
        self.assertEqual(os.listdir(self.vpcd.runtime), ["kept-by-someone"])
        self.assertIn("02:00:00:00:00:c8 PERMANENT", namespace.ip("neigh", "show", "to", "192.0.2.200"))
        self.assertIn("vpcd-other", namespace.ip("link"))
        self.assertIn("pref 9", namespace.run("tc", "filter", "show", "dev", "near", "ingress").stdout)
        for device in ("tap", "underlay0"):
            self.assertNotIn("clsact", namespace.run("tc", "qdisc", "show", "dev", device).stdout)
        namespace.run("tc", "qdisc", "del", "dev", "near", "clsact")
        os.unlink(ours)
        self.vpcd.start()
        self.vpcd.wait_attached()
        self.assert_reaches(self.near, self.far)

    def some_program(self):
        """A program that is not ours, pinned outside our directory."""
        path = f"/sys/fs/bpf/{self.lab.prefix}-foreign"
        self.node_a.namespace.run("bpftool", "prog", "load", self.foreign_object(), path, "type", "classifier")
        self.addCleanup(os.unlink, path)
        return path

    def foreign_object(self):
        source = os.path.join(self.lab.directory, "foreign.c")
        built = os.path.join(self.lab.directory, "foreign.o")
        with open(source, "w", encoding="ascii") as file:
            file.write('__attribute__((section("tc"), used)) int foreign(void *packet) { return -1; }\n'
                       'char LICENSE[] __attribute__((section("license"), used)) = "GPL";\n')
        self.node_a.namespace.run("clang-19", "-target", "bpf", "-O2", "-c", source, "-o", built)
        return built


if __name__ == "__main__":
    main()
