"""NAT gateways that several hosts share, each with ports of its own of the same addresses. Everything of the Internet comes
in at node-a, which answers ARP. Two tenants with equal private addresses, instances on both hosts and on a third one."""
import json

from lab_nat import ELASTIC, MAPPED, POOLS, PORTS, VNIS, WHOLE, Tenants
from lab_test import main

SLICES = {"node-a": range(1024, 33280), "node-b": range(33280, 65536)}


class SharedGateways(Tenants):
    places = {1: "node-a", 2: "node-b", 3: "node-c", 4: "node-c", 5: "node-c"}
    gateway_hosts = ["node-a", "node-b"]

    @classmethod
    def sharing(cls):
        return [cls.instances[f"{tenant}-{number}"] for tenant in VNIS for number in (1, 2, 3)]

    def slice_of(self, instance):
        address, port = self.seen_outside(instance)
        self.assertIn(address, POOLS[instance.name.split("-")[0]])
        return next(host for host, ports in SLICES.items() if port in ports)

    def test_instances_leave_by_their_own_host_and_its_ports(self):
        for tenant in VNIS:
            for number, host in ((1, "node-a"), (2, "node-b")):
                with self.subTest(tenant, number=number):
                    self.assertEqual(self.slice_of(self.instances[f"{tenant}-{number}"]), host)
            slices = {self.slice_of(self.instances[f"{tenant}-3"]) for _ in range(5)}
            self.assertEqual(len(slices), 1)

    def test_everything_comes_in_at_the_first_host(self):
        before = {host: host.vpcd.counter("passed-on") for host in (self.node_a, self.node_b)}
        for tenant in VNIS:
            self.assertEqual(self.instances[f"{tenant}-2"].ping(self.client, count=5).received, 5)
        self.assertGreaterEqual(self.node_a.vpcd.counter("passed-on") - before[self.node_a], 10)
        self.assertEqual(self.node_b.vpcd.counter("passed-on"), before[self.node_b])

    def test_only_the_first_host_answers_for_the_addresses(self):
        routes = self.node_b.namespace.ip("route", "show", "proto", "118")
        self.assertFalse([address for pool in POOLS.values() for address in pool if address in routes], routes)
        self.assertEqual(self.node_a.namespace.ip("route", "show", "proto", "118").strip(), "")

    def test_much_passes_whole(self):
        for instance in self.sharing():
            with self.subTest(instance.name):
                self.assert_passes_whole(instance)

    def test_pings_traceroutes_and_errors_find_their_host(self):
        for instance in self.sharing():
            with self.subTest(instance.name):
                self.assert_reaches(instance, self.client)
                for method in ("-I", "-U"):
                    self.assertEqual(instance.traceroute(self.client, method=method),
                                     [instance.gateway, self.internet.router_address, self.client.address])

    def test_fragments_and_sizes_find_their_host(self):
        self.internet.set_far_mtu(1300)
        self.addCleanup(self.internet.set_far_mtu, 1500)
        for instance in self.sharing():
            with self.subTest(instance.name):
                self.assert_reaches(instance, self.client, size=4000)
                result = instance.tcp_transfer(self.client, size=1 << 20)
                self.assertEqual((result.received, result.wrong), (1 << 20, 0))
                self.assertIn("mtu", instance.ping(self.client, count=2, size=1400, df=True).text)

    def test_mapped_addresses_are_the_first_hosts(self):
        for tenant in VNIS:
            with self.subTest(tenant):
                self.assert_tcp(self.client, MAPPED[tenant], {port for port, _ in PORTS.values()})
                self.assert_reaches(self.client, WHOLE[tenant])
                self.assertEqual(self.seen_outside(self.instances[f"{tenant}-4"])[0], WHOLE[tenant])
        for instance in self.sharing():
            with self.subTest(instance.name):
                self.assert_reaches(instance, ELASTIC)
                self.assert_tcp(instance, MAPPED["red"], {port for port, _ in PORTS.values()})

    def test_peers_of_different_hosts_meet(self):
        self.fleet.change("NatGateway", "blue", mapping="endpoint-independent")
        self.fleet.apply()
        self.assert_peers_meet(self.instances["blue-1"], self.instances["blue-2"])

    def test_restarts_of_agents_lose_nothing(self):
        streams = [instance.udp_stream(self.client, rate=1000) for instance in self.sharing()]
        held = [instance.hold_connection(self.client) for instance in self.sharing()]
        self.fleet.restart()
        for stream in streams:
            self.assertEqual(stream.stop().lost, 0)
        for connection in held:
            self.assertEqual(connection.stop()["error"], "")

    def test_a_host_that_goes_ends_only_the_connections_through_its_ports(self):
        for tenant in VNIS:
            self.fleet.change("NatGateway", tenant, host=[{"name": "node-a", "ports": "1024-33279"},
                                                          {"name": "node-b", "ports": "33280-65535"}])
        self.fleet.apply()
        kept = [self.instances[f"{tenant}-1"].hold_connection(self.client) for tenant in VNIS]
        stream = self.instances["red-1"].udp_stream(self.client, rate=1000)
        for tenant in VNIS:
            self.fleet.change("NatGateway", tenant, host=[{"name": "node-a", "ports": "1024-33279"}])
        self.fleet.apply()
        for tenant in VNIS:
            self.assertEqual(self.slice_of(self.instances[f"{tenant}-2"]), "node-a")
        self.assertEqual(stream.stop().lost, 0)
        for connection in kept:
            self.assertEqual(connection.stop()["error"], "")

    def test_who_has_which_ports_is_told(self):
        served = "node-a (ports 1024-33279), node-b (ports 33280-65535)"
        self.assertEqual(self.nat("blue")["servedBy"], served)
        self.seen_outside(self.instances["blue-2"])
        flows = json.loads(self.node_b.ctl("flows", "-o", "json"))
        self.assertTrue([flow for flow in flows["flows"] if flow["table"] == "translated"])

    def test_a_broken_document_changes_nothing_and_is_explained(self):
        cases = {
            "one has no external device": (["node-a", "node-c"], "has no 'external'"),
            "ports in common": ([{"name": "node-a", "ports": "1024-3000"}, {"name": "node-b", "ports": "3000-4000"}],
                                "overlap"),
            "ports of only one": ([{"name": "node-a", "ports": "1024-3000"}, "node-b"], "or none has"),
        }
        stream = self.instances["blue-2"].udp_stream(self.client, rate=500)
        for name, (hosts, words) in cases.items():
            with self.subTest(name):
                self.fleet.change("NatGateway", "blue", host=hosts)
                self.fleet.apply(accepted=False)
                errors = self.node_a.ctl("status")
                self.assertIn(words, errors)
                self.assertRegex(errors, r"network.yaml:\d+:\d+")
                self.assert_reaches(self.instances["blue-2"], self.client)
        self.assertEqual(stream.stop().lost, 0)


if __name__ == "__main__":
    main()
