"""NAT gateways: instances that share public addresses, and mapped ports. Two tenants with equal private addresses behind
the same gateway host, each with an instance on that host and one on another."""
import re

from lab_internet import DEVICE, Internet
from lab_nat import ELASTIC, MAPPED, POOLS, PORTS, VNIS, WHOLE, Tenants
from lab_packets import IP
from lab_test import Fleet, LabTest, main


class NatGateways(Tenants):
    def test_instances_reach_the_internet_from_their_tenants_addresses(self):
        for instance in self.sharing():
            tenant = instance.name.split("-")[0]
            with self.subTest(instance.name), self.client.capture("icmp", direction="in") as capture:
                self.assert_reaches(instance, self.client)
                self.assertIn(capture.wait(lambda packet: IP in packet)[0][IP].src, POOLS[tenant])
                self.assertIn(self.seen_outside(instance)[0], POOLS[tenant])

    def test_much_passes_whole(self):
        for instance in self.sharing():
            with self.subTest(instance.name):
                self.assert_passes_whole(instance)

    def test_a_mapped_port_leads_to_its_instance(self):
        for tenant in VNIS:
            with self.subTest(tenant):
                self.assert_tcp(self.client, MAPPED[tenant], {port for port, _ in PORTS.values()})
                self.assert_silence(self.client, MAPPED[tenant])
            for number, (port, to) in PORTS.items():
                server = self.udp(self.instances[f"{tenant}-{number}"], to)
                question = self.udp(self.client, to=(MAPPED[tenant], port))
                with self.subTest(tenant=tenant, number=number):
                    question.send(b"hello")
                    data, origin = server.recvfrom(100)
                    self.assertEqual((data, origin[0]), (b"hello", self.client.address))
                    server.sendto(b"answer", origin)
                    self.assertEqual(question.recv(100), b"answer")

    def test_tenants_with_equal_addresses_and_ports_meet_their_own(self):
        for number, (port, _) in PORTS.items():
            blue, red = self.instances[f"blue-{number}"], self.instances[f"red-{number}"]
            with self.subTest(number), red.capture("udp", direction="in") as other:
                with blue.capture("udp", direction="in") as own:
                    self.udp(self.client).sendto(b"for-blue", (MAPPED["blue"], port))
                    own.wait(lambda packet: b"for-blue" in bytes(packet))
                self.udp(self.client).sendto(b"for-red", (MAPPED["red"], port))
                other.wait(lambda packet: b"for-red" in bytes(packet))
                self.assertFalse(other.matching(lambda packet: b"for-blue" in bytes(packet)))

    def test_a_whole_address_is_both_ways_and_wins_over_shared_ones(self):
        for tenant in VNIS:
            instance = self.instances[f"{tenant}-4"]
            with self.subTest(tenant):
                self.assert_reaches(self.client, WHOLE[tenant])
                self.assert_tcp(self.client, WHOLE[tenant], {22, 8080})
                self.assertEqual(self.seen_outside(instance)[0], WHOLE[tenant])

    def test_an_elastic_ip_wins_over_shared_addresses(self):
        self.assertEqual(self.seen_outside(self.instances["blue-5"])[0], ELASTIC)
        self.fleet.change("ElasticIp", "blue-5", interface=None)
        self.fleet.apply()
        self.assertIn(self.seen_outside(self.instances["blue-5"])[0], POOLS["blue"])

    def test_instances_reach_public_addresses_of_their_own_and_of_others(self):
        targets = [ELASTIC, *WHOLE.values()]
        for instance in self.sharing():
            for address in targets:
                with self.subTest(instance.name, to=address):
                    self.assert_reaches(instance, address)
            for tenant in VNIS:
                with self.subTest(instance.name, to=tenant):
                    self.assert_tcp(instance, MAPPED[tenant], {port for port, _ in PORTS.values()})

    def test_inside_the_vpc_private_addresses_stay(self):
        one, other = self.instances["blue-1"], self.instances["blue-3"]
        with other.capture("icmp", direction="in") as capture:
            self.assert_reaches(one, other)
            self.assertEqual({packet[IP].src for packet in capture.wait(lambda packet: IP in packet)}, {one.address})

    def test_nothing_leaves_untranslated_and_nobody_unasked_gets_in(self):
        instance = self.instances["blue-3"]
        with self.client.capture("net 10.0.0.0/8", direction="in") as capture:
            address, port = self.seen_outside(instance)
            self.assert_reaches(instance, self.client)
            self.assertFalse(capture.matching(lambda packet: True))
        with instance.capture("udp", direction="in") as capture, self.assert_drops(self.node_a, "no-translation"):
            self.udp(self.client).sendto(b"unasked", (address, port))
            self.seen_outside(instance)
            self.assertFalse(capture.matching(lambda packet: b"unasked" in bytes(packet)))

    def test_rules_are_asked_about_mapped_ports(self):
        for number in PORTS:
            self.fleet.change("Interface", f"blue-{number}", securityGroups=None)  # the default group: 22, not 8080
        self.fleet.apply()
        self.assert_tcp(self.client, MAPPED["blue"], {8001}, {8003})

    def test_traceroute_and_errors_pass(self):
        for instance in self.sharing():
            with self.subTest(instance.name):
                for method in ("-I", "-U"):
                    self.assertEqual(instance.traceroute(self.client, method=method),
                                     [instance.gateway, self.internet.router_address, self.client.address])
                self.assert_port_unreachable(self.udp(instance, to=(self.client.address, 9998)))
        for tenant in VNIS:
            for port, _ in PORTS.values():
                with self.subTest(tenant, port=port):
                    self.assert_port_unreachable(self.udp(self.client, to=(MAPPED[tenant], port)))

    def assert_port_unreachable(self, asking):
        """Who is asked sends only so many errors a second."""
        asking.settimeout(0.3)
        for _ in range(20):
            try:
                asking.send(b"x")
                asking.recv(10)
            except TimeoutError:
                continue
            except ConnectionRefusedError:
                return
        self.fail("nobody says that the port is closed")

    def test_fragments_pass_both_ways(self):
        self.internet.set_far_mtu(1400)
        self.addCleanup(self.internet.set_far_mtu, 1500)
        for instance in self.sharing():
            with self.subTest(instance.name):
                self.assert_reaches(instance, self.client, size=4000)
                server = self.udp(self.client, 7778)
                asking = self.udp(instance, to=(self.client.address, 7778))
                asking.send(b"q" * 5000)
                data, origin = server.recvfrom(9000)
                self.assertEqual(len(data), 5000)
                server.sendto(b"a" * 5000, origin)
                self.assertEqual(len(asking.recv(9000)), 5000)
                server.close()

    def test_who_sends_too_much_learns_the_size_of_the_way(self):
        self.internet.set_far_mtu(1300)
        self.addCleanup(self.internet.set_far_mtu, 1500)
        for instance in self.sharing():
            with self.subTest(instance.name):
                result = instance.tcp_transfer(self.client, size=1 << 20)
                self.assertEqual((result.received, result.wrong), (1 << 20, 0))
                ping = instance.ping(self.client, count=2, size=1400, df=True)
                self.assertIn("mtu", ping.text)

    def test_changes_end_only_the_connections_they_are_about(self):
        kept = [self.instances[name].hold_connection(self.client) for name in ("red-1", "red-3")]
        stream = self.instances["red-3"].udp_stream(self.client, rate=1000)
        dnat = [*self.mapped_ports("red"), {"address": WHOLE["red"], "to": "10.0.1.40"}]
        for addresses in (["203.0.113.30", "203.0.113.31"], ["203.0.113.30"]):
            self.fleet.change("NatGateway", "red", snat=[{"cidr": "10.0.0.0/16", "addresses": addresses}], dnat=dnat)
            self.fleet.change("NatGateway", "blue", dnat=[])
            self.fleet.apply()
            self.assert_tcp(self.client, MAPPED["blue"], (), {8001})
            self.fleet.change("NatGateway", "blue", dnat=self.mapped_ports("blue"))
            self.fleet.apply()
            self.assert_tcp(self.client, MAPPED["blue"], {8001})
        self.assertEqual(stream.stop().lost, 0)
        for connection in kept:
            self.assertEqual(connection.stop()["error"], "")

        self.fleet.change("NatGateway", "red", snat=[{"subnet": "red-a", "addresses": ["203.0.113.31"]}])
        self.fleet.apply()
        for name in ("red-1", "red-3"):
            self.assertEqual(self.seen_outside(self.instances[name])[0], "203.0.113.31")

    def test_a_gateway_moves_to_another_host(self):
        for tenant in ("red", "blue"):
            self.fleet.change("NatGateway", tenant, host=self.node_b.name)
            self.fleet.apply()
            for instance in self.sharing():
                with self.subTest(tenant, instance=instance.name):
                    instance.wait_ping(self.client)
                    self.assertIn(self.seen_outside(instance)[0], POOLS[instance.name.split("-")[0]])
            self.client.wait_ping(WHOLE[tenant])
            self.assert_tcp(self.client, MAPPED[tenant], {port for port, _ in PORTS.values()})

    def test_without_a_route_there_is_no_way(self):
        for instance in (self.instances["blue-1"], self.instances["blue-3"]):
            self.assert_reaches(instance, self.client)
        self.fleet.remove("RouteTable", "blue-out")
        self.fleet.apply()
        for instance in (self.instances["blue-1"], self.instances["blue-3"]):
            self.assert_refused(instance, self.client, instance.gateway, "Net Unreachable")
        self.assert_reaches(self.instances["red-3"], self.client)

    def test_an_endpoint_independent_mapping_lets_peers_meet(self):
        self.fleet.change("NatGateway", "blue", mapping="endpoint-independent")
        self.fleet.apply()
        self.assert_peers_meet(self.instances["blue-1"], self.instances["blue-3"])

    def test_restarts_of_agents_lose_nothing(self):
        streams = [instance.udp_stream(self.client, rate=1000) for instance in self.sharing()]
        held = [instance.hold_connection(self.client) for instance in self.sharing()]
        held += [self.client.hold_connection(self.instances[f"{tenant}-4"], to=WHOLE[tenant]) for tenant in VNIS]
        self.fleet.restart()
        for stream in streams:
            self.assertEqual(stream.stop().lost, 0)
        for connection in held:
            self.assertEqual(connection.stop()["error"], "")

    def test_what_is_translated_is_told(self):
        instance = self.instances["blue-3"]
        server = self.udp(self.client, 7779)
        self.udp(instance, to=(self.client.address, 7779)).send(b"x")
        _, (address, port) = server.recvfrom(10)

        shown = self.nat("blue")
        used = {entry["address"]: entry for entry in shown["addresses"]}
        self.assertGreaterEqual(used[address]["connections"], 1)
        self.assertGreaterEqual(used[address]["counters"]["txPackets"], 1)
        flows = self.node_a.ctl("flows", "--port", 7779)
        self.assertRegex(flows, rf"{re.escape(address)}:{port}")
        self.assertIn("1 connection ended", self.node_a.ctl("flows", "delete", "--port", 7779))
        self.assertNotIn(f"{address}:{port}", self.node_a.ctl("flows", "--port", 7779))
        trace = self.node_a.ctl("trace", "--from", "blue-1", "--to", self.client.address, "--proto", "udp", "--dport", 53)
        self.assertTrue(any(public in trace for public in POOLS["blue"]), trace)
        self.assertIn("nat-gateway blue", trace)


class BadInput(LabTest):
    @classmethod
    def build(cls):
        fleet = cls.fleet = Fleet(cls.lab, 2)
        cls.node_a, cls.node_b = fleet.hosts
        cls.internet = Internet(cls.lab, [cls.node_a])
        fleet.change("Host", cls.node_a.name, external=DEVICE)
        fleet.vpc("blue", VNIS["blue"])
        fleet.subnet("blue-a", "blue", "10.0.1.0/24")
        fleet.put("RouteTable", "out", vpc="blue", main=True,
                  routes=[{"destination": "0.0.0.0/0", "nextHop": {"natGateway": "one"}}])
        for number, host in ((1, cls.node_a), (2, cls.node_b)):
            setattr(cls, f"blue_{number}", fleet.interface(f"blue-{number}", "blue-a", host, f"10.0.1.{number}0"))
        fleet.put("NatGateway", "one", vpc="blue", host="node-a",
                  snat=[{"subnet": "blue-a", "addresses": "203.0.113.20"}])
        fleet.start()
        cls.blue_2.wait_ping(cls.internet.client)

    def test_a_broken_document_changes_nothing_and_is_explained(self):
        snat = [{"cidr": "10.0.2.0/24", "addresses": "203.0.113.21"}]
        cases = {
            "no host leads out": ({"host": "node-b", "snat": snat}, "has no 'external'"),
            "an address of another gateway": ({"snat": [{**snat[0], "addresses": "203.0.113.20"}]}, "NatGateway one"),
            "an address for both": ({"snat": snat, "dnat": [{"address": "203.0.113.21", "to": "10.0.1.10"}]},
                                    "one address is not for both"),
            "a source of another gateway": ({"snat": [{**snat[0], "cidr": "10.0.1.0/24"}]}, "NatGateway one"),
            "a port without a protocol": ({"dnat": [{"address": "203.0.113.22", "to": "10.0.1.10", "port": 80}]},
                                          "needs 'protocol'"),
            "an address outside the VPC": ({"dnat": [{"address": "203.0.113.22", "to": "10.9.1.10"}]}, "10.0.0.0/16"),
            "an unknown word": ({"snat": snat, "mapping": "symmetric"}, "mapping"),
        }
        stream = self.blue_2.udp_stream(self.internet.client, rate=500)
        for name, (fields, words) in cases.items():
            with self.subTest(name):
                self.fleet.put("NatGateway", "two", **{"vpc": "blue", "host": "node-a", **fields})
                self.fleet.apply(accepted=False)
                errors = self.node_a.ctl("status")
                self.assertIn(words, errors)
                self.assertRegex(errors, r"network.yaml:\d+:\d+")
                self.assert_reaches(self.blue_1, self.internet.client)
        self.fleet.remove("NatGateway", "two")
        self.fleet.apply()
        self.assertEqual(stream.stop().lost, 0)


if __name__ == "__main__":
    main()
