"""What translation of addresses costs: connects, first and established packets and bulk TCP, vpcd and nftables.

All paths stand at the same time and are measured in turn. Figures are medians; ratios are medians of the ratios of each
round. Plain veth translates nothing and shows what the ends themselves leave room for.
"""
import contextlib
import sys

import measure
import outside_paths
import report
import topology
from lab import Lab

ROUNDS = 5
SECONDS = 2.0
METRICS = {"tcp_crr": measure.tcp_crr, "opened_mpps": measure.opened_mpps, "tcp_gbps": measure.tcp_gbps,
           "udp_mpps": measure.established_mpps}
GOALS = [(f"vpcd-{kind}", f"nftables-{kind}", {"tcp_crr": 2.0, "opened_mpps": 2.0, "tcp_gbps": 1.0, "udp_mpps": 2.0})
         for kind in outside_paths.KINDS] + [("veth", "nftables-snat", {})]


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"rounds over all paths (default {ROUNDS})")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each measurement (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="one object a line instead of the tables")


@contextlib.contextmanager
def _build(path):
    with Lab() as lab:
        source, target = outside_paths.PATHS[path](lab)
        topology.prepare(source, target)
        source.wait_ping(target)
        yield source, target


def run(arguments):
    names = list(outside_paths.PATHS)
    runs = {(path, metric): [] for path in names for metric in METRICS}
    with contextlib.ExitStack() as stack:
        ends = {path: stack.enter_context(_build(path)) for path in names}
        for number in range(arguments.rounds):
            for metric, measured in METRICS.items():
                # Each round begins with another path, so none always runs first.
                for path in names[number % len(names):] + names[:number % len(names)]:
                    value = measured(*ends[path], arguments.seconds)
                    runs[path, metric].append(value)
                    print(f"round {number + 1}/{arguments.rounds}  {metric:11} {path:16} {value:12,.3f}",
                          file=sys.stderr, flush=True)
    if arguments.json:
        report.print_json(runs)
    else:
        report.print_tables(runs, names, METRICS, GOALS)
    return 0
