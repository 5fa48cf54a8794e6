"""The land classes that carbon factors are given for, from ``askergeo/data/karbon/klasser.csv``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo._nearest import nearest
from askergeo.carbon._table import parse_table

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Classes", "LandClass", "ar5_classes", "coarse_classes", "load_classes"]

# AR5's arealtype where nothing else decides; the others are unknown.
_AREA_TYPE: Final = {
    11: "bebygd", 12: "bebygd_tett", 21: "dyrka", 22: "dyrka", 23: "beite", 30: "skog",
    50: "apen_fastmark", 60: "myr", 70: "bart_fjell", 81: "vann", 82: "vann",
}  # fmt: skip
# The same on organic soil (grunnforhold 45). AR5 does not say whether the forest is drained.
_ON_PEAT: Final = {21: "dyrka_organisk", 22: "dyrka_organisk", 23: "beite_organisk", 30: "torvskog"}
# Classes of the coarse land cover («arealdekke»); what is «annet» is unknown.
_COARSE: Final = {
    "skog": "skog", "apent": "apen_fastmark", "myr": "myr", "dyrket": "dyrka", "bebygd": "bebygd",
    "vann": "vann",
}  # fmt: skip
_TREES: Final = {31: "bar", 32: "lauv"}
_SITE: Final = {11: "impediment", 12: "lav", 13: "middels", 14: "hoy", 15: "sars_hoy"}
_FOREST, _OPEN, _PEAT = 30, 50, 45
_ROCK: Final = (41, 42)


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


def ar5_classes(ar5: pd.DataFrame) -> pd.Series:
    """Class of each AR5 area.

    Parameters
    ----------
    ar5
        ``arealtype``, and ``skogbonitet``, ``treslag`` and ``grunnforhold`` where they are known.

    Returns
    -------
    pandas.Series
        Index of ``ar5``; missing where the class is not known (arealtype 99, or open land on
        organic soil, which has no factors).

    Examples
    --------
    >>> codes = {"arealtype": [30, 60], "skogbonitet": [14, 98], "treslag": [31, 98]}
    >>> ar5_classes(pd.DataFrame({**codes, "grunnforhold": [44, 45]})).tolist()
    ['skog_bar_hoy', 'myr']
    """
    kind, site, trees, ground = (
        pd.to_numeric(ar5[name]).to_numpy(dtype="float64", na_value=np.nan)
        if name in ar5.columns
        else np.full(len(ar5), np.nan)
        for name in ("arealtype", "skogbonitet", "treslag", "grunnforhold")
    )
    result = pd.Series(kind, index=ar5.index, name="klasse").map(_AREA_TYPE).astype("str")
    for tree, wood in _TREES.items():
        forest = (kind == _FOREST) & (trees == tree)
        result[forest] = f"skog_{wood}"
        for code, name in _SITE.items():
            result[forest & (site == code)] = f"skog_{wood}_{name}"
    for code, name in _ON_PEAT.items():
        result[(kind == code) & (ground == _PEAT)] = name
    result[(kind == _OPEN) & np.isin(ground, _ROCK)] = "bart_fjell"
    result[(kind == _OPEN) & (ground == _PEAT)] = None
    return result


def coarse_classes(cover: pd.DataFrame) -> pd.Series:
    """Class of each area of the coarse land cover, which tells neither site nor ground.

    Parameters
    ----------
    cover
        ``klasse`` of the layer ``arealdekke``.

    Returns
    -------
    pandas.Series
        Index of ``cover``; missing where the class is not known.

    Examples
    --------
    >>> coarse_classes(pd.DataFrame({"klasse": ["skog", "annet"]})).isna().tolist()
    [False, True]
    """
    return cover["klasse"].astype("object").map(_COARSE).rename("klasse")
