"""Measure askergeo against its peers: ``python -m benchmarks [NAME …] [--json]``.

Each case runs in three separate processes, in which ours and the peer's alternate; the ratio is
the peer's median time over ours, and it is judged on the median of the three. Peak memory is that
of a process in which only our work has been done; the extra memory is what the work took beyond
its input. NAME may be a group of cases.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.case import Case, ExtraMemory, Told, peak_memory

if TYPE_CHECKING:
    from collections.abc import Callable

MODULES = (
    "start", "stores", "demo", "graph", "isochrones", "network", "overlay", "overlay_nasjon",
    "plansjekk", "skolekretser", "skoleveg", "terrain", "tettsted", "forecast",
    "balance", "page", "transit", "va", "va_hydraulics", "va_renewal",
)  # fmt: skip
ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run the cases asked for and print a table, or one JSON object a line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="cases to run; all without")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--list", action="store_true", help="list the cases")
    parser.add_argument("--rounds", type=int, default=0, help="rounds in a process; 0: the case's")
    parser.add_argument("--measure", metavar="FOLDER", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        return _child(_find(arguments.names[0]), Path(arguments.measure), arguments.rounds)
    chosen = _chosen(arguments.names)
    if arguments.list:
        print("\n".join(f"{case.name:24}{case.work}" for case in chosen))
        return 0
    if not arguments.json:
        print(f"{machine()}\n{_HEADER}")
    sized: dict[str, list[tuple[float, float]]] = {}
    for case in chosen:
        row = measure(case, rounds=arguments.rounds)
        print(json.dumps(row, ensure_ascii=False) if arguments.json else _line(row), flush=True)
        if case.size:
            sized.setdefault(case.group, []).append((case.size, float(row["ours_s"])))
    for group, points in sized.items():
        if len(points) > 1:
            grows = {"group": group, "exponent": exponent(points), "points": points}
            text = f"{group}: the time grows as the size to the power {grows['exponent']:.2f}"
            print(json.dumps(grows) if arguments.json else text)
    return 0


def _chosen(names: list[str]) -> list[Case]:
    """Return the cases of the names and groups; all without names."""
    known = cases()
    if not names:
        return list(known.values())
    found = []
    for name in names:
        group = [case for case in known.values() if case.group == name]
        found += group or [known[name]]
    return found


def exponent(points: list[tuple[float, float]]) -> float:
    """Slope of the straight line through the logarithms of size and time (least squares)."""
    sizes, times = ([math.log(value) for value in values] for values in zip(*points, strict=True))
    return statistics.linear_regression(sizes, times).slope


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
        runs = [_run(case, folder, rounds) for _ in range(case.invocations)]
    ours = [run["ours_s"] for run in runs]
    absent = next((run["absent"] for run in runs if run.get("absent")), "")
    peers = [run["peer_s"] for run in runs if run["peer_s"] is not None]
    ratios = [run["ratio"] for run in runs if run["ratio"] is not None]
    quartiles = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios
    apart = max((r["difference"] for r in runs if r["difference"] is not None), default=None)
    if apart is not None and case.most_apart is not None and apart > case.most_apart:
        raise SystemExit(
            f"{case.name}: not the same work: {apart:.3g} apart, at most {case.most_apart:.3g}"
        )
    return {
        "name": case.name,
        "work": case.work,
        "peer": f"{case.peer} ({absent})" if absent else case.peer,
        "ratio": _median(ratios),
        "ratio_quartiles": quartiles,
        "ours_s": _median(ours),
        "peer_s": _median(peers),
        "max_abs_diff": apart,
        "more": _more(runs),
        "load_s": _median([run["load_s"] for run in runs if run["load_s"] is not None]),
        "peak_mib": max(run["peak_mib"] for run in runs),
        "extra_mib": max(
            (r["extra_mib"] for r in runs if r["extra_mib"] is not None), default=None
        ),
        "unit": case.unit,
        "machine": machine(),
    }


def _run(case: Case, folder: Path, rounds: int) -> dict[str, Any]:
    command = [
        sys.executable,
        "-m",
        "benchmarks",
        case.name,
        "--measure",
        str(folder),
        "--rounds",
        str(rounds),
    ]
    done = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{case.name} failed: {' '.join(command)}")
    return json.loads(done.stdout.splitlines()[-1])


def _child(case: Case, folder: Path, rounds: int) -> int:
    """Alternate ours and the peer's; the first round warms both and is not counted."""
    absent = case.absent_peer() if case.run_peer else ""
    compared = case.run_peer is not None and not absent
    if case.inputs:
        case.inputs(folder)
    told: dict[str, object] = {"absent": absent, "difference": None, "load_s": None}
    times: tuple[list[float], list[float]] = ([], [])
    for number in range((rounds or case.rounds) + 1):
        extra = ExtraMemory() if case.inputs and not number else None
        ours, ours_s = _timed(case.ours, folder, tells=case.tells)
        if not number:
            told |= {"peak_mib": peak_memory(), "extra_mib": extra.taken() if extra else None}
            if compared and case.load_peer:
                _, told["load_s"] = _timed(case.load_peer, folder)
        peer, peer_s = None, math.nan
        if compared:
            peer, peer_s = _timed(case.run_peer, folder, tells=case.tells)
        if not number and case.difference and compared:
            told["difference"] = case.difference(ours, peer)
        if number or case.rounds == 0:
            times[0].append(ours_s)
            times[1].append(peer_s)
        more = [one if isinstance(one, Told) else None for one in (ours, peer)]
        del ours, peer
    told["more"] = [{} if one is None else one.more for one in more]
    told["ours_s"] = statistics.median(times[0])
    told["peer_s"] = statistics.median(times[1]) if compared else None
    told["ratio"] = told["peer_s"] / told["ours_s"] if compared else None
    print(json.dumps(told))
    return 0


def _timed(work: Callable[[Path], Any], folder: Path, *, tells: bool = False) -> tuple[Any, float]:
    """Do the work; return what it gives and its time, or the figure that it tells itself."""
    started = time.perf_counter()
    found = work(folder)
    return found, float(found) if tells else time.perf_counter() - started


def _more(runs: list[dict[str, Any]]) -> dict[str, list[float | None]]:
    """Median over the processes of what is told beside the figure: ours, the peer's, the ratio."""
    found = {}
    for name in runs[0]["more"][0]:
        pairs = [(run["more"][0][name], run["more"][1].get(name)) for run in runs]
        ratios = [peer / ours for ours, peer in pairs if peer is not None and ours]
        peers = [peer for _, peer in pairs if peer is not None]
        found[name] = [_median([ours for ours, _ in pairs]), _median(peers), _median(ratios)]
    return found


_HEADER = (
    f"{'work':58}{'ours':>10}{'peer':>10}{'ratio':>8}  {'quartiles':14}"
    f"{'max diff':>10}{'MiB':>7}{'extra':>7}{'load':>9}  peer"
)


def _line(row: dict[str, object]) -> str:
    def text(value: object, form: str) -> str:
        return "–" if value is None else format(value, form)

    quartiles = "–".join(f"{value:.2f}" for value in row["ratio_quartiles"][::2])
    more = "".join(
        f"\n    {name:54}{text(ours, '.3f'):>10}{text(peer, '.3f'):>10}{text(ratio, '.2f'):>8}"
        for name, (ours, peer, ratio) in row["more"].items()
    )
    return (
        f"{row['work']:58}{text(row['ours_s'], '.3f'):>9}{row['unit']}"
        f"{text(row['peer_s'], '.3f'):>9}{row['unit']}"
        f"{text(row['ratio'], '.2f'):>8}  {quartiles:14}{text(row['max_abs_diff'], '.2g'):>10}"
        f"{text(row['peak_mib'], '.0f'):>7}{text(row['extra_mib'], '.0f'):>7}"
        f"{text(row['load_s'], '.1f') + ('s' if row['load_s'] else ''):>9}  {row['peer']}{more}"
    )


def _median(values: list[float]) -> float | None:
    return statistics.median(values) if values else None


if __name__ == "__main__":
    sys.exit(main())
