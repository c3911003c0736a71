"""Two tenants with equal blocks, addresses and MACs, whose instances are in groups of their own."""
from lab_fleet import Fleet
from lab_test import LabTest


class Tenant:
    """`client` and `near` on the first host, `other` and `far` on the second, all in one subnet. The servers near and
    far are in the group NAME-server, client in NAME-client, other in NAME-other."""

    def __init__(self, fleet, name, vni, **fields):
        self.fleet, self.name = fleet, name
        here, there = fleet.hosts
        fleet.vpc(name, vni, **fields)
        fleet.subnet(f"{name}-web", name, "10.0.1.0/24")
        for group in ("server", "client", "other"):
            self.group(group)
        self.client = self._instance("client", "client", here, "10.0.1.10")
        self.near = self._instance("near", "server", here, "10.0.1.11")
        self.far = self._instance("far", "server", there, "10.0.1.12")
        self.other = self._instance("other", "other", there, "10.0.1.13")
        self.servers = (self.near, self.far)

    def _instance(self, name, group, host, address):
        return self.fleet.interface(f"{self.name}-{name}", f"{self.name}-web", host, address,
                                    securityGroups=[f"{self.name}-{group}"])

    def group(self, name, *rules, **fields):
        """The group NAME-`name` with these rules, and no others."""
        self.fleet.security_group(f"{self.name}-{name}", self.name, *rules, **fields)

    def join(self, instance, *groups):
        """From now on it is in these groups, given without NAME-; default-1 and default-2 are everybody's."""
        names = [group if group.startswith("default-") else f"{self.name}-{group}" for group in groups]
        self.fleet.change("Interface", instance.name, securityGroups=names or None)


class TwoTenants(LabTest):
    """Each test begins with groups that have no rules."""

    config = None
    vpc_fields = {"blue": {}, "red": {}}

    @classmethod
    def build(cls):
        cls.fleet = Fleet(cls.lab)
        cls.node_a, cls.node_b = cls.fleet.hosts
        cls.blue = Tenant(cls.fleet, "blue", 100, **cls.vpc_fields["blue"])
        cls.red = Tenant(cls.fleet, "red", 200, **cls.vpc_fields["red"])
        cls.tenants = (cls.blue, cls.red)
        cls.populate(cls.fleet)
        cls.fleet.start(config=cls.config)
        cls.clean = dict(cls.fleet.resources)

    @classmethod
    def populate(cls, fleet):
        """What a class has besides."""

    def setUp(self):
        self.fleet.resources = dict(self.clean)
