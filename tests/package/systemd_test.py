"""The Debian package under systemd, from a fresh installation to its purge: systemd_test.py [PACKAGE.deb].

Without an argument the package is made from the build directory. The same on a host and in a VM."""
import json
import os
import re
import sys
import unittest

from machine import Machine, missing, skip
from package import make_package

CAPABILITIES = 1 << 12 | 1 << 13 | 1 << 38 | 1 << 39  # CAP_NET_ADMIN, CAP_NET_RAW, CAP_PERFMON, CAP_BPF
SYS_ADMIN = 1 << 21  # until the network namespace of health checks is made
BPF = 1 << 39
DOCUMENTS = "/etc/vpcd/documents"
HOSTS = """kind: Host
name: node-a
address: 192.0.2.1
device: underlay0
---
kind: Host
name: node-b
address: 192.0.2.2
device: underlay0
---
kind: Vpc
name: prod
vni: 100
cidrs: [10.0.0.0/16]
---
kind: Subnet
name: web
vpc: prod
cidr: 10.0.1.0/24
"""
REMOTE = """kind: Interface
name: far
subnet: web
host: node-b
device: far
address: 10.0.1.20
mac: 02:00:00:00:01:14
"""
INTERFACE = """kind: Interface
name: {name}
subnet: web
host: node-a
device: {name}
address: 10.0.1.{number}
mac: 02:00:00:00:01:{number:02x}
"""
BALANCER = """kind: LoadBalancer
name: web
vpc: prod
subnet: web
address: 10.0.1.200
listeners: [{protocol: tcp, port: 80, healthCheck: {type: tcp, interval: 1}}]
backends: [web10]
"""
# An instance behind a veth: a namespace with the address, a route through the virtual router, and its neighbour.
INSTANCE = """
ip netns add {name}
ip link add {name} type veth peer name eth0 netns {name}
ip link set {name} up
ip -n {name} link set eth0 address 02:00:00:00:01:{number:02x}
ip -n {name} addr add 10.0.1.{number}/24 dev eth0
ip -n {name} link set eth0 up
ip -n {name} route add default via 10.0.1.253
"""
PINGS = 200


class UnderSystemd(unittest.TestCase):
    """One machine, one life: each step stands on the one before, so they are one test."""

    def test_from_installation_to_purge(self):
        with Machine(PACKAGE) as self.machine:
            for step in (self.install, self.fresh, self.confined, self.configure, self.checks, self.refuse, self.reload,
                         self.watchdog, self.compile, self.upgrade, self.remove):
                try:
                    step()
                except BaseException:
                    print(f"{step.__name__}:", self.machine.run("journalctl", "-n", "60", "--no-pager", check=False).stdout)
                    raise
                print(f"{step.__name__}: good", flush=True)

    # --- what is asked --------------------------------------------------------------------------------------------

    def property(self, name):
        return self.machine.run("systemctl", "show", "vpcd", "-P", name).stdout.strip()

    def status(self):
        done = self.machine.run("vpcctl", "status", "-o", "json", check=False)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def entries(self, *matches):
        self.machine.run("journalctl", "--sync", check=False)
        out = self.machine.run("journalctl", "-o", "json", "--no-pager", "_SYSTEMD_UNIT=vpcd.service", *matches).stdout
        return [json.loads(line) for line in out.splitlines()]

    def completed(self, *words):
        """What TAB offers at the end of these words."""
        return self.machine.shell(f"source /usr/share/bash-completion/completions/{words[0]};"
                                  f"COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; _{words[0]};"
                                  'printf "%s\\n" "${COMPREPLY[@]}"').split()

    # --- steps ----------------------------------------------------------------------------------------------------

    def install(self):
        self.machine.shell("ip netns add wire; ip link add underlay0 type veth peer name eth0 netns wire;"
                           "ip addr add 192.0.2.1/24 dev underlay0; ip link set underlay0 up;"
                           "ip -n wire addr add 192.0.2.2/24 dev eth0; ip -n wire link set eth0 up")
        self.machine.run("dpkg", "-i", "/box.deb")
        self.assertEqual(self.property("ActiveState"), "active")
        self.assertEqual(self.property("UnitFileState"), "enabled")

    def fresh(self):
        """Without documents the agent is ready, and says in words what is missing."""
        self.assertEqual(self.property("StatusText"), f"host node-a: no such Host in {DOCUMENTS}; 1 error being retried")
        self.assertIn(f"no Host document is named 'node-a' in {DOCUMENTS}", self.machine.run("vpcctl", "status").stdout)

    def confined(self):
        pid = self.property("MainPID")
        text = self.machine.run("cat", f"/proc/{pid}/status").stdout
        fields = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
        for name in ("CapPrm", "CapEff"):
            self.assertEqual(int(fields[name], 16), CAPABILITIES, name)
        self.assertEqual(int(fields["CapBnd"], 16), CAPABILITIES | SYS_ADMIN)
        threads = self.machine.shell(f"grep -h CapEff /proc/{pid}/task/*/status")
        self.assertIn(f"{BPF:016x}", threads, "health checks are made by a thread that may do little")
        self.assertEqual(int(fields["CapAmb"], 16), 0)
        self.assertEqual(fields["NoNewPrivs"], "1")
        self.assertEqual(fields["Seccomp"], "2")

    def configure(self):
        for number in (10, 11):
            self.machine.shell(INSTANCE.format(name=f"web{number}", number=number))
        self.machine.shell("ip tuntap add web12 mode tap; ip link set web12 up")  # a tap: so there is a tunnel device
        self.machine.write(f"{DOCUMENTS}/hosts.yaml", HOSTS)
        self.machine.write(f"{DOCUMENTS}/web.yaml",
                           "---\n".join([REMOTE, *(INTERFACE.format(name=f"web{number}", number=number)
                                                   for number in (10, 11, 12))]))
        self.machine.wait(lambda: self.status()["interfaces"]["attached"] == 3, "all interfaces to be attached")
        self.machine.wait(lambda: self.property("StatusText") == "host node-a: 3 interfaces, 3 attached", "the status")
        self.machine.run("ip", "netns", "exec", "web10", "ping", "-c", "3", "-i", "0.2", "-W", "10", "10.0.1.11")
        self.assertTrue(self.entries("PRIORITY=6", "VPCD_HOST=node-a"))
        self.assertIn("interface", self.completed("vpcctl", "get", "inter"))
        self.assertEqual(self.completed("vpcctl", "describe", "interface", "web"), ["web10", "web11", "web12"])

    def checks(self):
        """Confined as it is, the agent asks instances whether they answer."""
        self.machine.write(f"{DOCUMENTS}/balancer.yaml", BALANCER)
        self.machine.wait(lambda: "the last check failed: connection refused" in
                          self.machine.run("vpcctl", "get", "lb", "web").stdout, "an answer to a health check")
        self.machine.run("rm", f"{DOCUMENTS}/balancer.yaml")
        self.machine.wait(lambda: self.machine.run("ip", "link", "show", "vpcd-checks", check=False).returncode != 0,
                          "the device of health checks to go")

    def refuse(self):
        """A bad document is told to the journal with its place and its resource."""
        self.machine.write(f"{DOCUMENTS}/bad.yaml", "kind: Subnet\nname: bad\nvpc: nowhere\ncidr: 10.9.0.0/24\n")
        entry = self.machine.wait(lambda: self.entries("PRIORITY=3", "VPCD_RESOURCE=Subnet bad"), "the refusal")[0]
        self.assertEqual(entry["VPCD_DOCUMENT"], f"{DOCUMENTS}/bad.yaml:3:6")
        self.assertEqual(entry["SYSLOG_IDENTIFIER"], "vpcd")
        self.assertIn("nowhere", entry["MESSAGE"])
        self.machine.wait(lambda: "error in documents" in self.property("StatusText"), "the status")
        self.machine.run("rm", f"{DOCUMENTS}/bad.yaml")
        self.machine.wait(lambda: self.property("StatusText") == "host node-a: 3 interfaces, 3 attached", "the status")

    def reload(self):
        pid, since = self.property("MainPID"), self.property("StateChangeTimestampMonotonic")
        self.machine.run("systemctl", "reload", "vpcd")
        self.machine.wait(lambda: self.property("StateChangeTimestampMonotonic") != since and
                          self.property("SubState") == "running", "the end of the reload")
        self.assertEqual(self.property("MainPID"), pid)

    def watchdog(self):
        """An agent that hangs is killed and started again; the datapath forwards on."""
        self.machine.shell("mkdir -p /run/systemd/system/vpcd.service.d; printf '[Service]\\nWatchdogSec=4s\\n' "
                           "> /run/systemd/system/vpcd.service.d/short.conf; systemctl daemon-reload;"
                           "systemctl restart vpcd")
        before = self.property("WatchdogTimestampMonotonic")
        self.machine.wait(lambda: self.property("WatchdogTimestampMonotonic") != before, "a keep-alive")
        pid = self.property("MainPID")
        with self.pinging():
            self.machine.run("kill", "-STOP", pid)
            self.machine.wait(lambda: self.property("MainPID") not in (pid, "0") and
                              self.property("SubState") == "running", "a new agent")
        self.assertEqual(self.property("NRestarts"), "1")
        self.machine.shell("rm -r /run/systemd/system/vpcd.service.d; systemctl daemon-reload")

    def compile(self):
        """Under the unit's filters, with what the README says to install."""
        settings = "/etc/vpcd/vpcd.yaml"
        shipped = self.machine.run("cat", settings).stdout
        self.assertEqual(shipped.count("\n  compile: embedded\n"), 1)
        self.machine.write(settings, shipped.replace("\n  compile: embedded\n", "\n  compile: host\n"))
        with self.pinging():
            self.machine.run("systemctl", "restart", "vpcd")
            self.machine.wait(lambda: "compiled on this host" in self.machine.run("vpcctl", "status").stdout,
                              "the compiled programs")
        self.assertTrue(self.machine.run("ls", "/var/cache/vpcd").stdout)
        self.machine.write(settings, shipped)
        self.machine.run("systemctl", "restart", "vpcd")

    def upgrade(self):
        pid = self.property("MainPID")
        with self.pinging():
            self.machine.run("dpkg", "-i", "/box.deb")
        self.assertEqual(self.property("ActiveState"), "active")
        self.assertNotEqual(self.property("MainPID"), pid)
        self.assertEqual(self.status()["interfaces"]["attached"], 3)

    def remove(self):
        ours = {"programs": (("bpftool", "net", "show"), "from_interface"),
                "tunnel device": (("ip", "link"), "vpcd-vxlan"),
                "neighbours": (("ip", "-d", "neigh"), "proto 118"),
                "pins": (("ls", "/sys/fs/bpf"), "vpcd"),
                "socket": (("ls", "/run"), "vpcd")}
        for name, (command, word) in ours.items():
            self.assertIn(word, self.machine.run(*command).stdout, name)
        self.machine.run("dpkg", "-r", "vpcd")
        self.assertNotEqual(self.property("ActiveState"), "active")
        for name, (command, word) in ours.items():
            self.assertNotIn(word, self.machine.run(*command).stdout, name)
        self.machine.run("dpkg", "-P", "vpcd")
        left = self.machine.shell("find /etc/systemd /lib/systemd /usr/share/vpcd /var/cache/vpcd /var/lib/vpcd "
                                  "/var/lib/systemd/deb-systemd-helper-enabled -name '*vpcd*' 2>/dev/null || true")
        self.assertEqual(left, "")
        self.assertEqual(self.machine.run("ls", DOCUMENTS).stdout.split(), ["hosts.yaml", "web.yaml"])

    def pinging(self):
        return Pinging(self)


class Pinging:
    """A ping between the instances, ten times a second, that must not lose a packet while the block runs."""

    def __init__(self, test):
        self._test = test

    def __enter__(self):
        self._ping = self._test.machine.spawn("ip", "netns", "exec", "web10", "ping", "-i", "0.1", "-W", "10",
                                              "10.0.1.11")
        self._head = [self._ping.stdout.readline() for _ in range(3)]  # it has begun

    def __exit__(self, kind, *_):
        # ping is the command itself: nsenter, env and ip replace each other.
        self._test.machine.run("pkill", "-INT", "-x", "ping")
        out = "".join(self._head) + self._ping.communicate(timeout=120)[0]
        if kind is None:
            sent, received = map(int, re.search(r"(\d+) packets transmitted, (\d+) received", out).groups())
            # Interrupted between a request and its answer it counts one more.
            last_answer = max(map(int, re.findall(r"icmp_seq=(\d+)", out)))
            self._test.assertGreaterEqual(sent, 3)
            self._test.assertEqual(received, last_answer, out[-600:])


if __name__ == "__main__":
    if missing():
        skip(missing())
    PACKAGE = os.path.realpath(sys.argv.pop(1)) if len(sys.argv) > 1 else make_package()
    unittest.main(verbosity=2)
