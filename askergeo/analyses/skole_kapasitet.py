"""The places of the schools by stage and school year, and what they are made of.

The method, its sources and what it does not say are in docs/metode-skole.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._background import land_of
from askergeo.analyses._input_faults import fault_findings
from askergeo.analyses._school_balance import count_text
from askergeo.analyses._school_sums import TYPES
from askergeo.analyses._school_tables import STAGE_TITLES
from askergeo.errors import LayerError
from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.result import Column, Fact, MapLayer, Result, RowSum, Style, StyleClass, Table
from askergeo.school.capacity import STAGES, capacity, year_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.result import SourceRecord
    from askergeo.school.capacity import Capacity

__all__ = ["skole_kapasitet"]

# Each limit is about one more class in each grade from 1 to 7.
_CLASSES: Final = (
    (600, "600 plasser eller flere", "#08306b", 5.0),
    (400, "400–599 plasser", "#2171b5", 4.2),
    (200, "200–399 plasser", "#6baed6", 3.4),
    (0, "Under 200 plasser", "#c6dbef", 2.6),
)
_CLOSED, _UNKNOWN = "Ikke åpen", "Ukjent"
# A school year begins in August.
_AUTUMN: Final = 7


def skole_kapasitet(
    skole: gpd.GeoDataFrame,
    *,
    skoletiltak: pd.DataFrame | None = None,
    skolekrets: gpd.GeoDataFrame | None = None,
    kommunegrense: gpd.GeoDataFrame | None = None,
    kilder: Mapping[str, SourceRecord] | None = None,
    parameters: Parameters,
) -> Result:
    """Reckon the places of each school.

    Parameters
    ----------
    skole, skoletiltak, skolekrets, kommunegrense
        Layers of the catalogue; the districts stand in for grades that a school does not tell.
    kilder
        Where each layer comes from: the first school year when it is not given.
    parameters
        The sets ``skole_kapasitet`` and ``skole``.

    Raises
    ------
    LayerError
        When there is no school of grades 1 to 10, or the first year is not known.
    """
    first = _first_year(parameters, kilder)
    years = np.arange(first, first + int(parameters["plasser_aar"]) + 1)
    found = capacity(skole, skoletiltak, years=years, parameters=parameters, skolekrets=skolekrets)
    if not len(found.schools):
        raise LayerError(
            "Laget «skole» har ingen skole med trinn fra 1 til 10.",
            remedy="Legg til grunnskolene, med trinn_fra og trinn_til.",
        )
    template, facts = _statement(found)
    share = float(parameters["praktisk_andel"])
    below = () if kommunegrense is None else (land_of(kommunegrense),)
    return Result(
        analysis="skole_kapasitet",
        title="Plasser ved skolene",
        template=template,
        facts=facts,
        tables=(_place_table(found, share), _building_table(found), *_measure_table(found)),
        layers=(*below, _school_layer(found, skole)),
        findings=fault_findings(found.faults),
        warnings=_warnings(found),
        reading=_reading(parameters),
    )


def _reading(parameters: Parameters) -> tuple[str, ...]:
    barn, ungdom = (format_number(parameters[f"gruppe_{stage}"]) for stage in STAGES)
    places = (
        "Har kommunen oppgitt kapasiteten, brukes den. Ellers er plassene paralleller × trinn "
        f"× {barn} på barnetrinnet og {ungdom} på ungdomstrinnet."
    )
    both = "Kapasiteten til en skole med begge trinn er delt etter trinn og gruppestørrelse."
    return places, both, "Rom, uteareal, garderober og lærere er ikke vurdert."


def _first_year(parameters: Parameters, kilder: Mapping[str, SourceRecord] | None) -> int:
    given = int(parameters["plasser_fra"])
    if given:
        return given
    record = (kilder or {}).get("skole")
    date = pd.to_datetime(record.date, errors="coerce") if record is not None else pd.NaT
    if pd.isna(date):
        raise LayerError(
            "Det er ikke kjent hvilket skoleår laget «skole» er fra.",
            remedy="Skriv for eksempel «--parameter plasser_fra=2025».",
        )
    return int(date.year) - int(date.month <= _AUTUMN)


def _rows(found: Capacity, stage: int) -> NDArray[np.intp]:
    """Return the public schools that have the stage in some year, by name."""
    public = ~found.schools["privat"].to_numpy(dtype=bool)
    rows = np.flatnonzero(found.is_open[:, :, stage].any(axis=0) & public)
    return rows[np.argsort(found.schools["navn"].astype(str).to_numpy()[rows], kind="stable")]


def _place_table(found: Capacity, share: float) -> Table:
    """Make a row a stage and school, and a column a year."""
    frames, sums = [], []
    for stage in (0, 1):
        rows = _rows(found, stage)
        if not len(rows):
            continue
        labels = [f"{STAGES[stage]}_{one}" for one in found.schools.index.to_numpy()[rows]]
        room = found.places[:, rows, stage]
        names = [year_text(int(year)) for year in found.years]
        frame = pd.DataFrame(room.T, columns=names, index=labels)
        # Unlike pandas, NumPy's sum is unknown when a part is.
        frame.loc[f"{STAGES[stage]}_sum"] = room.sum(axis=1)
        frame.loc[f"{STAGES[stage]}_praktisk"] = (share * room.sum(axis=1)).round()
        titles = [*found.schools["navn"].to_numpy()[rows], "I alt", "I alt, praktisk"]
        frame.insert(0, "skole", titles)
        frame.insert(0, "trinn", STAGE_TITLES[stage])
        frames.append(frame)
        sums.append(RowSum(f"{STAGES[stage]}_sum", tuple(labels)))
    columns = {"trinn": Column(title="Trinn"), "skole": Column(title="Skole")}
    for year in found.years:
        text = year_text(int(year))
        columns[text] = Column(title=text, unit="plasser", decimals=0)
    whole = pd.concat(frames) if frames else pd.DataFrame(columns=list(columns))
    return Table(
        name="plasser",
        title="Plasser ved hver kommunale skole, år for år",
        frame=whole[list(columns)],
        columns=columns,
        row_sums=tuple(sums),
        note="0 betyr at skolen ikke er åpen. «..» er ukjent, og da er summen også ukjent. "
        f"Praktisk er {format_number(100 * share)} % av plassene. Private skoler og plasser i "
        "spesialavdelinger er ikke med.",
    )


def _building_table(found: Capacity) -> Table:
    """Tell what the places of each building are made of."""
    schools = found.schools
    frame = pd.DataFrame(
        {
            "skole": schools["navn"].astype(str),
            "trinn": [
                "ukjent" if np.isnan(one) or np.isnan(two) else f"{one:.0f}.–{two:.0f}."
                for one, two in zip(schools["fra"], schools["til"], strict=True)
            ],
            "eierform": schools["eierform"].fillna("ukjent").astype(str).str.capitalize(),
            "paralleller": schools["paralleller"],
            "kapasitet": schools["kapasitet"],
            "barnetrinn": found.building[:, 0],
            "ungdomstrinn": found.building[:, 1],
            "spesialplasser": schools["spesialplasser"],
            "grunnlag": schools["grunnlag"].astype(str).str.capitalize(),
        }
    ).set_axis(schools.index.astype(str))
    frame = frame.sort_values("skole", kind="stable")

    def places(title: str) -> Column:
        return Column(title=title, unit="plasser", decimals=0)

    return Table(
        name="bygg",
        title="Hva plassene i byggene er regnet av",
        frame=frame,
        columns={
            "skole": Column(title="Skole"),
            "trinn": Column(title="Trinn"),
            "eierform": Column(title="Eierform"),
            "paralleller": Column(title="Paralleller", decimals=1, unit="paralleller"),
            "kapasitet": places("Oppgitt kapasitet"),
            "barnetrinn": places("Barnetrinn"),
            "ungdomstrinn": places("Ungdomstrinn"),
            "spesialplasser": places("Spesialavdeling"),
            "grunnlag": Column(title="Grunnlag"),
        },
        note="Byggene uten tiltak. Plasser i spesialavdeling kommer i tillegg.",
    )


def _measure_table(found: Capacity) -> tuple[Table, ...]:
    measures = found.measures
    if not len(measures):
        return ()
    names = found.schools["navn"].astype(str)
    frame = pd.DataFrame(
        {
            "tiltak": measures["navn"].fillna(measures["tiltak_id"]).astype(str),
            "skole": measures["skole_id"].map(names),
            "type": measures["type"].map(TYPES).fillna(measures["type"]),
            "status": measures["status"].fillna("ukjent").astype(str).str.capitalize(),
            "teller": measures["teller"].map({True: "ja", False: "nei"}),
            "fra": [year_text(int(year)) for year in measures["fra_aar"]],
            "til": ["" if pd.isna(y) else year_text(int(y)) for y in measures["til_aar"]],
            "barnetrinn": measures["barnetrinn"],
            "ungdomstrinn": measures["ungdomstrinn"],
        }
    ).set_axis(measures["tiltak_id"].astype(str))
    frame.index.name = None
    closing = (measures["type"] == "nedlegging").to_numpy()
    frame.loc[closing, ["barnetrinn", "ungdomstrinn"]] = np.nan
    return (
        Table(
            name="tiltak",
            title="Tiltakene",
            frame=frame,
            columns={
                "tiltak": Column(title="Tiltak"),
                "skole": Column(title="Skole"),
                "type": Column(title="Type"),
                "status": Column(title="Status"),
                "teller": Column(title="Teller"),
                "fra": Column(title="Fra"),
                "til": Column(title="Til og med"),
                "barnetrinn": Column(title="Barnetrinn", unit="plasser", decimals=0),
                "ungdomstrinn": Column(title="Ungdomstrinn", unit="plasser", decimals=0),
            },
            note="En nedlegging tar alle plassene skolen har det året.",
        ),
    )


def _statement(found: Capacity) -> tuple[str, dict[str, Fact]]:
    facts: dict[str, Fact] = {}
    told = []
    first, last = (year_text(int(found.years[at])) for at in (0, -1))
    for stage in (0, 1):
        rows = _rows(found, stage)
        if not len(rows):
            continue
        room = found.places[:, rows, stage].sum(axis=1)
        for key, at, when in (("naa", 0, first), ("sist", -1, last)):
            facts[f"{STAGES[stage]}_{key}"] = Fact(
                title=f"Plasser på {STAGES[stage]}et {when}",
                value=None if np.isnan(room[at]) else round(float(room[at])),
                unit="plasser",
            )
        name = STAGES[stage]
        told.append(f"{name}et har {{{name}_naa}} plasser i {first} og {{{name}_sist}} i {last}")
    sentence = ", og ".join(told)
    return f"{sentence[:1].upper()}{sentence[1:]}.", facts


def _warnings(found: Capacity) -> tuple[str, ...]:
    said = []
    for stage, name in enumerate(STAGES):
        lacking = int(np.isnan(found.places[0, _rows(found, stage), stage]).sum())
        if lacking:
            few = count_text(lacking, "skole", "skoler")
            said.append(f"Plassene på {name}et er ukjent ved {few}. Summen er derfor ukjent.")
    unknown = int((found.schools["fra"].isna() | found.schools["til"].isna()).sum())
    if unknown:
        said.append(f"{count_text(unknown, 'skole', 'skoler')} uten trinn er ikke med i summene.")
    return tuple(said)


def _school_layer(found: Capacity, skole: gpd.GeoDataFrame) -> MapLayer:
    layer = skole.drop_duplicates("skole_id").set_index("skole_id").loc[found.schools.index]
    points = geometries(layer)
    years = {int(year): f"klasse_{year}" for year in found.years}
    kinds = _classes_of(found)
    there = set(kinds.ravel())
    frame = gpd.GeoDataFrame(
        {
            "skole": found.schools["navn"].astype(str).to_numpy(),
            "barnetrinn": found.places[0, :, 0],
            "ungdomstrinn": found.places[0, :, 1],
            **dict(zip(years.values(), kinds, strict=True)),
        },
        index=found.schools.index.astype(str).rename(None),
        geometry=points,
        crs=skole.crs,
    )[~(shapely.is_missing(points) | shapely.is_empty(points))]
    now = year_text(int(found.years[0]))
    return MapLayer(
        name="skolene",
        title="Skolene og plassene deres",
        frame=frame,
        columns={
            "skole": Column(title="Skole"),
            "barnetrinn": Column(title=f"Barnetrinn {now}", unit="plasser", decimals=0),
            "ungdomstrinn": Column(title=f"Ungdomstrinn {now}", unit="plasser", decimals=0),
            **{
                name: Column(title=f"Plasser {year_text(year)}, klasse")
                for year, name in years.items()
            },
        },
        style=Style(
            stroke="#1a1a1a",
            size=3.0,
            column=years[int(found.years[0])],
            classes=tuple(one for one in _symbols() if one.value in there),
        ),
        years=years,
        year_names={year: year_text(year) for year in years},
    )


def _classes_of(found: Capacity) -> NDArray[np.object_]:
    """Put each school in a class by its places in all, each year (t, n)."""
    room = found.places.sum(axis=2)
    limits, titles = [one[0] for one in _CLASSES], [one[1] for one in _CLASSES]
    kinds = np.select(
        [~found.is_open.any(axis=2), np.isnan(room), *(room >= limit for limit in limits)],
        [_CLOSED, _UNKNOWN, *titles],
        _UNKNOWN,
    )
    return np.asarray(kinds, dtype=object)


def _symbols() -> tuple[StyleClass, ...]:
    return (
        *(StyleClass(value=title, label=title, fill=fill, size=size)
          for _, title, fill, size in _CLASSES),
        StyleClass(value=_CLOSED, label=_CLOSED, fill="#ffffff", shape="cross"),
        StyleClass(value=_UNKNOWN, label=_UNKNOWN, fill="#9e9e9e", shape="square"),
    )  # fmt: skip
