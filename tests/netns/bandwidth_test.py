"""Bandwidth caps of interfaces, elastic IPs, packages and NAT gateways, for two tenants with equal addresses."""
import concurrent.futures
import json

from lab_internet import DEVICE, Internet
from lab_iperf import measure
from lab_test import Fleet, LabTest, main

VNIS = {"blue": 100, "red": 200}
PUBLIC = {"blue-1": "203.0.113.10", "red-1": "203.0.113.11", "blue-2": "203.0.113.12"}
SHARED = "203.0.113.20"


class Caps(LabTest):
    """Of each tenant 1 and 2 are on node-a, which leads to the Internet, 3 is on node-b."""

    @classmethod
    def build(cls):
        fleet = cls.fleet = Fleet(cls.lab, 2)
        cls.node_a, cls.node_b = fleet.hosts
        cls.internet = Internet(cls.lab, [cls.node_a])
        cls.client = cls.internet.client
        fleet.change("Host", "node-a", external=DEVICE)
        cls.instances = fleet.tenants(VNIS, {1: cls.node_a, 2: cls.node_a, 3: cls.node_b})
        for name, address in PUBLIC.items():
            fleet.put("ElasticIp", name, address=address, interface=name)
        fleet.put("RouteTable", "red-out", vpc="red", main=True,
                  routes=[{"destination": "0.0.0.0/0", "nextHop": {"natGateway": "red"}}])
        fleet.put("NatGateway", "red", vpc="red", host="node-a", snat=[{"subnet": "red-a", "addresses": SHARED}])
        cls.declared = dict(fleet.resources)
        fleet.start()
        cls.blue, cls.red = ([cls.instances[f"{tenant}-{number}"] for number in (1, 2, 3)] for tenant in VNIS)
        for first, _, third in (cls.blue, cls.red):
            first.wait_ping(third)
            first.wait_ping(cls.client)

    def tearDown(self):
        if self.fleet.resources != self.declared:
            self.fleet.resources = dict(self.declared)
            self.fleet.apply()

    def cap(self, kind, name, **fields):
        self.fleet.change(kind, name, **fields)
        self.fleet.apply()

    def assert_carries(self, rate, source, target, **how):
        """What arrives is within 5 % of the cap, by TCP and by UDP."""
        for protocol in ("udp", "tcp"):
            with self.subTest(protocol, rate=rate, source=source.name, target=target.name, **how):
                self.assert_is(rate, measure(source, target, protocol, rate, **how))

    def assert_uncapped(self, source, target):
        self.assertGreater(measure(source, target, "udp", 30), 50)

    def assert_is(self, rate, found):
        self.assertAlmostEqual(found, rate, delta=rate * 0.05)


class Interfaces(Caps):
    def test_what_an_interface_sends_is_capped(self):
        for rate in (1, 30):
            self.cap("Interface", "blue-1", bandwidth={"egress": rate})
            self.assert_carries(rate, self.blue[0], self.blue[2])

    def test_what_an_interface_receives_is_capped_from_here_and_from_another_host(self):
        self.cap("Interface", "blue-1", bandwidth={"ingress": 20})
        for source in self.blue[1:]:
            self.assert_carries(20, source, self.blue[0])

    def test_caps_are_of_one_direction_of_one_interface(self):
        self.cap("Interface", "blue-1", bandwidth={"egress": 10})
        for source, target in ((self.blue[2], self.blue[0]), (self.blue[1], self.blue[2]), (self.red[0], self.red[2])):
            with self.subTest(source.name):
                self.assert_uncapped(source, target)

    def test_a_tenant_over_its_cap_costs_its_namesake_nothing(self):
        self.cap("Interface", "blue-1", bandwidth={"egress": 5})
        with concurrent.futures.ThreadPoolExecutor() as beside:
            over = beside.submit(measure, self.blue[0], self.blue[2], "udp", 20)
            stream = self.red[0].udp_stream(self.red[2], rate=1000, seconds=3, size=200).finish(20)
            self.assertEqual(stream.lost, 0)
            self.assert_is(5, over.result())

    def test_a_change_of_a_cap_loses_nothing(self):
        self.cap("Interface", "blue-1", bandwidth={"egress": 20, "ingress": 20})
        stream = self.blue[0].udp_stream(self.blue[2], rate=1000, size=200)
        held = self.blue[0].hold_connection(self.blue[2])
        for bandwidth in ({"egress": 3}, {"egress": 1000, "ingress": 1}, None, {"egress": 40}):
            self.cap("Interface", "blue-1", bandwidth=bandwidth)
            held.wait_progress()
        self.assertEqual(held.stop()["error"], "")
        self.assertEqual(stream.stop().lost, 0)

    def test_what_is_over_is_counted_and_told(self):
        self.cap("Interface", "blue-1", bandwidth={"egress": 1})
        with self.assert_drops(self.node_a, "over-limit"):
            measure(self.blue[0], self.blue[2], "udp", 5)
        told = self.node_a.ctl("get", "interface", "blue-1")
        self.assertIn("egress=1", told)

    def test_a_cap_outlives_the_agent(self):
        self.cap("Interface", "blue-1", bandwidth={"egress": 10})
        self.node_a.vpcd.stop()
        self.node_a.vpcd.start()
        self.assert_is(10, measure(self.blue[0], self.blue[2], "udp", 10))


class Fast(Caps):
    def test_a_gigabit_is_no_more_than_that(self):
        for direction, source, target in (("egress", self.blue[0], self.blue[2]), ("ingress", self.blue[2], self.blue[0])):
            self.cap("Interface", "blue-1", bandwidth={direction: 1000})
            for protocol in ("udp", "tcp"):  # how much less it is, is for how busy this machine is
                with self.subTest(protocol, direction=direction):
                    found = measure(source, target, protocol, 1000)
                    self.assertLess(found, 1050)
                    self.assertGreater(found, 500)


class Publics(Caps):
    def test_an_elastic_ip_is_capped_in_each_direction(self):
        self.cap("ElasticIp", "blue-1", bandwidth={"egress": 20, "ingress": 8})
        self.assert_carries(20, self.blue[0], self.client)
        self.assert_carries(8, self.client, self.blue[0], address=PUBLIC["blue-1"])

    def test_inside_the_vpc_and_for_a_namesake_it_counts_not(self):
        self.cap("ElasticIp", "blue-1", bandwidth={"egress": 2, "ingress": 2})
        self.assert_uncapped(self.blue[0], self.blue[2])
        self.assert_uncapped(self.red[0], self.client)

    def test_those_in_a_package_share_its_cap(self):
        self.fleet.put("BandwidthPackage", "together", bandwidth={"egress": 20})
        for name in ("blue-1", "blue-2"):
            self.fleet.change("ElasticIp", name, bandwidthPackage="together")
        self.fleet.apply()
        self.assert_carries(20, self.blue[1], self.client)
        stream = self.blue[0].udp_stream(self.client, rate=2500, size=1000)  # 20.8 Mbit/s
        self.assertLess(measure(self.blue[1], self.client, "udp", 20), 15)
        stream.stop()
        self.cap("BandwidthPackage", "together", bandwidth={"egress": 30})
        self.assert_is(30, measure(self.blue[1], self.client, "udp", 30))
        self.cap("ElasticIp", "blue-1", bandwidthPackage=None)
        self.assert_uncapped(self.blue[0], self.client)
        self.assert_is(30, measure(self.blue[1], self.client, "udp", 30))

    def test_what_shares_an_address_shares_its_cap(self):
        self.cap("NatGateway", "red", bandwidth={"egress": 20, "ingress": 10})
        for source in self.red[1:]:  # the first has an address of its own
            self.assert_is(20, measure(source, self.client, "udp", 20))
        self.assert_uncapped(self.red[0], self.client)

    def test_get_shows_the_caps(self):
        self.fleet.put("BandwidthPackage", "together", bandwidth={"egress": 20})
        self.fleet.change("ElasticIp", "blue-1", bandwidthPackage="together")
        self.cap("ElasticIp", "red-1", bandwidth={"egress": 5, "ingress": 7})
        self.assertIn("ingress=7,egress=5", self.node_a.ctl("get", "eip", "red-1"))
        self.assertIn("together", self.node_a.ctl("get", "eip", "blue-1"))
        self.assertIn("egress=20", self.node_a.ctl("get", "bandwidthpackage"))

    def test_bad_caps_are_refused_and_change_nothing(self):
        self.cap("ElasticIp", "blue-1", bandwidth={"egress": 5})
        self.fleet.change("ElasticIp", "blue-1", bandwidth={"egress": 0})
        self.fleet.change("ElasticIp", "blue-2", bandwidthPackage="nowhere")
        self.fleet.apply(accepted=False)
        errors = json.dumps(self.node_a.vpcd.status()["lastChange"]["errors"])
        self.assertIn("'egress' is 1 to 400000 Mbit/s; here it is 0", errors)
        self.assertIn("there is no BandwidthPackage nowhere", errors)
        self.assert_is(5, measure(self.blue[0], self.client, "udp", 5))


if __name__ == "__main__":
    main()
