"""How many dwellings a plan gives: what it states, what the user says, or what its use allows.

A plan's map seldom states dwellings: the national model has degree of utilisation only. Floor area
(BRA) gives a number of dwellings with a guess of the size of each; footprint (BYA) does not, for
the number of floors is not told. What cannot be reckoned stays unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo._text import listed
from askergeo.errors import ParameterError
from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.plan.uses import use_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters

    Numbers = NDArray[np.float64]

__all__ = ["TYPES", "Dwellings", "dwellings", "floor_area", "type_shares"]

#: Types of dwelling, as in the layer ``boligprogram``.
TYPES: Final = ("enebolig", "smaahus", "leilighet_stor", "leilighet_liten")
# Codes of utnyttingstype that are floor area: m², and % of the ground.
_FLOOR_M2: Final = frozenset({"17"})
_FLOOR_PERCENT: Final = frozenset({"18"})
_BY_PURPOSE: Final = "etter_formaal"
# Where the number of dwellings may be from.
_STATED, _GIVEN, _FLOOR, _UNKNOWN = "plan", "bruker", "bra", "ukjent"


@dataclass(frozen=True, eq=False)
class Dwellings:
    """Dwellings of ``u`` purposes.

    Parameters
    ----------
    count
        Dwellings, (u,); NaN unknown.
    share
        Share of each of `TYPES`, (u, 4); a row sums to 1.
    source
        Where each number is from, (u,): ``plan``, ``bruker``, ``bra`` or ``ukjent``.
    """

    count: Numbers
    share: Numbers
    source: NDArray[np.object_]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which numbers are known, (u,)."""
        return ~np.isnan(self.count)

    @property
    def total(self) -> float:
        """Dwellings of the purposes whose number is known; NaN when none is."""
        return float(self.count[self.known].sum()) if self.known.any() else float("nan")

    @property
    def by_type(self) -> Numbers:
        """Dwellings by type, (u, 4); 0 where they are unknown."""
        return np.where(self.known[:, None], self.count[:, None] * self.share, 0.0)

    def text(self) -> str:
        """Say how many they are and how that is known, in bokmål."""
        if not self.known.any():
            return (
                "Antall boliger i planen er ukjent: verken planen eller «--parameter boliger=…» "
                "sier det, og utnyttingen er ikke gitt som bruksareal (BRA)."
            )
        number = format_number(float(np.rint(self.total)))
        how = {
            _GIVEN: "oppgitt av brukeren",
            _STATED: "oppgitt i planen",
            _FLOOR: "anslått fra tillatt bruksareal, uten fratrekk for boliger som er der",
        }
        said = [words for key, words in how.items() if (self.source == key).any()]
        lacking = int((~self.known).sum())
        less = f" For {format_number(lacking)} formål er antallet ukjent." if lacking else ""
        return f"Planen gir om lag {number} boliger ({listed(said)}).{less}"


def dwellings(uses: gpd.GeoDataFrame, parameters: Parameters) -> Dwellings:
    """Reckon the dwellings of each purpose.

    Parameters
    ----------
    uses
        Purposes where people may live: ``kode``, geometry, and ``boliger`` and ``utnytting``
        (pairs of code and number) where the plan has them.
    parameters
        The set ``plansjekk``. The user's number goes before the plan's own, shared by area.
    """
    area = shapely.area(geometries(uses))
    codes = uses["kode"].astype(str).to_numpy(dtype=object)
    share = np.array([type_shares(str(code), parameters) for code in codes]).reshape(-1, len(TYPES))
    given = float(parameters["boliger"])
    if given > 0:
        return Dwellings(given * area / area.sum(), share, np.full(len(uses), _GIVEN, dtype=object))
    stated = _column(uses, "boliger")
    size = share @ np.array([float(parameters[f"bolig_m2_{one}"]) for one in TYPES])
    floor = floor_area(uses, area) / size
    # Shops and offices take their part where the purpose is for them too.
    mixed = np.array([use_of(str(code)).jobs for code in codes], dtype=bool)
    floor = np.where(mixed, floor * float(parameters["bolig_andel_kombinert"]) / 100, floor)
    count = np.where(np.isnan(stated), floor, stated)
    source = np.select([~np.isnan(stated), ~np.isnan(floor)], [_STATED, _FLOOR], _UNKNOWN)
    return Dwellings(count, share, source.astype(object))


def type_shares(code: str, parameters: Parameters) -> Numbers:
    """Share of each of `TYPES` among the dwellings of a purpose, (4,).

    Raises
    ------
    ParameterError
        When a list of the parameters names a type that does not exist.
    """
    chosen = str(parameters["boligtype"])
    if chosen != _BY_PURPOSE:
        return np.array([float(one == chosen) for one in TYPES])
    by_code = _pairs(parameters["boligtype_formaal"], "boligtype_formaal")
    mixture = _pairs(parameters["boligtype_blanding"], "boligtype_blanding")
    kinds = by_code.get(code)
    if kinds is None:
        weights = {name: _number(text, "boligtype_blanding") for name, text in mixture.items()}
    else:
        weights = dict.fromkeys(kinds.split("+"), 1.0)
    unknown = [name for name in weights if name not in TYPES]
    total = sum(weights.values())
    if unknown or total <= 0:
        raise ParameterError(
            f"Boligtypene {listed(unknown or list(weights))} kan ikke brukes.",
            remedy=f"Bruk {listed(TYPES)}, med andeler over 0.",
        )
    return np.array([weights.get(one, 0.0) / total for one in TYPES])


def _pairs(texts: Iterable[str], name: str) -> Mapping[str, str]:
    """Read ``NAVN:VERDI`` texts."""
    split = [str(text).partition(":") for text in texts]
    if any(not mark for _, mark, _ in split):
        raise ParameterError(
            f"Parameteren «{name}» skal ha ledd med kolon.",
            remedy="Skriv for eksempel «1111:enebolig,1112:smaahus».",
        )
    return {key.strip(): value.strip() for key, _, value in split}


def _number(text: str, name: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise ParameterError(
            f"«{text}» i parameteren «{name}» er ikke et tall.",
            remedy="Skriv for eksempel «enebolig:22,smaahus:14,leilighet_liten:64».",
        ) from None


def floor_area(uses: gpd.GeoDataFrame, area: Numbers) -> Numbers:
    """Floor area that each purpose allows, m²; NaN when it is not told."""
    if "utnytting" not in uses:
        return np.full(len(uses), np.nan)
    return np.array(
        [
            _floor(pairs, float(ground))
            for pairs, ground in zip(uses["utnytting"], area, strict=True)
        ],
        dtype=np.float64,
    )


def _floor(pairs: object, ground: float) -> float:
    """Floor area of a purpose by its pairs of utnyttingstype and utnyttingstall."""
    for kind, text in pairs if isinstance(pairs, tuple) else ():
        value = pd.to_numeric(str(text).replace(",", "."), errors="coerce")
        if not value > 0:
            continue
        if kind in _FLOOR_M2:
            return float(value)
        if kind in _FLOOR_PERCENT:
            return float(value) / 100 * ground
    return float("nan")


def _column(uses: gpd.GeoDataFrame, name: str) -> Numbers:
    if name not in uses:
        return np.full(len(uses), np.nan)
    return np.asarray(pd.to_numeric(uses[name], errors="coerce"), dtype=np.float64)
