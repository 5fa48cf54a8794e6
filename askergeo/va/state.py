"""What the map of pipes knows of each pipe, and what it lacks.

A value that cannot be (a year of 0 or 2099, a dimension of 0, a material called «ukjent») is
lacking, and is counted by itself too. An attribute is only asked of the pipes that it has a meaning
for: bottom heights of sewers that fall, pressure zones of water.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.geometry import geometries
from askergeo.va.columns import column_numbers
from askergeo.va.status import in_use

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters

    Truth = NDArray[np.bool_]
    Numbers = NDArray[np.float64]

__all__ = [
    "ATTRIBUTES",
    "OWNERS",
    "TYPES",
    "UNKNOWN",
    "PipeState",
    "counted",
    "lacking",
    "pipe_state",
]

UNKNOWN: Final = "ukjent"
#: Types and owners with their titles; what is none of them is `UNKNOWN`.
TYPES: Final = {
    "vann": "Vann",
    "spillvann": "Spillvann",
    "avlop_felles": "Avløp felles",
    "overvann": "Overvann",
    UNKNOWN: "Ukjent type",
}
OWNERS: Final = {
    "kommunal": "Kommunal",
    "privat": "Privat",
    "annen": "Annen",
    UNKNOWN: "Ukjent eier",
}
#: What a pipe should tell of itself, with titles.
ATTRIBUTES: Final = {
    "materiale": "Materiale",
    "dimensjon": "Dimensjon",
    "anleggsaar": "Anleggsår",
    "eier": "Eier",
    "status": "Status",
    "funksjon": "Funksjon",
    "noder": "Node i begge ender",
    "bunnhoyder": "Bunnhøyde i begge ender",
    "trykksone": "Trykksone",
    "linje": "Linje i kartet",
}
_NO_MATERIAL: Final = frozenset({"", "ukjent", "ukj", "annet", "annen", "uk", "nan", "-", "?"})
_PRESSED: Final = ("pumpeledning", "pumpe", "ventil")
_DEVICES: Final = ("pumpe", "ventil")
_FIRST_YEAR: Final = 1800
_LAST_YEAR: Final = 2200


@dataclass(frozen=True, eq=False)
class PipeState:
    """The ``n`` pipes of the layer, a row a pipe in its order.

    Parameters
    ----------
    frame
        ``ledning_id``, ``type``, ``eier`` (keys of `TYPES` and `OWNERS`), ``lengde_m`` (NaN
        unknown), ``materiale`` (upper case, NA unknown), ``dimensjon_mm`` and ``anleggsaar`` (NaN
        unknown), ``i_bruk`` (neither out of use nor planned), ``pumpet`` (a rising main).
    known
        Whether each attribute of `ATTRIBUTES` is told, (n,) each.
    asked
        Whether the attribute has a meaning for the pipe, (n,) each.
    impossible
        Pipes by what they tell that cannot be: titles, and (n,) truth.
    lines
        Geometry, (n,).
    """

    frame: pd.DataFrame
    known: dict[str, Truth]
    asked: dict[str, Truth]
    impossible: dict[str, Truth]
    lines: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.frame)


def pipe_state(
    va_ledning: gpd.GeoDataFrame, parameters: Parameters, year: int | None = None
) -> PipeState:
    """Read what is told of each pipe.

    Parameters
    ----------
    va_ledning
        The layer; every column but ``ledning_id`` and ``type`` may be missing.
    parameters
        A set that has what a status says: ``va_nett_ute_av_drift`` and ``va_nett_planlagt``.
    year
        Present year; a later year of laying cannot be. None when it is not known.

    Returns
    -------
    PipeState
        Pumps and valves that are links of a model are not pipes, and are asked for nothing but
        the nodes at their ends.
    """
    lines = geometries(va_ledning)
    raw_year, raw_dimension = (
        column_numbers(va_ledning, "anleggsaar"),
        column_numbers(va_ledning, "dimensjon_mm"),
    )
    strange_year = (raw_year < _FIRST_YEAR) | (raw_year > (year or _LAST_YEAR))
    strange_dimension = raw_dimension <= 0
    material = _text(va_ledning, "materiale").str.upper()
    material = material.mask(material.str.lower().isin(_NO_MATERIAL).fillna(value=True))
    status, function = _text(va_ledning, "status"), _text(va_ledning, "funksjon").str.lower()
    drawn = ~shapely.is_missing(lines) & ~shapely.is_empty(lines)
    length = np.where(drawn, shapely.length(lines), np.nan)
    told = column_numbers(va_ledning, "lengde_m")
    frame = pd.DataFrame(
        {
            "ledning_id": va_ledning["ledning_id"].astype(str).to_numpy(dtype=object),
            "type": _one_of(_text(va_ledning, "type"), TYPES),
            "eier": _one_of(_text(va_ledning, "eier").str.lower(), OWNERS),
            "lengde_m": np.where(told > 0, told, length),
            "materiale": material.astype(object),
            "dimensjon_mm": np.where(strange_dimension, np.nan, raw_dimension),
            "anleggsaar": np.where(strange_year, np.nan, raw_year),
            "i_bruk": in_use(va_ledning, parameters),
            "pumpet": function.eq("pumpeledning").fillna(value=False).to_numpy(dtype=bool),
        }
    )
    known = {
        "materiale": material.notna().to_numpy(dtype=bool),
        "dimensjon": frame["dimensjon_mm"].notna().to_numpy(),
        "anleggsaar": frame["anleggsaar"].notna().to_numpy(),
        "eier": (frame["eier"] != UNKNOWN).to_numpy(),
        "status": status.notna().to_numpy(dtype=bool),
        "funksjon": function.notna().to_numpy(dtype=bool),
        "noder": _both(va_ledning, "fra_node_id", "til_node_id"),
        "bunnhoyder": _both(va_ledning, "hoyde_fra", "hoyde_til"),
        "trykksone": _text(va_ledning, "trykksone").notna().to_numpy(dtype=bool),
        "linje": np.asarray(drawn, dtype=bool),
    }
    return PipeState(
        frame=frame,
        known=known,
        asked=_asked(frame["type"], function),
        impossible={
            "Anleggsår som ikke kan stemme": strange_year,
            "Dimensjon som ikke kan stemme": strange_dimension,
            "Lengde 0": np.asarray(frame["lengde_m"] == 0),
        },
        lines=lines,
    )


def _asked(kind: pd.Series, function: pd.Series) -> dict[str, Truth]:
    """Tell which pipes each attribute has a meaning for."""
    pipe = ~function.isin(_DEVICES).fillna(value=False).to_numpy(dtype=bool)
    pressed = function.isin(_PRESSED).fillna(value=False).to_numpy(dtype=bool)
    water = (kind == "vann").to_numpy()
    asked = dict.fromkeys(ATTRIBUTES, pipe)
    return asked | {
        "noder": np.ones(len(kind), dtype=bool),
        "bunnhoyder": pipe & ~water & ~pressed & (kind != UNKNOWN).to_numpy(),
        "trykksone": pipe & water,
    }


def lacking(state: PipeState, by: Sequence[str], rows: Truth | None = None) -> pd.DataFrame:
    """Count what is lacking of each attribute, by type, owner or both.

    Parameters
    ----------
    state
        The pipes.
    by
        Columns of ``state.frame`` to group by; empty for one row of all.
    rows
        Which pipes, (n,); all when not given.

    Returns
    -------
    DataFrame
        Index by group; ``ledninger``, ``meter``, and for each attribute ``<a>_spurt`` and
        ``<a>_mangler`` (pipes) and ``<a>_spurt_m`` and ``<a>_mangler_m`` (metres; a pipe of unknown
        length adds none).
    """
    chosen = np.ones(len(state), dtype=bool) if rows is None else rows
    metres = np.nan_to_num(state.frame["lengde_m"].to_numpy())
    columns: dict[str, NDArray[np.float64]] = {
        "ledninger": np.ones(len(state)),
        "meter": metres,
    }
    for name in ATTRIBUTES:
        asked = state.asked[name]
        without = asked & ~state.known[name]
        columns[f"{name}_spurt"] = asked.astype(float)
        columns[f"{name}_mangler"] = without.astype(float)
        columns[f"{name}_spurt_m"] = asked * metres
        columns[f"{name}_mangler_m"] = without * metres
    values = pd.DataFrame(columns)[chosen]
    if not by:
        return values.sum().to_frame().T
    keys = [state.frame.loc[chosen, one] for one in by]
    return values.groupby(keys, sort=False).sum()


def counted(
    state: PipeState, rows: NDArray[np.object_], columns: Sequence[str], chosen: Truth
) -> pd.DataFrame:
    """Sum metres of the chosen pipes by a class of each (n,) and by type.

    Returns
    -------
    DataFrame
        Index the classes in order of appearance in ``rows`` after sorting; a column a type.
    """
    metres = np.nan_to_num(state.frame["lengde_m"].to_numpy())
    sums = pd.DataFrame(
        {
            "klasse": rows[chosen],
            "type": state.frame["type"].to_numpy()[chosen],
            "m": metres[chosen],
        }
    ).pivot_table(index="klasse", columns="type", values="m", aggfunc="sum", fill_value=0.0)
    return sums.reindex(columns=list(columns), fill_value=0.0).astype(float)


def _text(frame: pd.DataFrame, column: str) -> pd.Series:
    """Read a column of text; empty text is unknown."""
    if column not in frame:
        return pd.Series([None] * len(frame), dtype="string")
    text = frame[column].astype("string").str.strip().reset_index(drop=True)
    return text.mask((text == "").fillna(value=False))


def _one_of(text: pd.Series, allowed: dict[str, str]) -> NDArray[np.object_]:
    return text.where(text.isin(list(allowed)), UNKNOWN).fillna(UNKNOWN).to_numpy(dtype=object)


def _both(frame: pd.DataFrame, one: str, other: str) -> Truth:
    return np.asarray(
        (_text(frame, one).notna() & _text(frame, other).notna()).to_numpy(dtype=bool)
    )
