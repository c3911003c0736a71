"""The figures of all sizes of a shape side by side, and what is aimed at."""

GOAL_INSTANCES = 1_000_000  # the goals are of this many


def at(*path, scale=1):
    """The figure at this path of a result; None where there is none."""
    def find(result):
        for name in path:
            result = result.get(name) if result is not None else None
        return None if result is None else result * scale
    return find


def _per_lookup(result):
    packet = result["packet"]
    return packet["knownNs"] / packet["lookupNs"] if packet and packet["lookupNs"] > 0 else None


# (heading, figure, decimals, (goal, most that meets it))
ROWS = [
    ("documents, MB", at("documents", "bytes", scale=1e-6), 1, None),
    ("load: documents to maps, s", at("load", "seconds"), 2, ("< 20", 20)),
    ("  reading, s", at("load", "readMs", scale=1e-3), 2, None),
    ("  model, s", at("load", "modelMs", scale=1e-3), 2, None),
    ("  plan, s", at("load", "planMs", scale=1e-3), 2, None),
    ("  neighbours and devices, s", at("load", "kernelMs", scale=1e-3), 2, None),
    ("  map writing, s", at("load", "tablesMs", scale=1e-3), 2, ("< 3", 3)),
    ("  attaching, s", at("load", "hooksMs", scale=1e-3), 2, None),
    ("  rows written", at("load", "rowsCounted"), 0, None),
    ("kernel memory, MB", at("kernelMemory", "bytes", scale=1e-6), 1, None),
    ("kernel memory, bytes an instance", at("kernelMemory", "perInstance"), 0, ("< 400", 400)),
    ("agent, MB", at("agentMemory", "rssBytes", scale=1e-6), 1, None),
    ("agent at its largest, MB", at("agentMemory", "peakBytes", scale=1e-6), 1, None),
    ("agent, bytes an instance", at("agentMemory", "perInstance"), 0, ("< 1000", 1000)),
    ("one change: file to map, ms", at("change", "medianMs"), 2, ("< 10", 10)),
    ("  of these the agent's work, ms", at("change", "agentMs"), 2, ("< 10", 10)),
    ("  rows written", at("change", "rowsCounted"), 0, None),
    ("1 % churn: files to maps, s", at("churn", "seconds"), 3, None),
    ("  interfaces moved", at("churn", "interfaces"), 0, None),
    ("  rows written", at("churn", "rowsCounted"), 0, None),
    ("restart: start to ready, s", at("restart", "seconds"), 2, ("< 10", 10)),
    ("  rows written", at("restart", "rowsCounted"), 0, ("0", 0)),
    ("  rows written, as the agent says", at("restart", "rowsTold"), 0, ("0", 0)),
    ("end on SIGTERM, s", at("restart", "stopSeconds"), 2, None),
    ("first packet of a flow, ns", at("packet", "firstNs"), 0, None),
    ("packet of a known flow, ns", at("packet", "knownNs"), 0, None),
    ("  in bare lookups of that table", _per_lookup, 2, None),
]
RATIOS = [("first packet", at("packet", "firstNs")), ("packet of a known flow", at("packet", "knownNs"))]


def verdict(value, most):
    if value is None:
        return "not measured"
    # "0" is a goal that 0 meets, "< 20" one that 20 does not.
    return "met" if value < most or value == most == 0 else "MISSED"


def goals(result):
    """[{"figure", "value", "goal", "verdict"}] of a result with as many instances as the goals are of."""
    if result["instances"] < GOAL_INSTANCES:
        return []
    return [{"figure": heading.strip(), "value": figure(result), "goal": goal[0],
             "verdict": verdict(figure(result), goal[1])} for heading, figure, _, goal in ROWS if goal]


def print_shape(shape, results):
    large = next((result for result in results if result["instances"] >= GOAL_INSTANCES), None)
    first = results[0]
    print(f"\n{shape}: {first['hosts']:,} hosts; devices here {', '.join(str(r['devicesHere']) for r in results)} of "
          f"{', '.join(str(r['interfacesHere']) for r in results)} interfaces; VPCs "
          f"{', '.join(str(r['vpcs']) for r in results)}; subnets {', '.join(str(r['subnets']) for r in results)}")
    _line("instances", [f"{result['instances']:,}" for result in results], "goal at 1,000,000")
    for heading, figure, decimals, goal in ROWS:
        values = [figure(result) for result in results]
        text = ""
        if goal:
            text = goal[0] + (f"  {verdict(figure(large), goal[1])}" if large else "")
        _line(heading, ["-" if value is None else f"{value:,.{decimals}f}" for value in values], text)
    for heading, figure in RATIOS:
        base = figure(first)
        _line(f"  {heading}, against the first column",
              ["-" if not base or figure(result) is None else f"{figure(result) / base:.2f}" for result in results], "")


def _line(heading, cells, goal):
    print(f"{heading:44}" + "".join(f"{cell:>14}" for cell in cells) + (f"   {goal}" if goal else ""))
