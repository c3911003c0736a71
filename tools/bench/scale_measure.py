"""What is measured of one fleet, in this order: an empty agent, load, memory, packets, changes, churn, restart."""
import contextlib
import json
import os
import statistics
import time

import lab_paths
import scale_documents as documents
from scale_world import Watch, Writes

CHANGES = 20
CHURN_HOSTS = range(100, 100 + documents.HOSTS // 100)  # all of whose interfaces move: 1 % of the fleet
CHURN_TARGETS = range(200, 700)
PHASES = ("readMs", "modelMs", "planMs", "kernelMs", "tablesMs", "hooksMs")
# The kernel's figure for a trie leaves out its inner nodes and what the allocator rounds up: 48 bytes a route by the
# figure were 130 in truth. Kernels before 6.4 give the figure of a full table, whatever it holds.
TRIE_UNDERESTIMATE = 2.7


class Measurement:
    def __init__(self, world, progress):
        self.world = world
        self.fleet = world.fleet
        self.progress = progress
        self.timeout = 120 + self.fleet.instances // 1000
        self.writes = Writes()
        self.tables = {}
        self.disk = 0

    def run(self):
        """Everything about one fleet, as one JSON object. The agent goes on running."""
        try:
            empty = self._empty()
            result = self._describe()
            result["load"] = self._load()
            result["tables"] = self._tables()
            result["agentMemory"] = self._agent_memory(empty)
            result["kernelMemory"] = self._kernel_memory()
            result["packet"] = self._packet()
            result["change"] = self._changes()
            result["churn"] = self._churn()
            result["restart"] = self._restart()
            result["diskBytes"] = self.disk
            return result
        finally:
            self.writes.close()

    def _begin(self, what):
        self.progress.begin(f"{self.fleet.instances:,} instances, {what}")

    # --- steps ----------------------------------------------------------------------------------------------------

    def _empty(self):
        """What an agent without documents takes. Its tables go, so that the next one starts with none."""
        self._begin("an agent without documents")
        self.world.start(lambda status: status["lastChange"].get("time"), self.timeout)
        memory = self.world.memory()
        self.world.stop()
        self.world.agent.remove_pins()
        return memory

    def _describe(self):
        self._begin("documents")
        begin = time.monotonic()
        files, size = self.fleet.write(self.world.agent.documents, self.progress)
        self._note_disk()
        return {"instances": self.fleet.instances, "hosts": documents.HOSTS, "vpcs": len(self.fleet.vpcs),
                "subnets": len(self.fleet.subnets), "interfacesHere": len(self.fleet.by_host[documents.HERE]),
                "devicesHere": self.world.devices,
                "documents": {"files": files, "bytes": size, "writtenSeconds": round(time.monotonic() - begin, 3)}}

    def _load(self):
        self._begin("load")
        seconds, status = self.world.start(self.world.is_complete, self.timeout)
        self.tables = self.world.tables()
        return {"seconds": round(seconds, 3), **self._told(status), **self._written()}

    def _tables(self):
        """What is in the kernel, whatever the agent says, against what has to be there."""
        compared = {name: {"rows": self.tables[name]["rows"], "expected": rows}
                    for name, rows in self.world.expected.items() if name in self.tables}
        wrong = {name: rows for name, rows in compared.items() if rows["rows"] != rows["expected"]}
        if wrong:
            raise RuntimeError(f"the agent says it is ready, but tables differ: {wrong}")
        return compared

    def _agent_memory(self, empty):
        memory = self.world.memory()
        return {"rssBytes": memory["rss"], "peakBytes": memory["peak"], "emptyBytes": empty["rss"],
                "perInstance": round((memory["rss"] - empty["rss"]) / self.fleet.instances, 1)}

    def _kernel_memory(self):
        by_table = {name: round(table["memlock"] * (TRIE_UNDERESTIMATE if table["trie"] else 1))
                    for name, table in self.tables.items()}
        total = sum(by_table.values())
        return {"bytes": total, "perInstance": round(total / self.fleet.instances, 1), "tables": by_table}

    def _packet(self):
        """None: no instance here has a device, or its VPC none elsewhere."""
        local = self.world.local_instances()
        if not local or self.fleet.instances == len(self.fleet.by_host[documents.HERE]):
            return None
        self._begin("packets")
        program = lab_paths.program("VPCD_BENCH_LOOKUPS", "tools/bench/bench_lookups")
        sender = local[0]
        done = self.world.host.namespace.run(program, self.world.agent.pins, self.fleet.device(sender),
                                             self.fleet.vni(sender), self.fleet.address(sender),
                                             self.fleet.mac(sender), timeout=600)
        return json.loads(done.stdout)

    def _changes(self):
        """One interface of one file each: half get another MAC, half another host."""
        self._begin("single changes")
        times, own, written = [], [], []
        for number, (file, instance) in enumerate(self._victims()):
            if number % 2:
                self.fleet.moved[instance] = CHURN_TARGETS[number]
            else:
                self.fleet.other_macs.add(instance)
            milliseconds, told = self._apply([instance], [file])
            times.append(milliseconds)
            if told["agentMs"] is not None:
                own.append(told["agentMs"])
            written.append(told["rowsCounted"])
        return {"medianMs": round(statistics.median(times), 3), "runsMs": [round(value, 3) for value in times],
                "agentMs": round(statistics.median(own), 3) if own else None,
                "rowsCounted": statistics.median(written) if None not in written else None}

    def _victims(self):
        """An instance each of other hosts' files, as many as are needed."""
        files = [file for file in reversed(range(documents.HOSTS)) if file != documents.HERE
                 and file not in CHURN_HOSTS and self.fleet.by_host[file]]
        if not files:
            raise RuntimeError("no other host has an instance")
        found = []
        for number in range(CHANGES):
            file = files[number % len(files)]
            members = self.fleet.by_host[file]
            found.append((file, members[number // len(files) % len(members)]))
        return found

    def _churn(self):
        """None: those hosts have no interface in so small a fleet."""
        self._begin("churn")
        moved = [instance for file in CHURN_HOSTS for instance in self.fleet.by_host[file]]
        if not moved:
            return None
        for number, instance in enumerate(moved):
            self.fleet.moved[instance] = CHURN_TARGETS[number % len(CHURN_TARGETS)]
        milliseconds, told = self._apply(moved, CHURN_HOSTS)
        return {"interfaces": len(moved), "seconds": round(milliseconds / 1000, 3), **told}

    def _restart(self):
        self._begin("restart")
        before = self._rows()
        begin = time.monotonic()
        self.world.stop()
        stopped = time.monotonic() - begin
        seconds, status = self.world.start(self.world.is_complete, self.timeout)
        written = self._written()
        if self._rows() != before:
            raise RuntimeError(f"tables differ after the restart: {before} became {self._rows()}")
        return {"seconds": round(seconds, 3), "stopSeconds": round(stopped, 3), **self._told(status), **written}

    # --- parts ----------------------------------------------------------------------------------------------------

    def _apply(self, instances, files):
        """Rewrites files; (milliseconds until all instances are as declared, what is told of the change)."""
        texts = {documents.host_file(file): self.fleet.host_text(file) for file in files}
        with contextlib.closing(Watch(self.world, instances, self.timeout)) as watch:
            begin = self.world.put(texts)
            milliseconds = (watch.finish() - begin) / 1e6
        self._note_disk(sum(map(len, texts.values())))
        # The agent answers when it is done with the change.
        _, status = self.world.wait(self.world.is_complete, time.monotonic(), self.timeout)
        return milliseconds, {**self._told(status), **self._written()}

    @staticmethod
    def _told(status):
        """The agent's own figures, as far as it gives any."""
        change = status["lastChange"]
        phases = {name: change.get(name) for name in PHASES}
        known = [value for value in phases.values() if value is not None]
        return {**phases, "agentMs": round(sum(known), 3) if known else None, "rowsTold": change.get("rowsWritten")}

    def _written(self):
        by_table = self.writes.take(self.world, self.tables)
        if by_table is None:
            return {"rowsCounted": None}
        return {"rowsCounted": sum(by_table.values()), "rowsByTable": by_table}

    def _rows(self):
        """Rows of what the plan fills; others count what goes on."""
        return {name: table["rows"] for name, table in self.world.tables().items() if name in self.world.expected}

    def _note_disk(self, staged=0):
        directory = self.world.host.lab.directory
        used = sum(os.path.getsize(os.path.join(path, name)) for path, _, names in os.walk(directory)
                   for name in names)
        self.disk = max(self.disk, used + staged)
