"""What rules cost: connects and established packets with 0 to 1,000 of them, vpcd and nftables.

All paths stand at the same time; their rules are replaced between measurements, so that only the rules differ. Figures
are medians; ratios are medians of the ratios of each round. Without rules connections are still tracked, but for plain
veth, which shows what the instances themselves leave room for.
"""
import contextlib
import sys

import access_paths
import access_report
import measure
import topology
from lab import Lab

ROUNDS = 7
SECONDS = 2.0
RULES = (0, 1, 10, 100, 1000)
METRICS = {"tcp_crr": measure.tcp_crr, "opened_mpps": measure.opened_mpps, "tcp_gbps": measure.tcp_gbps,
           "udp_mpps": measure.established_mpps}


def _rules(text):
    counts = sorted({int(word) for word in text.split(",")})
    if counts[0] < 0 or counts[-1] > access_paths.MOST_RULES:
        raise ValueError(text)
    return counts


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"rounds over all paths (default {ROUNDS})")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each measurement (default %(default)s)")
    parser.add_argument("--rules", type=_rules, default=RULES, metavar="COUNT,...",
                        help=f"numbers of rules (default {','.join(map(str, RULES))})")
    parser.add_argument("--json", action="store_true", help="one object a line instead of the tables")


@contextlib.contextmanager
def _build(path):
    with Lab() as lab:
        built = access_paths.PATHS[path](lab)
        topology.prepare(*built.ends)
        source, target = built.ends
        source.wait_ping(target)
        yield built


def _cases(rules):
    return [(path, count) for path, kind in access_paths.PATHS.items() for count in (rules if kind.has_rules else [0])]


def run(arguments):
    cases = _cases(arguments.rules)
    runs = {(case, metric): [] for case in cases for metric in METRICS}
    with contextlib.ExitStack() as stack:
        paths = {path: stack.enter_context(_build(path)) for path in access_paths.PATHS}
        for number in range(arguments.rounds):
            for metric, measured in METRICS.items():
                # Each round the other way round: what changes with time must not count as the rules' doing.
                for path, count in cases if number % 2 == 0 else reversed(cases):
                    paths[path].set_rules(count)
                    value = measured(*paths[path].ends, arguments.seconds)
                    runs[(path, count), metric].append(value)
                    print(f"round {number + 1}/{arguments.rounds}  {metric:11} {path:9} {count:5,} rules "
                          f"{value:12,.3f}", file=sys.stderr, flush=True)
    if arguments.json:
        access_report.print_json(runs)
    else:
        access_report.print_tables(runs, arguments.rules, METRICS)
    return 0
