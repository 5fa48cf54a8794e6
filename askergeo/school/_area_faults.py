"""What can be wrong with addresses, residents and districts, found and named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from askergeo.geometry import geometries, is_surface, union
from askergeo.numbers import format_number
from askergeo.population.faults import fault_frame, listed_faults
from askergeo.privacy import THRESHOLD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["addresses", "coverage", "districts", "empty_ages", "persons", "residents"]

_DEKAR: Final = 1e3
# Borders that were drawn twice never meet exactly: slivers below this are no fault (m²).
_SLIVER: Final = 1_000.0
_WORDS: Final = {
    "enhet": "grunnkrets",
    "barnekrets": "krets for barnetrinnet",
    "ungdomskrets": "krets for ungdomstrinnet",
}
# An age is missing from the whole municipality when nobody has it, and the ages around it have
# this many on average: chance alone would do that once in 20 000 times.
_EXPECTED: Final = 10.0
_AROUND: Final = 3
_OLDEST: Final = 80
_AGE_MAX: Final = 120


def persons(count: float) -> str:
    """Write a number of persons for a text, without telling of few.

    Examples
    --------
    >>> persons(3), persons(12)
    ('færre enn 5 personer', '12 personer')
    """
    if 0 < count < THRESHOLD:
        return f"færre enn {THRESHOLD} personer"
    return f"{format_number(count)} personer"


def addresses(
    adresse: gpd.GeoDataFrame,
    placed: NDArray[np.bool_],
    labels: pd.DataFrame,
    layers: Sequence[str],
) -> list[pd.DataFrame]:
    """Addresses without a place, and outside the units or the districts of a level."""
    ids = adresse["adresse_id"]
    told = [
        listed_faults(
            "adresse_uten_sted", "Adresse uten sted", "adresse", ids[~placed],
            "Adressen har ikke koordinater. De som bor der, er ikke med i noe område.",
        )
    ]  # fmt: skip
    for name in layers:
        outside = placed & labels[name].isna().to_numpy()
        what = _WORDS[name]
        told.append(
            listed_faults(
                f"adresse_uten_{name}", f"Adresse utenfor alle {_plural(name)}", "adresse",
                ids[outside], f"Adressen ligger ikke i noen {what}. {_consequence(name)}",
            )
        )  # fmt: skip
    return told


def _plural(name: str) -> str:
    return {
        "enhet": "grunnkretser",
        "barnekrets": "kretser for barnetrinnet",
        "ungdomskrets": "kretser for ungdomstrinnet",
    }[name]


def _consequence(name: str) -> str:
    if name == "enhet":
        return "De som bor der, regnes for seg i kretsen sin."
    return "De som bor der, hører ikke til noen skole på dette trinnet."


def districts(skolekrets: gpd.GeoDataFrame, levels: Mapping[str, str]) -> list[pd.DataFrame]:
    """Districts without school, level or polygon, twice, and overlapping."""
    ids = skolekrets["krets_id"]
    shapes = geometries(skolekrets)
    surface = is_surface(shapes) & ~shapely.is_empty(shapes)
    known = skolekrets["trinn"].isin(list(levels)).to_numpy(dtype=bool)
    without = _blank(skolekrets, "skole_id")
    told = [
        listed_faults(rule, title, "skolekrets", ids[rows], text)
        for rule, title, rows, text in (
            ("krets_uten_skole", "Krets uten skole", without,
             "Kretsen har ingen skole_id. Elevene i kretsen hører ikke til noen skole."),
            ("krets_uten_trinn", "Krets uten trinn", ~known,
             "Trinnet må være barnetrinn eller ungdomstrinn. Kretsen er ikke brukt."),
            ("krets_uten_flate", "Krets uten flate", ~surface,
             "Kretsen har ingen flate. Kretsen er ikke brukt."),
            ("krets_dobbel", "Krets-id på flere rader",
             skolekrets.duplicated(["krets_id", "trinn"]).to_numpy(),
             "Kretsen står på flere rader. Flatene regnes som én krets."),
        )
    ]  # fmt: skip
    for level in levels:
        mine = (skolekrets["trinn"] == level).fillna(value=False).to_numpy(dtype=bool) & surface
        told.append(_overlaps(ids[mine].to_numpy(dtype=object), shapes[mine], level))
    return told


def _blank(frame: pd.DataFrame, column: str) -> NDArray[np.bool_]:
    if column not in frame:
        return np.ones(len(frame), dtype=bool)
    text = frame[column].astype("str").str.strip()
    return (text.isna() | (text == "")).to_numpy(dtype=bool)


def _overlaps(ids: NDArray[np.object_], shapes: NDArray[np.object_], level: str) -> pd.DataFrame:
    shapes = shapely.make_valid(shapes)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = (first < second) & (ids[first] != ids[second])
    first, second = first[once], second[once]
    area = shapely.area(shapely.intersection(shapes[first], shapes[second]))
    return fault_frame(
        (
            "krets_overlapp", "Kretser overlapper", "skolekrets", f"{ids[a]} og {ids[b]}",
            _overlap_text(level, size, ids[a]),
        )
        for a, b, size in zip(first, second, area, strict=True)
        if size > _SLIVER
    )  # fmt: skip


def _overlap_text(level: str, size: float, first: str) -> str:
    dekar = format_number(size / _DEKAR, 1, unit="dekar")
    return f"Kretsene for {level} overlapper med {dekar}. Adresser i begge er regnet til {first}."


def coverage(layers: Mapping[str, gpd.GeoDataFrame]) -> list[pd.DataFrame]:
    """Find what the units cover and the districts of a level do not, and the other way round."""
    whole = {name: union(geometries(layer)) for name, layer in layers.items()}
    if "enhet" not in whole:
        return []
    told = []
    for name in whole.keys() - {"enhet"}:
        pairs = ((name, "enhet"), ("enhet", name))
        for lacking, having in pairs:
            size = shapely.area(shapely.difference(whole[having], whole[lacking]))
            if size > _SLIVER:
                text = (
                    f"{format_number(size / _DEKAR, 0)} dekar av {_plural(having)} ligger utenfor "
                    f"{_plural(lacking)}. Sjø kan være årsaken; adresser der står for seg."
                )
                layer = "grunnkrets" if lacking == "enhet" else "skolekrets"
                told.append(
                    fault_frame([(f"{lacking}_dekker_ikke", "Dekker ikke", layer, name, text)])
                )
    return sorted(told, key=lambda one: str(one["regel"].iloc[0]))


def residents(
    befolkning: pd.DataFrame,
    row: NDArray[np.intp],
    part: NDArray[np.intp],
    age: NDArray[np.float64],
    number: NDArray[np.float64],
) -> tuple[list[pd.DataFrame], NDArray[np.bool_]]:
    """Find rows of residents that cannot be used, and tell which rows have an age and a number.

    Parameters
    ----------
    befolkning
        Residents by address and age.
    row, part
        Position of each row's address and part; −1 for none.
    age, number
        Age and number of each row; NaN when unknown.
    """
    counted = np.nan_to_num(np.maximum(number, 0))
    unknown = row < 0
    outside = ~unknown & (part < 0)
    with np.errstate(invalid="ignore"):
        no_age = ~((age >= 0) & (age <= _AGE_MAX))
        no_number = ~(number >= 0)
    rules = (
        ("bosatt_ukjent_adresse", "Bosatte på ukjent adresse", unknown,
         "bor på adresser som ikke finnes i laget adresse, og er ikke med i noe område."),
        ("bosatt_uten_omraade", "Bosatte utenfor alle områder", outside,
         "bor på adresser uten sted eller utenfor alle kretser, og er ikke med i noe område."),
        ("bosatt_uten_alder", "Bosatte uten alder", no_age & ~unknown & ~outside,
         "har ingen gyldig alder (0–120 år) og er ikke med."),
    )  # fmt: skip
    told = [
        fault_frame(
            [(rule, title, "befolkning", _rows(befolkning, rows), f"{_told(counted, rows)} {text}")]
        )
        for rule, title, rows, text in rules
        if rows.any()
    ]
    text = "Antallet er tomt eller negativt. Hvor mange det gjelder, er ukjent."
    ids = befolkning.loc[no_number, "adresse_id"]
    told.append(listed_faults("bosatt_uten_antall", "Bosatte uten antall", "befolkning", ids, text))
    return told, ~(no_age | no_number)


def _rows(befolkning: pd.DataFrame, rows: NDArray[np.bool_]) -> str:
    return f"{format_number(befolkning.loc[rows, 'adresse_id'].nunique())} adresser"


def _told(counted: NDArray[np.float64], rows: NDArray[np.bool_]) -> str:
    text = persons(counted[rows].sum())
    return text[0].upper() + text[1:]


def empty_ages(total: NDArray[np.float64]) -> list[pd.DataFrame]:
    """Ages that nobody in the whole municipality has, though many are a little younger or older."""
    window = np.ones(2 * _AROUND + 1)
    reach = np.convolve(np.ones(len(total)), window, mode="same")
    around = np.convolve(total, window, mode="same") / reach
    # A hole of several ages hides itself: the ages around it are those that somebody has.
    lived = np.convolve(total > 0, window, mode="same")
    around = np.where(lived > 0, around * reach / np.maximum(lived, 1), total.mean())
    ages = np.flatnonzero((total[:_OLDEST] == 0) & (around[:_OLDEST] >= _EXPECTED))
    if not len(ages):
        return []
    text = (
        "Ingen i kommunen har denne alderen, enda mange er litt yngre eller eldre. "
        "Raden mangler trolig, og framskrivingen får et hull."
    )
    rows = [f"{age} år" for age in ages]
    return [listed_faults("alder_mangler", "Alder mangler", "befolkning", rows, text)]
