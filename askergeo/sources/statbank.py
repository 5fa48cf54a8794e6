"""SSB's tables of persons by region, single year of age and year, in every dialect of statbank.

Persons on 1 January (table 07459) and projections (14288, 12882, 11668) are read alike: delimited
text with tabs, semicolons or commas, with or without quotes and title lines, in Latin-1 or UTF-8;
wide (a column a year) or long; labels in Norwegian or English; JSON-stat 2; and PX. Sexes are
summed, totals are never counted twice, and a figure that is hidden or lacking (SSB's «:», «..» and
«.») is unknown, never zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from askergeo.errors import LayerError, SourceError, collect
from askergeo.municipalities import replaced
from askergeo.numbers import format_number
from askergeo.sources import _statbank_words as words
from askergeo.sources._statbank_cells import Cells, read_cells
from askergeo.sources.files import SourceLayer
from askergeo.sources.reading import FaultLog

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = [
    "KEYS",
    "Statbank",
    "layer_rows",
    "one_place",
    "read_statbank",
    "read_statbank_layer",
]

KEYS: Final = ("region", "aar", "alder", "alternativ")
_FAULTS_SHOWN: Final = 5
_UNIT_DIGITS: Final = 8


@dataclass(frozen=True, eq=False)
class Statbank:
    """Persons by region, year and single year of age.

    Parameters
    ----------
    frame
        ``region`` (number, text), ``navn``, ``aar`` (1 January), ``alder`` (full years),
        ``alternativ`` (``hoved``, ``lav``, ``hoy``, or empty), ``antall`` (float; NaN is unknown).
        One row for each :data:`KEYS`, sorted by them.
    remarks
        What was left out or summed, in bokmål.
    """

    frame: pd.DataFrame
    remarks: tuple[str, ...] = ()


def read_statbank(paths: Sequence[Path]) -> Statbank:
    """Read one file, or several that are put together.

    Parameters
    ----------
    paths
        Files as statbank writes them. The same figure may be in two files when they agree.

    Raises
    ------
    MissingFileError
        When a file is not there.
    SourceError
        When a file is no such table, a row cannot be read (file, row and reason are named), or two
        files give different figures for the same persons.
    """
    if not paths:
        raise SourceError("Ingen filer er oppgitt.", remedy="Oppgi minst én fil fra SSB.")
    parts, remarks = [], []
    for path in paths:
        cells = read_cells(path)
        frame, more = _tidy(cells)
        parts.append(frame.assign(fil=path.name))
        remarks += [f"{path.name}: {text}" for text in (*cells.remarks, *more)]
    return Statbank(_joined(parts), tuple(remarks))


def _tidy(cells: Cells) -> tuple[pd.DataFrame, list[str]]:
    """Turn labels and figures into numbers, sum the sexes and leave the totals out."""
    faults: list[str] = []
    regions = _parsed(cells, "region", _region, faults, "en kommune eller grunnkrets")
    ages = _parsed(cells, "alder", words.age_of, faults, "en alder")
    years = _parsed(cells, "aar", words.year_of, faults, "et år")
    sexes = _parsed(cells, "kjonn", _sex, faults, "et kjønn")
    courses = _parsed(cells, "innhold", words.contents_of, faults, "et innhold")
    counts = _parsed(cells, "tall", _number, faults, "et antall personer")
    if faults:
        more = [f"og {len(faults) - _FAULTS_SHOWN} til"] if len(faults) > _FAULTS_SHOWN else []
        raise SourceError(
            f"{cells.name} kan ikke leses:\n{collect([*faults[:_FAULTS_SHOWN], *more])}",
            remedy="Rett radene, eller hent tabellen på nytt fra statistikkbanken.",
        )
    parsed = pd.DataFrame(
        {
            "region": regions.column(lambda one: one[0]),
            "navn": regions.column(lambda one: one[1]),
            "aar": years.column(int),
            "alder": ages.column(lambda one: one[0]),
            "apen": ages.column(lambda one: one[1]),
            "kjonn": sexes.column(str),
            "alternativ": courses.column(str),
            "antall": counts.column(float),
            "rad": cells.frame["rad"].to_numpy(),
        }
    )
    _require_counts(cells.name, parsed)
    kept, remarks = _without_totals(parsed, cells)
    return _sexes_summed(kept, cells.name), remarks


@dataclass(frozen=True, eq=False)
class _Parsed:
    """What each label means, and which label each row has."""

    rows: NDArray[np.int64]
    found: list[Any]

    def column(self, take: Callable[[Any], object]) -> pd.Series:
        """One value a row."""
        return pd.Series([take(one) for one in self.found]).take(self.rows).reset_index(drop=True)


def _parsed(
    cells: Cells,
    column: str,
    parse: Callable[[Any], object | None],
    faults: list[str],
    what: str,
) -> _Parsed:
    """Parse each label once; those that are not understood are named with their first row."""
    rows, labels = pd.factorize(cells.frame[column], use_na_sentinel=False)
    found = [parse(label) for label in labels]
    for number, one in enumerate(found):
        if one is None:
            at = int(np.flatnonzero(rows == number)[0])
            row = int(cells.frame["rad"].iloc[at])
            where = f"linje {row}" if row else f"tall nummer {at + 1}"
            faults.append(f"{where}: «{labels[number]}» er ikke {what}")
    return _Parsed(rows, found)


def _region(label: str) -> tuple[str, str] | None:
    return words.region_of(label) if label else (" ", "")


def _sex(label: str) -> str | None:
    return words.sex_of(label) if label else words.BOTH


def _number(figure: object) -> float | None:
    """Read a figure of a text, or take that of a JSON file, where one that is hidden is null."""
    if isinstance(figure, str):
        return words.number_of(figure)
    if isinstance(figure, int | float) and not isinstance(figure, bool):
        return float(figure)
    return float("nan") if figure is None else None


def _require_counts(name: str, parsed: pd.DataFrame) -> None:
    negative = parsed["antall"] < 0
    if negative.any():
        row = int(parsed.loc[negative, "rad"].iloc[0])
        raise SourceError(
            f"{name} linje {row}: et antall personer er negativt.",
            remedy="Hent folkemengden, ikke endringen.",
        )


def _without_totals(parsed: pd.DataFrame, cells: Cells) -> tuple[pd.DataFrame, list[str]]:
    """Leave out rows that count persons of other rows, and contents that are not persons."""
    remarks = []
    other = parsed["alternativ"] == words.OTHER
    if other.any():
        left = ", ".join(f"«{one}»" for one in cells.frame.loc[other, "innhold"].unique())
        remarks.append(f"Ikke folkemengde eller et av de tre alternativene, så ikke lest: {left}.")
    larger = parsed["region"] == ""
    grouped = parsed["alder"] == words.TOTAL
    single = parsed[~other & ~larger & ~grouped]
    if not len(single):
        raise SourceError(
            f"{cells.name} har ingen rader med kommune, ettårig alder og folkemengde.",
            remedy="Hent tabellen med kommuner og ettårig alder, ikke grupper eller «i alt».",
        )
    if larger.any():
        remarks.append("Rader for land, landsdeler og fylker er ikke regnet med.")
    if grouped.any():
        remarks.append("Rader for «i alt» og aldersgrupper er ikke regnet med i tillegg.")
    # «80 år eller eldre» beside the single ages above 80 is a total.
    top = single.loc[~single["apen"], "alder"].max()
    double = single["apen"] & (single["alder"] <= top)
    if double.any():
        remarks.append("Åpne aldersgrupper som også er delt på alder, er ikke regnet med.")
    return single[~double], remarks


def _sexes_summed(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Sum men and women; a total of both is used where it stands alone, else held against them."""
    keys = list(KEYS)
    twice = rows.duplicated([*keys, "kjonn"], keep=False)
    if twice.any():
        _require_agreement(rows[twice], [*keys, "kjonn"], name)
        rows = rows.drop_duplicates([*keys, "kjonn"])
    if not (rows["kjonn"] != words.BOTH).any():
        return rows[["region", "navn", "aar", "alder", "alternativ", "antall"]]
    names = rows.drop_duplicates("region").set_index("region")["navn"]
    # Every key is there once, so that nothing is summed here; a missing figure must stay missing.
    wide = rows.pivot(index=keys, columns="kjonn", values="antall")  # noqa: PD010
    there = rows.assign(er=1).pivot(index=keys, columns="kjonn", values="er").notna()  # noqa: PD010
    for sex in ("menn", "kvinner", words.BOTH):
        if sex not in wide:
            wide[sex], there[sex] = np.nan, False
    pair = there["menn"] & there["kvinner"]
    one_sex = (there["menn"] ^ there["kvinner"]) & ~there[words.BOTH]
    if one_sex.any():
        raise SourceError(
            f"{name} har bare ett av kjønnene for {_place(wide.index[one_sex][0])}.",
            remedy="Hent tabellen for begge kjønn, eller uten kjønn.",
        )
    total = wide["menn"] + wide["kvinner"]
    apart = pair & there[words.BOTH] & ((total - wide[words.BOTH]).abs() > 0.5)  # noqa: PLR2004
    if apart.any():
        raise SourceError(
            f"{name}: menn og kvinner er ikke lik begge kjønn for {_place(wide.index[apart][0])}.",
            remedy="Hent tabellen på nytt.",
        )
    count = total.where(pair & total.notna(), wide[words.BOTH]).where(pair | there[words.BOTH])
    frame = count.rename("antall").reset_index()
    frame.insert(1, "navn", frame["region"].map(names))
    return frame


def _joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    both = pd.concat(parts, ignore_index=True)
    keys = list(KEYS)
    known = both[both["antall"].notna()]
    twice = known[known.duplicated(keys, keep=False)]
    if len(twice):
        files = " og ".join(twice["fil"].unique())
        _require_agreement(twice, keys, files)
    # Where one file hides a figure that another tells, it is known.
    ordered = both.sort_values([*keys, "antall"], na_position="last", kind="stable")
    frame = ordered.drop_duplicates(keys).drop(columns="fil").reset_index(drop=True)
    return frame[["region", "navn", "aar", "alder", "alternativ", "antall"]].astype(
        {"aar": "int64", "alder": "int64", "antall": "float64"}
    )


def _require_agreement(rows: pd.DataFrame, keys: list[str], name: str) -> None:
    counts = rows.groupby(keys)["antall"].agg(["min", "max"])
    apart = counts[(counts["max"] - counts["min"]).abs() > 0.5]  # noqa: PLR2004  (a person)
    if len(apart):
        key = apart.index[0]
        low, high = (format_number(one, 0) for one in apart.iloc[0])
        raise SourceError(
            f"{name} har to ulike tall ({low} og {high}) for {_place(key)}; "
            f"{format_number(len(apart))} tall er ulike.",
            remedy="Bruk bare filene som hører sammen: samme tabell og samme utgave.",
        )


def _place(key: tuple[object, ...]) -> str:
    region, year, age, course = key[:4]
    where = f"{region}, alder {age}, {year}"
    return f"{where} ({course})" if course else where


def one_place(table: Statbank, numbers: Sequence[str]) -> dict[int, tuple[str, ...]]:
    """Which municipalities make up a place in each year.

    Parameters
    ----------
    table
        Persons by municipality.
    numbers
        Those that the user named; a single one in force today stands also for those that it has
        replaced (3203 for 3025, and for 0220, 0627 and 0628).

    Returns
    -------
    dict
        Year → numbers to sum. A municipality that SSB lists with no resident in a year did not
        exist then.

    Raises
    ------
    LayerError
        When a year lacks some of them.
    """
    people = table.frame.groupby(["aar", "region"])["antall"].sum(min_count=1).reset_index()
    there: dict[int, set[str]] = {}
    for year, region in people.loc[people["antall"] != 0, ["aar", "region"]].to_numpy():
        there.setdefault(int(year), set()).add(str(region))
    sets = _generations(numbers)
    found, faults = {}, []
    for year, present in there.items():
        whole = [one for one in sets if set(one) <= present]
        if whole:
            found[year] = whole[0]
            continue
        some = next((one for one in sets if set(one) & present), None)
        if some is not None:
            faults.append(f"{year}: mangler {', '.join(sorted(set(some) - present))}")
    if faults:
        raise LayerError(
            f"Folketallet er ikke helt for {'+'.join(numbers)}:\n{collect(faults)}",
            remedy="Legg til filene som har kommunene som mangler.",
        )
    if not found:
        here = ", ".join(sorted({one for present in there.values() for one in present})[:12])
        raise LayerError(
            f"Filene har ikke kommune {'+'.join(numbers)}. De har {here}.",
            remedy="Oppgi kommunenumrene slik de står i filen, for eksempel 0220+0627+0628.",
        )
    return found


def _generations(numbers: Sequence[str]) -> list[tuple[str, ...]]:
    """Return sets of numbers that are the same place, the newest first."""
    sets = [tuple(numbers)]
    if len(numbers) == 1:
        before: dict[str, list[str]] = {}
        for number, (_, last, successors) in replaced().items():
            # One that was divided between several is no part of this place alone.
            if [one.number for one in successors] == list(numbers):
                before.setdefault(last, []).append(number)
        sets += [tuple(sorted(before[last])) for last in sorted(before, reverse=True)]
    return sets


def layer_rows(table: Statbank, layer_id: str, municipality: str) -> pd.DataFrame:
    """Rows of the layer ``framskriving`` or ``befolkning_historikk`` for one municipality.

    Parameters
    ----------
    table
        What :func:`read_statbank` gave.
    layer_id
        The layer.
    municipality
        Its number today; the numbers that it has replaced are summed.

    Raises
    ------
    LayerError
        When the municipality is not in the table, or a figure is hidden: an age that is left out
        would be read as nobody.
    """
    units = table.frame["region"].str.len() == _UNIT_DIGITS
    if layer_id == "befolkning_historikk" and units.any():
        rows = table.frame[units & (table.frame["region"].str[:4] == municipality)]
        if not len(rows):
            raise LayerError(
                f"Filen har ingen grunnkretser i kommune {municipality}.",
                remedy="Grunnkretsene må ha dagens nummer, med kommunenummeret først.",
            )
        own = rows.rename(columns={"region": "omraade_id"})
    else:
        own = _summed(table, municipality).assign(omraade_id=municipality)
    hidden = own["antall"].isna()
    if hidden.any():
        first = own[hidden].iloc[0]
        raise LayerError(
            f"{format_number(int(hidden.sum()))} tall er skjult eller mangler, det første for "
            f"{first['omraade_id']}, alder {first['alder']}, {first['aar']}. Ukjent er ikke null, "
            "så filen er ikke lest inn.",
            remedy="Be SSB om tallene uten skjuling, eller hent bare årene som er hele.",
        )
    if layer_id == "framskriving":
        told = own.assign(alternativ=own["alternativ"].replace("", "hoved"))
        return told[["alternativ", "aar", "alder", "antall"]].reset_index(drop=True)
    return own[["omraade_id", "aar", "alder", "antall"]].reset_index(drop=True)


def _summed(table: Statbank, municipality: str) -> pd.DataFrame:
    places = one_place(table, [municipality])
    wanted = pd.MultiIndex.from_tuples(
        [(year, region) for year, regions in places.items() for region in regions]
    )
    frame = table.frame
    taken = frame[pd.MultiIndex.from_frame(frame[["aar", "region"]]).isin(wanted)]
    grouped = taken.groupby(["alternativ", "aar", "alder"])["antall"]
    # A sum with an unknown part is unknown.
    whole = grouped.sum().where(grouped.count() == grouped.size())
    return whole.reset_index()


def read_statbank_layer(path: Path, layer_id: str, municipality: str) -> SourceLayer:
    """Read a file as a layer of one municipality; what was passed over is told as faults.

    Parameters
    ----------
    path
        A file as statbank writes it.
    layer_id, municipality
        See :func:`layer_rows`.
    """
    table = read_statbank([path])
    log = FaultLog()
    for remark in table.remarks:
        log.add("annen_linje", remark)
    frame = layer_rows(table, layer_id, municipality)
    if layer_id == "framskriving" and (table.frame["alternativ"] == "").all():
        log.add(
            "annen_linje",
            "Filen sier ikke hvilket alternativ tallene er: lest som hovedalternativet.",
        )
    return SourceLayer(frame=frame, name=path.stem, path=path, crs="", faults=log.frame())
