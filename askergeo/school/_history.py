"""Which areas a history of residents is of, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.numbers import format_number
from askergeo.population.faults import all_faults, fault_frame
from askergeo.population.history import History
from askergeo.population.people import AGES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.school.areas import Areas

__all__ = ["Past", "read_history"]

_LAYER: Final = "befolkning_historikk"
_AGE_MAX: Final = 120
_NEAR: Final = 0.02


@dataclass(frozen=True, eq=False)
class Past:
    """A history and how its areas go with the parts.

    Parameters
    ----------
    history
        Residents of past years by area of the history; nobody is in new dwellings yet.
    of_part
        Position of each part's area in the history, −1 for a part without one, (n,).
    district
        Number of each area's district, (areas,).
    part_district
        Number of each part's district, −1 where it has no area in the history, (n,).
    level
        In bokmål, what the areas are.
    faults
        What is wrong with the history.
    """

    history: History
    of_part: NDArray[np.intp]
    district: NDArray[np.intp]
    part_district: NDArray[np.intp]
    level: str
    faults: pd.DataFrame


def read_history(historikk: pd.DataFrame, areas: Areas) -> Past | None:
    """Read the history; ``None`` with no two consecutive years that can be used.

    Parameters
    ----------
    historikk
        ``omraade_id`` (grunnkretsnummer or krets_id of primary districts), ``aar``, ``alder`` and
        ``antall``; an age without a row in a year that is there has no residents.
    areas
        The parts.
    """
    frame, told = _sound(historikk)
    known = pd.Index(frame["omraade_id"].unique())
    column = _level(known, areas)
    own = areas.frame[column]
    ids = known[known.isin(own.dropna())].sort_values()
    told.append(_strangers(frame, known.difference(ids)))
    frame = frame[frame["omraade_id"].isin(ids)]
    years = np.sort(frame["aar"].unique()).astype(np.int64)
    if not len(ids) or not (np.diff(years) == 1).any():
        return None
    count = np.zeros((len(years), len(ids), AGES))
    at = (
        np.searchsorted(years, frame["aar"]),
        ids.get_indexer(frame["omraade_id"]),
        np.minimum(frame["alder"], AGES - 1),
    )
    np.add.at(count, at, frame["antall"].to_numpy(dtype=np.float64))
    told += [_empty_years(count, ids, years), _today(count, years, areas)]
    of_part = np.asarray(ids.get_indexer(own), dtype=np.intp)
    district, part_district = _districts(areas, of_part, len(ids))
    told.append(_without(areas, of_part))
    history = History(years, count, np.zeros_like(count))
    level = "grunnkrets" if column == "enhet" else "krets for barnetrinnet"
    return Past(history, of_part, district, part_district, level, all_faults(told))


def _sound(historikk: pd.DataFrame) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    frame = pd.DataFrame(
        {
            "omraade_id": historikk["omraade_id"].astype("str"),
            **{
                name: pd.to_numeric(historikk[name]).to_numpy(dtype=np.float64, na_value=np.nan)
                for name in ("aar", "alder", "antall")
            },
        }
    )
    good = frame.notna().all(axis=1) & frame["alder"].between(0, _AGE_MAX) & (frame["antall"] >= 0)
    told = []
    if not good.all():
        text = (
            f"{format_number((~good).sum())} rader mangler område, år, alder eller antall, eller "
            "tallet er negativt. De er ikke brukt, så historikken er for lav der."
        )
        told.append(_one("historikk_rad", "Ugyldige rader i historikken", "flere", text))
    frame = frame[good.to_numpy()]
    return frame.astype({"aar": np.int64, "alder": np.int64}), told


def _one(rule: str, title: str, row: str, text: str) -> pd.DataFrame:
    return fault_frame([(rule, title, _LAYER, row, text)])


def _level(known: pd.Index, areas: Areas) -> str:
    """Column of the parts that the history's ids are found in most."""
    columns = ("enhet", "barnekrets")
    return max(columns, key=lambda name: int(known.isin(areas.frame[name].dropna()).sum()))


def _strangers(frame: pd.DataFrame, ids: pd.Index) -> pd.DataFrame:
    lived = frame[frame["omraade_id"].isin(ids) & (frame["antall"] > 0)]
    names = sorted(lived["omraade_id"].unique())
    text = "Området har historikk, men finnes ikke blant områdene med adresser. Den er ikke brukt."
    rows = [("historikk_ukjent_omraade", "Ukjent område", _LAYER, name, text) for name in names]
    return fault_frame(rows[:100])


def _empty_years(
    count: NDArray[np.float64], ids: pd.Index, years: NDArray[np.int64]
) -> pd.DataFrame:
    """Name years without anybody between years with people: rows are lost."""
    total = count.sum(axis=2)
    lost = (total == 0) & (total.max(axis=0) > 0)
    # An area may be built or emptied: before its first people and after its last nothing is lost.
    before = np.maximum.accumulate(total > 0, axis=0)
    after = np.maximum.accumulate((total > 0)[::-1], axis=0)[::-1]
    year, area = np.nonzero(lost & before & after)
    text = "Ingen bosatte dette året, men både før og etter. Raden mangler trolig."
    return fault_frame(
        ("historikk_hull", "Hull i historikken", _LAYER, f"{ids[a]} {years[y]}", text)
        for y, a in zip(year[:100], area[:100], strict=True)
    )


def _today(count: NDArray[np.float64], years: NDArray[np.int64], areas: Areas) -> pd.DataFrame:
    """Tell when the history's last year is not where the residents begin."""
    year = areas.people.year
    if year not in years:
        text = (
            f"Historikken slutter 1. januar {years[-1]}, og bosatte er fra 1. januar {year}. "
            "Satsene er regnet til og med det siste året."
        )
        return _one("historikk_slutter", "Historikken er eldre enn bosatte", str(years[-1]), text)
    then = count[np.searchsorted(years, year)].sum()
    now = areas.people.count.sum()
    if now and abs(then / now - 1) <= _NEAR:
        return fault_frame()
    text = (
        f"1. januar {year} har historikken {format_number(then)} bosatte og adressene "
        f"{format_number(now)}. Framskrivingen starter med adressene."
    )
    return _one("historikk_avvik", "Historikken og bosatte er ulike", str(year), text)


def _districts(
    areas: Areas, of_part: NDArray[np.intp], count: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """District of each area of the history (where most of it lives), and of each part."""
    names = areas.frame["barnekrets"].fillna("–")
    number, unique = pd.factorize(names, sort=True)
    people = areas.people.count.sum(axis=1) + 1e-6
    weight = np.zeros((count, len(unique)))
    inside = of_part >= 0
    np.add.at(weight, (of_part[inside], number[inside]), people[inside])
    district = weight.argmax(axis=1)
    # Districts that no area of the history has most of are left out of the numbering.
    used, dense = np.unique(district, return_inverse=True)
    part = np.full(len(unique), -1, dtype=np.intp)
    part[used] = np.arange(len(used))
    return np.asarray(dense, dtype=np.intp), part[number]


def _without(areas: Areas, of_part: NDArray[np.intp]) -> pd.DataFrame:
    lacking = areas.frame.loc[of_part < 0, "enhet"].drop_duplicates()
    text = "Området har ingen historikk. Satsene er kretsens eller kommunens."
    return fault_frame(
        ("historikk_mangler", "Område uten historikk", _LAYER, name, text) for name in lacking[:100]
    )
