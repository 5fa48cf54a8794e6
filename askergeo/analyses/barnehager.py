"""Kindergartens: places against children of 1 to 5 years, by area and year.

The children are those of the forecast that the schools have (`askergeo.school.forecast`), so a
district's kindergarten children of one year are its first-graders of a later one. See
docs/metode-skole.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from askergeo._text import listed
from askergeo.analyses import _kindergarten_map as maps
from askergeo.analyses import _kindergarten_tables as tables
from askergeo.analyses._background import land_of
from askergeo.analyses._input_faults import fault_findings
from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.overlay.door import check_crs_of
from askergeo.population.faults import all_faults
from askergeo.result import Fact, Finding, Result, Severity, Status
from askergeo.school.capacity import year_text
from askergeo.school.forecast import forecast_of_layers
from askergeo.school.kindergarten import (
    AGES,
    NO_CAPACITY,
    children,
    located,
    need,
    places,
    shares,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from askergeo.analyses._kindergarten_tables import Need
    from askergeo.parameters import Parameters
    from askergeo.result import SourceRecord, Table
    from askergeo.school.forecast import Forecast

    Numbers = NDArray[np.float64]

__all__ = ["barnehager"]

_STAGES: Final = {"barnekrets": "barnetrinn", "ungdomskrets": "ungdomstrinn"}
_AREAS: Final = {
    "barnekrets": "skolekretser for barnetrinnet",
    "ungdomskrets": "skolekretser for ungdomstrinnet",
    "enhet": "grunnkretser",
}
# Years ahead that the map shows: of the municipality's plans, short and long.
_AHEAD: Final = (0, 5, 10, 20)
# What an open kindergarten is called; it has no places that children are admitted to.
_OPEN: Final = "åpen barnehage"
# Areas that the sentence names.
_NAMED: Final = 3


def barnehager(
    barnehage: gpd.GeoDataFrame,
    adresse: gpd.GeoDataFrame,
    befolkning: pd.DataFrame,
    *,
    skolekrets: gpd.GeoDataFrame | None = None,
    grunnkrets: gpd.GeoDataFrame | None = None,
    befolkning_historikk: pd.DataFrame | None = None,
    boligprogram: gpd.GeoDataFrame | None = None,
    framskriving: pd.DataFrame | None = None,
    kommunegrense: gpd.GeoDataFrame | None = None,
    kilder: Mapping[str, SourceRecord] | None = None,
    parameters: Parameters,
) -> Result:
    """Hold the places of the kindergartens against the children who need one.

    Parameters
    ----------
    barnehage, adresse, befolkning, skolekrets, grunnkrets, befolkning_historikk, boligprogram, \
framskriving, kommunegrense
        Layers of the catalogue, in the same projected CRS in metres.
    kilder
        Where each layer comes from.
    parameters
        The sets ``barnehage`` and ``prognose``.

    Raises
    ------
    CrsError
        When a layer is in another CRS.
    LayerError
        When neither districts nor units are given, or nobody can be placed.
    """
    maybe = {"skolekrets": skolekrets, "grunnkrets": grunnkrets, "kommunegrense": kommunegrense}
    there = {name: frame for name, frame in maybe.items() if frame is not None}
    check_crs_of({"barnehage": barnehage, "adresse": adresse, **there}, barnehage.crs)
    forecast, dated = forecast_of_layers(
        adresse,
        befolkning,
        kilder,
        grunnkrets=grunnkrets,
        skolekrets=skolekrets,
        boligprogram=boligprogram,
        befolkning_historikk=befolkning_historikk,
        framskriving=framskriving,
        parameters=parameters,
    )
    areas = forecast.areas
    zones, column = _zones(areas.frame, skolekrets, grunnkrets, parameters["barnehage_omraade"])
    found = located(barnehage, zones)
    needed = _need(forecast, zones, column, found, parameters)
    tight = float(parameters["barnehage_trangt"])
    balance = tables.balance_table(needed, tight)
    by_area = tables.area_table(needed)
    template, facts = _statement(needed, balance)
    years = [int(needed.years[0]) + ahead for ahead in _AHEAD]
    shown = [year for year in years if year <= needed.years[-1]]
    ground = () if kommunegrense is None else (land_of(kommunegrense),)
    return Result(
        analysis="barnehager",
        title="Barnehager: plasser og barn 1–5 år",
        template=template,
        facts=facts,
        tables=(by_area, balance, tables.kindergarten_table(found, zones["navn"])),
        layers=(
            *ground,
            *maps.full_layers(balance, zones, shown),
            maps.kindergarten_layer(found, barnehage),
        ),
        findings=(
            *_full_findings(needed),
            *_lacking_findings(needed),
            *_kindergarten_findings(found),
            *fault_findings(all_faults([areas.faults, forecast.faults])),
        ),
        warnings=(
            *_missing_ages(areas.people.count),
            *_warnings(found, column, parameters),
            *dated,
            *(f"Antatt: {told}" for told in forecast.guessed),
        ),
        reading=_reading(),
    )


def _zones(
    parts: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame | None,
    units: gpd.GeoDataFrame | None,
    wanted: str,
) -> tuple[gpd.GeoDataFrame, str]:
    """Choose the areas: those that are wanted when the package has them, else what there is.

    Returns the areas, the index their ids, with ``navn``, and the column of the parts that names
    them.
    """
    made: dict[str, gpd.GeoDataFrame] = {}
    if districts is not None:
        for column, stage in _STAGES.items():
            own = districts[districts["trinn"].eq(stage).fillna(value=False)]
            if len(own):
                made[column] = _named(own, "krets_id", "navn")
    if units is not None:
        made["enhet"] = _named(units, "grunnkretsnummer", "grunnkretsnavn")
    column = wanted if wanted in made else next(iter(made))
    zones = made[column]
    # What is in the parts but not in the layer must not vanish.
    more = parts.loc[parts[column].notna() & ~parts[column].isin(zones.index), column].unique()
    if len(more):
        lacking = parts[parts[column].isin(more)].dissolve(column)
        frame = gpd.GeoDataFrame({"navn": lacking["navn"]}, geometry=lacking.geometry)
        zones = pd.concat([zones, frame])
    return zones, column


def _named(frame: gpd.GeoDataFrame, key: str, name: str) -> gpd.GeoDataFrame:
    own = frame.drop_duplicates(key)
    ids = own[key].astype(str)
    title = own[name].astype(object).where(own[name].notna(), ids) if name in own else ids
    return gpd.GeoDataFrame(
        {"navn": title.to_numpy(dtype=object)},
        index=pd.Index(ids.to_numpy(dtype=object)),
        geometry=geometries(own),
        crs=own.crs,
    )


def _need(
    forecast: Forecast,
    zones: gpd.GeoDataFrame,
    column: str,
    found: pd.DataFrame,
    parameters: Parameters,
) -> Need:
    """Sum the children of the parts to the areas; those of no area are a row of their own."""
    ids = zones.index
    row = ids.get_indexer(forecast.areas.frame[column].astype(object))
    names = zones["navn"].astype(object)
    by_area = places(found, ids)
    if (row < 0).any() or found["omraade"].isna().any():
        names = pd.concat([names, pd.Series({tables.NOWHERE: "Uten område"})])
        lost = found.assign(
            omraade=found["omraade"].where(found["omraade"].notna(), tables.NOWHERE)
        )
        by_area = pd.concat([by_area, places(lost, pd.Index([tables.NOWHERE]))])
    row = np.where(row < 0, len(ids), row)
    share = shares(parameters)
    size = len(names)
    young, needed = {}, {}
    for name, projection in forecast.alternatives.items():
        young[name] = _summed(children(projection.count).sum(axis=2), row, size)
        needed[name] = _summed(need(projection.count, share), row, size)
    years = forecast.alternatives["hoved"].years - 1
    return tables.Need(names, years, young, needed, by_area)


def _summed(values: Numbers, row: NDArray[np.intp], size: int) -> Numbers:
    """Sum columns by area, (t, n) → (t, size)."""
    total = np.zeros((values.shape[0], size))
    np.add.at(total.T, row, values.T)
    return total


def _statement(need: Need, balance: Table) -> tuple[str, dict[str, Fact]]:
    first, last = int(need.years[0]), int(need.years[-1])
    facts = {
        "plasser": Fact(
            title="Kjente barnehageplasser", value=float(np.nansum(need.seats)), unit="plasser"
        ),
        "naa": _fact(balance, f"Barn som trenger plass {year_text(first)}", first),
        "sist": _fact(balance, f"Barn som trenger plass {year_text(last)}", last),
    }
    start, end = year_text(first), year_text(last)
    told = (
        "Kommunen har {plasser} kjente barnehageplasser. Om lag {naa} barn på 1–5 år trenger plass "
        f"i {start} og {{sist}} i {end}. {_whole_text(need)}"
    )
    rows, has = need.first("hoved"), _has_kindergarten(need)
    full = np.flatnonzero((rows >= 0) & has)
    order = full[np.argsort(rows[full], kind="stable")]
    named = [
        f"{need.names.iloc[one]} ({year_text(int(need.years[rows[one]]))})"
        for one in order[:_NAMED]
    ]
    number, of = len(full), int(has.sum())
    count = f"{format_number(number) if number else 'Ingen'} av {format_number(of)}"
    soonest = f", først {listed(named)}" if named else ""
    areas = "område" if of == 1 else "områder"
    told += f" {count} {areas} med barnehage får flere barn enn plasser{soonest}."
    without = len(_without_kindergarten(need))
    if without:
        word = "område" if without == 1 else "områder"
        told += f" {format_number(without)} {word} har barn, men ingen barnehage."
    return told, facts


def _has_kindergarten(need: Need) -> NDArray[np.bool_]:
    """Tell which areas have a kindergarten; what lies in no area is none."""
    own = need.places["barnehager"].to_numpy(dtype=np.int64) > 0
    return np.asarray(own & (need.names.index != tables.NOWHERE))


def _without_kindergarten(need: Need) -> list[str]:
    """Names of the areas that have children and no kindergarten."""
    young = need.children["hoved"].max(axis=0) > 0
    lacking = young & ~_has_kindergarten(need) & (need.names.index != tables.NOWHERE)
    return [str(one) for one in need.names[lacking]]


def _whole_text(need: Need) -> str:
    """Say whether the municipality as a whole has places: that is what the law is about."""
    row = need.first_of_all("hoved")
    if row >= 0:
        year = year_text(int(need.years[row]))
        return f"Kommunen i alt får flere barn enn plasser fra {year}."
    if row < -1:
        return "Om kommunen i alt har nok plasser, er ukjent."
    return "Kommunen i alt har nok plasser i hele perioden."


def _fact(balance: Table, title: str, year: int) -> Fact:
    row = tables.row_of(tables.TOTAL, year)
    return Fact(
        title=title,
        value=float(balance.frame["hoved"].loc[row]),
        unit="barn",
        persons=True,
        cell=(balance.name, row, "hoved"),
    )


def _full_findings(need: Need) -> Iterator[Finding]:
    """Tell which areas get more children than places; no counts, which may be of few."""
    by_alternative = {one: need.first(one) for one in tables.TITLES}
    has = _has_kindergarten(need)
    for column, (area, name) in enumerate(need.names.items()):
        row = int(by_alternative["hoved"][column])
        high = int(by_alternative["hoy"][column])
        if not has[column] or (row < 0 and high < 0):
            continue
        year = int(need.years[max(row, high) if row < 0 else row])
        when = year_text(year)
        only = "" if row >= 0 else " i høyt alternativ"
        yield Finding(
            rule="barnehage.fullt",
            title="Flere barn enn plasser",
            status=Status.HIT_YELLOW,
            severity=Severity.WARNING if row >= 0 else Severity.INFO,
            text=f"{name}: flere barn trenger plass enn området har, fra {when}{only}.",
            law="barnehageloven kapittel V (rett til plass i kommunen)",
            layer="barnehage",
            row=str(area),
            action="Se om naboområdene har ledige plasser; retten til plass gjelder kommunen.",
        )


def _lacking_findings(need: Need) -> Iterator[Finding]:
    names = _without_kindergarten(need)
    if names:
        yield Finding(
            rule="barnehage.ingen",
            title="Områder uten barnehage",
            status=Status.NOT_RELEVANT,
            text=f"Barna må til et annet område: {listed(names)}.",
            layer="barnehage",
        )


def _kindergarten_findings(found: pd.DataFrame) -> Iterator[Finding]:
    for one in found[found["merknad"].ne("")].itertuples():
        name = str(one.navn)
        hint = ""
        if NO_CAPACITY in str(one.merknad) and _OPEN in name.lower():
            hint = " Åpne barnehager har ikke faste plasser."
        yield Finding(
            rule="barnehage.data",
            title="Barnehage med mangel",
            status=Status.NOT_MAPPED,
            severity=Severity.WARNING,
            text=f"{name}: {one.merknad}.{hint}",
            layer="barnehage",
            row=str(one.barnehage_id),
            action="Rett i registeret, eller i kilden til laget «Barnehager».",
        )


def _missing_ages(count: Numbers) -> Iterator[str]:
    """Say that nobody is of an age while the ages beside it are there: a row is gone."""
    total = count.sum(axis=0)
    gone = [age for age in AGES if total[age] == 0 and total.any()]
    if gone:
        word = listed([str(age) for age in gone])
        yield (
            f"Laget «befolkning» har ingen på {word} år. Mangler de, er tallene for lave i alle år."
        )


def _warnings(found: pd.DataFrame, column: str, parameters: Parameters) -> Iterator[str]:
    unknown = int(found["kapasitet"].isna().sum())
    if unknown:
        word = "barnehage" if unknown == 1 else "barnehager"
        yield (
            f"{format_number(unknown)} {word} har ukjent antall plasser og er ikke med i summene. "
            "Områdene deres kan ha flere plasser enn det som står."
        )
    lost = found[found["omraade"].isna()]
    if len(lost):
        word = "barnehage" if len(lost) == 1 else "barnehager"
        yield (
            f"{format_number(len(lost))} {word} ligger ikke i noe område "
            f"({format_number(float(lost['kapasitet'].sum()))} plasser): de er med i kommunens sum."
        )
    if column != parameters["barnehage_omraade"]:
        yield (
            f"Datapakken har ikke {_AREAS[parameters['barnehage_omraade']]}: tallene er vist etter "
            f"{_AREAS[column]}."
        )


def _reading() -> tuple[str, ...]:
    ages = (
        "Barnehageåret som begynner høsten ett år, gjelder barn som er 1–5 år 1. januar året "
        "etter. Barn under 1 år er ikke med, selv om noen få har plass."
    )
    right = (
        "Foreldre kan velge barnehage i hele kommunen. Et område med for få plasser er derfor ikke "
        "det samme som brudd på retten til plass. Bare kommunens sum sier noe om den."
    )
    seats = (
        "Plassene er de som registeret har i dag. Nye barnehager og barnehager som legges ned, er "
        "ikke med. Private barnehager kan ta imot barn fra andre kommuner."
    )
    share = (
        "Andelen som bruker plass, er landets, og den samme i alle områder. Bytt den med kommunens "
        "egen når den er kjent (parametrene barnehage_andel_1 til barnehage_andel_5)."
    )
    model = (
        "Barna er framskrevet med samme modell som elevene. Tall for mange år fram er usikre: se "
        "lavt og høyt alternativ."
    )
    return ages, right, seats, share, model
