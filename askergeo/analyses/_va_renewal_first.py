"""The streets that come first in the plan: a short table with why, and the first three by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo._text import listed
from askergeo.numbers import format_number
from askergeo.privacy import rounded
from askergeo.result import Column, Table
from askergeo.va.renewal import MIDDLE

if TYPE_CHECKING:
    from askergeo.analyses._va_renewal_scene import Scene

__all__ = ["first_streets", "first_table"]

#: Projects that are shown.
FIRST: Final = 10
_NAMED: Final = 3
# Share of the length beyond its life, and times the mean of events, from which they are a reason.
_OLD, _OFTEN = 50.0, 1.5


def first_table(scene: Scene, projects: Table) -> Table | None:
    """Show the projects that the plan begins with, and why; ``None`` when the plan is empty.

    Parameters
    ----------
    scene
        The plan.
    projects
        The table of all projects, which has the same figures.
    """
    planned = min(int((scene.year_of > 0).sum()), FIRST)
    if not planned:
        return None
    own = projects.frame.iloc[:planned]
    shown = ["aar", "gate", "groft_m", "personer", "metode", "kr"]
    frame = own[shown].copy()
    frame["hvorfor"] = _reasons(scene, own)
    return rounded(
        Table(
            name="forst",
            title="Gatene som kommer først",
            frame=frame,
            columns={
                **{name: projects.columns[name] for name in shown},
                "hvorfor": Column(title="Hvorfor"),
            },
            repeats={
                (label, "personer"): (projects.name, label, "personer") for label in frame.index
            },
            hidden=frozenset(
                (label, column)
                for label, column in projects.hidden
                if label in frame.index and column in shown
            ),
            note=f"De {format_number(planned)} første i planen. Bosatte som mister tjenesten "
            "er også en grunn. Alle prosjektene er i tabellen «Gateprosjekter i rekkefølge».",
        )
    )


def _reasons(scene: Scene, own: pd.DataFrame) -> list[str]:
    """Say what is behind the place of each project, no counts of residents among it."""
    found = scene.found
    mean = float(found.events[MIDDLE].sum() / found.stock.length_m.sum())
    length = own[["vann", "avlop", "overvann"]].sum(axis=1)
    times = (own["hendelser"] / length / mean).to_numpy(dtype=np.float64)
    return [_reason(row, often) for (_, row), often in zip(own.iterrows(), times, strict=True)]


def _reason(row: pd.Series, often: float) -> str:
    said = []
    if row["forbi"] >= _OLD:
        said.append(f"{format_number(row['forbi'])} % eldre enn forventet levetid")
    elif pd.notna(row["eldste"]):
        said.append(f"eldste ledning er fra {int(row['eldste'])}")
    if np.isfinite(often) and often >= _OFTEN:
        said.append(f"ventede hendelser per meter er {format_number(often, 1)} ganger snittet")
    if pd.notna(row["institusjoner"]) and row["institusjoner"] > 0:
        count = int(row["institusjoner"])
        said.append(
            f"{format_number(count)} "
            f"{'skole eller institusjon' if count == 1 else 'skoler og institusjoner'} mister "
            "tjenesten"
        )
    if row["metode"] == "Strømpe":
        said.append("rimelig med strømpe")
    text = "; ".join(said) or "stor risiko for det den tar av rammen"
    return f"{text[0].upper()}{text[1:]}"


def first_streets(table: Table | None) -> str:
    """Name the first streets in a sentence that stands in a template; empty without a plan."""
    if table is None:
        return ""
    rows = table.frame.iloc[:_NAMED]
    named = [
        f"{gate} ({year})" if not str(gate).startswith("Uten vegnavn") else f"{label} ({year})"
        for label, gate, year in zip(rows.index, rows["gate"], rows["aar"], strict=True)
    ]
    # Braces are marks in a template.
    return f" Først: {listed(named)}.".replace("{", "{{").replace("}", "}}")
