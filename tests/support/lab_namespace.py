"""A network namespace: devices, processes and sockets inside it.

Only the network is entered (setns with CLONE_NEWNET), so /sys/fs/bpf stays the machine's.
"""
import contextlib
import ctypes
import os
import socket
import subprocess

from lab_process import Process

CLONE_NEWNET = 0x40000000
ETH_P_ALL = 3
PACKET_IGNORE_OUTGOING = 23
_libc = ctypes.CDLL(None, use_errno=True)


def _enter(fd):
    if _libc.setns(fd, CLONE_NEWNET) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"setns: {os.strerror(code)}")


class Namespace:
    def __init__(self, name):
        self.name = name
        self.path = f"/run/netns/{name}"
        self.processes = []
        subprocess.run(["ip", "netns", "add", name], check=True)
        self._fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        self.ip("link", "set", "lo", "up")
        # Router solicitations and MLD would be noise in every capture and drop counter.
        self.sysctl("net.ipv6.conf.all.disable_ipv6", 1)
        self.sysctl("net.ipv6.conf.default.disable_ipv6", 1)

    def delete(self):
        for process in reversed(self.processes):
            process.kill()
        os.close(self._fd)
        subprocess.run(["ip", "netns", "del", self.name], check=False)

    @contextlib.contextmanager
    def inside(self):
        """This thread, and what it starts, is in the namespace."""
        home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _enter(self._fd)
            yield
        finally:
            _enter(home)
            os.close(home)

    def run(self, *argv, check=True, timeout=60, **options):
        """Runs a program to its end; returns the CompletedProcess with text output."""
        with self.inside():
            done = subprocess.run([str(word) for word in argv], text=True, timeout=timeout, check=False,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        if check and done.returncode != 0:
            raise RuntimeError(f"{self.name}: {' '.join(map(str, argv))}: exit {done.returncode}\n"
                               f"{done.stdout}{done.stderr}")
        return done

    def spawn(self, *argv, **options):
        """Starts a program that runs beside the test and ends with the lab."""
        with self.inside():
            process = Process([str(word) for word in argv], **options)
        self.processes.append(process)
        return process

    def ip(self, *argv, check=True):
        done = subprocess.run(["ip", "-n", self.name, *map(str, argv)], text=True, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if check and done.returncode != 0:
            raise RuntimeError(f"ip -n {self.name} {' '.join(map(str, argv))}: {done.stderr.strip()}")
        return done.stdout

    def sysctl(self, name, value):
        with self.inside(), open("/proc/sys/" + name.replace(".", "/"), "w", encoding="ascii") as file:
            file.write(str(value))

    def packet_socket(self, device, receive=True):
        """An AF_PACKET socket on a device: send() puts a frame out there, recv() sees what arrives."""
        with self.inside():
            raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL) if receive else 0)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        if receive:
            raw.setsockopt(socket.SOL_PACKET if hasattr(socket, "SOL_PACKET") else 263, PACKET_IGNORE_OUTGOING, 1)
        raw.bind((device, ETH_P_ALL if receive else 0))
        return raw

    def inject(self, device, *frames):
        """Sends finished frames (bytes or scapy packets) out of a device."""
        with self.packet_socket(device, receive=False) as raw:
            for frame in frames:
                raw.send(bytes(frame))

    def udp_socket(self, address=("0.0.0.0", 0)):
        with self.inside():
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(address)
        return udp
