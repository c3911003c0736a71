"""Programs compiled on the host: what they lack is never needed, what fails never stops the traffic."""
import errno
import glob
import os
import shutil
import signal
import subprocess

import lab_paths
from lab_fleet import render
from lab_interrupt import interrupt
from lab_maps import read_table
from lab_test import Fleet, LabTest, main


class CompiledPrograms(LabTest):
    """One host compiles, from a copy of the source of its own; the other runs what is embedded."""

    compiler = "clang"

    @classmethod
    def build(cls):
        directory = cls.lab.directory_of("compile")
        cls.source, cls.cache = os.path.join(directory, "source"), os.path.join(directory, "cache")
        for part in ("bpf", "include/vpcd/abi"):
            shutil.copytree(os.path.join(lab_paths.CHECKOUT, part), os.path.join(cls.source, part))
        subprocess.run(["chmod", "-R", "go-w", directory], check=True)
        subprocess.run(["chown", "-R", "0:0", directory], check=True)
        cls.prepare()

        cls.fleet = fleet = Fleet(cls.lab, hosts=3)
        cls.node_a, cls.node_b, cls.node_c = fleet.hosts
        fleet.vpc("prod", 100)
        fleet.subnet("web", "prod", "10.0.1.0/24")
        fleet.subnet("db", "prod", "10.0.2.0/24")
        cls.near = fleet.interface("near", "web", cls.node_a, "10.0.1.10")
        cls.far = fleet.interface("far", "db", cls.node_b, "10.0.2.10")
        fleet.remove("Host", "node-c")
        fleet.start(cls.node_a, config={"cacheDirectory": cls.cache, "datapath": {
            "compile": "host", "source": cls.source, "compiler": cls.compiler}})
        fleet.start(cls.node_b)
        fleet.managed = [cls.node_a, cls.node_b]

    @classmethod
    def prepare(cls):
        """What a class changes in the source before the agent starts."""

    def wait_programs(self, wanted, what):
        return self.node_a.vpcd.wait_status(lambda status: wanted(status["programs"]), 60, what)["programs"]

    def wait_compiled(self, *features):
        return self.wait_programs(
            lambda now: now["build"] == "host" and all(word in now["features"].split(", ") for word in features),
            f"programs with {', '.join(features) or 'any features'}")

    def restart(self):
        self.node_a.vpcd.stop()
        self.node_a.vpcd.start()
        self.node_a.vpcd.wait_attached()


class ForThisHost(CompiledPrograms):
    def test_only_what_the_documents_use_is_compiled_and_status_says_so(self):
        programs = self.wait_compiled()

        self.assertEqual(programs["features"], "vxlan, pair, source-check, events")
        self.assertRegex(programs["compiler"], r"^clang \d+\S*, v[34]$")
        self.assertNotIn("warning", programs)
        self.assertIn("Programs:    compiled on this host by clang", self.node_a.vpcd.ctl("status"))
        self.assert_reaches(self.near, self.far)
        transfer = self.far.tcp_transfer(self.near, 4 << 20)
        self.assertEqual((transfer.received, transfer.wrong), (4 << 20, 0))

    def test_a_geneve_host_that_appears_under_traffic_is_reached_and_no_packet_is_lost(self):
        self.wait_compiled()
        stream = self.near.udp_stream(self.far, rate=2000)
        held = self.far.hold_connection(self.near)

        fleet = self.fleet
        fleet.put("Host", "node-c", address=self.node_c.address, device=self.node_c.device, encapsulation="geneve")
        late = fleet.interface("late", "db", self.node_c, "10.0.2.20")
        fleet.start(self.node_c, attached=False)
        fleet.managed = [self.node_a, self.node_b, self.node_c]
        fleet.apply()
        self.assert_reaches(self.near, late)
        with_geneve = self.wait_compiled("geneve", "vxlan")
        self.assert_reaches(self.near, late)

        fleet.remove("Interface", "late")
        fleet.remove("Host", "node-c")
        fleet.managed = [self.node_a, self.node_b]
        fleet.apply()
        self.wait_programs(lambda now: now["build"] == "host" and "geneve" not in now["features"], "programs without")

        result = stream.stop()
        self.assertNotIn("warning", with_geneve)
        self.assertEqual((result.lost, result.duplicate), (0, 0))
        self.assertEqual(held.stop()["error"], "")
        self.assertIn("embedded, because those compiled here lack geneve", self.node_a.vpcd.last_log(1000))

    def test_a_second_start_takes_them_from_the_cache(self):
        before = self.wait_compiled()

        self.restart()

        after = self.wait_compiled()
        self.assertEqual((after["cached"], after["key"]), (True, before["key"]))
        self.assert_reaches(self.near, self.far)

    def test_a_damaged_file_in_the_cache_is_compiled_anew(self):
        before = self.wait_compiled()
        damaged, = glob.glob(os.path.join(self.cache, before["key"], "interface.bpf.o"))
        with open(damaged, "r+b") as file:
            file.truncate(1000)

        self.restart()

        after = self.wait_compiled()
        self.assertEqual((after["cached"], after["key"]), (False, before["key"]))
        self.assertIn("is not what was written", self.node_a.vpcd.last_log(1000))
        self.assertGreater(os.path.getsize(damaged), 1000)
        self.assert_reaches(self.near, self.far)


class RefusedLater(CompiledPrograms):
    """The kernel refuses what the agent asks for, by a tracer (tests/support/interrupt.cpp), when all is in order."""

    def tearDown(self):
        for kind, name in (("Interface", "late"), ("Host", "node-c")):
            if (kind, name) in self.fleet.resources:
                self.fleet.remove(kind, name)
        self.fleet.managed = [self.node_a, self.node_b]
        self.fleet.apply()

    def start_interrupted(self, *what):
        self.points = os.path.join(self.lab.directory, "points")
        process = self.node_a.vpcd.launch(*interrupt(self.points, *what))
        return lambda: process.signal(signal.SIGUSR1)

    def interrupted(self, *what):
        """From the programs compiled before on, and the class's own features."""
        self.node_a.vpcd.stop()
        toggle = self.start_interrupted(*what)
        self.node_a.vpcd.wait_ready()
        self.node_a.vpcd.wait_attached()
        self.wait_programs(lambda now: now["build"] == "host" and "geneve" not in now["features"], "the first build")
        return toggle

    def declare_late(self, encapsulation):
        """An instance on a third host, which receives in another encapsulation."""
        fleet, node = self.fleet, self.node_c
        fleet.put("Host", "node-c", address=node.address, device=node.device, encapsulation=encapsulation)
        fleet.interface("late", "db", node, "10.0.2.20", plug=False)
        if not node.has_agent:
            fleet.plug("late", node)
            fleet.start(node, attached=False)
        fleet.managed = [self.node_a, self.node_b, node]
        return node.instances[0]

    def knows_late_host(self):
        """Is its row in the table the programs read?"""
        address = self.node_c.address.split(".")
        text = "".join(f"{int(byte):02x}" for byte in address)
        return any(row["address.byte"].endswith(text) for _, row in read_table(self.node_a.vpcd.pins, "hosts"))

    def test_a_build_the_kernel_refuses_leaves_the_one_before_and_no_row_it_does_not_know(self):
        toggle = self.interrupted("fail", "bpf PROG_LOAD", errno.ENOMEM)
        late = self.declare_late("geneve")
        self.fleet.apply()
        self.wait_compiled("geneve", "vxlan")

        toggle()
        self.fleet.remove("Interface", "late")
        self.fleet.remove("Host", "node-c")
        self.fleet.managed = [self.node_a, self.node_b]
        self.fleet.apply()
        refused = self.wait_programs(lambda now: "warning" in now, "a refusal")
        self.declare_late("gre")
        self.fleet.apply()

        self.assertEqual(refused["build"], "host")
        self.assertIn("geneve", refused["features"])
        self.assertIn("Cannot allocate memory", refused["warning"])
        self.assert_reaches(self.near, late)
        self.assert_reaches(self.near, self.far)
        toggle()
        self.node_a.vpcd.reload()
        self.wait_compiled("gre", "vxlan")
        self.assert_reaches(self.near, late)

    def test_while_programs_cannot_be_replaced_rows_they_do_not_know_wait(self):
        toggle = self.interrupted("fail", "bpf LINK_UPDATE", errno.ENOMEM)
        toggle()

        late = self.declare_late("geneve")
        self.fleet.apply(attached=False)
        self.node_a.vpcd.wait_status(
            lambda now: any("attach from_interface" in error for error in now["kernelErrors"]), 30, "an error")

        self.assertFalse(self.knows_late_host())
        self.assert_reaches(self.near, self.far)
        toggle()
        self.node_a.vpcd.wait_attached()
        self.assertTrue(self.knows_late_host())
        self.near.wait_ping(late)

    def test_rows_the_programs_of_an_earlier_agent_may_not_know_come_after_the_hooks(self):
        self.wait_programs(lambda now: now["build"] == "host" and "geneve" not in now["features"], "the first build")
        self.node_a.vpcd.stop()
        late = self.declare_late("geneve")
        self.node_a.write("network.yaml", render(self.fleet.resources))
        release = self.start_interrupted("hold", "bpf LINK_UPDATE:1")

        self.node_a.vpcd.wait_log(self.points, "bpf LINK_UPDATE")
        known_before_the_hooks = self.knows_late_host()
        release()
        self.node_a.vpcd.wait_ready()
        self.fleet.apply()

        self.assertFalse(known_before_the_hooks)
        self.assertTrue(self.knows_late_host())
        self.assert_reaches(self.near, late)


class Refused:
    """The test; below, what is wrong. Whatever is wrong, the embedded programs run, and the operator reads why."""

    warning = None

    def test_the_embedded_programs_serve_and_status_says_why(self):
        programs = self.wait_programs(lambda now: "warning" in now, "a warning")

        self.assertEqual(programs["build"], "embedded")
        self.assertRegex(programs["warning"], self.warning)
        self.assertRegex(self.node_a.vpcd.ctl("status"), self.warning)
        self.assert_reaches(self.near, self.far)


class CompilerIsMissing(Refused, CompiledPrograms):
    compiler = "/nonexistent"
    warning = "compiler '/nonexistent' is not there"


class SourceIsBroken(Refused, CompiledPrograms):
    warning = r"(?s)ended with 1: .*deliver\.h:1:1: error: unknown type name"

    @classmethod
    def prepare(cls):
        with open(os.path.join(cls.source, "bpf/stages/deliver.h"), "r+", encoding="utf-8") as file:
            text = file.read()
            file.seek(0)
            file.write(f"broken source; {text}")


class SourceIsMended(CompiledPrograms):
    @classmethod
    def prepare(cls):
        SourceIsBroken.prepare.__func__(cls)

    def test_mended_source_is_compiled_at_the_next_reload(self):
        self.wait_programs(lambda now: "warning" in now, "a warning")
        shutil.copy(os.path.join(lab_paths.CHECKOUT, "bpf/stages/deliver.h"), os.path.join(self.source, "bpf/stages"))

        self.node_a.vpcd.reload()

        self.wait_compiled()
        self.assert_reaches(self.near, self.far)


class SourceIsOfAnotherVersion(Refused, CompiledPrograms):
    warning = "table flows of interface_bpf is not laid out as the agent's own"

    @classmethod
    def prepare(cls):
        path = os.path.join(cls.source, "include/vpcd/abi/flow.h")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        moved = text.replace("__u32 last_seen; ", "__u32 later_seen;").replace("__u32 created; ", "__u32 last_seen;")
        with open(path, "w", encoding="utf-8") as file:
            file.write(moved.replace("__u32 later_seen;", "__u32 created; "))
        assert moved != text


class OthersCanWriteTheSource(Refused, CompiledPrograms):
    warning = r"is refused: user 0 owns it with mode 0666"

    @classmethod
    def prepare(cls):
        os.chmod(os.path.join(cls.source, "bpf/maps.h"), 0o666)


if __name__ == "__main__":
    main()
