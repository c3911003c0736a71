"""5,000 mutated document sets (VPCD_TEST_SETS: more) in the directories of two running agents: what is refused changes no row of the kernel's,
what is valid harms nobody else, and the agents and their traffic go on."""
import hashlib
import os
import random
import subprocess

import lab_paths
from lab_fleet import egress, ingress, render
from lab_maps import bpftool_dump
from lab_test import main
from lab_two_hosts import NearAndFar

SETS = int(os.environ.get("VPCD_TEST_SETS", "5000"))
LOOK_EVERY = 250  # sets between two looks at the maps
FILE = "tenants.yaml"
MOST_GROWTH = 128 << 20  # of an agent's memory, in bytes: allocator and large sets, no leak by set
# Written by packets.
MOVING = {"flows", "pending", "flow_counts", "fragments", "rule_hits", "scratch", "denials", "events", "counters",
          "drops", "traffic"}


def tenants(fleet):
    """Two tenants that have nothing to do with the one whose traffic is watched, in as many kinds as there are."""
    resources = {}
    for vpc, vni in (("blue", 200), ("red", 300)):
        resources["Vpc", vpc] = {"vni": vni, "cidrs": ["10.0.0.0/16", "192.168.0.0/20"], "midstream": "drop",
                                 "connections": 1000}
        resources["PrefixList", f"{vpc}-office"] = {"prefixes": ["198.51.100.0/24", "10.0.2.0/28"]}
        resources["SecurityGroup", f"{vpc}-group"] = {"vpc": vpc, "isolated": True, "egressDefault": "drop", "rules": [
            ingress(protocol="tcp", ports=[22, "8000-8010"], peer={"prefixList": f"{vpc}-office"}, priority=7),
            ingress("drop", protocol="icmp", icmpType=8, icmpCode=0, peer="10.0.2.0/24"),
            egress(protocol="udp", ports=53, peer={"group": f"{vpc}-group"})]}
        resources["NetworkAcl", f"{vpc}-acl"] = {"vpc": vpc, "rules": [
            egress(), ingress(protocol="esp", peer="10.0.1.0/24"),
            ingress("drop", peer={"prefixList": f"{vpc}-office"})]}
        resources["RouteTable", f"{vpc}-table"] = {
            "vpc": vpc, "routes": [{"destination": "0.0.0.0/0", "nextHop": {"interface": f"{vpc}-0"}},
                                   {"destination": "10.9.0.0/16", "nextHop": {"blackhole": True}}]}
        resources["Subnet", f"{vpc}-web"] = {"vpc": vpc, "cidr": "10.0.1.0/24", "routeTable": f"{vpc}-table"}
        resources["Subnet", f"{vpc}-db"] = {"vpc": vpc, "cidr": "10.0.2.0/24", "networkAcl": f"{vpc}-acl"}
        for number, host in enumerate(fleet.hosts):
            resources["Interface", f"{vpc}-{number}"] = {
                "subnet": f"{vpc}-web", "host": host.name, "device": f"{vpc}{number}",
                "address": f"10.0.1.{10 + number}", "secondaryAddresses": [f"10.0.1.{20 + number}"],
                "mac": f"02:00:00:00:{vni & 255:02x}:{number:02x}", "sourceCheck": number == 1,
                "securityGroups": [f"{vpc}-group", "default-1"]}
    resources["Host", "elsewhere"] = {"address": "198.51.100.7", "encapsulation": "geneve", "zone": "b"}
    return render(resources)


class Mutation(NearAndFar):
    config = {"logLevel": "critical", "datapath": {"endpoints": 4096, "flows": 4096}}

    @classmethod
    def build(cls):
        super().build()
        cls.good = tenants(cls.fleet).encode()
        cls.put_all(cls.good, True)

    @classmethod
    def put_all(cls, text, accepted):
        cls.put({host: text for host in cls.fleet.hosts}, accepted)

    @staticmethod
    def put(texts, accepted):
        """Gives each host its text by a rename, and waits for the answer of each."""
        before = {}
        for host, text in texts.items():
            path = os.path.join(host.vpcd.documents, FILE)
            if os.path.exists(path):
                with open(path, "rb") as old:
                    if old.read() == text:
                        continue
            before[host] = host.vpcd.status()["lastChange"].get("time")
            with open(path + ".new", "wb") as file:
                file.write(text)
            os.rename(path + ".new", path)
        for host, time in before.items():
            status = host.vpcd.wait_status(lambda now, time=time: now["lastChange"].get("time") != time, 60,
                                           "the agent's answer")
            if status["lastChange"]["accepted"] != accepted:
                raise AssertionError(f"{host.name}: accepted is not {accepted}: {status['lastChange']}")

    def mutated(self, seed):
        """The texts of all sets: (refused, valid), as the agents' rules judge them."""
        directory = self.lab.directory_of("mutated")
        seeds, beside, out = (os.path.join(directory, name) for name in ("seeds", "beside", "out"))
        for name in (seeds, beside):
            os.mkdir(name)
        with open(os.path.join(seeds, FILE), "wb") as file:
            file.write(self.good)
        with open(os.path.join(beside, "network.yaml"), "w", encoding="utf-8") as file:
            file.write(render(self.fleet.resources))
        program = lab_paths.program("VPCD_MUTATE", "tests/fuzz/mutate_documents")
        subprocess.run([program, "--beside", beside, str(seed), str(SETS), out, seeds], check=True)

        def texts(verdict):
            sets = os.path.join(out, verdict)
            for name in sorted(os.listdir(sets)):
                with open(os.path.join(sets, name, FILE), "rb") as file:
                    yield file.read()
        return list(texts("refused")), list(texts("valid"))

    def rows(self, host):
        """A checksum of every map that documents decide about."""
        names = sorted(set(os.listdir(os.path.join(host.vpcd.pins, "maps"))) - MOVING)
        return {name: hashlib.sha256(bpftool_dump(host.vpcd.pins, name)).hexdigest() for name in names}

    @staticmethod
    def memory(host):
        with open(f"/proc/{host.vpcd.process.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def drop(self, texts, accepted, look=None):
        """Every text into one of the two directories, the two agents at the same time."""
        hosts = self.fleet.hosts
        for first in range(0, len(texts), len(hosts)):
            self.put(dict(zip(hosts, texts[first:first + len(hosts)])), accepted)
            if look and first // len(hosts) % (LOOK_EVERY // len(hosts)) == 0:
                look()

    def test_mutated_documents_change_nothing_they_should_not(self):
        seed = int(os.environ.get("VPCD_TEST_SEED", random.randrange(1 << 32)))
        print(f"VPCD_TEST_SEED={seed}", flush=True)
        refused, valid = self.mutated(seed)
        print(f"{len(refused)} sets to be refused, {len(valid)} valid", flush=True)
        self.assertGreater(len(refused), SETS // 4)
        self.assertGreater(len(valid), SETS // 100)
        hosts = self.fleet.hosts
        pids = [host.vpcd.process.pid for host in hosts]
        streams = [self.near.udp_stream(self.far, rate=1000), self.far.udp_stream(self.near, rate=1000)]
        held = self.near.hold_connection(self.far)
        held.wait_progress()
        before = {host: self.rows(host) for host in hosts}
        self.assertIn("endpoints", before[self.node_a])

        def nothing_has_changed():
            for host in hosts:
                self.assertEqual(self.rows(host), before[host], f"maps of {host.name}")
            held.wait_progress()

        self.drop(refused[:LOOK_EVERY], False)
        memory = {host: self.memory(host) for host in hosts}
        self.drop(refused[LOOK_EVERY:], False, nothing_has_changed)
        nothing_has_changed()
        self.drop(valid, True)
        self.put_all(self.good + b"# as it was\n", True)

        for result in [stream.stop() for stream in streams]:
            print(result)
            self.assertGreater(result.sent, 1000)
            self.assertEqual((result.lost, result.duplicate), (0, 0), result)
        self.assertEqual(held.stop()["error"], "")
        self.assertEqual([host.vpcd.process.pid for host in hosts], pids)
        for host in hosts:
            self.assertTrue(host.vpcd.process.running())
            self.assertEqual(host.vpcd.status()["pendingErrors"], [])
            self.assertLess(self.memory(host) - memory[host], MOST_GROWTH, f"memory of {host.name}")
        self.assert_reaches(self.near, self.far)


if __name__ == "__main__":
    main()
