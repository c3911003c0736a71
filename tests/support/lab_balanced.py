"""Load balancers in a lab: backends listen at port 9000, clients ask at 8000."""
import json

from lab_test import LabTest

LISTENERS = [{"protocol": protocol, "port": 8000, "backendPort": 9000} for protocol in ("tcp", "udp")]


class Balanced(LabTest):
    """`fleet`, `instances` by name, and `declared`, the documents that each test begins with."""

    def tearDown(self):
        if self.fleet.resources != self.declared:
            self.fleet.resources = dict(self.declared)
            self.fleet.apply()

    def socket(self, who, port=0):
        endpoint = who.namespace.udp_socket((who.address, port))
        self.addCleanup(endpoint.close)
        endpoint.settimeout(5)
        return endpoint

    def servers(self, tenant, numbers=(1, 2)):
        return {number: self.socket(self.instances[f"{tenant}-{number}"], 9000) for number in numbers}

    def ask(self, who, to, servers):
        """Which server a new connection gets to; its answer comes from where the question went."""
        endpoint = self.socket(who)
        endpoint.connect((to, 8000))
        endpoint.send(b"question")
        number, server, origin = self.whoever(servers)
        self.assertEqual(origin[0], who.address)
        server.sendto(b"answer", origin)
        self.assertEqual(endpoint.recv(100), b"answer")
        return number

    def whoever(self, servers):
        """Which server gets the next datagram, and from where."""
        for _ in range(50):
            for number, server in servers.items():
                server.settimeout(0.05)
                try:
                    return number, server, server.recvfrom(100)[1]
                except TimeoutError:
                    continue
        return self.fail("nobody was asked")

    def assert_passes_whole(self, who, to, backends, size=4 << 20):
        """A connection for each of the backends, which take turns."""
        receivers = [backend.traffic("tcp-receive", backend.address, 9000) for backend in backends]
        for receiver in receivers:
            receiver.wait_line("ready", stream="stdout")
        for _ in receivers:
            who.traffic("tcp-send", to, 8000, size).finish(60)
        for receiver in receivers:
            result = json.loads(receiver.finish(60)[1].splitlines()[-1])
            self.assertEqual((result["received"], result["wrong"]), (size, 0))
