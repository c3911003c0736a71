"""`vpcctl trace` leaves nothing behind."""
from lab_maps import bpftool_dump
from lab_test import datagram, main
from lab_trace import ARRIVES, DROPPED, ask
from lab_two_hosts import NearAndFar

WRITTEN_BY_PACKETS = ("flows", "pending", "flow_counts", "fragments", "rule_hits", "counters", "traffic", "drops")


class NothingIsLeftBehind(NearAndFar):
    """Here nobody sends by himself: what changes, a trace has changed."""

    config = {"datapath": {"endpoints": 1024, "flows": 1024, "pendingFlows": 1024}}

    @classmethod
    def populate(cls, fleet):
        super().populate(fleet)
        cls.other = fleet.interface("other", "web", cls.node_a, "10.0.1.12")

    def kernel_state(self):
        return {(host.name, name): bpftool_dump(host.vpcd.pins, name) for host in (self.node_a, self.node_b)
                for name in WRITTEN_BY_PACKETS}

    def test_a_hundred_traces_change_no_byte(self):
        for target in (self.other, self.far):  # flows, and their counters
            self.assert_arrives(lambda target=target: self.near.inject(datagram(self.near, target, b"real")), target,
                                b"real")
        before = self.kernel_state()

        for turn in range(25):
            fresh = ("--fresh",) if turn % 2 else ()
            for to in ("10.0.1.11", "10.0.1.12", "10.0.1.99", "198.51.100.1"):
                code, answer = ask(self.node_a, "--from", "near", "--to", to, "--proto", "udp", "--sport", 9, "--dport",
                                   7, *fresh)
                self.assertEqual(code, ARRIVES if to in ("10.0.1.11", "10.0.1.12") else DROPPED, answer)
            code, answer = ask(self.node_b, "--from", "near", "--to", "10.0.1.11", "--arriving", *fresh)
            self.assertEqual(code, ARRIVES, answer)

        for key, rows in self.kernel_state().items():
            self.assertEqual(rows, before[key], key)


if __name__ == "__main__":
    main()
