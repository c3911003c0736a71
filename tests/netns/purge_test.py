"""vpcd --purge removes everything of ours and nothing else; two agents never share a directory."""
import os

from lab_test import main
from lab_two_hosts import NearAndFar


OURS = ("from_interface", "to_interface", "tc_underlay", "from_tunnel")


class Purge(NearAndFar):
    @classmethod
    def populate(cls, fleet):
        super().populate(fleet)
        cls.tap = fleet.interface("tap", "web", cls.node_a, "10.0.1.12", kind="tap")
        cls.cache = cls.lab.directory_of("cache")
        os.chmod(cls.cache, 0o700)
        cls.config = {"cacheDirectory": cls.cache}

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

    def serve_by_route(self):
        self.node_a.namespace.ip("link", "add", "external0", "up", "type", "veth", "peer", "name", "external1")
        self.fleet.change("Host", "node-a", external="external0")
        self.fleet.put("ElasticIp", "near", address="198.18.0.10", interface="near", announce="route")
        self.fleet.apply()
        self.assertIn("198.18.0.10", self.node_a.namespace.ip("route", "show", "proto", "118"))

    def test_a_purge_leaves_nothing_of_ours_and_all_that_is_not(self):
        namespace = self.node_a.namespace
        before = self.programs()
        for program in OURS:
            self.assertIn(program, before)
        namespace.ip("neigh", "add", "192.0.2.200", "lladdr", "02:00:00:00:00:c8", "dev", "underlay0", "nud", "permanent")
        namespace.ip("link", "add", "vpcd-other", "type", "bridge")
        namespace.run("tc", "qdisc", "add", "dev", "near", "clsact", check=False)  # below 6.6 the agent has made it
        namespace.run("tc", "filter", "add", "dev", "near", "ingress", "prio", "9", "bpf", "direct-action", "pinned",
                      self.some_program())
        ours = os.path.join(self.vpcd.runtime, "kept-by-someone")
        with open(ours, "w", encoding="ascii"):
            pass
        self.serve_by_route()
        self.vpcd.kill()

        first = self.vpcd.run("--purge")
        second = self.vpcd.run("--purge")

        self.assertRegex(first.stdout, "removed (program from_interface|ingress filter) from device")
        self.assertIn("removed device vpcd-vxlan", first.stdout)
        self.assertIn("removed route of public address 198.18.0.10", first.stdout)
        self.assertEqual(namespace.ip("route", "show", "proto", "118"), "")
        self.assertEqual(second.stdout, "nothing to remove\n")
        after = self.programs()
        for program in OURS:
            self.assertNotIn(program, after)
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
        self.restart()

    def restart(self):
        self.vpcd.start()
        self.vpcd.wait_attached()
        self.assert_reaches(self.near, self.far)

    def leave_files(self):
        """What an agent leaves that is killed at long work, and one that has compiled."""
        with open(os.path.join(self.vpcd.runtime, "progress"), "w", encoding="ascii") as file:
            file.write("4711 writing kernel tables (20000 items)\n")
        for name in ("0123456789abcdef" * 2, "work-999999999-aBcDeF"):
            os.mkdir(os.path.join(self.cache, name), 0o700)
            with open(os.path.join(self.cache, name, "manifest"), "w", encoding="ascii"):
                pass

    def test_a_purge_takes_what_a_killed_agent_left_at_work_and_what_it_compiled(self):
        os.makedirs(self.cache, 0o700, exist_ok=True)  # an earlier purge has taken it
        note = os.path.join(self.cache, "note")
        with open(note, "w", encoding="ascii"):
            pass
        self.vpcd.kill()
        self.leave_files()

        first = self.vpcd.run("--purge")
        os.unlink(note)
        second = self.vpcd.run("--purge")

        self.assertEqual(first.stderr, "")
        self.assertIn("removed programs compiled in", first.stdout)
        self.assertEqual(second.stdout, f"removed directory {self.cache}\n")
        self.assertFalse(os.path.exists(self.vpcd.runtime))
        self.assertFalse(os.path.exists(self.cache))
        self.restart()

    def test_a_purge_works_with_settings_that_cannot_be_read_to_their_end_and_says_so(self):
        with open(self.vpcd.config, encoding="utf-8") as file:
            settings = file.read()
        self.vpcd.kill()
        with open(self.vpcd.config, "a", encoding="utf-8") as file:
            file.write("datapath: [\n")

        purge = self.vpcd.run("--purge")
        with open(self.vpcd.config, "w", encoding="utf-8") as file:
            file.write(settings)

        self.assertRegex(purge.stderr, r"vpcd.yaml:\d+:\d+: ")
        self.assertIn(f"going on with what could be read: runtimeDirectory {self.vpcd.runtime}, "
                      f"pinDirectory {self.vpcd.pins}, cacheDirectory {self.cache}\n", purge.stderr)
        self.assertRegex(purge.stdout, "removed (program to_interface|egress filter) from device")
        self.assertFalse(os.path.exists(self.vpcd.pins))
        self.restart()

    def test_what_a_purge_cannot_remove_is_told_and_is_no_success(self):
        self.vpcd.kill()
        argv = " ".join(self.vpcd.argv("--purge"))

        purge = self.node_a.namespace.run("unshare", "-m", "sh", "-c",
                                          f"mount --bind -o ro {self.vpcd.pins} {self.vpcd.pins} && exec {argv}",
                                          check=False)
        again = self.vpcd.run("--purge")

        self.assertEqual(purge.returncode, 1)
        self.assertIn(f"remove {self.vpcd.pins}/maps/flows: Read-only file system", purge.stderr)
        self.assertNotIn("removed table", purge.stdout)
        self.assertNotIn("removed program", purge.stdout)
        self.assertIn("removed table flows", again.stdout)
        self.restart()

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
