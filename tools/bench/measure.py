"""One measurement each: (source, target, seconds) -> figure."""
import json
import os

import lab_paths

PORT = 5201
FLOWS = 64
MANY_FLOWS = 200_000  # less than conntrack holds, more than are remembered until each comes again
FLOW_PORT, FIRST_FLOW_PORT = 9, 10000  # as in packets.cpp
PINGPONG_PORT = 5301
ANSWER_SECONDS = 5


def _program(name):
    return lab_paths.program(f"VPCD_{name.upper()}", f"tools/bench/{name}")


def _own_address(target):
    """What its programs bind to: where addresses are translated, not the one the source sends to."""
    return getattr(target, "private_address", target.address)


def _last_json(finished):
    status, out, err = finished
    if status != 0 or not out.strip():
        raise RuntimeError(f"exit {status}: {err.strip() or out.strip()}")
    return json.loads(out.strip().splitlines()[-1])


def tcp_gbps(source, target, seconds):
    server = target.namespace.spawn("iperf3", "-s", "-1", "-p", PORT, "--forceflush")
    server.wait_line("Server listening", stream="stdout")
    whole_seconds = max(1, round(seconds))  # 0 would be for ever
    done = source.namespace.run("iperf3", "-c", target.address, "-p", PORT, "-t", whole_seconds, "-J", check=False)
    server.kill()
    report = json.loads(done.stdout)
    if "error" in report:
        raise RuntimeError(f"iperf3 to {target.address}: {report['error']}")
    return report["end"]["sum_received"]["bits_per_second"] / 1e9


def udp_mpps(source, target, seconds, flows=FLOWS):
    """64-byte frames that reach the target's device, counted and dropped there: in TC, or in XDP where the path
    delivers XDP frames. The generator hands on batches of live frames, as a NIC or a virtio queue does."""
    source.wait_ping(target)
    mac = source.neighbour(target.address) or source.neighbour(source.gateway)
    host = source.host.namespace
    host.run("ethtool", "-K", source.device, "gro", "on")  # with it the host takes the generator's batches
    sink = target.namespace.spawn(_program("bench_sink"), "eth0", "xdp" if target.takes_xdp else "tc")
    sink.wait_line("ready", stream="stdout")
    generator = source.namespace.spawn(_program("bench_packets"), "eth0", source.mac, mac, source.address,
                                       target.address, flows, seconds)
    sent = _last_json(generator.finish(seconds + 30))
    received = _last_json(sink.stop())["packets"]
    host.run("ethtool", "-K", source.device, "gro", "off")
    return received / sent["seconds"] / 1e6


def established_mpps(source, target, seconds):
    """The same, of flows that were answered: what tracks connections knows them."""
    with target.namespace.udp_socket((_own_address(target), FLOW_PORT)) as answering:
        for port in range(FIRST_FLOW_PORT, FIRST_FLOW_PORT + FLOWS):
            with source.namespace.udp_socket((source.address, port)) as asking:
                answering.settimeout(ANSWER_SECONDS)
                asking.settimeout(ANSWER_SECONDS)
                for _ in range(2):  # the packet after the answer is what shows that it arrived
                    asking.sendto(b"?", (target.address, FLOW_PORT))
                    answering.sendto(b"!", answering.recvfrom(1)[1])
                    asking.recv(1)
    return udp_mpps(source, target, seconds)


def opened_mpps(source, target, seconds):
    """The same, each packet the first of a flow that nobody knows any more."""
    return udp_mpps(source, target, seconds, MANY_FLOWS)


def _pingpong(mode, source, target, seconds):
    """Both ends on one CPU: where the scheduler puts them otherwise decides more than the path does."""
    pinned = ("taskset", "-c", str(min(os.sched_getaffinity(0))), _program("bench_pingpong"))
    server = target.namespace.spawn(*pinned, "serve", _own_address(target), PINGPONG_PORT)
    server.wait_line("ready", stream="stdout")
    client = source.namespace.spawn(*pinned, mode, target.address, PINGPONG_PORT, seconds)
    done = _last_json(client.finish(seconds + 30))
    server.kill()
    return done["exchanges"] / done["seconds"]


def tcp_rr(source, target, seconds):
    return _pingpong("rr", source, target, seconds)


def tcp_crr(source, target, seconds):
    return _pingpong("crr", source, target, seconds)


METRICS = {"tcp_gbps": tcp_gbps, "udp_mpps": udp_mpps, "tcp_rr": tcp_rr, "tcp_crr": tcp_crr}
