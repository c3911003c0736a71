"""Load, one change, churn, restart, memory and packets of an agent in fleets of up to a million instances.

One host of a thousand is real: its agent reads the documents of all and writes real tables. Documents lie in memory when
there is room. Goals are of a million instances; smaller fleets show how figures grow.
"""
import argparse
import contextlib
import json
import os
import secrets
import shutil
import signal
import sys
import tempfile

import scale_report as report
from lab import Lab
from progress import Progress
from scale_documents import SHAPES
from scale_measure import Measurement
from scale_world import World

SIZES = "1000,10000,100000,1000000"
SMALLEST = 1000
DEVICES = 10
BYTES_AN_INSTANCE = 512  # of documents, generously
MEMORY = "/dev/shm"
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def add_arguments(parser):
    parser.add_argument("--instances", default=SIZES, type=_sizes, help=f"sizes of the fleet (default {SIZES})")
    parser.add_argument("--shape", default="all", choices=[*SHAPES, "all"],
                        help="one VPC; 1,000 VPCs with an instance of each here; 100 route tables of 40 routes, with "
                             "the smallest number of instances only (default all)")
    parser.add_argument("--devices", type=int, default=DEVICES,
                        help="of this host's instances, so many have a network device (default %(default)s)")
    parser.add_argument("--json", metavar="FILE", help="write all figures there as well")
    parser.add_argument("--keep", action="store_true", help="leave namespaces, agents, tables and documents behind")


def _sizes(text):
    try:
        sizes = sorted({int(word) for word in text.split(",")})
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not numbers: {text}") from error
    if sizes[0] < SMALLEST:
        raise argparse.ArgumentTypeError(f"at least {SMALLEST} instances")
    return sizes


@contextlib.contextmanager
def _lab(instances, keep):
    """A lab whose files lie in memory if there is plenty; taken down after an interruption too."""
    prefix = f"vs{os.getpid():x}{secrets.token_hex(2)}"
    need = 2 * BYTES_AN_INSTANCE * instances
    base = MEMORY if os.path.ismount(MEMORY) and shutil.disk_usage(MEMORY).free > 4 * need else tempfile.gettempdir()
    lab = Lab(prefix, tempfile.mkdtemp(prefix=f"{prefix}-", dir=base), outlive=keep)
    try:
        yield lab
    except Exception:
        lab.dump()
        raise
    finally:
        handlers = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING}
        if keep:
            _tell_kept(lab)
        else:
            lab.close()
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _tell_kept(lab):
    host = lab.hosts[0]
    running = host.vpcd.process
    print(f"kept: {f'agent {running.pid}, ' if running else ''}namespaces {lab.prefix}-*, {host.vpcd.pins}, "
          f"{lab.directory}", file=sys.stderr)


def _measure(shape, instances, arguments, progress):
    progress.begin(f"{shape}, {instances:,} instances")
    fleet = SHAPES[shape](instances)
    with _lab(instances, arguments.keep) as lab:
        world = World(lab, fleet, arguments.devices, progress)
        result = {"shape": shape, **Measurement(world, progress).run(), "directory": lab.directory}
    result["goals"] = report.goals(result)
    result["removed"] = not os.path.exists(result["directory"])
    return result


def run(arguments):
    progress = Progress()
    for number in ENDING:
        signal.signal(number, lambda ended, _: progress.interrupt(128 + ended))
    results = []
    for shape in SHAPES if arguments.shape == "all" else [arguments.shape]:
        sizes = arguments.instances[:1] if shape == "route-tables" else arguments.instances
        for instances in sizes:
            results.append(_measure(shape, instances, arguments, progress))
            if arguments.json:
                with open(arguments.json, "w", encoding="ascii") as file:
                    json.dump({"runs": results}, file, indent=1)
                    file.write("\n")
    progress.end()
    for shape in dict.fromkeys(result["shape"] for result in results):
        report.print_shape(shape, [result for result in results if result["shape"] == shape])
    largest = max(results, key=lambda result: result["diskBytes"])
    where = "kept" if arguments.keep else "removed"
    print(f"\nfiles: at most {largest['diskBytes'] / 1e6:,.1f} MB in {os.path.dirname(largest['directory'])}, {where}")
    return 0
