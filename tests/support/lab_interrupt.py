"""Programs under tests/support/interrupt.cpp, and at which of their points it is worth to stop them.

Points are the system calls that change the kernel. Where a call stands between the same two neighbours again and again
(sixteen tables are made alike) the first and the last are tried; attaching, detaching and devices, and the calls right
before and after them, are tried one by one."""
import lab_paths

REACHED = 42  # the exit code when the program was killed at the point
_SWITCHES = ("bpf LINK", "bpf PROG_", "netlink")


def interrupt(log, *what):
    """The beginning of a command line; the program follows."""
    return [lab_paths.program("VPCD_INTERRUPT", "tests/support/interrupt"), log, *what, "--"]


def points_to_try(lines):
    """[(number, line)] of those to try, numbered from 1; `lines`: what the log of a whole run says."""
    kinds = ["begin", *map(_kind, lines), "end"]
    places = {}
    for number in range(1, len(lines) + 1):
        places.setdefault(tuple(kinds[number - 1:number + 2]), []).append(number)
    points = {number for same in places.values() for number in (same[0], same[-1])}
    for number in range(1, len(lines) + 1):
        if kinds[number].startswith(_SWITCHES) and kinds[number] not in ("bpf PROG_LOAD", ):
            points.update({number - 1, number, number + 1})
    return [(number, lines[number - 1]) for number in sorted(points & set(range(1, len(lines) + 1)))]


def _kind(line):
    """Which call it is, and not on what."""
    words = line.split()
    return " ".join(words[:2]) if words[0] in ("bpf", "netlink") else words[0]
