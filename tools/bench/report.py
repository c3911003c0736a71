"""Medians, medians of the ratios of each round, and what is aimed at."""
import json
import statistics

UNITS = {"tcp_gbps": "TCP Gbit/s", "udp_mpps": "small packets M/s", "tcp_rr": "request/response /s",
         "tcp_crr": "connects /s", "opened_mpps": "first packets M/s"}

# (path, against, {metric: least ratio})
GOALS = [
    ("vpcd", "vxlan-bridge", {"tcp_gbps": 1.05, "udp_mpps": 2.2, "tcp_rr": 1.15, "tcp_crr": 1.25}),
    ("vpcd", "veth", {"tcp_gbps": 0.95, "tcp_rr": 0.9}),
    ("vpcd-xdp", "vxlan-bridge", {"udp_mpps": 3.5}),
]


def print_json(runs):
    for (path, metric), values in runs.items():
        print(json.dumps({"path": path, "metric": metric, "median": round(statistics.median(values), 4),
                          "runs": [round(value, 4) for value in values]}))


def ratio(runs, path, against, metric):
    """Median over the rounds of one path's figure divided by the other's of the same round."""
    pairs = zip(runs[path, metric], runs[against, metric])
    return statistics.median(one / other for one, other in pairs)


def print_tables(runs, paths, metrics, goals_of=None):
    print("\nmedians" + " " * 9 + "".join(f"{UNITS[metric]:>21}" for metric in metrics))
    for path in paths:
        print(f"{path:16}" + "".join(f"{statistics.median(runs[path, metric]):21,.2f}" for metric in metrics))
    print("\nratios, medians of the rounds' (goal)")
    for path, against, goals in goals_of or GOALS:
        if path not in paths or against not in paths:
            continue
        cells = []
        for metric in metrics:
            value = ratio(runs, path, against, metric)
            goal = goals.get(metric)
            mark = "" if goal is None else f" ({goal}) {'met' if value >= goal else 'MISSED'}"
            cells.append(f"{UNITS[metric]} {value:.2f}{mark}")
        print(f"{path} / {against}: " + ", ".join(cells))
