"""The figures of `access`: medians, medians of the ratios of each round, and what is aimed at."""
import json
import statistics

import report

WITHIN = 0.97  # "the same": established packets do not ask the rules

# (case, against, {metric: least ratio})
GOALS = [
    (("vpcd", 1000), ("vpcd", 1), {"tcp_crr": 0.9, "opened_mpps": 0.9, "tcp_gbps": WITHIN, "udp_mpps": WITHIN}),
    (("vpcd", 1000), ("nftables", 1000), {"tcp_crr": 3.0, "opened_mpps": 3.0}),
    (("veth", 0), ("nftables", 1000), {}),  # what no path can exceed
]


def print_json(runs):
    for ((path, rules), metric), values in runs.items():
        print(json.dumps({"path": path, "rules": rules, "metric": metric,
                          "median": round(statistics.median(values), 4),
                          "runs": [round(value, 4) for value in values]}))


def _name(case):
    path, rules = case
    return "plain veth" if path == "veth" else f"{path}, {rules:,} rule{'' if rules == 1 else 's'}"


def print_tables(runs, rules, metrics):
    print(f"\n{'medians':24}" + "".join(f"{report.UNITS[metric]:>19}" for metric in metrics))
    for case in dict.fromkeys(case for case, _ in runs):
        print(f"{_name(case):24}" + "".join(f"{statistics.median(runs[case, metric]):19,.2f}" for metric in metrics))
    print("\nratios, medians of the rounds' (goal)")
    for case, against, goals in _comparisons(rules):
        cells = []
        for metric in metrics:
            value = report.ratio(runs, case, against, metric)
            goal = goals.get(metric)
            mark = "" if goal is None else f" ({goal}) {'met' if value >= goal else 'MISSED'}"
            cells.append(f"{report.UNITS[metric]} {value:.2f}{mark}")
        print(f"{_name(case)} / {_name(against)}: " + ", ".join(cells))


def _comparisons(rules):
    """Those with a goal, as far as they were measured, and at each number of rules vpcd against nftables."""
    goals = {(case, against): least for case, against, least in GOALS}
    pairs = [(("vpcd", count), ("nftables", count)) for count in rules]
    pairs += [pair for pair in goals if pair not in pairs]
    return [(case, against, goals.get((case, against), {})) for case, against in pairs
            if {count for path, count in (case, against) if path != "veth"} <= set(rules)]
