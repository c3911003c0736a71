"""An instance speaks with its own MAC and addresses, unless its sourceCheck is off."""
from lab_fleet import ingress
from lab_test import datagram, main
from lab_two_hosts import TwoHosts


class Spoofing(TwoHosts):
    @classmethod
    def populate(cls, fleet):
        fleet.security_group("everybody", "prod", ingress())
        cls.sender = fleet.interface("sender", "web", cls.node_a, "10.0.1.10")
        cls.local = fleet.interface("local", "db", cls.node_a, "10.0.2.11", securityGroups=["everybody"])
        cls.remote = fleet.interface("remote", "db", cls.node_b, "10.0.2.10", securityGroups=["everybody"])

    def tearDown(self):
        self.fleet.change("Interface", "sender", sourceCheck=None)
        self.fleet.apply()

    def sentinel_to(self, target):
        return lambda marker: self.sender.inject(datagram(self.sender, target, marker))

    def spoofs(self, target):
        return [
            ("MAC", "source-mac", datagram(self.sender, target, b"spoofed", source_mac="02:66:66:66:66:66")),
            ("address of a neighbour", "source-address",
             datagram(self.sender, target, b"spoofed", source_address="10.0.1.11")),
            ("address outside the VPC", "source-address",
             datagram(self.sender, target, b"spoofed", source_address="198.18.0.1")),
            ("the gateway's address", "source-address",
             datagram(self.sender, target, b"spoofed", source_address="10.0.1.253")),
        ]

    def test_spoofed_packets_are_dropped_and_counted(self):
        for target in (self.local, self.remote):
            for name, reason, frame in self.spoofs(target):
                with self.subTest(name, to=target.name), self.assert_drops(self.node_a, reason, "sender", "prod"):
                    self.assert_lost(lambda frame=frame: self.sender.inject(frame), target, b"spoofed",
                                     self.sentinel_to(target))

    def test_an_instance_without_source_check_may_speak_for_others(self):
        self.fleet.change("Interface", "sender", sourceCheck=False)
        self.fleet.apply()

        for target in (self.local, self.remote):
            for name, _, frame in self.spoofs(target)[:3]:
                with self.subTest(name, to=target.name):
                    self.assert_arrives(lambda frame=frame: self.sender.inject(frame), target, b"spoofed")

    def test_switching_the_check_on_again_stops_what_it_had_allowed(self):
        frame = datagram(self.sender, self.remote, b"spoofed", source_address="198.18.0.1")
        self.fleet.change("Interface", "sender", sourceCheck=False)
        self.fleet.apply()
        self.assert_arrives(lambda: self.sender.inject(frame), self.remote, b"spoofed")

        self.fleet.change("Interface", "sender", sourceCheck=True)
        self.fleet.apply()

        self.assert_lost(lambda: self.sender.inject(frame), self.remote, b"spoofed", self.sentinel_to(self.remote))


if __name__ == "__main__":
    main()
