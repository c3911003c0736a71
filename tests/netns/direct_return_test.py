"""Public load balancers whose backends' own hosts answer the Internet. Two tenants with equal private addresses; node-a has
the public addresses, node-b leads to the Internet too, node-c does not."""
from lab_balanced import LISTENERS, Balanced
from lab_internet import DEVICE, Internet
from lab_test import Fleet, main

VNIS = {"blue": 100, "red": 200}
PUBLIC = {"blue": "203.0.113.50", "red": "203.0.113.51"}
PLACES = {1: "node-a", 2: "node-b", 3: "node-c"}


class DirectReturn(Balanced):
    @classmethod
    def build(cls):
        fleet = cls.fleet = Fleet(cls.lab, 3)
        cls.hosts = {host.name: host for host in fleet.hosts}
        cls.internet = Internet(cls.lab, [cls.hosts["node-a"], cls.hosts["node-b"]])
        cls.client = cls.internet.client
        for name in ("node-a", "node-b"):
            fleet.change("Host", name, external=DEVICE)
        cls.instances = fleet.tenants(VNIS, {number: cls.hosts[name] for number, name in PLACES.items()})
        for tenant in VNIS:
            fleet.put("LoadBalancer", tenant, vpc=tenant, address=PUBLIC[tenant], host="node-a", listeners=LISTENERS,
                      backends=[f"{tenant}-{number}" for number in PLACES], directReturn=True)
        cls.declared = dict(fleet.resources)
        fleet.start()
        for tenant in VNIS:
            cls.instances[f"{tenant}-1"].wait_ping(cls.instances[f"{tenant}-2"])
            cls.instances[f"{tenant}-1"].wait_ping(cls.instances[f"{tenant}-3"])

    def only(self, tenant, number):
        self.fleet.change("LoadBalancer", tenant, backends=[f"{tenant}-{number}"])
        self.fleet.apply()
        return self.instances[f"{tenant}-{number}"]

    def sent_to_the_internet(self):
        return {name: host.vpcd.counter("translated-out") for name, host in self.hosts.items()}

    def test_each_backend_answers_and_tenants_meet_their_own(self):
        for tenant in VNIS:
            servers = self.servers(tenant, PLACES)
            asked = [self.ask(self.client, PUBLIC[tenant], servers) for _ in range(6)]
            self.assertEqual(sorted(asked), [1, 1, 2, 2, 3, 3])
            for server in servers.values():
                server.close()

    def test_answers_leave_by_the_host_of_the_backend_if_that_leads_out(self):
        for tenant in VNIS:
            for number, leaves in ((1, "node-a"), (2, "node-b"), (3, "node-a")):
                with self.subTest(tenant, number=number):
                    backend = self.only(tenant, number)
                    before = self.sent_to_the_internet()
                    self.assert_passes_whole(self.client, PUBLIC[tenant], [backend])
                    sent = {name: count - before[name] for name, count in self.sent_to_the_internet().items()}
                    self.assertGreater(sent[leaves], 10)
                    self.assertEqual([name for name, count in sent.items() if count], [leaves])

    def test_who_sends_too_much_to_the_internet_learns_the_size_of_the_way(self):
        self.internet.set_far_mtu(1300)
        self.addCleanup(self.internet.set_far_mtu, 1500)
        for tenant in VNIS:
            with self.subTest(tenant):
                self.only(tenant, 2)
                server = self.servers(tenant, [2])[2]
                client = self.socket(self.client)
                client.connect((PUBLIC[tenant], 8000))
                client.send(b"question")
                origin = server.recvfrom(100)[1]
                server.sendto(b"a" * 1400, origin)  # does not fit, and is told so
                client.settimeout(0.2)
                self.assertEqual(self.answered(client, lambda: server.sendto(b"a" * 1400, origin)), 1400)
                server.close()

    def answered(self, client, ask):
        for _ in range(50):
            try:
                ask()
                return len(client.recv(2000))
            except (TimeoutError, OSError):
                continue
        return self.fail("nothing arrives")

    def test_connections_live_through_restarts_and_changes_of_who_answers(self):
        for tenant in VNIS:
            with self.subTest(tenant):
                backend = self.only(tenant, 2)
                held = self.client.hold_connection(backend, port=9000, to=PUBLIC[tenant], to_port=8000)
                self.fleet.restart()
                for direct in (False, True):
                    self.fleet.change("LoadBalancer", tenant, directReturn=direct)
                    self.fleet.apply()
                    held.wait_progress()
                self.assertEqual(held.stop()["error"], "")

    def test_a_broken_document_changes_nothing_and_is_explained(self):
        self.fleet.put("LoadBalancer", "inside", vpc="blue", subnet="blue-a", address="10.0.1.200",
                       listeners=LISTENERS, directReturn=True)
        self.fleet.apply(accepted=False)
        self.assertIn("directReturn", self.hosts["node-a"].ctl("status"))
        self.fleet.remove("LoadBalancer", "inside")
        self.fleet.apply()


if __name__ == "__main__":
    main()
