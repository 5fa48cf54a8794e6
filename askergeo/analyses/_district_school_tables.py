"""Tables of the schools with new districts: pupils, places, who stays, and where all go next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from askergeo.analyses._district_tables import SEAT, TODAY, TOTAL, at_once, lacking, with_stay
from askergeo.privacy import rounded
from askergeo.result import Column, RowSum, Table
from askergeo.school._layers import year_text
from askergeo.school.district_transition import extra_places

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

    from askergeo.analyses._district_tables import Alternative
    from askergeo.school.district_inputs import Basis

    Floats = NDArray[np.float64]

__all__ = ["feeding_table", "lacking_table", "school_table", "stay_table", "year_table"]

_PERCENT = 100.0


def year_table(basis: Basis, alternatives: Sequence[Alternative]) -> Table:
    """Pupils who live in each school's district each year, and the places there.

    Parameters
    ----------
    basis
        The problem and its numbers.
    alternatives
        The divisions.
    """
    problem = basis.problem
    divisions = {TODAY: at_once(basis, basis.problem.today)}
    divisions |= {one.key: at_once(basis, one.assigned) for one in alternatives}
    schools, years = len(problem.schools), len(problem.years)
    label = [f"{school}-{year}" for school in problem.schools for year in problem.years]
    frame = pd.DataFrame(
        {
            "skole": np.repeat(basis.names, years),
            "skoleaar": [year_text(int(year)) for year in problem.years] * schools,
            "plasser": _places(problem.capacity).ravel(),
        },
        index=label,
    )
    totals = pd.DataFrame(
        {
            "skole": ["Alle skolene"] * years,
            "skoleaar": [year_text(int(year)) for year in problem.years],
            "plasser": _places(problem.capacity).sum(axis=0),
        },
        index=[f"{TOTAL}-{year}" for year in problem.years],
    )
    for key, load in divisions.items():
        frame[f"elever_{key}"] = load.ravel()
        totals[f"elever_{key}"] = load.sum(axis=0)
    frame = pd.concat([frame, totals])
    columns = {
        "skole": Column(title="Skole"),
        "skoleaar": Column(title="Skoleår"),
        "plasser": Column(title="Plasser", unit="plasser", decimals=0),
    }
    titles = {TODAY: "dagens kretser"} | {one.key: one.letter for one in alternatives}
    for key, title in titles.items():
        columns[f"elever_{key}"] = Column(
            title=f"Elever, {title}", unit="elever", decimals=0, persons=True
        )
    for key, title in titles.items():
        frame[f"bruk_{key}"] = _share(frame[f"elever_{key}"], frame["plasser"])
        columns[f"bruk_{key}"] = Column(
            title=f"Plasser i bruk, {title}",
            unit="%",
            decimals=0,
            derived_from=(f"elever_{key}",),
        )
    sums = tuple(
        RowSum(f"{TOTAL}-{year}", tuple(f"{school}-{year}" for school in problem.schools))
        for year in problem.years
    )
    return Table(
        name="skoler_aar",
        title="Elever og plasser ved hver skole, år for år",
        frame=frame,
        columns=columns,
        row_sums=sums,
        group="Skolene",
        note="Elever er de som bor i kretsen og går i offentlig skole, når alle har fått skolen "
        "kretsen gir. Plasser er dem som kan brukes når kullene er ujevne. Elever som blir på den "
        "gamle skolen, står i egen tabell.",
    )


def _places(capacity: Floats) -> Floats:
    return np.asarray(np.where(np.isfinite(capacity), np.rint(capacity), np.nan))


def _share(pupils: pd.Series, places: pd.Series) -> Floats:
    count = places.to_numpy(dtype=np.float64)
    share: Floats = np.divide(
        _PERCENT * pupils.to_numpy(dtype=np.float64),
        count,
        out=np.full(len(count), np.nan),
        where=count > 0,
    )
    return share


def school_table(basis: Basis, alternatives: Sequence[Alternative]) -> Table:
    """Fullest year of each school with today's districts and with each alternative.

    Parameters
    ----------
    basis
        The problem and its numbers.
    alternatives
        The divisions.
    """
    problem = basis.problem
    divisions = {TODAY: (at_once(basis, problem.today), "dagens kretser")}
    divisions |= {one.key: (at_once(basis, one.assigned), one.letter) for one in alternatives}
    places = _places(problem.capacity)
    frame = pd.DataFrame(
        {
            "skole": basis.names,
            "plasser_forst": places[:, 0],
            "plasser_sist": places[:, -1],
        },
        index=problem.schools,
    )
    first, last = (year_text(int(problem.years[end])) for end in (0, -1))
    columns = {
        "skole": Column(title="Skole"),
        "plasser_forst": Column(title=f"Plasser {first}", unit="plasser", decimals=0),
        "plasser_sist": Column(title=f"Plasser {last}", unit="plasser", decimals=0),
    }
    for key, (load, title) in divisions.items():
        share = np.divide(
            _PERCENT * load,
            places,
            out=np.full(load.shape, -np.inf),
            where=places > 0,
        )
        year = share.argmax(axis=1)
        top = share.max(axis=1)
        frame[f"bruk_{key}"] = np.where(np.isfinite(top), top, np.nan)
        frame[f"aar_{key}"] = [
            year_text(int(problem.years[at])) if np.isfinite(most) else ""
            for at, most in zip(year, top, strict=True)
        ]
        columns[f"bruk_{key}"] = Column(title=f"Fullest, {title}", unit="%", decimals=0)
        columns[f"aar_{key}"] = Column(title=f"Skoleår, {title}")
    frame.index.name = None
    return Table(
        name="skoler",
        title="Hvor full hver skole blir på det meste",
        frame=frame,
        columns=columns,
        group="Skolene",
        note="Over 100 % betyr flere elever enn plasser som kan brukes. Tabellen etter viser hvert "
        "år.",
    )


def stay_table(basis: Basis, alternatives: Sequence[Alternative]) -> Table | None:
    """Tell in rounded numbers what it costs in places that pupils who have begun may stay.

    Parameters
    ----------
    basis
        The problem and its numbers.
    alternatives
        The divisions.

    Returns
    -------
    Table or None
        ``None`` when nobody stays.
    """
    problem = basis.phased
    if problem is None:
        return None
    rows: dict[Hashable, dict[str, Any]] = {}
    for one in alternatives:
        extra = np.maximum(extra_places(problem, one.assigned), 0.0)
        lack = lacking(problem, with_stay(basis, one.assigned))
        for at, year in enumerate(problem.years):
            for school in np.flatnonzero(extra[:, at] > SEAT).tolist():
                rows[f"{one.key}-{problem.schools[school]}-{year}"] = {
                    "alternativ": one.letter,
                    "skole": basis.names[school],
                    "skoleaar": year_text(int(year)),
                    "blir": int(np.rint(extra[school, at])),
                    "plass": "nei" if lack[school, at] else "ja",
                }
    columns = {
        "alternativ": Column(title="Alternativ"),
        "skole": Column(title="Gammel skole"),
        "skoleaar": Column(title="Skoleår"),
        "blir": Column(title="Elever som blir på skolen", unit="elever", decimals=0, persons=True),
        "plass": Column(title="Skolen har plass til dem"),
    }
    table = Table(
        name="blir",
        title="Plasser som går med når elever som har begynt, blir på skolen sin",
        frame=pd.DataFrame.from_dict(rows, orient="index", columns=list(columns)).astype(
            {"blir": "int64"}
        ),
        columns=columns,
        group="Skolene",
        note="Flytter alle med en gang, er de ledige her og opptatt ved den nye skolen.",
    )
    return rounded(table)


def feeding_table(
    basis: Basis, alternatives: Sequence[Alternative], next_school: NDArray[np.object_]
) -> Table | None:
    """Lower secondary schools that the pupils of each school go on to.

    Parameters
    ----------
    basis
        The problem.
    alternatives
        The divisions.
    next_school
        Name of the lower secondary school of each unit, (u,); empty when not known.

    Returns
    -------
    Table or None
        ``None`` when no unit's is known.
    """
    if not (next_school != "").any():
        return None
    problem = basis.problem
    divisions = {TODAY: ("dagens kretser", problem.today)}
    divisions |= {one.key: (one.letter, one.assigned) for one in alternatives}
    frame = pd.DataFrame({"skole": basis.names}, index=problem.schools)
    columns = {"skole": Column(title="Barneskole")}
    for key, (title, assigned) in divisions.items():
        frame[key] = [
            _names(next_school[(assigned == school) & (problem.pupils > 0)])
            for school in range(len(problem.schools))
        ]
        columns[key] = Column(title=f"Går videre til, {title}")
    frame.index.name = None
    return Table(
        name="videre",
        title="Ungdomsskolen elevene går videre til",
        frame=frame,
        columns=columns,
        group="Skolene",
        note="Ungdomsskolekretsene er som i dag. Flere navn betyr at klassene deles når de går "
        "videre. Regn ungdomstrinnet med --trinn ungdomstrinn: der holdes hver barneskolekrets "
        "samlet.",
    )


def _names(found: NDArray[np.object_]) -> str:
    names = pd.Series(found[found != ""], dtype=object).value_counts()
    return " og ".join(sorted(map(str, names.index)))


def lacking_table(basis: Basis, missing: Floats | None) -> tuple[Table, ...]:
    """List the places that are missing in the division that lacks fewest, where there is one.

    Parameters
    ----------
    basis
        The problem and its numbers.
    missing
        Places missing by school and year, (s, y); ``None`` when no division was found.
    """
    if missing is None or not missing.any():
        return ()
    years = [year_text(int(year)) for year in basis.problem.years]
    rows = np.flatnonzero(missing.any(axis=1))
    frame = pd.DataFrame(np.ceil(missing[rows]).astype(int), columns=years)
    frame.index = pd.Index(basis.problem.schools[rows])
    frame.insert(0, "skole", basis.names[rows])
    columns = {"skole": Column(title="Skole")}
    columns |= {year: Column(title=year, unit="plasser", decimals=0) for year in years}
    return (
        Table(
            name="mangler",
            title="Plasser som må til, i inndelingen som mangler færrest",
            frame=frame,
            columns=columns,
            group="Skolene",
            note="Får skolene så mange plasser til de årene, finnes det en inndeling som følger "
            "alle reglene. Andre skoler kan utvides i stedet.",
        ),
    )
