"""Public addresses of instances: on a host that leads to the Internet, and on one whose gateway is another host; two
tenants with equal private addresses."""
import json

from lab_fleet import FILE, render
from lab_internet import DEVICE, Internet
from lab_packets import IP, UDP
from lab_test import Fleet, LabTest, main

BLUE, RED = 100, 200
ADDRESSES = {"blue-1": "203.0.113.10", "red-1": "203.0.113.11", "blue-3": "203.0.113.12", "red-3": "203.0.113.13"}
SPARE = "203.0.113.20"
ROUTED = "198.18.0.10"  # of a block that the segment is not


class ElasticIps(LabTest):
    @classmethod
    def build(cls):
        fleet = cls.fleet = Fleet(cls.lab, 3)
        cls.node_a, cls.node_b, cls.node_c = fleet.hosts
        cls.internet = Internet(cls.lab, [cls.node_a, cls.node_b])
        cls.client = cls.internet.client
        for host in (cls.node_a, cls.node_b):
            fleet.change("Host", host.name, external=DEVICE)
        cls.instances = fleet.tenants({"blue": BLUE, "red": RED}, {1: cls.node_a, 3: cls.node_c})
        for name, address in ADDRESSES.items():
            fleet.put("ElasticIp", name, address=address, interface=name, host=cls.node_b.name)
        cls.declared = dict(fleet.resources)
        fleet.start()
        cls.wait_reachable(ADDRESSES.values())

    @classmethod
    def wait_reachable(cls, addresses):
        for address in addresses:
            cls.client.wait_ping(address)

    def tearDown(self):
        if self.fleet.resources != self.declared:
            self.fleet.resources = dict(self.declared)
            self.fleet.apply()

    def mac(self, host):
        return json.loads(host.namespace.ip("-j", "link", "show", DEVICE))[0]["address"]

    def served(self, host):
        """The addresses for which a routing daemon finds a route there."""
        return [route["dst"] for route in json.loads(host.namespace.ip("-j", "route", "show", "proto", "118"))]

    def test_a_routed_address_has_a_route_where_it_is_served_and_answers_no_arp(self):
        self.fleet.change("ElasticIp", "blue-1", address=ROUTED, announce="route")
        self.fleet.apply()
        self.assertEqual((self.served(self.node_a), self.served(self.node_b)), ([ROUTED], []))
        self.internet.router.ip("route", "add", f"{ROUTED}/32", "via", "203.0.113.1")
        self.addCleanup(self.internet.router.ip, "route", "del", f"{ROUTED}/32")
        self.assert_reaches(self.client, ROUTED)
        self.assert_reaches(self.instances["blue-1"], self.client)
        self.assert_reaches(self.instances["red-3"], ROUTED)

        self.fleet.change("ElasticIp", "red-1", announce="route")
        self.fleet.apply()
        self.internet.router.ip("neigh", "flush", "to", ADDRESSES["red-1"])
        self.assertEqual(self.client.ping(ADDRESSES["red-1"], wait=0.5).received, 0)

    def test_routes_of_addresses_come_back_and_outlive_the_agent_but_not_their_documents(self):
        self.fleet.change("ElasticIp", "blue-1", address=ROUTED, announce="route")
        self.fleet.apply()
        self.node_a.namespace.ip("route", "del", "unreachable", ROUTED)
        self.fleet.change("ElasticIp", "red-1", announce="route")
        self.fleet.apply()
        self.assertEqual(self.served(self.node_a), [ROUTED, ADDRESSES["red-1"]])
        self.node_a.vpcd.stop()
        self.assertEqual(self.served(self.node_a), [ROUTED, ADDRESSES["red-1"]])
        self.fleet.resources = dict(self.declared)
        self.node_a.vpcd.write(FILE, render(self.fleet.resources))
        self.node_a.vpcd.start()
        self.assertEqual(self.served(self.node_a), [])

    def test_every_instance_reaches_the_internet_from_its_own_public_address(self):
        for name, instance in self.instances.items():
            with self.subTest(name), self.client.capture("icmp", direction="in") as capture:
                self.assert_reaches(instance, self.client)
                seen = capture.wait(lambda packet: IP in packet)[0]
                self.assertEqual(seen[IP].src, ADDRESSES[name])

    def test_the_internet_reaches_every_instance_by_its_public_address(self):
        for name, instance in self.instances.items():
            with self.subTest(name):
                self.assert_reaches(self.client, ADDRESSES[name])
                self.assert_tcp(self.client, ADDRESSES[name], {22, 8080})
                result = self.client.tcp_transfer(instance, size=4 << 20, to=ADDRESSES[name])
                self.assertEqual((result.received, result.wrong), (4 << 20, 0))

    def test_instances_send_much_and_whole_to_the_internet(self):
        for name, instance in self.instances.items():
            with self.subTest(name):
                result = instance.tcp_transfer(self.client, size=16 << 20)
                self.assertEqual((result.received, result.wrong), (16 << 20, 0))
                stream = instance.udp_stream(self.client, rate=500, seconds=1).finish(20)
                self.assertEqual((stream.lost, stream.duplicate), (0, 0))

    def test_tenants_with_equal_private_addresses_meet_their_own(self):
        for number in (1, 3):
            blue, red = self.instances[f"blue-{number}"], self.instances[f"red-{number}"]
            with self.subTest(number), red.capture("udp", direction="in") as other:
                udp = self.client.namespace.udp_socket()
                self.addCleanup(udp.close)
                with blue.capture("udp", direction="in") as own:
                    udp.sendto(b"for-blue", (ADDRESSES[f"blue-{number}"], 9))
                    own.wait(lambda packet: b"for-blue" in bytes(packet))
                udp.sendto(b"for-red", (ADDRESSES[f"red-{number}"], 9))
                other.wait(lambda packet: b"for-red" in bytes(packet))
                self.assertFalse(other.matching(lambda packet: b"for-blue" in bytes(packet)))

    def test_inside_the_vpc_private_addresses_stay(self):
        blue_1, blue_3 = self.instances["blue-1"], self.instances["blue-3"]
        with blue_3.capture("icmp", direction="in") as capture:
            self.assert_reaches(blue_1, blue_3)
            self.assertEqual({packet[IP].src for packet in capture.wait(lambda packet: IP in packet)}, {"10.0.1.10"})

    def test_rules_are_asked_about_the_internet(self):
        for name in ("blue-1", "blue-3"):
            self.fleet.change("Interface", name, securityGroups=None)  # the default group: ping, 22, 3389, 80, 443
        self.fleet.apply()
        for name in ("blue-1", "blue-3"):
            with self.subTest(name):
                self.assert_tcp(self.client, ADDRESSES[name], {22, 443}, {8080})
                self.assert_reaches(self.client, ADDRESSES[name])

    def test_an_address_is_unbound_bound_and_bound_to_another_at_once(self):
        blue, red = self.instances["blue-1"], self.instances["red-3"]
        held = self.client.hold_connection(self.instances["red-1"], to=ADDRESSES["red-1"])
        self.fleet.change("ElasticIp", "blue-1", interface=None)
        self.fleet.apply()
        self.assert_silence(self.client, ADDRESSES["blue-1"])
        self.assertEqual(blue.ping(self.client, count=2, wait=0.5).received, 0)

        self.fleet.change("ElasticIp", "red-3", address=SPARE)
        self.fleet.change("ElasticIp", "blue-1", interface="red-1", privateAddress=None)
        self.fleet.remove("ElasticIp", "red-1")
        self.fleet.put("ElasticIp", "red-1", address=ADDRESSES["red-1"], interface="blue-1")
        self.fleet.apply()
        self.assert_reaches(self.client, SPARE)
        self.assert_reaches(red, self.client)
        with blue.capture("icmp", direction="in") as capture:
            self.assert_reaches(self.client, ADDRESSES["red-1"])
            capture.wait(lambda packet: IP in packet)
        held.abandon()

    def test_the_segment_learns_of_an_address_that_moves_to_another_host(self):
        address = ADDRESSES["blue-1"]
        self.assert_reaches(self.client, address)
        self.assertEqual(self.internet.neighbour(address), self.mac(self.node_a))

        self.fleet.change("ElasticIp", "blue-1", interface="blue-3")
        self.fleet.change("ElasticIp", "blue-3", interface="blue-1")
        self.fleet.apply()

        self.client.wait_ping(address)
        self.assertEqual(self.internet.neighbour(address), self.mac(self.node_b))
        self.assert_reaches(self.client, ADDRESSES["blue-3"])

    def test_other_connections_lose_nothing_while_addresses_change(self):
        streams = [self.instances[name].udp_stream(self.client, rate=1000) for name in ("red-1", "red-3")]
        held = self.client.hold_connection(self.instances["red-3"], to=ADDRESSES["red-3"])
        for _ in range(3):
            self.fleet.change("ElasticIp", "blue-1", interface=None)
            self.fleet.apply()
            self.fleet.change("ElasticIp", "blue-1", interface="blue-1")
            self.fleet.apply()
        for stream in streams:
            self.assertEqual(stream.stop().lost, 0)
        self.assertEqual(held.stop()["error"], "")

    def test_traceroute_sees_the_way_in_both_directions(self):
        blue_1, blue_3 = self.instances["blue-1"], self.instances["blue-3"]
        for instance in (blue_1, blue_3):
            with self.subTest(instance.name):
                for method in ("-I", "-U"):
                    self.assertEqual(instance.traceroute(self.client, method=method),
                                     [instance.gateway, self.internet.router_address, self.client.address])
                public = ADDRESSES[instance.name]
                self.assertEqual(self.client.traceroute(public),
                                 [self.internet.far_router_address, public, public])

    def test_fragments_pass_both_ways(self):
        # The virtual router does not fragment, so those of the Internet must fit the tunnel.
        self.internet.set_far_mtu(1400)
        self.addCleanup(self.internet.set_far_mtu, 1500)
        for name in ("blue-1", "blue-3"):
            with self.subTest(name):
                self.assert_reaches(self.instances[name], self.client, size=4000)

    def test_who_sends_too_much_to_the_tunnel_is_told_its_size(self):
        ping = self.client.ping(ADDRESSES["blue-3"], count=2, size=1472, df=True)
        self.assertEqual(ping.received, 0)
        self.assertIn("mtu = 1450", ping.text)
        self.assert_reaches(self.client, ADDRESSES["blue-3"], size=1422, df=True)

    def test_errors_of_an_instance_and_about_its_packets_pass(self):
        for name in ("blue-1", "blue-3"):
            with self.subTest(name):
                with self.client.capture("icmp", direction="in") as capture:
                    udp = self.client.namespace.udp_socket()
                    self.addCleanup(udp.close)
                    udp.sendto(b"x", (ADDRESSES[name], 9999))
                    error = capture.wait(lambda packet: "UDPerror" in packet)[0]
                    self.assertEqual((error[IP].src, error["IPerror"].dst), (ADDRESSES[name], ADDRESSES[name]))
                with self.instances[name].capture("icmp", direction="in") as capture:
                    udp = self.instances[name].namespace.udp_socket()
                    self.addCleanup(udp.close)
                    udp.sendto(b"x", (self.client.address, 9998))
                    error = capture.wait(lambda packet: IP in packet)[0]
                    self.assertEqual(error["IPerror"].src, self.instances[name].address)
                    self.assertEqual(error["UDPerror"].dport, 9998)

    def test_instances_reach_each_others_public_addresses(self):
        for source in self.instances.values():
            for name, address in ADDRESSES.items():
                with self.subTest(source=source.name, to=name):
                    self.assert_reaches(source, address)

    def test_a_host_keeps_its_own_connections(self):
        for host in (self.node_a, self.node_b):
            done = host.namespace.run("ping", "-n", "-c", 2, "-i", 0.05, "-W", 1, self.client.address)
            self.assertIn(" 0% packet loss", done.stdout)

    def test_what_an_address_carried_is_told(self):
        self.assert_reaches(self.client, ADDRESSES["blue-3"], count=5)
        shown = json.loads(self.node_b.ctl("get", "eip", "blue-3", "-o", "json"))
        self.assertGreaterEqual(shown["counters"]["rxPackets"], 5)
        self.assertGreaterEqual(shown["counters"]["txPackets"], 5)
        self.assertEqual(shown["servedBy"], "node-b")
        trace = self.node_a.ctl("trace", "--from", "blue-1", "--to", self.client.address, "--proto", "icmp")
        self.assertIn(ADDRESSES["blue-1"], trace)

    def test_an_address_does_not_inherit_what_another_has_carried(self):
        self.assert_reaches(self.client, ADDRESSES["blue-1"])
        self.fleet.remove("ElasticIp", "blue-1")
        self.fleet.apply()
        self.fleet.put("ElasticIp", "spare", address=SPARE, interface="blue-1")  # gets the number that is free now
        self.fleet.apply()

        shown = json.loads(self.node_a.ctl("get", "eip", "spare", "-o", "json"))
        self.assertEqual((shown["counters"]["rxPackets"], shown["counters"]["txPackets"]), (0, 0))

    def test_a_device_that_leads_out_is_told_of_and_may_come_back(self):
        self.assertRegex(self.node_a.ctl("status"), r"External: +external0, MTU 1500, ready")
        self.node_a.namespace.ip("link", "set", DEVICE, "name", "elsewhere")
        self.node_a.vpcd.wait_status(lambda status: "not there" in status["external"]["state"])
        self.node_a.namespace.ip("link", "set", "elsewhere", "name", DEVICE)
        self.node_a.vpcd.wait_status(lambda status: status["external"]["state"] == "ready")
        self.client.wait_ping(ADDRESSES["blue-1"])

    def test_restarts_of_agents_lose_nothing(self):
        streams = [self.instances[name].udp_stream(self.client, rate=1000) for name in ("blue-1", "blue-3")]
        held = [self.client.hold_connection(self.instances[name], to=ADDRESSES[name])
                for name in ("red-1", "red-3")]
        self.fleet.restart()
        for stream in streams:
            self.assertEqual(stream.stop().lost, 0)
        for connection in held:
            self.assertEqual(connection.stop()["error"], "")

    def test_nobody_takes_out_what_is_not_its_own(self):
        blue_3 = self.instances["blue-3"]
        self.fleet.remove("ElasticIp", "blue-3")
        self.fleet.apply()
        self.assert_refused(blue_3, self.client, blue_3.gateway, "Net Unreachable")
        with self.client.capture("udp", direction="in") as capture:
            udp = self.instances["red-3"].namespace.udp_socket()
            self.addCleanup(udp.close)
            blue_udp = blue_3.namespace.udp_socket()
            self.addCleanup(blue_udp.close)
            try:
                blue_udp.sendto(b"from-blue", (self.client.address, 9))
            except OSError:
                pass  # the error of the ping before
            udp.sendto(b"from-red", (self.client.address, 9))
            capture.wait(lambda packet: UDP in packet and b"from-red" in bytes(packet))
            self.assertFalse(capture.matching(lambda packet: b"from-blue" in bytes(packet)))


class BadInput(LabTest):
    @classmethod
    def build(cls):
        fleet = cls.fleet = Fleet(cls.lab, 2)
        cls.node_a, cls.node_b = fleet.hosts
        cls.internet = Internet(cls.lab, [cls.node_a])
        fleet.change("Host", cls.node_a.name, external=DEVICE)
        fleet.vpc("blue", BLUE)
        fleet.subnet("blue-a", "blue", "10.0.1.0/24")
        for number, host in ((1, cls.node_a), (2, cls.node_b)):
            setattr(cls, f"blue_{number}", fleet.interface(f"blue-{number}", "blue-a", host, f"10.0.1.{number}0"))
        fleet.put("ElasticIp", "one", address="203.0.113.10", interface="blue-1")
        fleet.start()
        cls.internet.client.wait_ping("203.0.113.10")

    def test_a_broken_document_changes_nothing_and_is_explained(self):
        cases = {
            "no host leads out": ({"address": "203.0.113.11", "interface": "blue-2"}, "which has no 'external'"),
            "an address twice": ({"address": "203.0.113.10"}, "is taken by ElasticIp one"),
            "a private address": ({"address": "10.0.1.99", "interface": "blue-2", "host": "node-a"}, "10.0.0.0/16"),
            "no such interface": ({"address": "203.0.113.11", "interface": "blue-9"}, "there is no Interface blue-9"),
            "an interface twice": ({"address": "203.0.113.11", "interface": "blue-1"}, "one"),
            "an unknown word": ({"address": "203.0.113.11", "announce": "bgp"}, "announce"),
        }
        stream = self.blue_1.udp_stream(self.internet.client, rate=500)
        for name, (fields, words) in cases.items():
            with self.subTest(name):
                self.fleet.put("ElasticIp", "two", **fields)
                self.fleet.apply(accepted=False)
                errors = self.node_a.ctl("status")
                self.assertIn(words, errors)
                self.assertRegex(errors, r"network.yaml:\d+:\d+")
                self.assert_reaches(self.internet.client, "203.0.113.10")
        self.fleet.remove("ElasticIp", "two")
        self.fleet.apply()
        self.assertEqual(stream.stop().lost, 0)


if __name__ == "__main__":
    main()
