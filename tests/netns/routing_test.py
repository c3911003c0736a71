"""Two subnets of one VPC on two hosts: who reaches whom, and what the virtual router says."""
from lab_test import ROUTER_MAC, Fleet, LabTest, main
from lab_two_hosts import TwoHosts


class SubnetsOfOneVpc(TwoHosts):
    @classmethod
    def populate(cls, fleet):
        cls.web_a = fleet.interface("web-a", "web", cls.node_a, "10.0.1.10")
        cls.web_b = fleet.interface("web-b", "web", cls.node_b, "10.0.1.11")
        cls.db_a = fleet.interface("db-a", "db", cls.node_a, "10.0.2.10")
        cls.db_b = fleet.interface("db-b", "db", cls.node_b, "10.0.2.11")
        cls.extra = fleet.interface("extra", "web", cls.node_b, "10.0.1.12", secondaryAddresses=["10.0.1.112"])
        cls.extra.namespace.ip("addr", "add", "10.0.1.112/24", "dev", "eth0")
        fleet.put("Interface", "nowhere", subnet="web", address="10.0.1.77", mac="02:00:00:00:00:77")

    def test_instances_of_one_subnet_reach_each_other_without_a_hop(self):
        for source, to in ((self.web_a, self.web_b), (self.web_b, self.web_a)):
            with self.subTest(source=source.name):
                self.assertEqual(set(self.assert_reaches(source, to).ttls), {64})

    def test_instances_of_two_subnets_reach_each_other_through_the_virtual_router(self):
        pairs = [(self.web_a, self.db_b), (self.db_b, self.web_a), (self.web_a, self.db_a), (self.db_a, self.web_a)]
        for source, to in pairs:
            with self.subTest(source=source.name, to=to.name):
                self.assertEqual(set(self.assert_reaches(source, to).ttls), {63})

    def test_the_instance_sees_real_macs_in_its_subnet_and_the_routers_for_the_gateway(self):
        self.assert_reaches(self.web_a, self.web_b)
        self.assert_reaches(self.web_a, self.db_b)

        self.assertEqual(self.web_a.neighbour(self.web_b.address), self.web_b.mac)
        self.assertEqual(self.web_a.neighbour(self.web_a.gateway), ROUTER_MAC)

    def test_the_gateway_answers_ping(self):
        self.assert_reaches(self.web_a, self.web_a.gateway)
        self.assert_reaches(self.db_b, self.db_b.gateway)

    def test_traceroute_shows_the_virtual_router(self):
        self.assertEqual(self.web_a.traceroute(self.db_b), [self.web_a.gateway, self.db_b.address])
        self.assertEqual(self.db_a.traceroute(self.web_a), [self.db_a.gateway, self.web_a.address])

    def test_a_bulk_transfer_arrives_as_it_was_sent(self):
        for target in (self.web_b, self.db_b, self.db_a):
            with self.subTest(to=target.name):
                transfer = self.web_a.tcp_transfer(target, 32 << 20)
                self.assertEqual((transfer.received, transfer.wrong), (32 << 20, 0))

    def test_many_small_datagrams_arrive_once_and_in_order(self):
        result = self.web_a.udp_stream(self.db_b, rate=20000, seconds=1).finish(60)

        self.assertGreater(result.sent, 10000)
        self.assertEqual((result.lost, result.duplicate, result.reordered), (0, 0, 0))

    def test_a_secondary_address_is_reached_and_may_be_a_source(self):
        self.assert_reaches(self.web_a, "10.0.1.112")
        self.assert_reaches(self.extra, self.db_a, origin="10.0.1.112")

    def test_an_address_without_interface_is_host_unreachable(self):
        with self.assert_drops(self.node_a, "no-endpoint", "web-a", "prod"):
            self.assert_refused(self.web_a, "10.0.2.99", self.web_a.gateway, "Destination Host Unreachable")

    def test_an_interface_that_is_placed_nowhere_is_not_reached(self):
        with self.assert_drops(self.node_a, "not-placed", "db-a", "prod"):
            self.assertEqual(self.db_a.ping("10.0.1.77", count=2, wait=0.5).received, 0)

    def test_a_destination_outside_the_vpc_is_net_unreachable(self):
        with self.assert_drops(self.node_a, "no-route", "web-a", "prod"):
            self.assert_refused(self.web_a, "192.168.77.1", self.web_a.gateway, "Destination Net Unreachable")

    def test_the_range_of_services_has_none_yet(self):
        with self.assert_drops(self.node_a, "no-service", "web-a", "prod"):
            self.assertEqual(self.web_a.ping("100.64.0.1", count=2, wait=0.5).received, 0)


class RoutedUnderlay(LabTest):
    @classmethod
    def build(cls):
        fleet = Fleet(cls.lab, routed=True)
        node_a, node_b = fleet.hosts
        fleet.vpc("prod", 100)
        fleet.subnet("web", "prod", "10.0.1.0/24")
        cls.first = fleet.interface("first", "web", node_a, "10.0.1.10")
        cls.second = fleet.interface("second", "web", node_b, "10.0.1.11")
        fleet.start()

    def test_hosts_in_different_subnets_of_the_underlay_carry_the_overlay(self):
        self.assert_reaches(self.first, self.second)
        transfer = self.first.tcp_transfer(self.second, 8 << 20)
        self.assertEqual((transfer.received, transfer.wrong), (8 << 20, 0))


if __name__ == "__main__":
    main()
