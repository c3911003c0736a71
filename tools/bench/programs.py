"""ns per packet of each program, by BPF_PROG_TEST_RUN: as embedded, and compiled for this host."""
import os
import subprocess
import sys
import tempfile

import lab_agent
import lab_paths

# What a host with instances behind veths needs in a fleet that speaks VXLAN, and nothing but the other compiler flags.
BUILDS = {"here, features used": "vxlan,pair,source-check,xdp,events", "here, all features": "all"}


def add_arguments(parser):
    parser.add_argument("--json", action="store_true", help="one object a line instead of the table")
    parser.add_argument("--embedded", action="store_true", help="only the embedded programs")


def compile_programs(directory, features):
    program = lab_paths.program("VPCD_COMPILE_PROGRAMS", "tests/support/compile_programs")
    os.makedirs(directory)
    subprocess.run([program, lab_paths.CHECKOUT, directory, features], check=True, stdout=sys.stderr)


def run(arguments):
    program = lab_paths.program("VPCD_BENCH_PROGRAMS", "tools/bench/bench_programs")
    lab_agent.ensure_bpffs()
    sys.stdout.flush()
    with tempfile.TemporaryDirectory(prefix="vpcd-bench-") as directory:
        others = []
        for name, features in ({} if arguments.embedded else BUILDS).items():
            objects = os.path.join(directory, name.replace(" ", "-"))
            compile_programs(objects, features)
            others.append(f"{name}={objects}")
        return subprocess.run([program, *(["--json"] if arguments.json else []), *others], check=False).returncode
