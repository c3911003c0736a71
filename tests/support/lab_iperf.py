"""What a cap lets through, measured with iperf3 after the bucket has run full."""
import json
import time

PORT = 5201
WARM_UP, MEASURED = 2, {"udp": 3, "tcp": 8}  # seconds; what the bucket holds must not count
# Ethernet, IPv4 and UDP; TCP with timestamps.
_HEADERS = {"udp": 14 + 20 + 8, "tcp": 14 + 20 + 32}
_DATAGRAM = 1300


def measure(source, target, protocol="tcp", rate=None, address=None):
    """Mbit/s of Ethernet frames that arrive at `target`. `rate` (Mbit/s): the cap, which UDP exceeds. `address`: what the
    source connects to, where that is another one than the target has."""
    options = []
    if protocol == "udp":
        options = ["-u", "-b", f"{rate * (1.3 if rate > 100 else 2)}M", "-l", _DATAGRAM]
    server = target.namespace.spawn("iperf3", "-s", "-1", "-p", PORT, "-J")
    try:
        _wait_listening(target)
        done = source.namespace.run("iperf3", "-c", address or target.address, "-p", PORT, "-t",
                                    WARM_UP + MEASURED[protocol], "-J", "--get-server-output", *options, check=False)
        report = json.loads(done.stdout)
        if "error" in report:
            raise RuntimeError(f"iperf3 to {address or target.address}: {report['error']}")
        seconds = [each["sum"] for each in report["server_output_json"]["intervals"]]
        measured = seconds[WARM_UP:WARM_UP + MEASURED[protocol]]
    finally:
        server.kill()
    if protocol == "udp":
        payload, frames = _DATAGRAM, sum(each["packets"] - each["lost_packets"] for each in measured)
        carried = frames * (payload + _HEADERS["udp"])
    else:
        segment = report["start"]["tcp_mss_default"]
        carried = sum(each["bytes"] for each in measured) * (segment + _HEADERS["tcp"]) / segment
    return carried * 8 / sum(each["seconds"] for each in measured) / 1e6


def _wait_listening(target, timeout=10):
    deadline = time.monotonic() + timeout
    while not target.namespace.run("ss", "-Htln", f"sport = :{PORT}").stdout:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{target.name}: iperf3 does not listen")
