"""A thousand rules of a group replaced under traffic: each packet meets the old rules or the new ones, never a mixture,
and connections that both allow lose nothing."""
import select

from lab_fleet import egress, ingress
from lab_test import main
from lab_two_hosts import TwoHosts

RULES = 1000
SWITCHES = 12
PROBES = (6001, 6002)
RATE = 8000  # probes a second and port


class Reload(TwoHosts):
    """`near` and `local` are on one host and members of the same group, so that both directions of its rules decide on
    each packet between them."""

    @classmethod
    def populate(cls, fleet):
        fleet.security_group("crowd", "prod", isolated=True)
        cls.near, cls.local, cls.far = (
            fleet.interface(name, "web", host, address, securityGroups=["crowd"])
            for name, host, address in (("near", cls.node_a, "10.0.1.10"), ("local", cls.node_a, "10.0.1.11"),
                                        ("far", cls.node_b, "10.0.1.12")))

    def rules(self, number):
        """A set of rules that lets no probe through: whoever is let out is not let in. Even and odd ones do so the
        other way round, so any mixture of two has a port that is open on both sides."""
        policies = ["allow", "drop"] if number % 2 else ["drop", "allow"]
        probes = [direction(policy, protocol="udp", ports=port)
                  for direction, order in ((egress, policies), (ingress, policies[::-1]))
                  for port, policy in zip(PROBES, order)]
        both = [ingress(protocol="all", peer="10.0.1.0/24", priority=90)]
        others = [ingress(["allow", "drop"][index % 2], protocol=["tcp", "udp"][index // 2 % 2],
                          ports=30000 + number * RULES + index, peer=f"172.16.{index % 250}.0/24",
                          priority=2 + index % 80)
                  for index in range(RULES - len(probes) - len(both))]
        return probes + others + both

    def put(self, rules):
        self.assertEqual(len(rules), RULES)
        self.fleet.security_group("crowd", "prod", *rules, isolated=True)
        self.fleet.apply()

    def receivers(self):
        sockets = [self.local.namespace.udp_socket((self.local.address, port)) for port in PROBES]
        for each in sockets:
            self.addCleanup(each.close)
        return sockets

    def probe(self):
        return [self.near.traffic("udp-send", self.local.address, port, RATE, 0, 64) for port in PROBES]

    def test_no_packet_meets_a_mixture_and_what_both_allow_loses_nothing(self):
        self.put(self.rules(0))
        receivers, probes = self.receivers(), self.probe()
        held = [self.near.hold_connection(target) for target in (self.local, self.far)]
        streams = [self.near.udp_stream(target, rate=1000) for target in (self.local, self.far)]

        with self.assert_drops(self.node_a, "group-out", vpc="prod", at_least=SWITCHES), \
                self.assert_drops(self.node_a, "group-in", vpc="prod", at_least=SWITCHES):
            for number in range(1, SWITCHES + 1):
                self.put(self.rules(number))
                for connection in held:
                    connection.wait_progress()

        self.assertEqual(select.select(receivers, [], [], 0)[0], [], "a probe got through")
        for stream in streams:
            result = stream.stop()
            self.assertGreater(result.sent, SWITCHES * 10)  # before, during and after each
            self.assertEqual((result.lost, result.duplicate), (0, 0))
        for connection in held:
            self.assertEqual(connection.stop()["error"], "")

        # What a mixture would have said lets the probes through.
        mixture = self.rules(0)
        mixture[:4] = [direction(protocol="udp", ports=port) for direction in (egress, ingress) for port in PROBES]
        self.put(mixture)
        for receiver in receivers:
            self.assertEqual(select.select([receiver], [], [], 5)[0], [receiver])
        for probe in probes:
            probe.kill()


if __name__ == "__main__":
    main()
