"""A laboratory of hosts and instances in network namespaces of this machine.

    with Lab() as lab:
        node_a, node_b = lab.underlay(["node-a", "node-b"])
        blue = node_a.instance("blue-1", "blue-1", "10.0.1.10", 24, "10.0.1.253", "02:00:00:00:01:0a")

Nothing is made in the root namespace but names below /run/netns, files below a temporary directory and pins below
/sys/fs/bpf; all of it is deleted at the end, also after a failure. Python 3.11 and its standard library suffice.
"""
import os
import secrets
import shutil
import sys
import tempfile

from lab_host import Host
from lab_namespace import Namespace

__all__ = ["Lab"]


class Lab:
    """`outlive`: what is started goes on when this program ends (and close() is not called)."""

    def __init__(self, prefix=None, directory=None, outlive=False):
        self.prefix = prefix or f"vl{os.getpid():x}{secrets.token_hex(2)}"
        self.directory = directory or tempfile.mkdtemp(prefix=f"{self.prefix}-")
        self.outlive = outlive
        self.hosts = []
        self._namespaces = []
        self._undo = []

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            self.dump()
        self.close()

    def close(self):
        for namespace in reversed(self._namespaces):
            namespace.delete()
        for undo in reversed(self._undo):
            undo()
        self._namespaces, self._undo = [], []
        shutil.rmtree(self.directory, ignore_errors=True)

    def at_exit(self, undo):
        """Called after all namespaces and processes of the lab are gone."""
        self._undo.append(undo)

    def dump(self, to=sys.stderr):
        """What the agents know, for the reader of a failure."""
        for host in self.hosts:
            if host.has_agent:
                host.vpcd.dump(to)

    def namespace(self, name):
        namespace = Namespace(f"{self.prefix}-{name}")
        self._namespaces.append(namespace)
        return namespace

    def directory_of(self, name):
        path = os.path.join(self.directory, name)
        os.makedirs(path, exist_ok=True)
        return path

    # --- the underlay ---------------------------------------------------------------------------------------------

    def underlay(self, hosts, mtu=1500, routed=False):
        """Hosts (names, or how many) that reach each other by their device underlay0.

        Two are joined by a cable, more by a bridge in a namespace of its own; they have 192.0.2.1, .2, ... of one
        /24. `routed`: the first is in 192.0.2.0/24, the others in 198.51.100.0/24, and a router stands between.
        """
        names = [f"node-{chr(ord('a') + index)}" for index in range(hosts)] if isinstance(hosts, int) else hosts
        if routed:
            return self._routed_underlay(names, mtu)
        made = [Host(self, name, f"192.0.2.{index}") for index, name in enumerate(names, 1)]
        if len(made) == 2:
            first, second = (host.namespace for host in made)
            first.ip("link", "add", "underlay0", "mtu", mtu, "type", "veth", "peer", "name", "underlay0", "netns",
                     second.name, "mtu", mtu)
        else:
            self._bridged(self._switch("switch"), made, mtu)
        for host in made:
            _address(host.namespace, "underlay0", f"{host.address}/24")
        self.hosts += made
        return made

    def _routed_underlay(self, names, mtu):
        router = self.namespace("router")
        router.sysctl("net.ipv4.ip_forward", 1)
        near = [Host(self, names[0], "192.0.2.1", gateway="192.0.2.254")]
        far = [Host(self, name, f"198.51.100.{index}", gateway="198.51.100.254")
               for index, name in enumerate(names[1:], 2)]
        for side, hosts, device in (("near", near, "port0"), ("far", far, "port1")):
            switch = self._switch(f"switch-{side}")
            switch.ip("link", "add", device, "mtu", mtu, "type", "veth", "peer", "name", device, "netns", router.name,
                      "mtu", mtu)
            switch.ip("link", "set", device, "master", "switch", "up")
            self._bridged(switch, hosts, mtu)
            _address(router, device, f"{hosts[0].gateway}/24")
            for host in hosts:
                _address(host.namespace, "underlay0", f"{host.address}/24")
                host.namespace.ip("route", "add", "default", "via", host.gateway)
        self.hosts += near + far
        return near + far

    def _switch(self, name):
        switch = self.namespace(name)
        switch.ip("link", "add", "switch", "type", "bridge", "stp_state", "0", "mcast_snooping", "0")
        switch.ip("link", "set", "switch", "up")
        return switch

    @staticmethod
    def _bridged(switch, hosts, mtu):
        for host in hosts:
            switch.ip("link", "add", host.name, "mtu", mtu, "type", "veth", "peer", "name", "underlay0", "netns",
                      host.namespace.name, "mtu", mtu)
            switch.ip("link", "set", host.name, "master", "switch", "up")


def _address(namespace, device, address):
    namespace.ip("link", "set", device, "up")
    namespace.ip("addr", "add", address, "dev", device)
