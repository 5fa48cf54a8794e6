"""The land classes that carbon factors are given for, from ``askergeo/data/karbon/klasser.csv``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from askergeo._nearest import nearest
from askergeo.carbon._table import parse_table

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Classes", "LandClass", "load_classes"]


@dataclass(frozen=True, kw_only=True)
class LandClass:
    """One class of land.

    Parameters
    ----------
    id, title
        Name in files, and for people.
    line
        The class itself and the wider ones above it: a factor is taken from the first that has it.
    soil
        ``mineral``, ``organisk``, ``som_for`` (built land keeps the soil that was there) or
        ``ingen`` (water and rock).
    drained
        Whether organic soil under it is drained, and therefore decays.
    """

    id: str
    title: str
    line: tuple[str, ...]
    soil: str
    drained: bool


class Classes:
    """All classes by id.

    Examples
    --------
    >>> load_classes()["skog_bar_hoy"].line
    ('skog_bar_hoy', 'skog_bar', 'skog')
    """

    def __init__(self, by_id: Mapping[str, LandClass]) -> None:
        self.by_id = dict(by_id)

    def __getitem__(self, name: str) -> LandClass:
        return self.by_id[name]

    def __contains__(self, name: object) -> bool:
        return name in self.by_id

    def hint(self, name: str) -> str:
        """Return « Mente du …?» with the names most like one that does not exist."""
        near = nearest(name, self.by_id, count=2)
        return f" Mente du {' eller '.join(f'«{one}»' for one in near)}?" if near else ""


@cache
def load_classes() -> Classes:
    """Read the classes that the program knows."""
    name = "klasser.csv"
    text = (files("askergeo") / "data" / "karbon" / name).read_text(encoding="utf-8")
    lines = parse_table(text, name, ("id", "tittel", "over", "jord", "drenert"))
    above = {line.cells["id"]: line.cells["over"] for line in lines}
    return Classes(
        {
            line.cells["id"]: LandClass(
                id=line.cells["id"],
                title=line.cells["tittel"],
                line=_line(line.cells["id"], above),
                soil=line.cells["jord"],
                drained=line.cells["drenert"] == "ja",
            )
            for line in lines
        }
    )


def _line(name: str, above: Mapping[str, str]) -> tuple[str, ...]:
    return (name, *_line(above[name], above)) if name else ()
