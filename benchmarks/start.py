"""How long one waits before anything happens."""

from __future__ import annotations

import sys

from benchmarks.case import Case, run_command


def cases() -> list[Case]:
    """Return the cases: start-up of the library and of the command line."""
    return [
        Case(
            name="import",
            work="import askergeo, fresh interpreter",
            ours=lambda _folder: _python("import askergeo"),
            peer="import geopandas",
            run_peer=lambda _folder: _python("import geopandas"),
            rounds=7,
        ),
        Case(
            name="help",
            work="askergeo --help, whole command (limit 0.5 s)",
            ours=lambda _folder: run_command([sys.executable, "-m", "askergeo", "--help"]),
            peer="python -c pass",
            run_peer=lambda _folder: _python("pass"),
            rounds=7,
        ),
    ]


def _python(code: str) -> None:
    run_command([sys.executable, "-c", code])
