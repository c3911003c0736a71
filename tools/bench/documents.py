"""ns per document from text to declarations, beside libyaml's bare events."""
import os
import sys

import lab_paths

NEEDS_ROOT = False


def add_arguments(parser):
    parser.add_argument("--documents", type=int, default=1_000_000, help="default %(default)s")
    parser.add_argument("--files", type=int, default=1000, help="over so many files (default %(default)s)")


def run(arguments):
    program = lab_paths.program("VPCD_BENCH_DOCUMENTS", "tools/bench/bench_documents")
    sys.stdout.flush()
    os.execv(program, [program, str(arguments.documents), str(arguments.files)])
