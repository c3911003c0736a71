"""Which ports of an instance another one reaches, told without waiting for what does not come: packets of one way keep
their order, so those that pass are sent last, and when they have arrived, the others would have."""
import contextlib
import errno
import select
import socket
import struct
import time

_IDLE = 0.2  # seconds of silence, where nothing is expected that could end the wait


def tcp_answered(source, address, ports, expected, timeout=5):
    """Those of `ports` that answer a SYN, be it with a RST."""
    with contextlib.ExitStack() as stack:
        probes = {}
        with source.namespace.inside():
            for port in _in_order(ports, expected):
                probe = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK))
                probe.connect_ex((address, port))
                probes[port] = probe
        return _wait(probes, expected, select.POLLOUT, timeout, lambda probe: probe.getsockopt(
            socket.SOL_SOCKET, socket.SO_ERROR) in (0, errno.ECONNREFUSED))


def udp_arrived(source, target, ports, expected, timeout=5, size=64):
    """Those of `ports` of the instance `target` at which a datagram arrives."""
    with contextlib.ExitStack() as stack:
        receivers = {port: stack.enter_context(target.namespace.udp_socket((target.address, port))) for port in ports}
        for port in _in_order(ports, expected):
            sender = stack.enter_context(source.namespace.udp_socket())
            sender.sendto(b"x" * size, (target.address, port))
        return _wait(receivers, expected, select.POLLIN, timeout, lambda receiver: len(receiver.recv(65536)) == size)


def _in_order(ports, expected):
    return sorted(ports, key=lambda port: port in expected)


def _wait(sockets, expected, event, timeout, holds):
    """The ports whose sockets had the event when all that are expected have had it, or the time is up."""
    poller, ports, seen = select.poll(), {}, set()
    for port, each in sockets.items():
        poller.register(each, event)
        ports[each.fileno()] = port
    deadline = time.monotonic() + (timeout if expected else _IDLE)
    while not expected or not seen >= set(expected):
        events = poller.poll(max(0, deadline - time.monotonic()) * 1000)
        if not events:
            break
        for descriptor, _ in events:
            poller.unregister(descriptor)
            if holds(sockets[ports[descriptor]]):
                seen.add(ports[descriptor])
    for descriptor, _ in poller.poll(0):  # what came beside them
        if holds(sockets[ports[descriptor]]):
            seen.add(ports[descriptor])
    return seen


class Connection:
    """A TCP connection of which the test holds both ends."""

    def __init__(self, source, target, port, timeout=5):
        with target.namespace.inside():
            listener = socket.socket()
        with source.namespace.inside():
            self.near_end = socket.socket()
        with listener, contextlib.ExitStack() as unfinished:
            unfinished.callback(self.near_end.close)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((target.address, port))
            listener.listen(1)
            self.near_end.settimeout(timeout)
            self.near_end.connect((target.address, port))
            self.far_end, _ = listener.accept()
            unfinished.pop_all()
        self.port = self.near_end.getsockname()[1]  # of the source

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.near_end.close()
        self.far_end.close()

    def exchange(self, timeout=2):
        """Whether a byte arrives in each direction."""
        for sender, receiver in ((self.near_end, self.far_end), (self.far_end, self.near_end)):
            receiver.settimeout(timeout)
            try:
                sender.sendall(b"x")
                if receiver.recv(1) != b"x":
                    return False
            except OSError:
                return False
        return True

    def reset(self):
        """Ends it with a RST of the source."""
        self.near_end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.near_end.close()
