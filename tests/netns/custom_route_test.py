"""Custom routes: to an instance that forwards, into a blackhole, the longest prefix, a table of one subnet's own."""
from lab_site import Site
from lab_test import Fleet, LabTest, main


def via(interface):
    return {"interface": interface}


BLACKHOLE = {"blackhole": True}


def routes(*entries):
    return [{"destination": destination, "nextHop": next_hop} for destination, next_hop in entries]


class CustomRoutes(LabTest):
    MAIN = routes(("172.20.0.0/16", via("router")), ("10.9.0.0/16", BLACKHOLE),
                  ("172.21.0.0/16", via("router")), ("172.21.5.0/24", BLACKHOLE), ("172.21.5.9/32", via("router")))

    @classmethod
    def build(cls):
        fleet = Fleet(cls.lab)
        cls.node_a, cls.node_b = fleet.hosts
        fleet.vpc("prod", 100, "10.0.0.0/16")
        for name, cidr in (("left", "10.0.1.0/24"), ("right", "10.0.2.0/24"), ("transit", "10.0.3.0/24")):
            fleet.subnet(name, "prod", cidr)
        cls.left = fleet.interface("left-1", "left", cls.node_a, "10.0.1.10")
        cls.right = fleet.interface("right-1", "right", cls.node_a, "10.0.2.10")
        cls.router = fleet.interface("router", "transit", cls.node_b, "10.0.3.10", sourceCheck=False)
        fleet.put("RouteTable", "prod-main", vpc="prod", main=True, routes=cls.MAIN)
        cls.behind = Site(cls.lab, cls.router, "172.20.0.9", "172.21.0.9", "172.21.5.8", "172.21.5.9", "172.22.0.9")
        cls.fleet = fleet
        fleet.start()

    def tearDown(self):
        self.fleet.put("RouteTable", "prod-main", vpc="prod", main=True, routes=self.MAIN)
        self.fleet.change("Subnet", "right", routeTable=None)
        self.fleet.resources.pop(("RouteTable", "special"), None)
        self.fleet.apply()

    def test_a_route_to_an_instance_leads_through_it(self):
        self.assert_reaches(self.left, "172.20.0.9")
        self.assert_reaches(self.right, "172.20.0.9")

    def test_traceroute_shows_the_virtual_router_and_the_instance(self):
        self.assertEqual(self.left.traceroute("172.20.0.9"),
                         [self.left.gateway, self.router.address, "172.20.0.9"])

    def test_a_blackhole_swallows_and_counts(self):
        with self.assert_drops(self.node_a, "blackhole", "left-1", "prod", at_least=2):
            self.assert_silence(self.left, "10.9.1.1")

    def test_the_longest_prefix_wins(self):
        self.assert_reaches(self.left, "172.21.0.9")
        self.assert_silence(self.left, "172.21.5.8")
        self.assert_reaches(self.left, "172.21.5.9")

    def test_a_custom_route_overrides_the_system_route_of_a_subnet(self):
        self.assert_reaches(self.left, self.right)

        self.fleet.change("RouteTable", "prod-main", routes=self.MAIN + routes(("10.0.2.0/24", BLACKHOLE)))
        self.fleet.apply()
        self.assert_silence(self.left, self.right)

        self.fleet.change("RouteTable", "prod-main", routes=self.MAIN)
        self.fleet.apply()
        self.assert_reaches(self.left, self.right)

    def test_a_table_bound_to_one_subnet_serves_only_it(self):
        self.fleet.put("RouteTable", "special", vpc="prod", routes=routes(("172.22.0.0/16", via("router"))))
        self.fleet.change("Subnet", "right", routeTable="special")
        self.fleet.apply()

        self.assert_reaches(self.right, "172.22.0.9")
        self.assert_refused(self.left, "172.22.0.9", self.left.gateway, "Destination Net Unreachable")
        # The main table's custom routes are not in it; system routes are.
        self.assert_refused(self.right, "172.20.0.9", self.right.gateway, "Destination Net Unreachable")
        self.assert_reaches(self.right, self.left)

    def test_unbinding_a_table_returns_the_subnet_to_the_main_one(self):
        self.fleet.put("RouteTable", "special", vpc="prod", routes=routes(("172.22.0.0/16", via("router"))))
        self.fleet.change("Subnet", "right", routeTable="special")
        self.fleet.apply()
        self.assert_reaches(self.right, "172.22.0.9")

        self.fleet.change("Subnet", "right", routeTable=None)
        self.fleet.apply()

        self.assert_refused(self.right, "172.22.0.9", self.right.gateway, "Destination Net Unreachable")
        self.assert_reaches(self.right, "172.20.0.9")

    def test_a_removed_route_stops_a_running_flow(self):
        self.assert_reaches(self.left, "172.20.0.9")

        self.fleet.change("RouteTable", "prod-main", routes=self.MAIN[1:])
        self.fleet.apply()

        self.assert_refused(self.left, "172.20.0.9", self.left.gateway, "Destination Net Unreachable")


if __name__ == "__main__":
    main()
