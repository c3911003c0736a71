"""Pinned BPF maps as Python values, by the layouts the agent records beside them or by the kernel's types."""
import ctypes
import os
import platform
import re
import shutil
import struct
import subprocess

_SYS_BPF = {"x86_64": 321, "aarch64": 280}[platform.machine()]
_LOOKUP, _NEXT_KEY, _OBJ_GET = 1, 4, 7
_BPFTOOL = shutil.which("bpftool", path="/usr/sbin:/usr/local/sbin:/usr/bin")
_libc = ctypes.CDLL(None, use_errno=True)


def _bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes, max(len(attributes), 128))
    done = _libc.syscall(_SYS_BPF, command, buffer, len(buffer))
    if done < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return done


class PinnedMap:
    def __init__(self, path):
        name = ctypes.create_string_buffer(path.encode())
        self.fd = _bpf(_OBJ_GET, struct.pack("QII", ctypes.addressof(name), 0, 0))
        with open(f"/proc/self/fdinfo/{self.fd}", encoding="ascii") as info:
            facts = dict(re.findall(r"^(\w+):\s*(\w+)$", info.read(), re.MULTILINE))
        self.id, self.key_size, self.value_size = (int(facts[word]) for word in ("map_id", "key_size", "value_size"))

    def close(self):
        os.close(self.fd)

    def entries(self):
        """{key: value} as bytes, without values that are all zero (an array's empty rows)."""
        found = {}
        key, after = (ctypes.create_string_buffer(self.key_size) for _ in range(2))
        value = ctypes.create_string_buffer(self.value_size)
        before = 0
        while True:
            try:
                _bpf(_NEXT_KEY, struct.pack("IxxxxQQQ", self.fd, before, ctypes.addressof(after), 0))
            except FileNotFoundError:
                return found
            _bpf(_LOOKUP, struct.pack("IxxxxQQQ", self.fd, ctypes.addressof(after), ctypes.addressof(value), 0))
            if any(value.raw):
                found[after.raw] = value.raw
            key.raw = after.raw
            before = ctypes.addressof(key)


def _members(text, part):
    """{name: (offset, size, kind)} of "key" or "value" in a record of the map `layouts`."""
    block = re.search(rf"^{part} \d+ \d+\n((?:(?!value ).*\n)*)", text, re.MULTILINE).group(1)
    return {name: (int(offset), int(size), kind)
            for name, offset, size, kind in (line.split() for line in block.splitlines())}


def _decode(data, members):
    row = {}
    for name, (offset, size, kind) in members.items():
        raw = data[offset:offset + size]
        row[name] = int.from_bytes(raw, "little") if kind == "number" else raw.hex()
    return row


def read_table(pins, name):
    """[(key, value)], each {member: number or hex}."""
    layouts, table = PinnedMap(f"{pins}/maps/layouts"), PinnedMap(f"{pins}/maps/{name}")
    try:
        text = layouts.entries()[struct.pack("I", table.id)].rstrip(b"\0").decode()
        keys, values = _members(text, "key"), _members(text, "value")
        return [(_decode(key, keys), _decode(value, values)) for key, value in sorted(table.entries().items())]
    finally:
        layouts.close()
        table.close()


def bpftool_dump(pins, name):
    """Every row of a map as bpftool prints it: JSON."""
    return subprocess.run([_BPFTOOL, "-j", "map", "dump", "pinned", f"{pins}/maps/{name}"], check=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout


TABLES = ("hosts", "vteps", "next_hops", "vpcs", "policies", "subnets", "endpoints", "stations", "routes", "interfaces",
          "devices", "settings")
RULE_TABLES = ("rules", "rule_peers", "rule_groups", "rule_ports")
# Numbers that say nothing: they count changes, or are given to rows as they come.
COUNTERS = ("generation", "serial", "epoch")


def _rules(pins):
    """{id: what the rule set says}. A set of groups is known by the addresses of its members."""
    members = {}
    for key, row in read_table(pins, "endpoints"):
        members.setdefault(row["group_set"], set()).add((key["vpc"], key["address.byte"]))
    said = {key["number"]: {"set": repr(row)} for key, row in read_table(pins, "rule_sets")}
    for name in RULE_TABLES:
        for key, row in read_table(pins, name):
            about = said.setdefault(key.pop("rule_set"), {})
            if "group_set" in key:
                key["group_set"] = sorted(members.get(key["group_set"], ()))
            about.setdefault(name, []).append(repr((key, row)))
    return {number: repr({name: sorted(rows) for name, rows in about.items()}) for number, about in said.items()}


def meaning(pins):
    """What the tables the agent writes say, whatever numbers it has given its rows: two agents that hold the same
    documents say the same, by whatever way they came there."""
    tables = {name: read_table(pins, name) for name in TABLES}
    rows = {name: {key["number"]: value for key, value in tables[name]}
            for name in ("hosts", "next_hops", "interfaces", "policies")}
    rules = _rules(pins)

    def host(index):
        return rows["hosts"][index]["address.byte"] if index else "here"

    def interface(index):
        return rows["interfaces"][index]["mac.byte"] if index else ""

    def next_hop(index):
        hop = rows["next_hops"].get(index)
        return (hop["vpc"], host(hop["host"]), interface(hop["interface"]), hop["mac.byte"]) if index else ()

    def policy(index):
        return rule_set(rows["policies"][index]["rule_set"]) if index else ""

    def rule_set(slots):
        return [rules[int.from_bytes(bytes.fromhex(slot), "little")] for slot in (slots[:8], slots[8:])]

    resolve = {"tunnel_ifindex": bool, "next_hop": next_hop, "host": host, "interface": interface, "group_set": bool,
               "ingress_policy": policy, "egress_policy": policy, "rule_set": rule_set}
    said = {"rules": sorted(rules.values())}
    for name, table in tables.items():
        said[name] = sorted(
            repr(((() if name in rows else key), {member: resolve[member](number) if member in resolve else number
                                                  for member, number in value.items() if member not in COUNTERS}))
            for key, value in table if name not in rows or any(
                number for member, number in value.items()
                if member not in COUNTERS and number not in (0, "00" * 6)))
    return said
