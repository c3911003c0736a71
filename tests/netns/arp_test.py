"""ARP is answered by the agent's programs: for the gateway and every address of the VPC, for nothing else."""
import select
import time

from lab_packets import ARP, Ether
from lab_test import ROUTER_MAC, main
from lab_two_hosts import TwoHosts

BROADCAST = "ff:ff:ff:ff:ff:ff"


class Arp(TwoHosts):
    @classmethod
    def populate(cls, fleet):
        cls.asker = fleet.interface("asker", "web", cls.node_a, "10.0.1.10")
        cls.local = fleet.interface("local", "web", cls.node_a, "10.0.1.11")
        cls.remote = fleet.interface("remote", "web", cls.node_b, "10.0.1.12", secondaryAddresses=["10.0.1.112"])
        cls.other_subnet = fleet.interface("other-subnet", "db", cls.node_b, "10.0.2.10")

    def ask(self, *addresses, wanted, **fields):
        """Sends one request per address; returns {address: MAC} once `wanted` is among the answers."""
        values = {"hwsrc": self.asker.mac, "psrc": self.asker.address, **fields}
        answers = {}
        with self.asker.namespace.packet_socket("eth0") as raw:
            for address in addresses:
                raw.send(bytes(Ether(src=self.asker.mac, dst=BROADCAST) / ARP(op=1, pdst=address, **values)))
            deadline = time.monotonic() + 5
            while wanted not in answers:
                ready, _, _ = select.select([raw], [], [], max(0, deadline - time.monotonic()))
                self.assertTrue(ready, f"no answer for {wanted}; answers: {answers}")
                packet = Ether(raw.recv(2048))
                if ARP in packet and packet[ARP].op == 2:
                    self.assertEqual((packet.dst, packet[ARP].hwdst, packet[ARP].pdst),
                                     (self.asker.mac, self.asker.mac, self.asker.address))
                    self.assertEqual(packet.src, packet[ARP].hwsrc)
                    answers[packet[ARP].psrc] = packet[ARP].hwsrc
        return answers

    def test_addresses_are_answered_with_the_right_mac(self):
        cases = [
            ("the gateway", self.asker.gateway, ROUTER_MAC),
            ("an instance of the subnet on this host", self.local.address, self.local.mac),
            ("an instance of the subnet on another host", self.remote.address, self.remote.mac),
            ("its secondary address", "10.0.1.112", self.remote.mac),
            ("an instance of another subnet", self.other_subnet.address, ROUTER_MAC),
        ]
        for name, address, mac in cases:
            with self.subTest(name):
                self.assertEqual(self.ask(address, wanted=address), {address: mac})

    def test_an_address_nobody_has_is_not_answered(self):
        with self.assert_drops(self.node_a, "arp-unknown", "asker", "prod", at_least=2):
            # Answers come in order: when the last is there, the ones before it had their chance.
            answers = self.ask("10.0.1.99", "192.168.5.5", self.asker.gateway, wanted=self.asker.gateway)

        self.assertEqual(set(answers), {self.asker.gateway})

    def test_a_request_in_anothers_name_is_not_answered(self):
        with self.assert_drops(self.node_a, "arp-invalid", "asker", "prod"):
            with self.asker.namespace.packet_socket("eth0") as raw:
                raw.send(bytes(Ether(src=self.asker.mac, dst=BROADCAST) /
                               ARP(op=1, hwsrc=self.asker.mac, psrc=self.local.address, pdst=self.asker.gateway)))
                self.ask(self.asker.gateway, wanted=self.asker.gateway)
                raw.settimeout(0)
                answers = 0
                while select.select([raw], [], [], 0)[0]:
                    packet = Ether(raw.recv(2048))
                    answers += ARP in packet and packet[ARP].pdst == self.local.address
        self.assertEqual(answers, 0)

    def test_probing_for_a_duplicate_of_ones_own_address_finds_none(self):
        answers = self.ask(self.asker.address, self.asker.gateway, wanted=self.asker.gateway)

        self.assertNotIn(self.asker.address, answers)


if __name__ == "__main__":
    main()
