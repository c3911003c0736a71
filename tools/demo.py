"""What tools/quickstart shows: config/examples/two-tenants on two hosts, each with an agent and files of its own."""
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))

import lab_paths  # noqa: E402
from lab import Lab  # noqa: E402
from lab_agent import BPFFS  # noqa: E402
from lab_internet import Internet  # noqa: E402
from lab_packets import IP, UDP, VXLAN, Ether, Raw, vxlan  # noqa: E402
from lab_probe import tcp_answered  # noqa: E402
from lab_trace import ARRIVES, ask  # noqa: E402

EXAMPLE = os.path.join(ROOT, "config", "examples", "two-tenants")
KEPT = "vpcd-demo"              # prefix of the namespaces and pins that stay
KEPT_DIRECTORY = f"/run/{KEPT}"
ROUTER_MAC = "02:76:70:63:64:fe"
MEASURED_SECONDS = 3


class Demo:
    def __init__(self, lab):
        self.lab = lab
        self.node_a, self.node_b, self.stranger = lab.underlay(["node-a", "node-b", "stranger"])
        self.instances = {}
        for tenant in ("blue", "red"):
            self._instance(f"{tenant}-1", self.node_a, "10.0.1.10", "10.0.1.253", "02:00:00:00:01:0a")
            self._instance(f"{tenant}-2", self.node_b, "10.0.2.10", "10.0.2.253", "02:00:00:00:02:0a")
        self._instance("blue-3", self.node_b, "10.0.2.11", "10.0.2.253", "02:00:00:00:02:0b")
        self.client = Internet(lab, [self.node_a, self.node_b]).client
        for host in (self.node_a, self.node_b):
            host.agent(EXAMPLE, {"logLevel": "info"})
        for host in (self.node_a, self.node_b):
            host.vpcd.wait_attached()
        self.failed = 0

    def _instance(self, name, host, address, gateway, mac):
        self.instances[name] = host.instance(name, name, address, 24, gateway, mac)

    # --- who reaches whom ---------------------------------------------------------------------------------------------

    def reached(self):
        rows = []
        for tenant, other in (("blue", "red"), ("red", "blue")):
            one, two, foreign = (self.instances[name] for name in (f"{tenant}-1", f"{tenant}-2", f"{other}-2"))
            for source, target in ((one, two), (two, one)):
                ping = source.ping(target, count=5)
                rtt = ping.text.rsplit("/", 3)[1] if ping.received else "-"
                rows.append(self._row(f"{source.name} -> {target.name}", f"ping {target.address}", ping.lost == 0,
                                      f"{ping.received} of {ping.sent} answered, {rtt} ms"))
            transfer = one.tcp_transfer(two, 64 << 20)
            rows.append(self._row(f"{one.name} -> {two.name}", "TCP, 64 MiB, every byte checked", transfer.wrong == 0,
                                  "arrived as sent" if transfer.wrong == 0 else f"{transfer.wrong} wrong bytes"))
            rows.append(self._overhears(one, two, foreign))
        return rows

    def _overhears(self, source, target, foreign):
        """Whether the other tenant's instance with the very same address sees anything of it."""
        with foreign.capture() as capture, target.capture() as own:
            self._send(source, target.address, b"for-my-own-kind")
            arrived = own.wait(lambda packet: b"for-my-own-kind" in bytes(packet))
            seen = [packet for packet in capture.stop() if b"for-my-own-kind" in bytes(packet)]
        return self._row(f"{source.name} -> {foreign.name}", f"same address {foreign.address}, other tenant",
                         bool(arrived) and not seen, "never sees it" if not seen else "SAW IT")

    # --- who may talk to whom -----------------------------------------------------------------------------------------

    def groups(self):
        """blue-1 is in the group blue-web, blue-3 in blue-db; each try, and the rule that decides by `vpcctl trace`."""
        cases = [("blue-3", "blue-1", 80, True, "web: 80 from anybody in the VPC"),
                 ("blue-3", "blue-1", 22, False, "web: nothing else"),
                 ("blue-1", "blue-3", 5432, True, "db: 5432 from the group blue-web"),
                 ("blue-2", "blue-3", 5432, False, "db: blue-2 is not in it")]
        verdict = self.node_b.ctl("trace", "--from", "blue-2", "--to", "blue-3", "--proto", "tcp", "--dport", 5432,
                                  check=False).splitlines()[-1]
        return [self._groups_row(*case) for case in cases] + [
            self._row("blue-2 -> blue-3", "vpcctl trace ends with", "blue-db rules[1]" in verdict, verdict)]

    def _groups_row(self, source, target, port, may, why):
        source, target = self.instances[source], self.instances[target]
        answered = tcp_answered(source, target.address, [port], [port] if may else [])
        arrives, rule = self._decision(source, target, port)
        return self._row(f"{source.name} -> {target.name}", f"TCP {port} ({why})",
                         bool(answered) == may == arrives and bool(rule),
                         f"{'answered' if answered else 'refused'}: {rule or 'NO RULE NAMED'}")

    @staticmethod
    def _decision(source, target, port):
        """Whether a trace says that a connection is let in, and by what the target's groups decide."""
        code, answer = ask(source.host, "--from", source.name, "--to", target.address, "--proto", "tcp", "--dport",
                           port)
        if code == ARRIVES and answer["outcome"] == "sent":
            code, answer = ask(target.host, *shlex.split(answer["next"])[2:])
        inbound = [step["text"].split(": ", 1)[1] for leg in answer["legs"] for step in leg["steps"]
                   if step["text"].startswith("groups of the receiver, inbound")]
        return code == ARRIVES, inbound[-1] if inbound else ""

    # --- the Internet -------------------------------------------------------------------------------------------------

    def internet(self):
        """blue-2 and red-2 have public addresses, red-1 shares one, both of red answer for one; blue's groups let nobody
        in, red's default group ping, TCP 22 and 80."""
        rows = [self._seen_outside("blue-2", "203.0.113.10"), self._seen_outside("red-2", "203.0.113.11"),
                self._seen_outside("red-1", "203.0.113.20")]
        for who, address, port, may in (("red-2", "203.0.113.11", 22, True), ("red-2", "203.0.113.11", 8080, False),
                                        ("red-1", "203.0.113.21", 8080, True), ("red-1", "203.0.113.21", 22, False),
                                        ("blue-2", "203.0.113.10", 22, False)):
            answered = tcp_answered(self.client, address, [port], [port] if may else [])
            rows.append(self._row(f"Internet -> {who}", f"TCP {port} of {address}", bool(answered) == may,
                                  "answered" if answered else "no answer"))
        rows.append(self._balanced("203.0.113.22"))
        inside = self.instances["blue-1"].ping(self.client, wait=0.3)
        rows.append(self._row("blue-1 -> Internet", "has no public address", not inside.received,
                              inside.errors[0].split(" ", 3)[3] if inside.errors else "no answer"))
        return rows

    def _balanced(self, address):
        answered = [bool(tcp_answered(self.client, address, [80], [80])) for _ in range(2)]
        backends = json.loads(self.node_b.ctl("get", "lb", "red-in", "-o", "json"))["backends"]
        by = [backend["interface"] for backend in backends if backend["counters"]["txPackets"]]
        return self._row("Internet -> red", f"TCP 80 of {address}, twice", all(answered) and len(by) == 2,
                         f"answered by {' and '.join(by) or 'NOBODY'}")

    def _seen_outside(self, name, public):
        with self.client.capture("icmp", direction="in") as capture:
            ping = self.instances[name].ping(self.client, count=5)
            seen = {packet[IP].src for packet in capture.stop() if IP in packet}
        return self._row(f"{name} -> Internet", f"ping {self.client.address}", ping.lost == 0 and seen == {public},
                         f"{ping.received} of {ping.sent} answered, seen there as {', '.join(seen) or 'NOBODY'}")

    # --- who is refused, and why --------------------------------------------------------------------------------------

    def refused(self):
        blue, red = self.instances["blue-1"], self.instances["red-2"]
        inner = Ether(src=blue.mac, dst=red.mac) / IP(src=blue.address, dst=red.address) / UDP(sport=9, dport=7) / \
            Raw(b"forged")
        cases = [
            ("blue-1 as 10.0.1.99", "a spoofed source address", self.node_a,
             lambda: self._send(blue, "10.0.2.10", b"forged", source="10.0.1.99")),
            ("blue-1 with another MAC", "a spoofed MAC", self.node_a,
             lambda: self._send(blue, "10.0.2.10", b"forged", mac="02:66:66:66:66:66")),
            ("blue-1 -> 192.0.2.2:4789", "a tunnel packet forged in an instance", self.node_a,
             lambda: blue.inject(Ether(src=blue.mac, dst=ROUTER_MAC) / IP(src=blue.address, dst="192.0.2.2") /
                                 UDP(sport=50000, dport=4789) / VXLAN(vni=200, flags=8) / inner)),
            ("stranger -> red-2", "red's VNI from an unknown host", self.node_b,
             lambda: self.stranger.namespace.inject("underlay0", vxlan(
                 self.stranger.address, self.node_b.address, 200, inner, source_mac=self._mac(self.stranger),
                 destination_mac=self._mac(self.node_b)))),
            ("blue-1 -> 10.9.0.1", "a blackhole route", self.node_a, lambda: blue.ping("10.9.0.1", wait=0.3)),
            ("blue-1 -> 10.0.2.99", "an address nobody has", self.node_a, lambda: blue.ping("10.0.2.99", wait=0.3)),
            ("blue-1 -> 192.168.7.7", "outside the VPC", self.node_a, lambda: blue.ping("192.168.7.7", wait=0.3)),
        ]
        return [self._refused_row(*case) for case in cases]

    def _refused_row(self, who, what, host, send):
        before = self._drops(host)
        with self.instances["red-2"].capture() as red, self.instances["blue-2"].capture() as blue:
            send()
            # What comes after it on the same ways says that it had its chance.
            for tenant, capture in (("red", red), ("blue", blue)):
                self._send(self.instances[f"{tenant}-1"], "10.0.2.10", b"sentinel")
                capture.wait(lambda packet: b"sentinel" in bytes(packet))
            arrived = [packet for packet in red.stop() + blue.stop() if b"forged" in bytes(packet)]
        reasons = [key for key, packets in self._drops(host).items() if packets > before.get(key, 0)]
        why = "; ".join(f"{reason}: {sentence}" for reason, sentence in reasons) or "NOT COUNTED"
        return self._row(who, what, bool(reasons) and not arrived, f"dropped on {host.name}, {why}")

    @staticmethod
    def _drops(host):
        counted = {}
        for drop in host.vpcd.get("/v1/drops")["drops"]:
            key = (drop["reason"], drop["sentence"])
            counted[key] = counted.get(key, 0) + drop["packets"]
        return counted

    # --- small things -------------------------------------------------------------------------------------------------

    def _row(self, who, what, as_promised, result):
        self.failed += not as_promised
        return ("yes" if as_promised else "NO", who, what, result)

    @staticmethod
    def _send(instance, to, payload, source=None, mac=None):
        instance.inject(Ether(src=mac or instance.mac, dst=ROUTER_MAC) /
                        IP(src=source or instance.address, dst=to) / UDP(sport=9, dport=7) / Raw(payload))

    @staticmethod
    def _mac(host):
        return json.loads(host.namespace.ip("-j", "link", "show", host.device))[0]["address"]

    def throughput(self):
        """Gbit/s of one TCP connection, as iperf3 measures it."""
        source, target = self.instances["blue-1"], self.instances["blue-2"]
        server = target.namespace.spawn("iperf3", "-s", "-1", "--forceflush")
        server.wait_line("Server listening", stream="stdout")
        done = source.namespace.run("iperf3", "-c", target.address, "-t", MEASURED_SECONDS, "-J")
        server.kill()
        return json.loads(done.stdout)["end"]["sum_received"]["bits_per_second"] / 1e9


def table(title, headings, rows):
    print(f"\n{title}")
    widths = [max(len(row[column]) for row in [headings, *rows]) for column in range(len(headings) - 1)]
    for row in [headings, *rows]:
        print("  " + "  ".join([cell.ljust(width) for cell, width in zip(row, widths)] + [row[-1]]))


def next_steps(demo, kept):
    vpcctl = lab_paths.program("VPCCTL_BIN", "tools/vpcctl/vpcctl")
    directory = demo.lab.directory if kept else KEPT_DIRECTORY
    socket = os.path.join(directory, "node-a", "run", "vpcd.sock")
    print("\nNext" if kept else "\nNext: without --once all of this stays up; then paste")
    for words in ("status", "get interface", "describe interface blue-1", "get sg blue-web", "get eip", "get nat", "flows", "counters",
                  "drops", "trace --from blue-1 --to blue-3 --proto tcp --dport 5432"):
        print(f"  {vpcctl} --socket {socket} {words}")
    print(f"  nsenter --net=/run/netns/{KEPT}-blue-1 ping -c 3 10.0.2.10")
    print(f"  {vpcctl} --socket {socket} drops --follow")
    print(f"Documents of node-a: {os.path.join(directory, 'node-a', 'documents')} (edit one and look again).")
    if kept:
        print("Remove everything: tools/quickstart --clean")


def show(lab, kept):
    demo = Demo(lab)
    headings = ("as promised", "who", "what", "result")
    table("Who reaches whom", headings, demo.reached())
    table("Who may talk to whom, and which rule says so", headings, demo.groups())
    table("To and from the Internet", headings, demo.internet())
    table("Who is refused, and why", headings, demo.refused())
    print(f"\nThroughput across the overlay, blue-1 -> blue-2: {demo.throughput():.1f} Gbit/s (TCP, both hosts and "
          "both instances on this machine)")
    next_steps(demo, kept)
    if demo.failed:
        print(f"\n{demo.failed} results are not as promised", file=sys.stderr)
    return 1 if demo.failed else 0


def clean():
    """Ends the agents that an earlier run left, by pid, and removes their namespaces, pins and files."""
    for host in ("node-a", "node-b"):
        try:
            with open(os.path.join(KEPT_DIRECTORY, host, "pid"), encoding="ascii") as file:
                pid = int(file.read())
            if os.path.basename(os.readlink(f"/proc/{pid}/exe")).split()[0] == "vpcd":
                pidfd = os.pidfd_open(pid)
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)
                os.close(pidfd)
        except (OSError, ValueError):
            pass
    for name in os.listdir("/run/netns") if os.path.isdir("/run/netns") else []:
        if name.startswith(f"{KEPT}-"):
            subprocess.run(["ip", "netns", "del", name], check=False)
    for name in os.listdir(BPFFS):
        if name.startswith(f"{KEPT}-"):
            shutil.rmtree(os.path.join(BPFFS, name), ignore_errors=True)
    shutil.rmtree(KEPT_DIRECTORY, ignore_errors=True)
    return 0


def keep():
    clean()
    os.makedirs(KEPT_DIRECTORY)
    lab = Lab(prefix=KEPT, directory=KEPT_DIRECTORY, outlive=True)
    try:
        status = show(lab, kept=True)
    except BaseException:
        lab.dump()
        lab.close()
        raise
    for host in lab.hosts:
        if host.has_agent:
            with open(os.path.join(KEPT_DIRECTORY, host.name, "pid"), "w", encoding="ascii") as file:
                file.write(str(host.vpcd.process.pid))
    return status


def main(words):
    if words == ["--clean"]:
        return clean()
    if words == ["--once"]:
        with Lab() as lab:
            return show(lab, kept=False)
    return keep()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
