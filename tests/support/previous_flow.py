"""Writes <vpcd/abi/flow.h> as another version might have had it: the members of struct flow in the opposite order.

    previous_flow.py include/vpcd/abi/flow.h OUT"""
import re
import sys

text = open(sys.argv[1], encoding="utf-8").read()
head, members, tail = re.fullmatch(r"(.*\nstruct flow \{\n)(.*?)(\n\} VPCD_LAYOUT.*)", text, re.DOTALL).groups()
declarations = re.findall(r"^\s*(?:struct )?\w+ \w+(?:\[\w+\])?;", members, re.MULTILINE)
assert len(declarations) > 10, "where are the members of struct flow?"
with open(sys.argv[2], "w", encoding="utf-8") as out:
    out.write(head + "\n".join(reversed(declarations)) + tail)
