"""vpcd on a host of the lab: its own documents, runtime and pin directory, and its status API."""
import fcntl
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import lab_paths

BPFFS = "/sys/fs/bpf"
BPFFS_LOCK = "/run/vpcd-lab.lock"
BPF_FS_MAGIC = "bpf"


def ensure_bpffs():
    """Mounts the BPF file system once: a second mount on top would hide what another test has pinned meanwhile."""
    with open("/proc/mounts", encoding="ascii") as mounts, open(BPFFS_LOCK, "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not any(line.split()[1:3] == [BPFFS, BPF_FS_MAGIC] for line in mounts):
            subprocess.run(["mount", "-t", "bpf", "bpf", BPFFS], check=True)


def put_file(path, text):
    """As a careful program writes: a reader sees the old text or the new one."""
    staged = f"{path}.tmp{os.getpid()}"
    with open(staged, "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(staged, path)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Agent:
    def __init__(self, namespace, host_name, directory, pins, config=None, outlive=False):
        ensure_bpffs()
        self.namespace = namespace
        self.directory = directory
        self.documents = os.path.join(directory, "documents")
        self.runtime = os.path.join(directory, "run")
        self.socket = os.path.join(self.runtime, "vpcd.sock")
        self.log = os.path.join(directory, "vpcd.log")
        self.config = os.path.join(directory, "vpcd.yaml")
        self.pins = os.path.join(BPFFS, pins)
        self.process = None
        self._outlive = outlive
        self._before = None  # lastChange.time when the documents were last written
        os.makedirs(self.documents, exist_ok=True)
        os.makedirs(self.runtime, exist_ok=True)
        settings = {"host": host_name, "documents": self.documents, "runtimeDirectory": self.runtime,
                    "pinDirectory": self.pins, "logLevel": "debug", **(config or {})}
        put_file(self.config, "".join(f"{key}: {json.dumps(value)}\n" for key, value in settings.items()))

    # --- its life -------------------------------------------------------------------------------------------------

    def argv(self, *options, program=None):
        return [program or lab_paths.program("VPCD_BIN", "agent/app/vpcd"), "--config", self.config, *options]

    def launch(self, *wrapper, program=None):
        """Starts it without waiting; `wrapper`: a program, with its arguments, that runs it."""
        self.process = self.namespace.spawn(*wrapper, *self.argv(program=program), log=self.log, outlive=self._outlive)
        return self.process

    def wait_ready(self, timeout=60):
        self.wait_status(lambda status: status["lastChange"].get("time"), timeout, "the agent to read its documents")

    def start(self, timeout=60, **options):
        """Returns when the status API answers and the documents were read."""
        self.launch(**options)
        self.wait_ready(timeout)

    def run(self, *options, **how):
        """Runs the program for a single answer: --purge, --check-upgrade."""
        return self.namespace.run(*self.argv(*options), **how)

    def stop(self, timeout=30):
        status, _, _ = self.process.stop(timeout)
        if status != 0:
            raise AssertionError(f"vpcd ended with {status} on SIGTERM\n{self.last_log()}")

    def kill(self):
        """SIGKILL: what it left in the kernel goes on."""
        self.process.popen.kill()
        self.process.popen.wait()

    def reload(self):
        self.process.signal(signal.SIGHUP)

    def remove_pins(self):
        shutil.rmtree(self.pins, ignore_errors=True)

    def whole_log(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def last_log(self, lines=60):
        try:
            with open(self.log, encoding="utf-8", errors="replace") as file:
                return "".join(file.readlines()[-lines:])
        except OSError as error:
            return f"({error})\n"

    # --- its documents --------------------------------------------------------------------------------------------

    def write(self, file, text):
        """Replaces one file of the documents; wait_applied() then waits for this change."""
        path = os.path.join(self.documents, file)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as old:
                if old.read() == text:
                    return
        self._remember()
        put_file(path, text)

    def remove(self, file):
        self._remember()
        os.unlink(os.path.join(self.documents, file))

    def wait_applied(self, accepted=True, timeout=30):
        """Waits until the last written change was taken or refused. `accepted` None: either is fine."""
        if self._before is None:
            status = self.status()
        else:
            status = self.wait_status(lambda now: now["lastChange"].get("time") != self._before, timeout,
                                      "the agent to read the change")
            self._before = None
        if accepted is not None and bool(not status["pendingErrors"]) != accepted:
            raise AssertionError(f"documents were {'refused' if accepted else 'accepted'}: {status['pendingErrors']}")
        return status

    def _remember(self):
        if self.process and self.process.running():
            self._before = self.status()["lastChange"].get("time")

    # --- what it says ---------------------------------------------------------------------------------------------

    def get(self, path, timeout=10):
        connection = _UnixConnection(self.socket, timeout)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != 200:
            raise RuntimeError(f"GET {path}: {answer.status} {body}")
        return body

    def status(self):
        return self.get("/v1/status")

    def wait_status(self, wanted, timeout=30, what="the status"):
        """Asks until wanted(status) holds; between two questions it watches whether the agent is still alive."""
        deadline = time.monotonic() + timeout
        status = "no answer yet"
        while True:
            try:
                status = self.status()
                if wanted(status):
                    return status
            except (OSError, http.client.HTTPException) as error:
                status = str(error)
            if self.process and self.process.ended_within(0.02):
                raise RuntimeError(f"vpcd ended with {self.process.popen.returncode}\n{self.last_log()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"waited {timeout} s for {what}; status: {status}\n{self.last_log()}")

    def wait_log(self, path, words, timeout=30):
        """Waits until a file that another program writes says so."""
        deadline = time.monotonic() + timeout
        while True:
            with open(path, encoding="utf-8", errors="replace") as file:
                if words in file.read():
                    return
            if self.process.ended_within(0.02) or time.monotonic() > deadline:
                raise RuntimeError(f"{path} does not say {words!r}\n{self.last_log()}")

    def wait_attached(self, timeout=20):
        """All local interfaces have their device, and all peers their neighbour."""
        return self.wait_status(
            lambda now: now["interfaces"]["attached"] == now["interfaces"]["local"] and not now["kernelErrors"] and
            all(peer["state"] == "resolved" for peer in now["peers"]), timeout, "interfaces and peers")

    def drops(self, reason=None, interface=None, vpc=None):
        """Packets dropped, summed over what is not given."""
        return sum(drop["packets"] for drop in self.get("/v1/drops")["drops"]
                   if reason in (None, drop["reason"]) and interface in (None, drop.get("interface", "")) and
                   vpc in (None, drop.get("vpc", "")))

    def counter(self, name):
        return next(row["value"] for row in self.get("/v1/counters")["datapath"] if row["name"] == name)

    def ctl_argv(self, *argv):
        return [lab_paths.program("VPCCTL_BIN", "tools/vpcctl/vpcctl"), "--socket", self.socket, *map(str, argv)]

    def ctl(self, *argv, check=True):
        """Runs vpcctl to its end; returns what it printed."""
        done = subprocess.run(self.ctl_argv(*argv), text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=30, check=False)
        if check and done.returncode != 0:
            raise RuntimeError(f"vpcctl {' '.join(map(str, argv))}: exit {done.returncode}\n{done.stderr}")
        return done.stdout

    def dump(self, to=sys.stderr):
        print(f"---- {self.namespace.name}: end of vpcd's log\n{self.last_log()}----", file=to)
        for path in ("/v1/status", "/v1/drops", "/v1/counters"):
            try:
                print(f"{path}: {json.dumps(self.get(path, timeout=2))}", file=to)
            except (OSError, RuntimeError, ValueError, http.client.HTTPException) as error:
                print(f"{path}: {error}", file=to)


