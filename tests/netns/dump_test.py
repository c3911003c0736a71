"""What the kernel holds can be read without us: bpftool shows every map by the names of its fields."""
import json
import os

from lab_maps import bpftool_dump
from lab_test import datagram, main
from lab_two_hosts import NearAndFar

NUMBERS = ("counters", "midstream_until", "public_generations", "service_turns", "backend_states",
           "backend_connections", "limit_times")  # whose values have no fields


class Dump(NearAndFar):
    config = {"datapath": {"endpoints": 1024, "flows": 1024, "pendingFlows": 1024}}  # small: every row is printed

    @classmethod
    def populate(cls, fleet):
        super().populate(fleet)
        for host in fleet.hosts:
            host.namespace.ip("link", "add", "external0", "type", "veth", "peer", "name", "external1")
            host.namespace.ip("link", "set", "external0", "up")
            fleet.change("Host", host.name, external="external0")
        fleet.put("ElasticIp", "near", address="203.0.113.10", interface="near", bandwidth={"egress": 100})
        fleet.put("NatGateway", "out", vpc="prod", host=cls.node_a.name,
                  snat=[{"subnet": "web", "addresses": "203.0.113.20"}],
                  dnat=[{"address": "203.0.113.21", "to": "10.0.1.11", "protocol": "tcp", "port": 80}])
        fleet.put("NatGateway", "spread", vpc="prod", host=[host.name for host in fleet.hosts],
                  snat=[{"cidr": "10.0.128.0/17", "addresses": "203.0.113.22"}])
        fleet.put("LoadBalancer", "in", vpc="prod", subnet="web", address="10.0.1.200", backends=["near", "far"],
                  clients=["10.0.0.0/8"], listeners=[{"protocol": "tcp", "port": 80}])
        fleet.put("RouteTable", "out", vpc="prod", main=True,
                  routes=[{"destination": "0.0.0.0/0", "nextHop": {"natGateway": "out"}}])

    def rows(self, name):
        return [entry["formatted"] for entry in json.loads(bpftool_dump(self.vpcd.pins, name))]

    def test_every_map_is_shown_by_the_names_of_its_fields(self):
        self.assert_reaches(self.near, self.far, size=3000)  # in fragments
        self.near.ping("10.0.1.99", wait=0.2)  # a drop to be counted
        self.near.inject(datagram(self.near, self.far, b"nobody answers"))
        self.far.ping("198.51.100.1", wait=0.2)  # translated on node_a
        names = sorted(os.listdir(os.path.join(self.node_a.vpcd.pins, "maps")))

        self.assertIn("flows", names)
        for name in names:
            if name == "events":  # a ring: it has no rows
                continue
            with self.subTest(map=name):
                rows = self.rows(name)
                self.assertTrue(rows)
                values = rows[0].get("value", rows[0].get("values"))
                self.assertTrue(name in NUMBERS or isinstance(values, (dict, list)), rows[0])

    def test_addresses_read_as_they_are_written(self):
        mapped = [0] * 10 + [255, 255]
        addresses = [row["key"]["address"]["byte"] for row in self.rows("endpoints")]

        for expected in ([10, 0, 1, 10], [10, 0, 1, 11], [10, 0, 1, 253]):
            self.assertIn(mapped + expected, addresses)


if __name__ == "__main__":
    main()
