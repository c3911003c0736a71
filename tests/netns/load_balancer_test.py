"""Load balancers, of a VPC and public. Two tenants with equal addresses; backends on two hosts, a client beside one of them,
and one on the Internet."""
import json

from lab_balanced import LISTENERS, Balanced
from lab_internet import DEVICE, Internet
from lab_test import Fleet, LabTest, main

VNIS = {"blue": 100, "red": 200}
PRIVATE = "10.0.1.200"
PUBLIC = {"blue": "203.0.113.50", "red": "203.0.113.51"}


class LoadBalancers(Balanced):
    """Of each tenant 1 and 2 are backends, on node-a and node-b; 3 is a client on node-a. node-a leads to the Internet."""

    @classmethod
    def build(cls):
        fleet = cls.fleet = Fleet(cls.lab, 2)
        cls.node_a, cls.node_b = fleet.hosts
        cls.internet = Internet(cls.lab, [cls.node_a])
        cls.client = cls.internet.client
        fleet.change("Host", "node-a", external=DEVICE)
        cls.instances = fleet.tenants(VNIS, {1: cls.node_a, 2: cls.node_b, 3: cls.node_a})
        for tenant in VNIS:
            backends = [f"{tenant}-1", f"{tenant}-2"]
            fleet.put("LoadBalancer", f"{tenant}-in", vpc=tenant, subnet=f"{tenant}-a", address=PRIVATE,
                      listeners=LISTENERS, backends=backends)
            fleet.put("LoadBalancer", f"{tenant}-out", vpc=tenant, address=PUBLIC[tenant], host="node-a",
                      listeners=LISTENERS, backends=backends)
        cls.declared = dict(fleet.resources)
        fleet.start()
        for tenant in VNIS:
            cls.instances[f"{tenant}-3"].wait_ping(cls.instances[f"{tenant}-2"])
            cls.instances[f"{tenant}-3"].wait_ping(PRIVATE)

    def test_connections_are_shared_and_answered_by_the_address_they_went_to(self):
        for tenant in VNIS:
            servers = self.servers(tenant)
            for who, to in ((self.instances[f"{tenant}-3"], PRIVATE), (self.client, PUBLIC[tenant])):
                with self.subTest(tenant=tenant, to=to):
                    asked = [self.ask(who, to, servers) for _ in range(6)]
                    self.assertEqual(sorted(asked), [1, 1, 1, 2, 2, 2])
            for server in servers.values():
                server.close()

    def test_much_passes_whole_through_each_backend(self):
        for tenant in VNIS:
            for who, to in ((self.instances[f"{tenant}-3"], PRIVATE), (self.client, PUBLIC[tenant])):
                with self.subTest(tenant=tenant, to=to):
                    self.assert_passes_whole(who, to, [self.instances[f"{tenant}-{number}"] for number in (1, 2)])

    def test_a_backend_reaches_its_own_load_balancer(self):
        for tenant in VNIS:
            own = self.instances[f"{tenant}-1"]
            server = self.socket(own, 9000)
            self.fleet.change("LoadBalancer", f"{tenant}-in", backends=[f"{tenant}-1"])
            self.fleet.apply()
            with self.subTest(tenant):
                question = self.socket(own)
                question.connect((PRIVATE, 8000))
                question.send(b"question")
                server.settimeout(5)
                data, origin = server.recvfrom(100)
                self.assertEqual((data, origin[0]), (b"question", PRIVATE))
                server.sendto(b"answer", origin)
                self.assertEqual(question.recv(100), b"answer")
            server.close()

    def test_weights_and_removal_take_effect_and_open_connections_stay(self):
        for tenant in VNIS:
            who = self.instances[f"{tenant}-3"]
            servers = self.servers(tenant)
            kept = self.socket(who)
            kept.connect((PRIVATE, 8000))
            kept.send(b"kept")
            number, server, origin = self.whoever(servers)
            other = 3 - number
            with self.subTest(tenant, step="drained"):
                self.fleet.change("LoadBalancer", f"{tenant}-in", backends=[
                    {"interface": f"{tenant}-{number}", "weight": 0}, f"{tenant}-{other}"])
                self.fleet.apply()
                self.assertEqual({self.ask(who, PRIVATE, servers) for _ in range(4)}, {other})
                server.sendto(b"still", origin)
                self.assertEqual(kept.recv(100), b"still")
                kept.send(b"kept")
                self.assertEqual(self.whoever(servers)[0], number)
            with self.subTest(tenant, step="removed"):
                self.fleet.change("LoadBalancer", f"{tenant}-in", backends=[f"{tenant}-{other}"])
                self.fleet.apply()
                kept.send(b"kept")
                self.assertEqual(self.whoever(servers)[0], other)
            for endpoint in servers.values():
                endpoint.close()

    def test_only_listed_clients_are_served(self):
        for tenant in VNIS:
            servers = self.servers(tenant)
            self.fleet.change("LoadBalancer", f"{tenant}-out", clients=["192.0.2.0/24"])
            self.fleet.apply()
            with self.subTest(tenant):
                self.socket(self.client).sendto(b"question", (PUBLIC[tenant], 8000))
                self.assert_drops(self.node_a, "no-client")
                self.fleet.change("LoadBalancer", f"{tenant}-out", clients=["198.51.100.0/24"])
                self.fleet.apply()
                self.assertIn(self.ask(self.client, PUBLIC[tenant], servers), (1, 2))
            for endpoint in servers.values():
                endpoint.close()

    def test_what_backends_have_is_told(self):
        for tenant in VNIS:
            servers = self.servers(tenant)
            before = self.connections(tenant)
            for _ in range(4):
                self.ask(self.client, PUBLIC[tenant], servers)
            self.assertEqual(self.connections(tenant) - before, 4)
            self.assertIn("udp/8000", self.node_a.ctl("get", "lb", f"{tenant}-out"))
            trace = self.node_a.ctl("trace", "--from", f"{tenant}-3", "--to", PRIVATE, "--proto", "udp", "--dport",
                                    8000)
            self.assertIn("load balancer", trace)
            for endpoint in servers.values():
                endpoint.close()

    def connections(self, tenant):
        answer = json.loads(self.node_a.ctl("get", "lb", f"{tenant}-out", "-o", "json"))
        return sum(entry["connections"] for entry in answer["backends"])

    def test_a_restart_of_all_agents_keeps_connections(self):
        for tenant in VNIS:
            servers = self.servers(tenant)
            open_ones = []
            for who, to in ((self.instances[f"{tenant}-3"], PRIVATE), (self.client, PUBLIC[tenant])):
                endpoint = self.socket(who)
                endpoint.connect((to, 8000))
                endpoint.send(b"before")
                open_ones.append((endpoint, self.whoever(servers)[0]))
            self.fleet.restart()
            for endpoint, number in open_ones:
                endpoint.send(b"after")
                at, server, origin = self.whoever(servers)
                self.assertEqual(at, number)
                server.sendto(b"answer", origin)
                self.assertEqual(endpoint.recv(100), b"answer")
            for endpoint in servers.values():
                endpoint.close()


main()
