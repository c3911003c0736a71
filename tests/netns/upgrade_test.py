"""An agent of another version starts on what its predecessor left: connections, and what was decided for them, go on.

The predecessor (tests/support/previous.cmake) lays its flows out in another order and knows `created` by another name."""
import lab_paths
from lab_nat import MAPPED, PORTS, Tenants
from lab_test import main
from lab_two_hosts import NearAndFar


class Upgrade(NearAndFar):
    def start_previous(self):
        self.vpcd.start(program=lab_paths.program("VPCD_PREVIOUS", "tests/support/vpcd_previous"))
        self.vpcd.wait_attached()

    def test_open_connections_and_their_flows_are_carried_over(self):
        self.vpcd.stop()
        self.start_previous()
        held = self.near.hold_connection(self.far)
        held.wait_progress()
        misses = self.vpcd.counter("flow-miss")
        self.vpcd.stop()

        told = self.vpcd.run("--check-upgrade").stdout
        self.vpcd.start()
        self.vpcd.wait_attached()
        held.wait_progress()

        self.assertRegex(told, r"table flows: \d+ entries carried over \(.*created is new.*born is gone\)")
        self.assertIn("a start loses nothing", told)
        self.assertEqual(self.vpcd.counter("flow-miss"), misses)  # nothing was decided anew
        flows = [flow for flow in self.vpcd.get("/v1/flows?address=10.0.1.11")["flows"] if flow["protocol"] == "tcp"]
        self.assertTrue(flows)
        self.assertEqual(held.stop()["error"], "")

    def test_other_sizes_of_tables_are_told_and_carry_the_flows_over(self):
        held = self.near.hold_connection(self.far)
        held.wait_progress()
        self.vpcd.stop()
        with open(self.vpcd.config, "a", encoding="utf-8") as settings:
            settings.write("datapath: {flows: 8192, endpoints: 2048}\n")

        told = self.vpcd.run("--check-upgrade").stdout
        misses = self.misses_of_a_start()
        held.wait_progress()

        self.assertRegex(told, r"table flows: \d+ entries carried over \(room for 8192 instead of 262144\)")
        self.assertEqual(self.vpcd.counter("flow-miss"), misses)
        self.assertEqual(held.stop()["error"], "")

    def misses_of_a_start(self):
        self.vpcd.start()
        self.vpcd.wait_attached()
        return self.vpcd.counter("flow-miss")


class UpgradeOfGateway(Tenants):
    """Connections through NAT gateways, load balancers and an elastic IP, of two tenants with equal addresses."""

    hosts, external = 3, ("node-a", "node-b")

    @classmethod
    def build(cls):
        super().build()
        for number, tenant in enumerate(("blue", "red"), 1):
            for name, port, where in (("out", 9000, {"host": "node-a", "address": f"203.0.113.5{number}"}),
                                      ("in", 9001, {"subnet": f"{tenant}-a", "address": "10.0.1.200"})):
                cls.fleet.put("LoadBalancer", f"{tenant}-{name}", vpc=tenant, backends=[f"{tenant}-3"],
                              listeners=[{"protocol": "tcp", "port": 80, "backendPort": port}], **where)
        cls.fleet.apply()
        cls.declared = dict(cls.fleet.resources)

    def hold_all(self):
        """Of each tenant: out through shared addresses, in by a mapped port, in and across by load balancers."""
        for number, tenant in enumerate(("blue", "red"), 1):
            first, third = self.instances[f"{tenant}-1"], self.instances[f"{tenant}-3"]
            yield third.hold_connection(self.client)
            yield self.client.hold_connection(third, port=PORTS[3][1], to=MAPPED[tenant], to_port=PORTS[3][0])
            yield self.client.hold_connection(third, port=9000, to=f"203.0.113.5{number}", to_port=80)
            yield first.hold_connection(third, port=9001, to="10.0.1.200", to_port=80)

    def test_connections_that_are_translated_are_carried_over(self):
        gateway = self.node_a.vpcd
        gateway.stop()
        gateway.start(program=lab_paths.program("VPCD_PREVIOUS", "tests/support/vpcd_previous"))
        gateway.wait_attached()
        held = list(self.hold_all())
        for each in held:
            each.wait_progress()
        gateway.stop()

        told = gateway.run("--check-upgrade").stdout
        gateway.start()
        gateway.wait_attached()
        for each in held:
            each.wait_progress()

        self.assertIn("a start loses nothing", told)
        for each in held:
            result = each.stop()
            self.assertEqual(result["error"], "")
            self.assertLess(result["longest_stall_ms"], 200)  # nothing was sent twice


if __name__ == "__main__":
    main()
