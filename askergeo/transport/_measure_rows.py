"""What the measures share: the tables that they change, names in them, and the changed rows."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo._text import nearest
from askergeo.errors import LayerError, ParameterError
from askergeo.stores.checks import CHANGE

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.datapackage import DataPackage
    from askergeo.scenario import ScenarioView

__all__ = [
    "KEYS",
    "Tables",
    "changed_rows",
    "find_line",
    "find_stop",
    "free_id",
    "line_name",
    "read_tables",
    "slug",
    "whole",
]

#: Layers that measures change, with their keys.
KEYS: Final = {
    "holdeplass": ("holdeplass_id",),
    "rutelinje": ("linje_id",),
    "rutetur": ("tur_id",),
    "ruteavgang": ("tur_id", "rekkefolge"),
    "boligprogram": ("prosjekt_id", "boligtype", "aar"),
}
_TIMETABLE: Final = ("holdeplass", "rutelinje", "rutetur", "ruteavgang", "rutedag")


@dataclass(frozen=True, eq=False)
class Tables:
    """The layers of a timetable as the measures make them, one after another."""

    holdeplass: gpd.GeoDataFrame
    rutelinje: pd.DataFrame
    rutetur: pd.DataFrame
    ruteavgang: pd.DataFrame
    rutedag: pd.DataFrame

    def having(
        self,
        *,
        stops: gpd.GeoDataFrame | None = None,
        lines: pd.DataFrame | None = None,
        trips: pd.DataFrame | None = None,
        calls: pd.DataFrame | None = None,
    ) -> Tables:
        """Return the tables with more rows; columns that the new rows lack are empty."""
        return replace(
            self,
            holdeplass=_more(self.holdeplass, stops),
            rutelinje=_more(self.rutelinje, lines),
            rutetur=_more(self.rutetur, trips),
            ruteavgang=_more(self.ruteavgang, calls),
        )


def read_tables(package: DataPackage | ScenarioView) -> Tables:
    """Read the timetable of a package.

    Raises
    ------
    LayerError
        When the package has no timetable.
    """
    lacks = [layer for layer in _TIMETABLE if layer not in package]
    if lacks:
        raise LayerError(
            f"Datapakken har ikke hele rutetabellen: {', '.join(lacks)} mangler.",
            remedy="Legg til en rutetabell: «askergeo data legg-til MAPPE rutefil.zip».",
        )
    return Tables(**{layer: package.read(layer) for layer in _TIMETABLE})


def _more(old: pd.DataFrame, new: pd.DataFrame | None) -> pd.DataFrame:
    """Put new rows under the old ones, in the old ones' types."""
    if new is None or not len(new):
        return old
    rows = new.reindex(columns=old.columns)
    for name in old.columns:
        if name != "geometry":
            rows[name] = rows[name].astype(old[name].dtype)
    joined: pd.DataFrame = pd.concat([old, rows], ignore_index=True)
    return joined


def find_line(lines: pd.DataFrame, wanted: str) -> str:
    """Return the id of a line by its id, its number or its name.

    Raises
    ------
    ParameterError
        When there is none, or several; the nearest names are suggested.
    """
    found = _found(lines, wanted, ("linje_id", "linjenummer", "navn"))
    if len(found) == 1:
        return str(lines.loc[found[0], "linje_id"])
    if len(found):
        ids = ", ".join(lines.loc[found, "linje_id"].astype(str))
        raise ParameterError(
            f"«{wanted}» er {len(found)} linjer i rutetabellen: {ids}.",
            remedy="Skriv linje_id i stedet for nummer eller navn.",
        )
    raise ParameterError(
        f"Linjen «{wanted}» er ikke i rutetabellen.",
        remedy=nearest(wanted, _names(lines, ("linjenummer", "navn", "linje_id")))
        or "Linjene står i laget rutelinje.",
    )


def line_name(lines: pd.DataFrame, line: str) -> str:
    """Name a line for people: its number, or its name, or its id."""
    row = lines.loc[lines["linje_id"].astype(str) == line].iloc[0]
    for name in ("linjenummer", "navn"):
        if name in row and pd.notna(row[name]) and str(row[name]).strip():
            return str(row[name])
    return line


def find_stop(stops: gpd.GeoDataFrame, wanted: str, mode: str = "") -> str:
    """Return the id of a stop by its id or its name; of several, one of the mode is taken.

    Raises
    ------
    ParameterError
        When there is none, or several places of that name; the nearest names are suggested.
    """
    found = _found(stops, wanted, ("holdeplass_id", "navn"))
    if not len(found):
        raise ParameterError(
            f"Holdeplassen «{wanted}» er ikke i laget holdeplass.",
            remedy=nearest(wanted, _names(stops, ("navn", "holdeplass_id")))
            or "Navnene står i laget holdeplass. Skriv NAVN:x:y for å lage en ny.",
        )
    rows = stops.loc[found]
    of_mode = rows[rows["transportmiddel"].astype(str) == mode]
    rows = of_mode if len(of_mode) else rows
    places = rows["stoppested_id"] if "stoppested_id" in rows else pd.Series(index=rows.index)
    if len(rows) > 1 and (places.isna().any() or (places != places.iloc[0]).any()):
        raise ParameterError(
            f"«{wanted}» er {len(rows)} holdeplasser: "
            f"{', '.join(rows['holdeplass_id'].astype(str).head(10))}.",
            remedy="Skriv holdeplass_id i stedet for navnet.",
        )
    return str(rows["holdeplass_id"].astype(str).sort_values().iloc[0])


def _found(frame: pd.DataFrame, wanted: str, columns: Sequence[str]) -> pd.Index:
    """Rows of the first column that has the word; an id is never taken for a name."""
    for name in columns:
        if name in frame:
            same = frame[name].astype("string").str.casefold() == wanted.casefold()
            rows = frame.index[same.fillna(False).to_numpy(dtype=bool)]
            if len(rows):
                return rows
    return frame.index[:0]


def _names(frame: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    there = [frame[name].dropna().astype(str) for name in columns if name in frame]
    return list(dict.fromkeys(word for column in there for word in column))


def whole(values: NDArray[np.float64]) -> pd.Series:
    """Round to whole numbers in the type of a package; NaN stays unknown."""
    return pd.Series(np.round(values)).astype("Int64")


def slug(text: str) -> str:
    """Make a short id of a name.

    Examples
    --------
    >>> slug("Hurtigbåt Sætre – Oslo")
    'HURTIGBAAT-SAETRE-OSLO'
    """
    plain = text.upper().replace("Æ", "AE").replace("Ø", "OE").replace("Å", "AA")
    folded = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Z0-9]+", "-", folded).strip("-") or "NY"


def free_id(wanted: str, taken: Collection[str]) -> str:
    """Return an id that is not taken: the wanted one, or it with a number."""
    number, name = 1, wanted
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    return name


def changed_rows(old: pd.DataFrame | None, new: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Return what a scenario must say to make the new rows of the old ones.

    Parameters
    ----------
    old
        Rows of the base; None when it lacks the layer.
    new
        Rows as they shall be.
    keys
        Columns that identify a row, in both.

    Returns
    -------
    DataFrame
        The new, replaced and deleted rows, with the column ``endring``.

    Raises
    ------
    LayerError
        When a key is there twice: a scenario cannot change one of the two.
    """
    if old is None:
        return new.assign(**{CHANGE: "ny"})
    left = pd.MultiIndex.from_frame(old[list(keys)].astype(object))
    right = pd.MultiIndex.from_frame(new[list(keys)].astype(object))
    at = left.get_indexer(right) if left.is_unique else _twice(left, keys)
    both = at >= 0
    unlike = np.zeros(len(new), dtype=bool)
    unlike[both] = _differs(new[both], old.iloc[at[both]], keys)
    gone = ~np.isin(np.arange(len(old)), at[both])
    parts = [
        new[~both].assign(**{CHANGE: "ny"}),
        new[unlike].assign(**{CHANGE: "erstatt"}),
        old[gone].assign(**{CHANGE: "slett"}),
    ]
    kept = [part for part in parts if len(part)] or parts[:1]
    rows: pd.DataFrame = pd.concat(kept, ignore_index=True)
    return rows


def _twice(index: pd.MultiIndex, keys: Sequence[str]) -> NDArray[np.intp]:
    again = ["+".join(map(str, key)) for key in index[index.duplicated()][:5]]
    raise LayerError(
        f"Nøkkelen {'+'.join(keys)} er brukt på flere rader: {', '.join(again)}.",
        remedy="Rett laget i grunnpakken: et scenario kan ikke endre én av to like nøkler.",
    )


def _differs(one: pd.DataFrame, other: pd.DataFrame, keys: Collection[str]) -> NDArray[np.bool_]:
    """Tell which rows differ in anything but the key."""
    found = np.zeros(len(one), dtype=bool)
    for name in one.columns:
        if name in keys:
            continue
        if name == "geometry":
            old, new = (np.asarray(frame[name].array, dtype=object) for frame in (other, one))
            same = shapely.equals_exact(old, new) | (
                shapely.is_missing(old) & shapely.is_missing(new)
            )
            found |= ~same
            continue
        a, b = one[name].reset_index(drop=True), other[name].reset_index(drop=True)
        same = (a == b).fillna(False).to_numpy(dtype=bool) | (a.isna() & b.isna()).to_numpy()
        found |= ~same
    return found
