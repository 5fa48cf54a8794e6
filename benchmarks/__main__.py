"""Measure askergeo against its peers: ``python -m benchmarks [NAME …] [--json]``.

Each case runs in three separate processes, in which ours and the peer's alternate; the ratio is
the peer's median time over ours, and it is judged on the median of the three. Peak memory is that
of a process of its own that does only our work.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from benchmarks.case import Case, peak_memory

MODULES = ("start", "stores", "demo", "graph", "isochrones", "network", "overlay", "tettsted")
INVOCATIONS = 3
ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run the cases asked for and print a table, or one JSON object a line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="cases to run; all without")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--list", action="store_true", help="list the cases")
    parser.add_argument("--rounds", type=int, default=0, help="rounds in a process; 0: the case's")
    parser.add_argument("--measure", metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument("--peak", metavar="FOLDER", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        return _child(_find(arguments.names[0]), Path(arguments.measure), arguments.rounds)
    if arguments.peak:
        return _child_peak(_find(arguments.names[0]), Path(arguments.peak))
    known = cases()
    chosen = [known[name] for name in arguments.names] if arguments.names else list(known.values())
    if arguments.list:
        print("\n".join(f"{case.name:24}{case.work}" for case in chosen))
        return 0
    if not arguments.json:
        print(f"{machine()}\n{_HEADER}")
    for case in chosen:
        row = measure(case, rounds=arguments.rounds)
        print(json.dumps(row, ensure_ascii=False) if arguments.json else _line(row), flush=True)
    return 0


def cases() -> dict[str, Case]:
    """Every case, by name."""
    found = [case for name in MODULES for case in import_module(f"benchmarks.{name}").cases()]
    return {case.name: case for case in found}


def _find(name: str) -> Case:
    return cases()[name]


def machine() -> str:
    """Describe the machine that the numbers hold for."""
    system = f"{platform.system()} {platform.machine()}"
    return f"{system}, {os.cpu_count()} cores, Python {platform.python_version()}"


def measure(case: Case, *, rounds: int = 0) -> dict[str, object]:
    """Run one case in separate processes and put the figures together."""
    with tempfile.TemporaryDirectory(prefix="askergeo-bench-") as name:
        folder = Path(name)
        case.prepare(folder)
        runs = [_run(case, "--measure", folder, rounds) for _ in range(INVOCATIONS)]
        peak = _run(case, "--peak", folder, rounds)
    ours = [run["ours_s"] for run in runs]
    absent = next((run["absent"] for run in runs if run.get("absent")), "")
    peers = [run["peer_s"] for run in runs if run["peer_s"] is not None]
    ratios = [run["ratio"] for run in runs if run["ratio"] is not None]
    quartiles = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios
    return {
        "name": case.name,
        "work": case.work,
        "peer": f"{case.peer} (not installed: {absent})" if absent else case.peer,
        "ratio": _median(ratios),
        "ratio_quartiles": quartiles,
        "ours_s": _median(ours),
        "peer_s": _median(peers),
        "max_abs_diff": max(
            (r["difference"] for r in runs if r["difference"] is not None), default=None
        ),
        "peak_mib": peak["peak_mib"],
        "machine": machine(),
    }


def _run(case: Case, mode: str, folder: Path, rounds: int) -> dict[str, object]:
    command = [
        sys.executable,
        "-m",
        "benchmarks",
        case.name,
        mode,
        str(folder),
        "--rounds",
        str(rounds),
    ]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def _child(case: Case, folder: Path, rounds: int) -> int:
    """Alternate ours and the peer's; the first round warms both and is not counted."""
    absent = case.absent_peer()
    times: tuple[list[float], list[float]] = ([], [])
    difference = None
    for number in range((rounds or case.rounds) + 1):
        started = time.perf_counter()
        ours = case.ours(folder)
        middle = time.perf_counter()
        peer = case.run_peer(folder) if case.run_peer and not absent else None
        ended = time.perf_counter()
        if number == 0 and case.difference and case.run_peer and not absent:
            difference = case.difference(ours, peer)
        if number or case.rounds == 0:
            times[0].append(middle - started)
            times[1].append(ended - middle)
        del ours, peer
    ours_s = statistics.median(times[0])
    compared = case.run_peer is not None and not absent
    peer_s = statistics.median(times[1]) if compared else None
    ratio = peer_s / ours_s if peer_s is not None else None
    print(
        json.dumps(
            {
                "ours_s": ours_s,
                "peer_s": peer_s,
                "ratio": ratio,
                "difference": difference,
                "absent": absent,
            }
        )
    )
    return 0


def _child_peak(case: Case, folder: Path) -> int:
    case.ours(folder)
    print(json.dumps({"peak_mib": peak_memory()}))
    return 0


_HEADER = (
    f"{'work':58}{'ours':>10}{'peer':>10}{'ratio':>8}  {'quartiles':14}"
    f"{'max diff':>10}{'MiB':>7}  peer"
)


def _line(row: dict[str, object]) -> str:
    def text(value: object, form: str) -> str:
        return "–" if value is None else format(value, form)

    quartiles = "–".join(f"{value:.2f}" for value in row["ratio_quartiles"][::2])
    return (
        f"{row['work']:58}{text(row['ours_s'], '.3f'):>9}s{text(row['peer_s'], '.3f'):>9}s"
        f"{text(row['ratio'], '.2f'):>8}  {quartiles:14}{text(row['max_abs_diff'], '.2g'):>10}"
        f"{text(row['peak_mib'], '.0f'):>7}  {row['peer']}"
    )


def _median(values: list[float]) -> float | None:
    return statistics.median(values) if values else None


if __name__ == "__main__":
    sys.exit(main())
