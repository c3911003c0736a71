"""What tests in namespaces have in common: a lab per class, the agents' view after a failure, a time limit."""
import contextlib
import os
import signal
import sys
import unittest

from lab import Lab
from lab_fleet import Fleet
from lab_packets import ICMP, IP, UDP, Ether, Raw
from lab_probe import tcp_answered, udp_arrived

SKIPPED = 4  # as ctest was told
ROUTER_MAC = "02:76:70:63:64:fe"

__all__ = ["ROUTER_MAC", "Fleet", "LabTest", "datagram", "echo_request", "main"]


class LabTest(unittest.TestCase):
    """A class says in build() what stands before its first test; `cls.lab` is there."""

    lab = None
    maxDiff = None

    @classmethod
    def build(cls):
        raise NotImplementedError

    @classmethod
    def setUpClass(cls):
        cls.lab = Lab()
        cls.addClassCleanup(cls.lab.close)
        try:
            cls.build()
        except BaseException:
            cls.lab.dump()
            raise

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            print(f"==== {self.id()} failed; what the agents know:", file=sys.stderr)
            self.lab.dump()

    # --- assertions -----------------------------------------------------------------------------------------------

    def assert_reaches(self, source, to, **options):
        ping = source.ping(to, **{"count": 3, **options})
        self.assertEqual(ping.lost, 0, f"{source.name} does not reach {getattr(to, 'name', to)}:\n{ping.text}")
        return ping

    def assert_silence(self, source, to, **options):
        """No answer and no ICMP error either."""
        ping = source.ping(to, **{"count": 2, "wait": 0.5, **options})
        self.assertEqual((ping.received, ping.errors), (0, []), ping.text)

    def assert_refused(self, source, to, sender, words, **options):
        """Every ping is answered by `sender` with an ICMP error that says `words`."""
        ping = source.ping(to, **{"count": 2, **options})
        self.assertEqual(ping.received, 0, ping.text)
        told = [line for line in ping.errors if f"From {sender} " in line and words in line]
        self.assertTrue(told, f"no '{words}' from {sender}:\n{ping.text}")

    @contextlib.contextmanager
    def assert_drops(self, host, reason, interface=None, vpc=None, at_least=1):
        """The agent of `host` counts so many more drops for this reason, and (when given) interface and VPC."""
        before = host.vpcd.drops(reason, interface, vpc)
        yield
        more = host.vpcd.drops(reason, interface, vpc) - before
        self.assertGreaterEqual(more, at_least, f"{reason} of {interface or 'any'} on {host.name}")

    def assert_tcp(self, source, to, opens=(), refuses=()):
        """Which TCP ports of an instance, or an address, answer."""
        address = getattr(to, "address", to)
        self.assertEqual(tcp_answered(source, address, [*refuses, *opens], opens), set(opens),
                         f"TCP ports of {getattr(to, 'name', to)} that answer {source.name}")

    def assert_udp(self, source, to, opens=(), refuses=(), **options):
        """Which UDP ports of an instance are reached."""
        self.assertEqual(udp_arrived(source, to, [*refuses, *opens], opens, **options), set(opens),
                         f"UDP ports of {to.name} that {source.name} reaches")

    def assert_frames(self, source, target, passing, dropped=()):
        """Which of these frames, {name: frame}, arrive. At least one passes; it is sent last."""
        marked = [(f"<{name}>".encode(), frame) for name, frame in [*dict(dropped).items(), *passing.items()]]
        with target.capture(direction="in") as capture:
            source.inject(*[frame / Raw(marker) for marker, frame in marked])
            for marker, _ in marked[-len(passing):]:
                capture.wait(lambda packet, marker=marker: marker in bytes(packet))
        arrived = {marker for marker, _ in marked if capture.matching(lambda packet: marker in bytes(packet))}
        self.assertEqual(arrived, {marker for marker, _ in marked[-len(passing):]},
                         f"{source.name} to {target.name}")

    def assert_arrives(self, send, target, marker):
        """What send() sends, with `marker` in its payload, reaches `target`; returns it as it arrived."""
        with target.capture() as capture:
            send()
            return capture.wait(lambda packet: marker in bytes(packet))[0]

    def assert_lost(self, send, target, marker, sentinel):
        """What send() sends never reaches `target`; sentinel() sends from the same place what does, afterwards."""
        with target.capture() as capture:
            send()
            sentinel(b"sentinel-of-this-test")
            capture.wait(lambda packet: b"sentinel-of-this-test" in bytes(packet))
            self.assertEqual(capture.matching(lambda packet: marker in bytes(packet)), [])


def datagram(source, to, marker, source_mac=None, destination_mac=ROUTER_MAC, source_address=None, port=7):
    """A UDP frame as the instance `source` would send it by way of its gateway, or with another origin."""
    return (Ether(src=source_mac or source.mac, dst=destination_mac) /
            IP(src=source_address or source.address, dst=getattr(to, "address", to)) /
            UDP(sport=9, dport=port) / Raw(marker))


def echo_request(packet):
    return ICMP in packet and packet[ICMP].type == 8


def _time_is_up(*_):
    raise TimeoutError("the test ran out of time")


def main():
    if os.geteuid() != 0:
        print("skipped: making network namespaces needs root")
        sys.exit(SKIPPED)
    # An exception, so that the lab is taken down; ctest's own limit is later and hard.
    signal.signal(signal.SIGALRM, _time_is_up)
    signal.signal(signal.SIGTERM, _time_is_up)
    signal.alarm(int(os.environ.get("VPCD_TEST_SECONDS", "300")))
    unittest.main(verbosity=2)
