"""Bulk TCP, small packets, request/response and connects: plain veth, the kernel's vxlan, vpcd.

All topologies stand at the same time and are measured in turn, round by round, because single passes on one machine
differ by more than the paths do. Figures are medians; ratios are medians of the ratios of each round.
"""
import contextlib
import sys

import measure
import report
import topology

ROUNDS = 5
SECONDS = 2.0


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"rounds over all paths (default {ROUNDS})")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each measurement (default %(default)s)")
    parser.add_argument("--paths", default=",".join(topology.PATHS), help="of these: %(default)s")
    parser.add_argument("--metrics", default=",".join(measure.METRICS), help="of these: %(default)s")
    parser.add_argument("--json", action="store_true", help="one object a line instead of the tables")


def _chosen(words, known, what):
    chosen = words.split(",")
    unknown = [word for word in chosen if word not in known]
    if unknown:
        sys.exit(f"tools/bench/run: unknown {what}: {', '.join(unknown)}")
    return chosen


def run(arguments):
    paths = _chosen(arguments.paths, topology.PATHS, "path")
    metrics = _chosen(arguments.metrics, measure.METRICS, "metric")
    runs = {(path, metric): [] for path in paths for metric in metrics}
    with contextlib.ExitStack() as stack:
        ends = {path: stack.enter_context(topology.build(path)) for path in paths}
        for source, target in ends.values():
            source.wait_ping(target)
        for number in range(arguments.rounds):
            for metric in metrics:
                # Each round begins with another path, so none always runs first.
                for path in paths[number % len(paths):] + paths[:number % len(paths)]:
                    value = measure.METRICS[metric](*ends[path], arguments.seconds)
                    runs[path, metric].append(value)
                    print(f"round {number + 1}/{arguments.rounds}  {metric:10} {path:13} {value:12,.3f}",
                          file=sys.stderr, flush=True)
    if arguments.json:
        report.print_json(runs)
    else:
        report.print_tables(runs, paths, metrics)
    return 0
