"""The world most tests run in: two hosts with agents, and one VPC with two subnets across them."""
from lab_fleet import Fleet
from lab_test import LabTest


class TwoHosts(LabTest):
    """`node_a` and `node_b`, and VPC prod (10.0.0.0/16) with the subnets web (10.0.1.0/24) and db (10.0.2.0/24).

    A class says in populate() which instances there are. After it the agents start; `vpcd` is the one of node_a.
    """

    encapsulation = "vxlan"
    vni = 100
    config = None

    @classmethod
    def build(cls):
        cls.fleet = Fleet(cls.lab, encapsulation=cls.encapsulation)
        cls.node_a, cls.node_b = cls.fleet.hosts
        cls.fleet.vpc("prod", cls.vni)
        cls.fleet.subnet("web", "prod", "10.0.1.0/24")
        cls.fleet.subnet("db", "prod", "10.0.2.0/24")
        cls.populate(cls.fleet)
        cls.start_agents(cls.fleet)
        cls.vpcd = cls.node_a.vpcd

    @classmethod
    def populate(cls, fleet):
        raise NotImplementedError

    @classmethod
    def start_agents(cls, fleet):
        fleet.start(config=cls.config)


class NearAndFar(TwoHosts):
    """Two instances of the subnet web: `near` (10.0.1.10) on node_a, `far` (10.0.1.11) on node_b."""

    @classmethod
    def populate(cls, fleet):
        cls.near = fleet.interface("near", "web", cls.node_a, "10.0.1.10")
        cls.far = fleet.interface("far", "web", cls.node_b, "10.0.1.11")
