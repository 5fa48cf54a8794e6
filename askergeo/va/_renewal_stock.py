"""The pipes that a renewal plan is for, with what is known of each, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.va._renewal_life import LINED, material_rows
from askergeo.va.columns import column_numbers
from askergeo.va.status import out_of_use, planned

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.va._renewal_life import Lives

    Numbers = NDArray[np.float64]
    Whole = NDArray[np.int64]

__all__ = ["FOUL", "MEDIA", "STORM", "TITLES", "UNKNOWN", "WATER", "Stock", "stock_of"]

#: The nets that renewal is reckoned for, each by itself; combined sewers are of the second.
WATER, FOUL, STORM = range(3)
MEDIA: Final = ("vann", "avlop", "overvann")
TITLES: Final = ("Vann", "Spillvann og felles", "Overvann")
_OF_TYPE: Final = {"vann": WATER, "spillvann": FOUL, "avlop_felles": FOUL, "overvann": STORM}
#: No year, or no material.
UNKNOWN: Final = -1
_FIRST_YEAR: Final = 1800
# A pipe that is laid so many years ahead at most is planned; later years are mistakes.
_SOON: Final = 10
_LINING: Final = ("strømpe", "stromp", "foring", "fôring", "relining")
_DEVICES: Final = ("pumpe", "ventil")
_NAMED: Final = 10


@dataclass(frozen=True, eq=False)
class Stock:
    """The ``n`` municipal pipes in use.

    Parameters
    ----------
    row
        Position in ``va_ledning``, (n,).
    medium
        Place in `MEDIA`, (n,).
    length_m
        Length, (n,), metres.
    material
        Place in the table of lives, `UNKNOWN` when it is not told, (n,).
    laid
        Year that the age is counted from: of the renewal, else of the laying; `UNKNOWN`, (n,).
    renewed
        Year of the renewal, `UNKNOWN` when there is none, (n,).
    dimension
        Millimetres, NaN unknown, (n,).
    lines
        Geometry, (n,); missing where the pipe has none.
    faults
        What is wrong: ``regel``, ``tittel``, ``lag``, ``rad``, ``tekst``.
    left_out_m
        Metres of what is not part of it, by reason in bokmål.
    """

    row: Whole
    medium: Whole
    length_m: Numbers
    material: Whole
    laid: Whole
    renewed: Whole
    dimension: Numbers
    lines: NDArray[np.object_]
    faults: pd.DataFrame
    left_out_m: dict[str, float]

    def __len__(self) -> int:
        return len(self.row)


def stock_of(pipes: gpd.GeoDataFrame, year: int, table: Lives, parameters: Parameters) -> Stock:
    """Read the pipes that the municipality renews.

    Parameters
    ----------
    pipes
        The layer ``va_ledning``; every column but ``ledning_id`` and ``type`` may be missing.
    year
        Present year. A pipe that is laid in the years soon after is planned; other later years of
        laying and renewal are not believed.
    table
        The lives, whose materials are used.
    parameters
        A set that has what a status says: ``va_nett_ute_av_drift`` and ``va_nett_planlagt``.
    """
    ids = pipes["ledning_id"].astype(str).to_numpy(dtype=object)
    lines = geometries(pipes)
    length = _lengths(pipes, lines)
    medium = pipes["type"].map(_OF_TYPE).astype("Float64").to_numpy(dtype=float, na_value=-1)
    medium = medium.astype(np.int64)
    told: list[tuple[str, str, str, NDArray[np.bool_]]] = []
    keep, left_out = _kept(pipes, medium, length, year, told=told, parameters=parameters)
    laid, renewed = _years(pipes, year, keep, told)
    dimension = column_numbers(pipes, "dimensjon_mm")
    told.append(("dimensjon_ugyldig", "Dimensjon som ikke kan brukes",
                 "er null eller negativ og regnes som ukjent",
                 keep & (dimension <= 0)))  # fmt: skip
    dimension[~(dimension > 0)] = np.nan
    text = _text(pipes, "materiale")
    material, strange = material_rows(text, table)
    told.append(("materiale_ukjent_kode", "Materialkode som ikke er kjent",
                 f"regnes som ukjent materiale ({', '.join(strange[:_NAMED])})",
                 keep & text.isin(strange).fillna(value=False).to_numpy(dtype=bool)))  # fmt: skip
    lined = (renewed > 0) & _says(pipes, "metode", _LINING)
    material[lined] = table.materials.index(LINED)
    rows = np.flatnonzero(keep)
    return Stock(
        rows, medium[rows], length[rows], material[rows],
        np.where(renewed > 0, renewed, laid)[rows], renewed[rows], dimension[rows], lines[rows],
        _fault_frame(told, ids), left_out,
    )  # fmt: skip


def _kept(
    pipes: gpd.GeoDataFrame,
    medium: Whole,
    length: Numbers,
    year: int,
    *,
    told: list[tuple[str, str, str, NDArray[np.bool_]]],
    parameters: Parameters,
) -> tuple[NDArray[np.bool_], dict[str, float]]:
    """Choose municipal mains in use that have a length; say what is left out, and why."""
    owner = _text(pipes, "eier").str.lower()
    function = _text(pipes, "funksjon").str.lower()
    laid = column_numbers(pipes, "anleggsaar")
    soon = (laid > year) & (laid <= year + _SOON)
    # A service pipe without an owner is its house's: the owner of the property has it by law.
    private = owner.isin(["privat", "annen"]) | (owner.isna() & function.eq("stikkledning"))
    reasons = {
        "Private og andres ledninger": private.fillna(value=False).to_numpy(dtype=bool),
        "Ute av drift": out_of_use(pipes, parameters),
        "Planlagte ledninger": planned(pipes, parameters) | soon,
        "Pumper og ventiler": function.isin(_DEVICES).fillna(value=False).to_numpy(dtype=bool),
        "Ukjent type": medium < 0,
    }
    keep = np.ones(len(pipes), dtype=bool)
    left_out = {}
    for reason, out in reasons.items():
        own = keep & out
        if own.any():
            left_out[reason] = float(np.nansum(length[own]))
        keep &= ~out
    without = keep & ~(length > 0)
    told.append(("lengde_null", "Ledning uten lengde", "har ikke lengde og er ikke med", without))
    unowned = keep & ~without & owner.isna().to_numpy()
    told.append(
        ("eier_ukjent", "Ledning uten eier", "har ikke eier og regnes som kommunale", unowned)
    )
    return keep & ~without, left_out


def _years(
    pipes: gpd.GeoDataFrame,
    year: int,
    keep: NDArray[np.bool_],
    told: list[tuple[str, str, str, NDArray[np.bool_]]],
) -> tuple[Whole, Whole]:
    """Read the years of laying and of renewal; those that cannot be are unknown."""
    laid, renewed = column_numbers(pipes, "anleggsaar"), column_numbers(pipes, "fornyet_aar")
    for values, what, rule in ((laid, "Anleggsår", "anleggsaar"), (renewed, "Fornyet", "fornyet")):
        strange = (values < _FIRST_YEAR) | (values > year)
        told.append((f"{rule}_ugyldig", f"{what}: året kan ikke stemme",
                     f"har et år før {_FIRST_YEAR} eller etter {year}; det regnes som ukjent",
                     keep & strange))  # fmt: skip
        values[strange] = np.nan
    before = renewed < laid
    told.append(("fornyet_foer", "Fornyet før den ble lagt",
                 "er fornyet før anleggsåret; fornyelsen er ikke regnet med",
                 keep & before))  # fmt: skip
    renewed[before] = np.nan
    whole = (np.nan_to_num(one, nan=UNKNOWN).astype(np.int64) for one in (laid, renewed))
    return next(whole), next(whole)


def _lengths(pipes: gpd.GeoDataFrame, lines: NDArray[np.object_]) -> Numbers:
    """Measured length where it is told, else that of the line; NaN without both."""
    drawn = np.where(shapely.is_missing(lines), np.nan, shapely.length(lines))
    told = column_numbers(pipes, "lengde_m")
    return np.where(told > 0, told, drawn)


def _text(pipes: pd.DataFrame, column: str) -> pd.Series:
    if column not in pipes:
        return pd.Series([None] * len(pipes), index=pipes.index, dtype="string")
    return pipes[column].astype("string").str.strip()


def _says(pipes: pd.DataFrame, column: str, words: tuple[str, ...]) -> NDArray[np.bool_]:
    """Tell which rows have a text with one of the words in it."""
    text = _text(pipes, column).str.lower().str.replace("_", " ", regex=False)
    codes, texts = pd.factorize(text)
    hit = np.array([any(word in str(one) for word in words) for one in texts] + [False])
    return np.asarray(hit[codes], dtype=np.bool_)


def _fault_frame(
    told: list[tuple[str, str, str, NDArray[np.bool_]]], ids: NDArray[np.object_]
) -> pd.DataFrame:
    """Write a row for each kind of fault that there is, with how many and which."""
    rows = []
    for rule, title, text, mine in told:
        found = ids[mine]
        if not len(found):
            continue
        count = format_number(len(found))
        word = "ledning" if len(found) == 1 else "ledninger"
        more = ", …" if len(found) > _NAMED else ""
        rows.append(
            {
                "regel": f"va_fornyelse.{rule}",
                "tittel": title,
                "lag": "va_ledning",
                "rad": ", ".join(found[:_NAMED]) + more,
                "tekst": f"{count} {word} {text}.",
            }
        )
    return pd.DataFrame(rows, columns=["regel", "tittel", "lag", "rad", "tekst"])
