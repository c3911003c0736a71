"""The one host of a large fleet that is measured: its namespace, its underlay with a neighbour for each other host,
devices of some of its instances, and its agent."""
import http.client
import json
import os
import subprocess
import time

import lab_paths
import scale_documents as documents
from lab_host import Host

MTU = 1500
STOP_SECONDS = 300


def mac_of_host(host):
    return f"02:be:00:00:{host >> 8:02x}:{host & 255:02x}"


def entries_for(rows):
    """A table of this size is the smallest the agent takes that holds so many rows."""
    return max(1024, 1 << (rows - 1).bit_length())


class World:
    def __init__(self, lab, fleet, devices, progress):
        self.fleet = fleet
        self.progress = progress
        self.devices = min(devices, len(fleet.by_host[documents.HERE]))
        self.host = Host(lab, documents.host_name(documents.HERE), documents.host_address(documents.HERE))
        self.expected = fleet.expected_rows(self.devices)
        lab.hosts.append(self.host)
        self._fabric = lab.namespace("fabric")
        self._build_underlay()
        self._build_devices()
        config = {"logLevel": "info",
                  "quotas": {"routeTablesPerVpc": documents.ROUTE_TABLES + 1,
                             "customRoutesPerTable": documents.ROUTES},
                  "datapath": {"endpoints": entries_for(self.expected["endpoints"])}}
        self.agent = self.host.agent({}, config, start=False)

    def _build_underlay(self):
        commands = [f"link add underlay0 mtu {MTU} type veth peer name fabric netns {self._fabric.name}",
                    "link set underlay0 up",
                    f"addr add {self.host.address}/{documents.UNDERLAY_LENGTH} dev underlay0"]
        commands += [f"neigh add {documents.host_address(host)} lladdr {mac_of_host(host)} dev underlay0 nud permanent"
                     for host in range(documents.HOSTS) if host != documents.HERE]
        _batch(self.host.namespace, commands)
        _batch(self._fabric, ["link set fabric up"])

    def _build_devices(self):
        names = [self.fleet.device(instance) for instance in self.local_instances()]
        _batch(self.host.namespace, [f"link add {name} type veth peer name {name} netns {self._fabric.name}"
                                     for name in names])
        for namespace in (self.host.namespace, self._fabric):
            _batch(namespace, [f"link set {name} up" for name in names])

    def local_instances(self):
        """Those whose device is there."""
        return self.fleet.by_host[documents.HERE][:self.devices]

    # --- the agent's life -----------------------------------------------------------------------------------------

    def start(self, is_ready, timeout):
        """Starts the agent; (seconds until is_ready(status), that status)."""
        program = lab_paths.program("VPCD_BIN", "agent/app/vpcd")
        begin = time.monotonic()
        self.agent.process = self.host.namespace.spawn(program, "--config", self.agent.config, log=self.agent.log,
                                                        outlive=self.host.lab.outlive)
        return self.wait(is_ready, begin, timeout)

    def wait(self, is_ready, begin, timeout):
        while True:
            status = self._status()
            now = time.monotonic()
            if status and is_ready(status):
                return now - begin, status
            if now - begin > timeout:
                raise RuntimeError(f"the agent was not ready after {timeout} s; status: {_short(status)}")
            self.progress.say(f"{now - begin:.0f} s, agent has {self.memory()['rss'] >> 20} MiB{self._told()}")
            # Asking costs the agent time, the more the larger it is.
            if self.agent.process.ended_within(max(0.01, (now - begin) / 200)):
                raise RuntimeError(f"vpcd ended with {self.agent.process.popen.returncode}\n{self.agent.last_log()}")

    def is_complete(self, status):
        """Documents are taken, every table has its rows, and the devices their programs."""
        refused = status["pendingErrors"] or status["lastChange"].get("errors")
        if refused:
            raise RuntimeError(f"documents were refused: {refused[:5]}")
        rows = {table["name"]: table["entries"] for table in status["maps"]}
        return (bool(status["lastChange"].get("time")) and not status["kernelErrors"] and
                status["interfaces"]["attached"] >= self.devices and
                all(rows[name] >= count for name, count in self.expected.items() if name in rows))

    def stop(self):
        self.agent.stop(STOP_SECONDS)

    def _status(self):
        try:
            return self.agent.get("/v1/status", timeout=120)
        except (OSError, http.client.HTTPException):
            return None

    def _told(self):
        """What the agent itself says about long work: the file beside its socket, "<pid> <words>"."""
        try:
            with open(os.path.join(self.agent.runtime, "progress"), encoding="utf-8") as file:
                return f"; it says: {file.read().partition(' ')[2].strip()}"
        except OSError:
            return ""

    def memory(self):
        """Bytes: what the agent has in memory, and the most it ever had."""
        try:
            with open(f"/proc/{self.agent.process.pid}/status", encoding="ascii") as file:
                lines = dict(line.split(":", 1) for line in file)
        except OSError:
            return {"rss": 0, "peak": 0}
        return {"rss": _bytes(lines, "VmRSS"), "peak": _bytes(lines, "VmHWM")}

    # --- what it put into the kernel ------------------------------------------------------------------------------

    def tables(self):
        """{name: {"id", "trie", "max", "memlock", "rows"}} of everything pinned, read from the kernel."""
        program = lab_paths.program("VPCD_BENCH_TABLES", "tools/bench/bench_tables")
        done = subprocess.run([program, self.agent.pins, "describe"], text=True, check=True, stdout=subprocess.PIPE)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        return {row.pop("name"): row for row in rows}

    def put(self, files):
        """Replaces files by rename, all at once; returns when the first was (CLOCK_MONOTONIC, ns)."""
        for name, text in files.items():
            with open(self._staged(name), "w", encoding="ascii") as file:
                file.write(text)
        begin = time.monotonic_ns()
        for name in files:
            os.rename(self._staged(name), os.path.join(self.agent.documents, name))
        return begin

    def _staged(self, name):
        return os.path.join(self.agent.documents, f".{name}.new")


class Watch:
    """Polls the tables until instances are where the documents say, as another process, so that it has a core."""

    def __init__(self, world, instances, timeout):
        fleet = world.fleet
        lines = [f"{fleet.vni(i)} {fleet.address(i)} {self._host(fleet.host(i))} {fleet.mac(i)}" for i in instances]
        self._process = subprocess.Popen(
            [lab_paths.program("VPCD_BENCH_TABLES", "tools/bench/bench_tables"), world.agent.pins, "await",
             str(timeout)], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._process.stdin.write("\n".join(lines) + "\n\n")
        self._process.stdin.flush()
        if self._process.stdout.readline() != "armed\n":
            self._process.wait()
            raise RuntimeError("bench_tables did not start")

    @staticmethod
    def _host(host):
        return "-" if host == documents.HERE else documents.host_address(host)

    def finish(self):
        """When the last one was there (CLOCK_MONOTONIC, ns)."""
        out, _ = self._process.communicate()
        if self._process.returncode != 0:
            raise RuntimeError("a change did not reach the tables")
        return int(out)

    def close(self):
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


class Writes:
    """Rows the agent asked the kernel to write into its tables, as the kernel's own tracepoint counts them."""

    def __init__(self):
        self._process = subprocess.Popen([lab_paths.program("VPCD_BENCH_WRITES", "tools/bench/bench_writes")],
                                         text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.is_available = self._process.stdout.readline() == "ready\n"

    def take(self, world, tables):
        """{table: rows} since the last time; None where the kernel cannot tell."""
        if not self.is_available:
            return None
        self._process.stdin.write(f"{world.agent.process.pid}\n")
        self._process.stdin.flush()
        by_id = json.loads(self._process.stdout.readline())
        names = {str(table["id"]): name for name, table in tables.items()}
        return {names[id]: written["rows"] for id, written in by_id.items() if id in names}

    def close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


def _batch(namespace, commands):
    done = subprocess.run(["ip", "-n", namespace.name, "-batch", "-"], input="\n".join(commands) + "\n", text=True,
                          check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise RuntimeError(f"{namespace.name}: ip: {done.stderr.strip()}")


def _bytes(lines, name):
    return int(lines.get(name, "0 kB").split()[0]) * 1024


def _short(status):
    if not status:
        return "no answer"
    return json.dumps({key: status.get(key) for key in ("lastChange", "pendingErrors", "kernelErrors", "maps")})[:2000]
