"""tcpdump on a device, read as a stream: a test waits for the packet it is about, not for time to pass."""
import os
import select
import signal
import struct
import time

import lab_packets


class Capture:
    """Ends by stop(); `packets` holds scapy packets in order of arrival."""

    def __init__(self, namespace, device, expression="", direction=None):
        argv = ["tcpdump", "-Z", "root", "-n", "-U", "--immediate-mode", "-s", "0", "-w", "-", "-i", device]
        if direction:
            argv += ["-Q", direction]
        self._process = namespace.spawn(*argv, *expression.split())
        self._process.wait_line("listening on")
        self._stream = self._process.popen.stdout
        self._rest = b""
        self._header_seen = False
        self.packets = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def wait(self, wanted, count=1, timeout=5):
        """The first `count` packets for which wanted(packet) holds; fails when they do not come in time."""
        deadline = time.monotonic() + timeout
        while len(found := self.matching(wanted)) < count:
            if not self._read(max(0, deadline - time.monotonic())):
                raise AssertionError(f"{len(found)} of {count} packets seen within {timeout} s; all packets:\n" +
                                     "\n".join(packet.summary() for packet in self.packets[-40:]))
        return found[:count]

    def matching(self, wanted):
        return [packet for packet in self.packets if wanted(packet)]

    def stop(self):
        """Takes in what tcpdump still holds; returns all packets."""
        if self._process.running():
            self._process.signal(signal.SIGINT)
            while self._read(10):
                pass
        self._process.kill()
        return self.packets

    def _read(self, timeout):
        ready, _, _ = select.select([self._stream], [], [], timeout)
        chunk = os.read(self._stream.fileno(), 1 << 20) if ready else b""
        self._rest += chunk
        self._parse()
        return bool(chunk)

    def _parse(self):
        if not self._header_seen:
            if len(self._rest) < 24:
                return
            self._header_seen, self._rest = True, self._rest[24:]
        while len(self._rest) >= 16:
            length = struct.unpack_from("<IIII", self._rest)[2]
            if len(self._rest) < 16 + length:
                return
            self.packets.append(lab_packets.Ether(self._rest[16:16 + length]))
            self._rest = self._rest[16 + length:]
