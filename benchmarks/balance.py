"""The balance of the schools of a municipality of Asker's size, from layers to result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import asker
from benchmarks.case import Case

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.result import Result


def cases() -> list[Case]:
    """Return the case: reading, forecast, pupils, places, measures, tables and map."""
    return [
        Case(
            name="skolebalanse",
            work="forecast and balance, 98 000 residents, 40 schools, 20 years (limit 10 s)",
            ours=_balance,
            prepare=asker.link,
            inputs=asker.package,
            rounds=3,
        )
    ]


def _balance(folder: Path) -> Result:
    from askergeo.run import run  # noqa: PLC0415  (imports are not the work)

    return run("skole", asker.package(folder))
