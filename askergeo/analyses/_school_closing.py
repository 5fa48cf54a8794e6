"""Tables, map and words of a closing: who goes where, how far, and which schools become full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo._text import listed
from askergeo.analyses._background import land_of
from askergeo.analyses._school_tables import STAGE_TITLES, over_text, person_column
from askergeo.geometry import geometries, polygons_of, union
from askergeo.privacy import rounded
from askergeo.result import (
    Column,
    Fact,
    Finding,
    MapLayer,
    RowSum,
    Severity,
    Status,
    Style,
    StyleClass,
    Table,
)
from askergeo.school._assign import STAGE_OF
from askergeo.school.balance import NEVER, first_over, surplus
from askergeo.school.capacity import STAGES, year_text
from askergeo.school.route_rights import BANDS, NO_RIGHT, NO_WAY, RIGHT, rights_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from askergeo.analyses._school_balance import Answer
    from askergeo.parameters import Parameters
    from askergeo.school.closing import Closed

    Numbers = NDArray[np.float64]
    Rows = NDArray[np.intp]

__all__ = [
    "Case",
    "balance_table",
    "findings",
    "map_layers",
    "reading",
    "receiver_table",
    "stage_table",
    "statement",
    "walk_table",
    "warnings",
]

_TOTAL: Final = "i_alt"
# Pupils by which two runs may differ without it being seen.
_SEEN: Final = 0.05
# Told apart without red and green (Okabe and Ito), and named on the map.
_COLOURS: Final = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#f0e442",
    "#999999",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """A closing, and the ``a`` addresses of the children who lose their school.

    Parameters
    ----------
    answer
        The balance as it is.
    closed
        Row of each school that closes, and of that it is merged into, −1 for none.
    at
        Position of the first school year without them.
    pupils
        Today's pupils by address and grade, (a, 10); 0 for those who keep their school.
    before, after
        Row of their school, (a, 10); −1 for those who keep theirs, and unknown.
    way_before, way_after
        Metres on foot to it, (a, 10): NaN unknown, ``inf`` no way on foot.
    part
        Row of the part of each address, (a,).
    balance
        The balance without the schools.
    parameters
        The sets in force.
    """

    answer: Answer
    closed: Mapping[int, int]
    at: int
    pupils: Numbers
    before: Rows
    after: Rows
    way_before: Numbers
    way_after: Numbers
    part: Rows
    balance: Closed
    parameters: Parameters

    @property
    def year(self) -> int:
        """The autumn of the first school year without the schools."""
        return int(self.answer.years[self.at])


def walk_table(case: Case) -> Table:
    """Make a row for each closed school and band of grades: ways and rights, before and after."""
    rights = [rights_of(way, case.parameters) for way in (case.way_before, case.way_after)]
    rows: dict[str, dict[str, Any]] = {}
    for school in case.closed:
        for band, grades in BANDS.items():
            at = np.array([grade - 1 for grade in grades])
            mine = np.zeros(case.pupils.shape, dtype=bool)
            mine[:, at] = (case.before[:, at] == school) & (case.pupils[:, at] > 0)
            if mine.any():
                label = f"{case.answer.places.schools.index[school]}_{at[0] + 1}"
                rows[label] = {"skole": case.answer.name(school), "trinn": band}
                rows[label] |= _walked(case, rights, mine)
    rows[_TOTAL] = {"skole": "I alt", "trinn": ""} | _walked(case, rights, case.pupils > 0)
    frame = pd.DataFrame.from_dict(rows, orient="index")

    def metres(title: str) -> Column:
        return Column(title=title, unit="m", decimals=0, derived_from=("elever",))

    columns = {
        "skole": Column(title="Skole"),
        "trinn": Column(title="Trinn"),
        "elever": person_column("Elever"),
        "veg_for": metres("Skoleveg nå, snitt"),
        "veg_etter": metres("Skoleveg etter, snitt"),
        "rett_for": person_column("Rett til skyss nå"),
        "rett_etter": person_column("Rett til skyss etter"),
        "ukjent_etter": person_column("Ukjent skoleveg etter"),
    }
    # Who has the right is a part of who walks: the counts lie in one another.
    table = Table(
        name="skoleveg",
        title="Skoleveg og rett til skyss etter avstand, før og etter",
        frame=frame[list(columns)],
        columns=columns,
        note="Elevene er dagens barn i kretsen, ganger den delen som går på skolen. Snittet er av "
        "dem som har kjent veg. De som ikke har veg til fots, er regnet med rett til skyss.",
    )
    return rounded(table)


def _walked(
    case: Case, rights: list[NDArray[np.int8]], mine: NDArray[np.bool_]
) -> dict[str, float]:
    """Sum the pupils of some addresses and grades by right, and average their ways."""
    count = np.where(mine, case.pupils, 0.0)
    found: dict[str, float] = {"elever": round(float(count.sum()), 1)}
    for when, way, right in (
        ("for", case.way_before, rights[0]),
        ("etter", case.way_after, rights[1]),
    ):
        known = np.isfinite(way)
        weight = np.where(known, count, 0.0)
        total = weight.sum()
        metres = (np.where(known, way, 0.0) * weight).sum()
        found[f"veg_{when}"] = round(float(metres / total)) if total > 0 else np.nan
        has = np.isin(right, (RIGHT, NO_WAY))
        found[f"rett_{when}"] = round(float(count[has].sum()), 1)
        unknown = ~has & (right != NO_RIGHT)
        found[f"ukjent_{when}"] = round(float(count[unknown].sum()), 1)
    return found


def receiver_table(case: Case) -> Table:
    """Make a row for each closed school, stage and school that takes its pupils."""
    address, grade = np.nonzero(case.pupils > 0)
    frame = pd.DataFrame(
        {
            "fra": case.before[address, grade],
            "stadium": STAGE_OF[grade],
            "til": case.after[address, grade],
            "elever": case.pupils[address, grade],
            "veg": case.way_after[address, grade],
        }
    )
    frame["kjent"] = np.isfinite(frame["veg"])
    frame["meter"] = np.where(frame["kjent"], frame["veg"] * frame["elever"], 0.0)
    frame["vekt"] = np.where(frame["kjent"], frame["elever"], 0.0)
    by = frame.groupby(["fra", "stadium", "til"])[["elever", "meter", "vekt"]].sum().reset_index()
    ids = np.append(case.answer.places.schools.index.astype(str).to_numpy(dtype=object), "ukjent")
    names = np.append(
        case.answer.places.schools["navn"].astype(str).to_numpy(dtype=object),
        "Ukjent: ingen kjent veg",
    )
    source, target = by["fra"].to_numpy(dtype=int), by["til"].to_numpy(dtype=int)
    stage = by["stadium"].to_numpy(dtype=int)
    labels = [
        f"{ids[one]}_{STAGES[at]}_{ids[two]}"
        for one, at, two in zip(source, stage, target, strict=True)
    ]
    made = pd.DataFrame(
        {
            "fra": [*names[source], "I alt"],
            "trinn": [*np.array(STAGE_TITLES, dtype=object)[stage], ""],
            "til": [*names[target], ""],
            "elever": [*by["elever"].round(1), round(float(by["elever"].sum()), 1)],
            "veg": [*(by["meter"] / by["vekt"].where(by["vekt"] > 0)).round(), np.nan],
        },
        index=[*labels, _TOTAL],
    )
    parts = tuple(labels)
    return Table(
        name="mottakere",
        title="Hvilken skole elevene går til",
        frame=made,
        columns={
            "fra": Column(title="Fra"),
            "trinn": Column(title="Trinn"),
            "til": Column(title="Til"),
            "elever": person_column("Elever i dag"),
            "veg": Column(
                title="Skoleveg etter, snitt", unit="m", decimals=0, derived_from=("elever",)
            ),
        },
        row_sums=(RowSum(_TOTAL, parts),) if parts else (),
        note="Hver grunnkrets går samlet til den skolen som er nærmest til fots for barna der, "
        "enten den har plass eller ikke. Slås to skoler sammen, går alle til den andre.",
    )


def _involved(case: Case) -> list[tuple[int, int]]:
    """Return school and stage of those that close, and of those whose pupils change."""
    there = case.answer.places.is_open.any(axis=0)
    change = np.abs(np.nan_to_num(case.balance.went - case.answer.went["hoved"]))
    rows = [
        (int(row), int(stage))
        for row, stage in np.argwhere(there)
        if row in case.closed or change[:, row, stage].max() > _SEEN
    ]

    def place(one: tuple[int, int]) -> tuple[int, bool, str]:
        return one[1], one[0] not in case.closed, case.answer.name(one[0])

    return sorted(rows, key=place)


def balance_table(case: Case) -> Table:
    """Make a row for each school that closes or takes pupils: room and pupils, both ways."""
    span = int(case.parameters["overskudd_aar"])
    years, at = case.answer.years, case.at
    rows = {}
    for school, stage in _involved(case):
        sides = (
            ("for", case.answer.went["hoved"], case.answer.places.places),
            ("etter", case.balance.went, case.balance.places),
        )
        row: dict[str, Any] = {"trinn": STAGE_TITLES[stage], "skole": case.answer.name(school)}
        for when, went, room in sides:
            own, places = went[:, school, stage], room[:, school, stage]
            row |= {
                f"elever_{when}": round(float(own[at]), 1),
                f"plasser_{when}": places[at],
                f"over_{when}": over_text(int(first_over(own[at:], places[at:], years[at:]))),
                f"overskudd_{when}": round(float(surplus(own, places, span)[at]), 1),
            }
        rows[case.answer.label(school, stage)] = row
    text = year_text(case.year)
    columns: dict[str, Column] = {"trinn": Column(title="Trinn"), "skole": Column(title="Skole")}
    for when, word in (("for", "som i dag"), ("etter", "etter")):
        columns |= {
            f"elever_{when}": person_column(f"Elever {text}, {word}"),
            f"plasser_{when}": Column(title=f"Plasser, {word}", unit="plasser", decimals=0),
            f"over_{when}": Column(title=f"Første år over 100 %, {word}"),
            f"overskudd_{when}": Column(
                title=f"Overskudd, {word}",
                unit="plasser",
                decimals=0,
                derived_from=(f"elever_{when}",),
            ),
        }
    return Table(
        name="skoler",
        title="Elever og plasser ved skolene, med og uten nedleggingen",
        frame=pd.DataFrame.from_dict(rows, orient="index")[list(columns)],
        columns=columns,
        note=f"Overskudd er det minste antallet plasser til overs fra {text} og {span} år fram. "
        "«–» betyr at skolen har plass i alle årene.",
    )


def stage_table(case: Case) -> Table:
    """Make a row for each stage: places, surplus and full schools of the municipality."""
    span = int(case.parameters["overskudd_aar"])
    years, at, public = case.answer.years, case.at, case.answer.public
    rows = {}
    for stage in (0, 1):
        if not len(case.answer.listed[stage]):
            continue
        row: dict[str, Any] = {"trinn": STAGE_TITLES[stage]}
        for when, went, room in (
            ("for", case.answer.went["hoved"], case.answer.places.places),
            ("etter", case.balance.went, case.balance.places),
        ):
            own, places = went[:, public, stage], room[:, public, stage]
            total, all_places = np.nansum(own, axis=1), places.sum(axis=1)
            full = first_over(own[at:], places[at:], years[at:]) > NEVER
            row |= {
                f"plasser_{when}": all_places[at],
                f"overskudd_{when}": surplus(total, all_places, span)[at].round(),
                f"fulle_{when}": int(full.sum()),
            }
        rows[STAGES[stage]] = row
    columns: dict[str, Column] = {"trinn": Column(title="Trinn")}
    for name, title, unit in (
        ("plasser", f"Plasser {year_text(case.year)}", "plasser"),
        ("overskudd", "Overskudd", "plasser"),
        ("fulle", "Skoler over 100 % i perioden", "skoler"),
    ):
        for when, word in (("for", "som i dag"), ("etter", "etter")):
            columns[f"{name}_{when}"] = Column(title=f"{title}, {word}", unit=unit, decimals=0)
    return Table(
        name="trinn",
        title="Hele kommunen, med og uten nedleggingen",
        frame=pd.DataFrame.from_dict(rows, orient="index")[list(columns)],
        columns=columns,
    )


def statement(case: Case) -> tuple[str, dict[str, Fact]]:
    """State how many pupils change school, how far they walk, and who gets transport."""
    table, moved = walk_table(case), receiver_table(case).frame
    stages = stage_table(case).frame

    def fact(title: str, column: str, unit: str) -> Fact:
        persons = table.columns[column].persons
        value = float(table.frame[column].to_numpy(dtype=float, na_value=np.nan)[-1])
        return Fact(
            title=title,
            value=None if np.isnan(value) else value,
            unit=unit,
            persons=persons,
            hidden=(_TOTAL, column) in table.hidden,
        )

    facts = {
        "elever": Fact(
            title="Elever som får ny skole",
            value=float(moved["elever"].iloc[-1]),
            unit="elever",
            persons=True,
            cell=("mottakere", _TOTAL, "elever"),
        ),
        "veg_for": fact("Skoleveg i snitt nå", "veg_for", "m"),
        "veg_etter": fact("Skoleveg i snitt etter", "veg_etter", "m"),
        "rett_for": fact("Rett til skyss etter avstand nå (til nærmeste 10)", "rett_for", "elever"),
        "rett_etter": fact(
            "Rett til skyss etter avstand etter (til nærmeste 10)", "rett_etter", "elever"
        ),
    }
    fewer = (stages["plasser_for"] - stages["plasser_etter"]).to_numpy(dtype=float).sum()
    facts["plasser"] = Fact(
        title="Færre plasser", value=None if np.isnan(fewer) else float(fewer), unit="plasser"
    )
    for when, title in (("for", "nå"), ("etter", "etter")):
        facts[f"fulle_{when}"] = Fact(
            title=f"Skoler over 100 % i perioden, {title}",
            value=int(stages[f"fulle_{when}"].sum()),
            unit="skoler",
        )
    names = listed([case.answer.name(row) for row in case.closed])
    quoted = names.replace("{", "{{").replace("}", "}}")
    return (
        f"Legges {quoted} ned fra {year_text(case.year)}, får {{elever}} elever ny skole. "
        "Skolevegen blir {veg_etter} m i snitt, mot {veg_for} m i dag, og om lag {rett_etter} av "
        "dem får rett til skyss etter avstand, mot {rett_for} nå. Det blir {plasser} færre "
        "plasser, og {fulle_etter} skoler går over 100 %, mot {fulle_for} uten nedlegging."
    ), facts


def findings(case: Case) -> tuple[Finding, ...]:
    """Name the schools that the closing fills, and parts without a known way."""
    frame = balance_table(case).frame
    worse = frame[(frame["over_etter"] != "–") & (frame["over_for"] != frame["over_etter"])]
    found = [
        Finding(
            rule="skole.full_etter_nedlegging",
            title="Blir full av nedleggingen",
            status=Status.HIT_RED,
            severity=Severity.WARNING,
            text=f"{row.skole}, {str(row.trinn).lower()}: over 100 % fra {row.over_etter}"
            + (", mot ikke i perioden i dag." if row.over_for == "–" else f", mot {row.over_for}."),
            layer="skole",
            row=str(label).partition("_")[2],
        )
        for label, row in zip(worse.index, worse.itertuples(), strict=True)
    ]
    return tuple(found)


def warnings(case: Case) -> tuple[str, ...]:
    """Tell whose way or school is not known."""
    lost = float(case.pupils[(case.pupils > 0) & (case.after < 0)].sum())
    if lost <= 0:
        return ()
    return ("For noen elever er det ikke kjent noen veg til en annen skole. De står som ukjent.",)


def reading(year: str) -> tuple[str, ...]:
    """Tell how the closing is reckoned."""
    where = (
        f"Skolene er regnet som stengt fra {year}. Elevene i hver grunnkrets går samlet til den "
        "åpne skolen med trinnet som er nærmest til fots i snitt for barna der. Om skolen har "
        "plass, er ikke tatt hensyn til; tabellen viser hvem som blir full."
    )
    right = (
        "Rett til skyss er etter avstand: mer enn 2 km på 1. trinn og 4 km på 2.–10. trinn. Rett "
        "på grunn av farlig skoleveg eller nedsatt funksjon er ikke regnet."
    )
    return (
        where,
        right,
        "Vil kommunen dele kretsen på en annen måte, bruk «askergeo skole kretser».",
    )


def map_layers(case: Case, boundary: gpd.GeoDataFrame | None) -> tuple[MapLayer, ...]:
    """Draw the areas that change school by the school they go to, and the schools."""
    below = () if boundary is None else (land_of(boundary),)
    areas = [one for stage in (0, 1) if (one := _area_layer(case, stage)) is not None]
    return (*below, *areas, _school_layer(case))


def _area_layer(case: Case, stage: int) -> MapLayer | None:
    parts = case.answer.inputs.forecast.areas.frame
    grade = 0 if stage == 0 else 7
    before = case.answer.pupils.assignment.target[case.at, :, grade]
    after = case.balance.target[case.at, :, grade]
    moved = np.isin(before, list(case.closed))
    if not moved.any():
        return None
    names = np.append(
        case.answer.places.schools["navn"].astype(str).to_numpy(dtype=object), "Ukjent"
    )
    rows = np.flatnonzero(moved)
    pairs, member = np.unique(
        np.column_stack([before[rows], after[rows]]), axis=0, return_inverse=True
    )
    shapes = geometries(parts)[rows]
    frame = gpd.GeoDataFrame(
        {"fra": names[pairs[:, 0]], "til": names[pairs[:, 1]]},
        index=[f"{STAGES[stage]}_{one}_{two}" for one, two in pairs],
        geometry=[union(polygons_of(shapes[member.ravel() == at])) for at in range(len(pairs))],
        crs=parts.crs,
    )
    targets = sorted(set(frame["til"]))
    classes = tuple(
        StyleClass(
            value=name, label=f"Til {name}", fill=_COLOURS[at % len(_COLOURS)], stroke="#4d4d4d"
        )
        for at, name in enumerate(targets)
    )
    return MapLayer(
        name=f"flyttes_{STAGES[stage]}",
        title=f"{STAGE_TITLES[stage]}: hvor elevene går",
        frame=frame,
        columns={
            "fra": Column(title="Fra"),
            "til": Column(title="Til"),
        },
        style=Style(column="til", classes=classes, opacity=0.65, width=0.3),
        visible=stage == 0,
    )


def _school_layer(case: Case) -> MapLayer:
    schools = case.answer.places.schools
    layer = case.answer.inputs.skole.drop_duplicates("skole_id").set_index("skole_id")
    points = geometries(layer.loc[schools.index])
    state = np.full(len(schools), "Blir", dtype=object)
    state[list(case.closed)] = "Legges ned"
    frame = gpd.GeoDataFrame(
        {"skole": schools["navn"].astype(str).to_numpy(), "tilstand": state},
        index=schools.index.astype(str).rename(None),
        geometry=points,
        crs=case.answer.inputs.skole.crs,
    )[~(shapely.is_missing(points) | shapely.is_empty(points))]
    return MapLayer(
        name="skolene",
        title="Skolene",
        frame=frame,
        columns={"skole": Column(title="Skole"), "tilstand": Column(title="Tilstand")},
        style=Style(
            column="tilstand",
            classes=(
                StyleClass(value="Blir", label="Blir", fill="#08519c", shape="circle"),
                StyleClass(value="Legges ned", label="Legges ned", fill="#000000", shape="cross"),
            ),
            stroke="#ffffff",
            size=3.0,
        ),
    )
