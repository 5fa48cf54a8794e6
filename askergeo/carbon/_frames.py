"""The areas and conversions that are given: checked row by row before anything is reckoned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from askergeo.carbon.classes import load_classes
from askergeo.errors import DataQualityError, LayerError, ParameterError, collect

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = [
    "DEEPEST",
    "FATES",
    "Conversions",
    "Key",
    "conversions_of",
    "depths_of",
    "hectares",
    "known_classes",
    "unique_rows",
]

# What may happen to peat under land that is built on.
FATES: Final = ("graves_ut", "dreneres")
# Area columns, and how many of each a hectare is.
_PER_HECTARE: Final = {"areal_ha": 1.0, "areal_daa": 10.0, "areal_m2": 10_000.0}
_SHOWN: Final = 20
# Metres of peat: more is centimetres in the wrong column.
DEEPEST: Final = 20.0


class Key(NamedTuple):
    """What decides the emission of a hectare; a stock has no ``after``."""

    before: str
    depth: float | None
    after: str = ""
    dug_out: bool = False


class Conversions(NamedTuple):
    """``fra``, ``til`` and ``areal_ha``; and of each row whether its soil is peat and dug out."""

    frame: pd.DataFrame
    before: list[str]
    after: list[str]
    organic: NDArray[np.bool_]
    dug_out: list[bool]


def hectares(frame: pd.DataFrame) -> pd.Series:
    """Areas in hectares from the one area column that is there.

    Raises
    ------
    LayerError
        When there is no area column, or several.
    DataQualityError
        When an area is missing, negative or no number.
    """
    found = [name for name in _PER_HECTARE if name in frame.columns]
    if len(found) != 1:
        raise LayerError(
            f"Tabellen har {len(found)} arealkolonner, og skal ha én.",
            remedy=f"Bruk én av {', '.join(_PER_HECTARE)}.",
        )
    given = frame[found[0]]
    number = pd.to_numeric(given, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
    wrong = np.flatnonzero(~np.isfinite(number) | (number < 0)).tolist()
    _stop(
        "Arealer",
        [f"rad {frame.index[i]}, {found[0]}: «{given.iloc[i]}» er ikke et areal" for i in wrong],
        "Et areal er et tall fra 0 og oppover. Ukjent areal regnes ikke som null.",
    )
    return pd.Series(number / _PER_HECTARE[found[0]], index=frame.index, name="areal_ha")


def known_classes(frame: pd.DataFrame, column: str) -> pd.Series:
    """Return the class column when every class in it exists.

    Raises
    ------
    LayerError
        When the column is missing.
    DataQualityError
        When a class is missing or unknown.
    """
    if column not in frame.columns:
        raise LayerError(
            f"Tabellen mangler kolonnen «{column}».",
            remedy=f"Kolonnene er: {', '.join(map(str, frame.columns))}.",
        )
    classes = load_classes()
    names = frame[column]
    wrong = [name for name in names.unique() if name not in classes]
    rows = {name: frame.index[names.isna() if pd.isna(name) else names == name] for name in wrong}
    _stop(
        "Klasser",
        [
            f"rad {rows[name][0]}, {column}: "
            + (
                "klassen mangler"
                if pd.isna(name)
                else f"klassen «{name}» finnes ikke ({len(rows[name])} rader)."
                + classes.hint(str(name))
            )
            for name in wrong
        ],
        f"Kjente klasser er {', '.join(classes.by_id)}.",
    )
    return names.astype("str")


def conversions_of(frame: pd.DataFrame, peat: str) -> Conversions:
    """Check the conversions and say what happens to the soil of each.

    Raises
    ------
    LayerError, DataQualityError
        When columns are missing, classes or areas are wrong, or the soil would change kind.
    ParameterError
        When the fate of peat is unknown.
    """
    if peat not in FATES:
        raise ParameterError(
            f"Torv «{peat}» er ikke et valg.", remedy=f"Velg {' eller '.join(FATES)}."
        )
    before, after = known_classes(frame, "fra"), known_classes(frame, "til")
    fate = frame["torv"].fillna(peat) if "torv" in frame.columns else pd.Series(peat, frame.index)
    classes = load_classes()
    old = before.map(lambda name: classes[name].soil).to_numpy(dtype=str)
    new = after.map(lambda name: classes[name].soil).to_numpy(dtype=str)
    moved = (before != after).to_numpy(dtype=bool)
    clash = moved & (new != "som_for") & (old != new)
    unsaid = moved & (old == "som_for")
    problems = [
        f"rad {frame.index[i]}, torv: «{fate.iloc[i]}» er ukjent"
        for i in np.flatnonzero(~fate.isin(FATES).to_numpy()).tolist()
    ]
    problems += [
        f"rad {frame.index[i]}: «{before.iloc[i]}» har {old[i]} jord og «{after.iloc[i]}» "
        f"{new[i]}; velg klasser med samme jord"
        for i in np.flatnonzero(clash & ~unsaid).tolist()
    ]
    problems += [
        f"rad {frame.index[i]}: jorda under «{before.iloc[i]}» er ukjent; endringen kan ikke regnes"
        for i in np.flatnonzero(unsaid).tolist()
    ]
    _stop("Endringer", problems, f"Torv er {' eller '.join(FATES)}. Ta radene ut eller rett dem.")
    organic = moved & (old == "organisk")
    dug_out = organic & (new == "som_for") & (fate == "graves_ut").to_numpy(dtype=bool)
    signed = hectares(frame) * _signs(frame)
    table = pd.DataFrame({"fra": before, "til": after, "areal_ha": signed})
    return Conversions(table, list(before), list(after), organic, dug_out.tolist())


def _signs(frame: pd.DataFrame) -> pd.Series:
    """One for land that changes; minus one for land that was to change and no longer is."""
    given = frame.get("tegn", pd.Series(1, index=frame.index))
    wrong = np.flatnonzero(~given.isin([1, -1]).to_numpy()).tolist()
    _stop(
        "Fortegn",
        [f"rad {frame.index[i]}, tegn: «{given.iloc[i]}» er verken 1 eller −1" for i in wrong],
        "1 er areal som endres, −1 er areal som spares.",
    )
    return given.astype("float64")


def depths_of(
    frame: pd.DataFrame, organic: NDArray[np.bool_], *, known: bool
) -> list[float | None]:
    """Depth of peat of each row that says it; ``None`` where the parameter holds, or no peat is.

    Raises
    ------
    DataQualityError
        When a depth is no depth, or is missing and the parameter is not ``known``.
    """
    said = frame.get("torvdybde_m", pd.Series(np.nan, index=frame.index))
    number = pd.to_numeric(said, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
    wrong = (said.notna().to_numpy() & np.isnan(number)) | (number < 0) | (number > DEEPEST)
    absent = organic & said.isna().to_numpy() & (not known)
    problems = [
        f"rad {frame.index[i]}: torvdybden «{said.iloc[i]}» er ikke en dybde i meter (0–20)"
        for i in np.flatnonzero(wrong).tolist()
    ]
    problems += [
        f"rad {frame.index[i]}: organisk jord uten torvdybde"
        for i in np.flatnonzero(absent).tolist()
    ]
    _stop(
        "Torvdybder",
        problems,
        "Fyll inn torvdybde_m, eller oppgi torvdybden som parameter (peat_depth_m).",
    )
    return [
        float(metres) if peat and not np.isnan(metres) else None
        for metres, peat in zip(number, organic, strict=True)
    ]


def unique_rows(keys: Iterable[Key]) -> tuple[list[Key], NDArray[np.intp]]:
    """Return the different keys in the order they come, and which of them each row is."""
    found: dict[Key, int] = {}
    codes = [found.setdefault(key, len(found)) for key in keys]
    return list(found), np.array(codes, dtype=np.intp)


def _stop(what: str, problems: list[str], remedy: str) -> None:
    """Raise with all problems at once, the first of very many."""
    if not problems:
        return
    more = len(problems) - _SHOWN
    shown = problems[:_SHOWN] + ([f"og {more} til"] if more > 0 else [])
    raise DataQualityError(f"{what}:\n{collect(shown)}", remedy=remedy)
