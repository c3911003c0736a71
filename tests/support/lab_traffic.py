"""Traffic between instances, and exactly what became of it."""
import dataclasses
import itertools
import json
import re

import lab_paths
from lab_capture import Capture

_ports = itertools.count(20001)


@dataclasses.dataclass
class Ping:
    sent: int
    received: int
    errors: list  # what routers said: "From 10.0.1.253 icmp_seq=1 Destination Host Unreachable"
    ttls: list
    text: str

    @property
    def lost(self):
        return self.sent - self.received


@dataclasses.dataclass
class Transfer:
    received: int
    wrong: int  # bytes that were not what was sent
    seconds: float

    @property
    def gbit_per_second(self):
        return self.received * 8 / self.seconds / 1e9


@dataclasses.dataclass
class StreamResult:
    sent: int
    received: int
    duplicate: int
    reordered: int
    longest_gap_ms: float

    @property
    def lost(self):
        return self.sent - self.received


class Stream:
    """Numbered UDP datagrams from one instance to another until stop()."""

    def __init__(self, source, target, address, rate, size, seconds=0, port=None):
        port = port or next(_ports)
        self._receiver = target.traffic("udp-receive", address, port)
        self._receiver.wait_line("ready", stream="stdout")
        self._sender = source.traffic("udp-send", address, port, rate, seconds, size)
        self._sender.wait_line("ready", stream="stdout")

    def stop(self):
        return self._result(self._sender.stop())

    def abandon(self):
        """For a stream that is cut off: its end would not arrive either."""
        for process in (self._sender, self._receiver):
            process.kill()

    def finish(self, timeout):
        """For a stream that was given its length."""
        return self._result(self._sender.finish(timeout))

    def _result(self, sender):
        sent = _json(sender)["sent"]
        # The receiver ends by itself when it has all or was told that all was sent; SIGTERM when even that was lost.
        if self._receiver.ended_within(2):
            return StreamResult(sent, **_json(self._receiver.finish()))
        return StreamResult(sent, **_json(self._receiver.stop()))


class HeldConnection:
    """One TCP connection over which numbers go back and forth until stop(). `to`, `to_port`: what the source connects to,
    where that is another address or port than the target has."""

    def __init__(self, source, target, address, interval_ms, port=None, to=None, to_port=None):
        port = port or next(_ports)
        self._echo = target.traffic("tcp-echo", address, port)
        self._echo.wait_line("ready", stream="stdout")
        self._holder = source.traffic("tcp-hold", to or address, to_port or port, interval_ms)
        self._holder.wait_line("ready", stream="stdout")

    def wait_progress(self, timeout=20):
        """Waits for an exchange that happens after this call."""
        self._holder.discard_output()
        self._holder.wait_line("exchanged", stream="stdout", timeout=timeout)

    def abandon(self):
        """For a connection that is cut off."""
        for process in (self._holder, self._echo):
            process.kill()

    def stop(self):
        """{"exchanged", "longest_stall_ms", "error"}"""
        result = _json(self._holder.stop())
        self._echo.stop()
        return result


class Traffic:
    """What an Instance can send. Addresses are those of other instances, or any."""

    def traffic(self, *argv):
        program = lab_paths.program("VPCD_TRAFFIC", "tests/support/traffic")
        return self.namespace.spawn(program, *argv)

    def ping(self, to, count=1, interval=0.05, size=56, df=False, wait=1, ttl=None, origin=None):
        address = getattr(to, "address", to)
        options = ["-M", "do"] if df else []
        options += ["-t", ttl] if ttl else []
        options += ["-I", origin] if origin else []
        done = self.namespace.run("ping", "-n", "-c", count, "-i", interval, "-W", wait, "-s", size, *options,
                                  address, check=False)
        text = done.stdout + done.stderr
        numbers = re.search(r"(\d+) packets transmitted, (\d+) received", text)
        if not numbers:
            raise RuntimeError(f"{self.name}: ping {address}: {text}")
        errors = [line for line in text.splitlines() if line.startswith("From ") or "local error" in line]
        ttls = [int(ttl) for ttl in re.findall(r"bytes from .* ttl=(\d+)", text)]
        return Ping(int(numbers[1]), int(numbers[2]), errors, ttls, text)

    def wait_ping(self, to, tries=50):
        """Waits until an address answers; each try waits for the answer itself."""
        for _ in range(tries):
            if self.ping(to, wait=0.2).received:
                return
        raise AssertionError(f"{self.name}: no answer from {getattr(to, 'address', to)} in {tries} tries")

    def traceroute(self, to, max_hops=6, method="-I"):
        """Addresses of the hops in order; None for a hop that does not answer. By echo requests, or `method`."""
        address = getattr(to, "address", to)
        done = self.namespace.run("traceroute", "-n", method, "-q", "1", "-w", "1", "-m", max_hops, address)
        hops = re.findall(r"^\s*\d+\s+(\S+)", done.stdout, re.MULTILINE)
        return [None if hop == "*" else hop for hop in hops]

    def tcp_transfer(self, target, size=1 << 20, address=None, timeout=60, to=None):
        """Sends `size` checked bytes; the result has rate and intactness."""
        address = address or target.address
        port = next(_ports)
        receiver = target.traffic("tcp-receive", address, port)
        receiver.wait_line("ready", stream="stdout")
        sender = self.traffic("tcp-send", to or address, port, size)
        try:
            _json(sender.finish(timeout))
            return Transfer(**_json(receiver.finish(timeout)))
        finally:
            sender.kill()
            receiver.kill()

    def tcp_connects(self, to, port, timeout=1):
        """Whether a TCP handshake succeeds."""
        address = getattr(to, "address", to)
        return self.namespace.run("nc", "-z", "-w", timeout, address, port, check=False).returncode == 0

    def udp_stream(self, target, rate=2000, seconds=0, size=64, address=None, port=None):
        return Stream(self, target, address or target.address, rate, size, seconds, port)

    def hold_connection(self, target, interval_ms=10, address=None, port=None, to=None, to_port=None):
        return HeldConnection(self, target, address or target.address, interval_ms, port, to, to_port)

    def capture(self, expression="", direction=None):
        return Capture(self.namespace, "eth0", expression, direction)

    def inject(self, *frames):
        """Sends finished frames out of eth0, whatever addresses they carry."""
        self.namespace.inject("eth0", *frames)


def _json(finished):
    status, out, err = finished
    line = out.strip().splitlines()[-1] if out.strip() else ""
    if not line.startswith("{"):
        raise RuntimeError(f"traffic ended with {status}: {err.strip() or out.strip() or 'no output'}")
    return json.loads(line)
