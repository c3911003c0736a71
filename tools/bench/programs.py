"""ns per packet of each program, by BPF_PROG_TEST_RUN."""
import os
import sys

import lab_agent
import lab_paths


def add_arguments(parser):
    parser.add_argument("--json", action="store_true", help="one object a line instead of the table")


def run(arguments):
    program = lab_paths.program("VPCD_BENCH_PROGRAMS", "tools/bench/bench_programs")
    lab_agent.ensure_bpffs()
    sys.stdout.flush()
    os.execv(program, [program, *(["--json"] if arguments.json else [])])
