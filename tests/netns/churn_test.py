"""200 random changes to the documents, valid and invalid, while two unaffected instances talk: no packet is lost."""
import os
import random

from lab_test import Fleet, LabTest, main

CHANGES = 200


class Churn(LabTest):
    @classmethod
    def build(cls):
        cls.fleet = fleet = Fleet(cls.lab)
        cls.node_a, cls.node_b = fleet.hosts
        for name, vni in (("prod", 100), ("other", 200)):
            fleet.vpc(name, vni, "10.0.0.0/16")
            fleet.subnet(f"{name}-web", name, "10.0.1.0/24")
            fleet.subnet(f"{name}-db", name, "10.0.2.0/24")
            fleet.put("RouteTable", f"{name}-main", vpc=name, main=True, routes=[])
        cls.near = fleet.interface("near", "prod-web", cls.node_a, "10.0.1.10")
        cls.far = fleet.interface("far", "prod-db", cls.node_b, "10.0.2.10")
        cls.bystander = fleet.interface("bystander", "other-web", cls.node_a, "10.0.1.10")
        fleet.start()

    # --- changes: each alters the documents and says whether they are still valid -----------------------------------

    def add_interface(self, dice):
        vpc, number = dice.choice(["prod", "other"]), dice.randrange(20, 200)
        self.fleet.put("Interface", f"{vpc}-extra-{number}", subnet=f"{vpc}-web",
                       host=dice.choice(["node-a", "node-b"]), device=f"{vpc}{number}", address=f"10.0.1.{number}",
                       mac=f"02:00:00:00:{100 if vpc == 'prod' else 200:02x}:{number:02x}")
        return True

    def remove_interface(self, dice):
        extra = [name for kind, name in self.fleet.resources if kind == "Interface" and "-extra-" in name]
        if extra:
            self.fleet.remove("Interface", dice.choice(extra))
        return True

    def change_routes(self, dice):
        vpc = dice.choice(["prod", "other"])
        self.fleet.change("RouteTable", f"{vpc}-main", routes=[
            {"destination": f"10.{dice.randrange(100, 200)}.{number}.0/24", "nextHop": {"blackhole": True}}
            for number in range(dice.randrange(0, 8))])
        return True

    def add_tenant(self, dice):
        number = dice.randrange(1000, 1020)
        self.fleet.vpc(f"tenant-{number}", number, "10.0.0.0/16")
        self.fleet.subnet(f"tenant-{number}-net", f"tenant-{number}", "10.0.1.0/24")
        return True

    def remove_tenant(self, dice):
        tenants = [name for kind, name in self.fleet.resources if kind == "Vpc" and name.startswith("tenant-")]
        if tenants:
            name = dice.choice(tenants)
            self.fleet.remove("Vpc", name)
            self.fleet.remove("Subnet", f"{name}-net")
        return True

    def add_host(self, dice):
        number = dice.randrange(100, 120)
        self.fleet.put("Host", f"host-{number}", address=f"192.0.2.{number}")
        return True

    def flip_bystander(self, dice):
        self.fleet.change("Interface", "bystander", sourceCheck=dice.choice([True, False]))
        return True

    def bind_table(self, dice):
        self.fleet.put("RouteTable", "side", vpc="other", routes=[])
        self.fleet.change("Subnet", "other-db", routeTable=dice.choice(["side", None]))
        return True

    def dangle(self, dice):
        self.fleet.put("Subnet", "broken", vpc="nobody", cidr=f"10.0.{dice.randrange(10, 99)}.0/24")
        return False

    def overlap(self, _):
        self.fleet.put("Subnet", "broken", vpc="prod", cidr="10.0.0.0/16")
        return False

    def steal_address(self, _):
        self.fleet.put("Interface", "broken", subnet="prod-db", address="10.0.2.10", mac="02:00:00:00:00:99")
        return False

    def steal_vni(self, _):
        self.fleet.vpc("broken", 100, "10.0.0.0/16")
        return False

    def lose_the_vpc(self, _):
        self.fleet.remove("Vpc", "prod")
        return False

    def misspell(self, _):
        self.fleet.put("Vpc", "broken", vni=77, cidrs=["10.0.0.0/16"], colour="blue")
        return False

    def nonsense(self, _):
        self.fleet.put("Nonsense", "broken", value="{[")
        return False

    def test_unaffected_instances_lose_nothing(self):
        seed = int(os.environ.get("VPCD_TEST_SEED", random.randrange(1 << 32)))
        print(f"VPCD_TEST_SEED={seed}")
        dice = random.Random(seed)
        valid = [self.add_interface, self.remove_interface, self.change_routes, self.add_tenant, self.remove_tenant,
                 self.add_host, self.flip_bystander, self.bind_table]
        invalid = [self.dangle, self.overlap, self.steal_address, self.steal_vni, self.lose_the_vpc, self.misspell,
                   self.nonsense]
        there = self.near.udp_stream(self.far, rate=2000)
        back = self.far.udp_stream(self.near, rate=2000)
        held = self.near.hold_connection(self.far)

        refused = 0
        for number in range(CHANGES):
            good = dict(self.fleet.resources)
            change = dice.choice(valid if dice.random() < 0.7 else invalid)
            with self.subTest(change=change.__name__, number=number):
                accepted = change(dice)
                self.fleet.apply(accepted, attached=False)
            if not accepted:
                refused += 1
                self.fleet.resources = good

        results = [there.stop(), back.stop()]
        print(results)
        connection = held.stop()
        for result in results:
            self.assertGreater(result.sent, CHANGES)
            self.assertEqual((result.lost, result.duplicate), (0, 0), results)
        self.assertEqual(connection["error"], "")
        self.assertGreater(refused, CHANGES // 10)

        # A valid state ends it, and both the old and the changed part of the network work.
        self.fleet.apply(attached=False)
        self.assert_reaches(self.near, self.far)
        self.assert_reaches(self.bystander, self.bystander.gateway)


if __name__ == "__main__":
    main()
