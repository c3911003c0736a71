"""Health checks of load balancers: two tenants with equal addresses, whose rules let nothing in but from their own subnet,
and backends on two hosts."""
import ipaddress
import json
import socket
import time

from lab_fleet import egress, ingress
from lab_internet import DEVICE, Internet
from lab_server import Server
from lab_test import Fleet, LabTest, main

VNIS = {"blue": 100, "red": 200}
ADDRESS = "10.0.1.200"
PUBLIC = {"blue": "203.0.113.50", "red": "203.0.113.51"}
SUBNET = "10.0.1.0/24"
CHECKERS = ipaddress.ip_network("100.64.0.0/10")
REFUSED = "connection refused"
QUICK = {"interval": 1, "timeout": 1, "healthy": 1, "unhealthy": 1}


def listener(**check):
    return {"protocol": "tcp", "port": 8000, "backendPort": 9000, "healthCheck": {**QUICK, **check}}


class HealthChecks(LabTest):
    """Of each tenant 1 and 2 are backends, on node-a and node-b; 3 is a client on node-a, which leads to the Internet."""

    @classmethod
    def build(cls):
        fleet = cls.fleet = Fleet(cls.lab, 2)
        cls.node_a, cls.node_b = fleet.hosts
        cls.internet = Internet(cls.lab, [cls.node_a])
        fleet.change("Host", "node-a", external=DEVICE)
        cls.instances = {}
        for tenant, vni in VNIS.items():
            fleet.vpc(tenant, vni)
            fleet.network_acl(f"{tenant}-acl", tenant, ingress(protocol="all", peer=SUBNET),
                              egress(protocol="all", peer=SUBNET))
            fleet.subnet(f"{tenant}-a", tenant, SUBNET, networkAcl=f"{tenant}-acl")
            fleet.security_group(f"{tenant}-own", tenant, ingress(protocol="all", peer=SUBNET),
                                 egress(protocol="all", peer=SUBNET))
            for number, host in ((1, cls.node_a), (2, cls.node_b), (3, cls.node_a)):
                cls.instances[f"{tenant}-{number}"] = fleet.interface(
                    f"{tenant}-{number}", f"{tenant}-a", host, f"10.0.1.{number}0", securityGroups=[f"{tenant}-own"])
            fleet.put("LoadBalancer", f"{tenant}-in", vpc=tenant, subnet=f"{tenant}-a", address=ADDRESS,
                      listeners=[listener(type="tcp")], backends=[f"{tenant}-1", f"{tenant}-2"])
        cls.declared = dict(fleet.resources)
        fleet.start()
        for tenant in VNIS:
            cls.instances[f"{tenant}-3"].wait_ping(cls.instances[f"{tenant}-2"])

    def tearDown(self):
        if self.fleet.resources != self.declared:
            self.fleet.resources = dict(self.declared)
            self.fleet.apply()

    def serve(self, name, port=9000, **how):
        server = Server(self.instances[name], port, **how)
        self.addCleanup(server.close)
        return server

    def change(self, tenant, balancer="in", **fields):
        self.fleet.change("LoadBalancer", f"{tenant}-{balancer}", **fields)
        self.fleet.apply()

    def health(self, tenant, host=None, balancer="in"):
        answer = json.loads((host or self.node_a).ctl("get", "lb", f"{tenant}-{balancer}", "-o", "json"))
        return {backend["interface"]: backend.get("health") for backend in answer["backends"]}

    def wait_health(self, tenant, *wanted, **where):
        """`wanted` of 1 and 2: "alive", or why it is dead; None: whatever it is."""
        deadline = time.monotonic() + 20
        while True:
            found = self.health(tenant, **where)
            now = [found[f"{tenant}-{number}"] for number in (1, 2)]
            told = [health and ("alive" if health["state"] == "alive" else health["reason"]) for health in now]
            if all(each in (None, is_now) for each, is_now in zip(wanted, told)):
                return
            if time.monotonic() > deadline:
                self.fail(f"{tenant}: waited for {wanted}; now {found}")

    def ask(self, tenant):
        """Who answers a new connection; None: it is refused."""
        client = self.instances[f"{tenant}-3"]
        with client.namespace.inside():
            connection = socket.socket()
        with connection:
            connection.settimeout(5)
            try:
                connection.connect((ADDRESS, 8000))
                connection.sendall(b"who")
                return connection.recv(100).decode()
            except ConnectionRefusedError:
                return None

    def test_only_those_that_answer_get_connections(self):
        first, second = self.serve("blue-1"), self.serve("blue-2")
        self.wait_health("blue", "alive", "alive")
        self.wait_health("red", REFUSED, REFUSED)
        self.assertEqual({self.ask("blue") for _ in range(4)}, {"blue-1", "blue-2"})
        self.assertIsNone(self.ask("red"))
        self.assert_drops(self.node_a, "no-backend", vpc="red")

        second.close()
        self.wait_health("blue", "alive", REFUSED)
        self.assertEqual({self.ask("blue") for _ in range(4)}, {"blue-1"})
        first.close()
        self.wait_health("blue", REFUSED, REFUSED)
        self.assertIsNone(self.ask("blue"))
        self.serve("blue-2")
        self.wait_health("blue", REFUSED, "alive")
        self.assertEqual(self.ask("blue"), "blue-2")

    def test_checks_come_from_addresses_kept_for_services_past_all_rules(self):
        servers = [self.serve(f"red-{number}") for number in (1, 2)]
        before = self.drops_by_rules()
        self.wait_health("red", "alive", "alive")
        self.wait_health("red", "alive", "alive", host=self.node_b)
        for server in servers:
            self.assertGreaterEqual(len(server.callers), 2, "each host checks for itself")
            for caller in server.callers:
                self.assertIn(ipaddress.ip_address(caller), CHECKERS)
        self.assertEqual(self.drops_by_rules(), before)

    def drops_by_rules(self):
        return [host.vpcd.drops(reason) for host in (self.node_a, self.node_b)
                for reason in ("group-in", "group-out", "acl-in", "acl-out")]

    def test_an_instance_cannot_pass_for_a_check(self):
        """Neither by its address nor by a MAC: rules hold."""
        server = self.serve("blue-2", 9001)
        self.fleet.change("Interface", "blue-3", sourceCheck=False)
        self.fleet.apply()
        client = self.instances["blue-3"]
        client.namespace.ip("addr", "add", "100.64.9.9/32", "dev", "eth0")
        self.addCleanup(client.namespace.ip, "addr", "del", "100.64.9.9/32", "dev", "eth0")
        with client.namespace.inside():
            connection = socket.socket()
        with connection:
            connection.bind(("100.64.9.9", 0))
            connection.settimeout(1)
            with self.assertRaises(TimeoutError):
                connection.connect((client_of(server), 9001))
        self.assertEqual(server.callers, set())
        before = self.node_a.vpcd.drops("source-mac")
        client.namespace.ip("link", "set", "eth0", "address", "02:76:70:63:64:fb")
        self.addCleanup(client.namespace.ip, "link", "set", "eth0", "address", client.mac)
        client.namespace.run("ping", "-c", "1", "-W", "1", client_of(server), check=False)
        self.assertGreater(self.node_a.vpcd.drops("source-mac"), before)

    def test_http_says_how_a_backend_is(self):
        for tenant in VNIS:
            self.change(tenant, listeners=[listener(type="http", path="/health?deep=1", host="shop.example",
                                                    statuses="200-204")])
        first = self.serve("blue-1", status=503)
        self.serve("blue-2", status=503)
        self.serve("red-1")
        self.wait_health("blue", "HTTP status 503", "HTTP status 503")
        self.wait_health("red", "alive", REFUSED)
        self.assertIn(b"GET /health?deep=1 HTTP/1.1\r\n", first.asked)
        self.assertIn(b"Host: shop.example\r\n", first.asked)
        first.status = 204
        self.wait_health("blue", "alive", "HTTP status 503")
        self.assertIn("the last check failed: HTTP status 503", self.node_a.ctl("get", "lb", "blue-in"))

    def test_udp_asks_and_expects(self):
        listeners = [{"protocol": "udp", "port": 8000, "backendPort": 9000,
                      "healthCheck": {**QUICK, "type": "udp", "send": "ping", "expect": "pong"}}]
        for tenant in VNIS:
            self.change(tenant, listeners=listeners)
        self.wait_health("blue", REFUSED, REFUSED)
        instance = self.instances["blue-2"]
        endpoint = instance.namespace.udp_socket((instance.address, 9000))
        self.addCleanup(endpoint.close)
        endpoint.settimeout(5)
        answered = set()
        while len(answered) < 2:  # both hosts' checks
            data, origin = endpoint.recvfrom(100)
            self.assertEqual(data, b"ping")
            endpoint.sendto(b"a pong", origin)
            answered.add(origin[0])
        self.wait_health("blue", REFUSED, "alive")
        self.wait_health("red", REFUSED, REFUSED)

    def test_a_public_one_checks_backends_of_other_hosts_too(self):
        for tenant in VNIS:
            self.fleet.put("LoadBalancer", f"{tenant}-out", vpc=tenant, host="node-a", address=PUBLIC[tenant],
                           listeners=[listener(type="tcp", port=9001)], backends=[f"{tenant}-1", f"{tenant}-2"])
        self.fleet.apply()
        self.serve("blue-2", 9001)
        self.serve("red-1", 9001)
        self.wait_health("blue", REFUSED, "alive", balancer="out")
        self.wait_health("red", "alive", REFUSED, balancer="out")

    def test_what_is_known_outlives_the_agent_and_no_more(self):
        self.serve("blue-1")
        self.wait_health("blue", "alive", REFUSED)
        self.fleet.restart()
        for _ in range(20):
            self.assertEqual(self.ask("blue"), "blue-1")
        self.change("blue", listeners=[{"protocol": "tcp", "port": 8000, "backendPort": 9000}])
        self.assertEqual(self.health("blue"), {"blue-1": None, "blue-2": None})
        self.assertIn("not checked", self.node_a.ctl("get", "lb", "blue-in"))
        self.change("blue", listeners=[listener(type="tcp")])
        self.wait_health("blue", "alive", REFUSED)

    def test_a_check_that_is_added_refuses_nobody(self):
        for number in (1, 2):
            self.serve(f"blue-{number}")
        self.change("blue", listeners=[{"protocol": "tcp", "port": 8000, "backendPort": 9000}])
        self.assertEqual({self.ask("blue") for _ in range(4)}, {"blue-1", "blue-2"})
        self.change("blue", listeners=[listener(type="tcp", interval=60)])
        self.assertEqual({self.ask("blue") for _ in range(20)}, {"blue-1", "blue-2"})
        self.change("blue", listeners=[listener(type="tcp", port=9999)])
        self.wait_health("blue", REFUSED, REFUSED)

    def test_a_device_somebody_removed_comes_back(self):
        self.serve("blue-1")
        self.wait_health("blue", "alive", REFUSED)
        self.node_a.namespace.ip("link", "del", "vpcd-checks")
        self.serve("blue-2")
        self.wait_health("blue", "alive", "alive")

    def test_bad_input_changes_nothing(self):
        self.serve("blue-1")
        self.wait_health("blue", "alive", REFUSED)
        self.fleet.change("LoadBalancer", "blue-in", listeners=[listener(type="tcp", path="/")])
        self.fleet.apply(accepted=False)
        self.assertEqual(self.ask("blue"), "blue-1")


def client_of(server):
    return server.server_address[0]


main()
