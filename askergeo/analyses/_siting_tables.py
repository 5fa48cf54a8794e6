"""Tables, map layers and sentence of the places chosen for new services."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo._text import listed
from askergeo.analyses._background import land_of
from askergeo.analyses._reach_people import AGES
from askergeo.analyses._reach_tables import share_decimals
from askergeo.numbers import HARD_SPACE, format_number
from askergeo.privacy import rounded
from askergeo.result import (
    Column,
    Fact,
    Finding,
    MapLayer,
    Severity,
    Status,
    Style,
    StyleClass,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

    from askergeo.analyses._reach_people import Ages, People
    from askergeo.analyses._siting_places import Candidates
    from askergeo.geometry import Geometries
    from askergeo.network.siting import Siting

    Flags = NDArray[np.bool_]

__all__ = [
    "Placing",
    "findings",
    "map_layers",
    "place_table",
    "reading",
    "resident_table",
    "solution_table",
    "statement",
]

_TOTAL = "i_alt"
_PERSONS = Column(title="Personer", unit="personer", decimals=0, persons=True)
_ROWS = {
    "for": "Har tjenesten innen grensen i dag",
    "nye": "Får tjenesten med de nye stedene",
    "etter": "Har tjenesten innen grensen etterpå",
    "ikke": "Har den fortsatt ikke",
    "ukjent": "Ukjent: bor for langt fra gangnettet, eller ved en løs del av det",
    "uten_sted": "Ukjent: adressen har ikke sted",
    _TOTAL: "I alt",
}


@dataclass(frozen=True, kw_only=True)
class Placing:
    """Who lives where, how far they have today, and how far to the places chosen.

    Parameters
    ----------
    people, age, weights
        Residents, the group that counts (:data:`~askergeo.analyses._reach_people.AGES`), and how
        many of it live at each home, (r,).
    minutes, ceiling
        Limit, and what longer ways count as when times are added up.
    today
        Minutes from each home to the nearest service there is, (r,); ``inf`` no way, NaN unknown.
    chosen
        Numbers of the candidates chosen.
    to_chosen
        Minutes from each home to each of them, (r, k).
    siting
        How good the choice is known to be.
    asked
        How many places were asked for.
    candidates, present
        Where the service could be, and where it is.
    unsnapped_services, unsnapped_candidates
        How many do not meet the network.
    """

    people: People
    age: str
    weights: NDArray[np.float64]
    minutes: float
    ceiling: float
    today: NDArray[np.float64]
    chosen: NDArray[np.int64]
    to_chosen: NDArray[np.float64]
    siting: Siting
    asked: int
    candidates: Candidates
    present: Geometries
    unsnapped_services: int
    unsnapped_candidates: int

    @property
    def known(self) -> Flags:
        """Homes whose way is known, (r,)."""
        return ~np.isnan(self.today)

    @property
    def before(self) -> Flags:
        """Homes that have a service within the limit today, (r,)."""
        return self.known & (self.today <= self.minutes)

    @property
    def gains(self) -> Flags:
        """Homes that get one within the limit, (r,)."""
        return self.known & ~self.before & (self.best <= self.minutes)

    @property
    def best(self) -> NDArray[np.float64]:
        """Minutes to the nearest of the places chosen, (r,); ``inf`` for none."""
        near = self.to_chosen.min(axis=1, initial=np.inf)
        return np.asarray(np.where(self.known, near, np.nan), dtype=np.float64)

    @property
    def nearest(self) -> NDArray[np.int64]:
        """Which of the places chosen is nearest each home, (r,); −1 when none is chosen."""
        if not len(self.chosen):
            return np.full(len(self.today), -1, dtype=np.int64)
        return np.asarray(np.nan_to_num(self.to_chosen, nan=np.inf).argmin(axis=1), dtype=np.int64)


def place_table(found: Placing) -> Table:
    """List the places chosen, with whom each gives the service to that has none so near today.

    A home that gains from several counts at the nearest, so that the rows add up.
    """
    shown = {found.age: "nye", "alle": "nye_alle"}
    if found.age == "alle":
        shown = {"alle": "nye"}
    nearest, gains = found.nearest, found.gains
    labels = [str(number + 1) for number in range(len(found.chosen))]
    rows: dict[Hashable, list[Any]] = {}
    for number, (label, candidate) in enumerate(zip(labels, found.chosen, strict=True)):
        x, y = shapely.get_coordinates(found.candidates.points[candidate])[0]
        counts = found.people.counts(gains & (nearest == number))
        name = str(found.candidates.names[candidate]) or f"Sted {x:.0f} {y:.0f}"
        rows[label] = [name, found.candidates.kinds[candidate], x, y, *(counts[a] for a in shown)]
    counts = found.people.counts(gains)
    rows[_TOTAL] = ["I alt", "", np.nan, np.nan, *(counts[age] for age in shown)]
    group = "" if found.age == "alle" else " i aldersgruppen"
    columns = {
        "navn": Column(title="Sted"),
        "kandidat": Column(title="Hva det er i dag"),
        "ost": Column(title="Øst", unit="m", decimals=0),
        "nord": Column(title="Nord", unit="m", decimals=0),
        "nye": replace(_PERSONS, title=f"Får tjenesten innen grensen{group}"),
        "nye_alle": replace(_PERSONS, title="Får tjenesten innen grensen, alle aldre"),
    }
    names = ["navn", "kandidat", "ost", "nord", *shown.values()]
    table = Table(
        name="plasser",
        title="Valgte steder",
        frame=pd.DataFrame.from_dict(rows, orient="index", columns=names),
        columns={name: columns[name] for name in names},
        note="Den som får tjenesten innen grensen fra flere av stedene, står ved det nærmeste.",
    )
    return rounded(table)


def resident_table(found: Placing, ages: Ages) -> Table:
    """Count the residents with and without the service before and after, by age group."""
    groups = list(AGES) if found.people.by_age else ["alle"]
    members = {
        "for": found.before,
        "nye": found.gains,
        "etter": found.before | found.gains,
        "ikke": found.known & ~found.before & ~found.gains,
        "ukjent": ~found.known,
        "uten_sted": np.zeros(len(found.today), dtype=bool),
        _TOTAL: np.ones(len(found.today), dtype=bool),
    }
    frame = pd.DataFrame(
        {
            row: found.people.counts(homes, unplaced=row in ("uten_sted", _TOTAL))
            for row, homes in members.items()
        }
    ).T[groups]
    frame["andel"] = np.nan
    frame.insert(0, "navn", list(_ROWS.values()))
    columns = {"navn": Column(title="Bosatte")}
    columns |= {group: replace(_PERSONS, title=ages.titles[group]) for group in groups}
    columns["andel"] = Column(
        title=f"Andel, {ages.titles[found.age].lower()}",
        unit="%",
        decimals=share_decimals(found.people.counts(members[_TOTAL], unplaced=True)[found.age]),
        derived_from=(found.age,),
    )
    table = rounded(
        Table(
            name="bosatte",
            title="Bosatte før og etter",
            frame=frame,
            columns=columns,
            note=f"Grensen er {_minutes(found.minutes)}. Andelen er regnet av avrundede tall.",
        )
    )
    counted = table.frame[found.age].to_numpy(dtype=float, na_value=np.nan)
    shares = 100 * counted / counted[-1] if counted[-1] else np.nan
    return replace(table, frame=table.frame.assign(andel=shares))


def solution_table(found: Placing, placed: Table, method: str) -> Table:
    """Say how good the choice is known to be, and how long the way is on average."""
    known = found.known & (found.weights > 0)
    weight = found.weights[known]
    before = np.minimum(found.today, found.ceiling)[known]
    after = np.minimum(before, found.best[known])
    mean = [
        float(np.average(one, weights=weight)) if len(weight) else np.nan for one in (before, after)
    ]
    proven = "ja" if found.siting.optimal else "nei"
    record: dict[str, Any] = {
        "metode": {"dekning": "Flest innen grensen", "gangtid": "Kortest gangtid"}[method],
        "bedt_om": found.asked,
        "valgt": len(found.chosen),
        "kandidater": len(found.candidates.points),
        "i_oppgaven": found.siting.candidates,
        "bevist": proven,
        "avvik": 100 * found.siting.gap,
        "nye": placed.frame.loc[_TOTAL, "nye"],
        "for_min": mean[0],
        "etter_min": mean[1],
    }
    ceiling = f"Lengre gangtid enn {_minutes(found.ceiling)} er regnet som det."
    columns = {
        "metode": Column(title="Valgt etter"),
        "bedt_om": Column(title="Steder det ble bedt om", unit="steder", decimals=0),
        "valgt": Column(title="Steder valgt", unit="steder", decimals=0),
        "kandidater": Column(title="Kandidater", unit="kandidater", decimals=0),
        "i_oppgaven": Column(
            title="Kandidater i oppgaven",
            unit="kandidater",
            decimals=0,
            description="De andre hjelper ingen som ikke én av disse hjelper like godt.",
        ),
        "bevist": Column(title="Bevist best"),
        "avvik": Column(
            title="Et bedre valg kan høyst gi så mye mer",
            unit="%",
            decimals=2,
            derived_from=("nye",),
        ),
        "nye": replace(_PERSONS, title="Får tjenesten innen grensen"),
        "for_min": Column(
            title="Gangtid i dag",
            unit="min",
            decimals=1,
            derived_from=("nye",),
            description=ceiling,
        ),
        "etter_min": Column(
            title="Gangtid etterpå",
            unit="min",
            decimals=1,
            derived_from=("nye",),
            description=ceiling,
        ),
    }
    return Table(
        name="losning",
        title="Hvor sikkert valget er",
        frame=pd.DataFrame([record], index=["valg"]),
        columns=columns,
        hidden=frozenset({("valg", "nye")} if (_TOTAL, "nye") in placed.hidden else ()),
        note=f"Gangtid er snittet for aldersgruppen. {ceiling}",
    )


def statement(  # noqa: PLR0917  (called once)
    found: Placing, placed: Table, served: Table, title: str, profile: str, ages: Ages
) -> tuple[str, dict[str, Fact]]:
    """State the finding and list its figures."""

    def cell(name: str, table: Table, row: str, column: str, *, share: bool = False) -> Fact:
        value: Any = table.frame.loc[row, column]
        return Fact(
            title=name,
            value=None if pd.isna(value) else float(value),
            unit="%" if share else "personer",
            decimals=table.columns[column].decimals or 0,
            persons=not share,
            cell=(table.name, row, column),
        )

    names = [str(name) for name in placed.frame.loc[placed.frame.index != _TOTAL, "navn"]]
    facts = {
        "steder": Fact(title="Steder", value=listed(names) or "Ingen"),
        "nye": cell("Får tjenesten", placed, _TOTAL, "nye"),
        "etter": cell("Har tjenesten etterpå", served, "etter", found.age),
        "i_alt": cell("I alt", served, _TOTAL, found.age),
        "andel_for": cell("Andel i dag", served, "for", "andel", share=True),
        "andel_etter": cell("Andel etterpå", served, "etter", "andel", share=True),
    }
    group = "" if found.age == "alle" else f" på {ages.titles[found.age].lower()}"
    if not names:
        template = (
            f"Ingen av kandidatene gir flere bosatte{group} {title.lower()} nærmere enn i dag; "
            "{andel_for} % av {i_alt} har det innen "
            f"{_minutes(found.minutes)} ({profile.lower()})."
        )
        return template, facts
    return (
        f"Ny tjeneste ({title.lower()}) ved {{steder}} gir {{nye}} flere bosatte{group} høyst "
        f"{_minutes(found.minutes)} å gå ({profile.lower()}): andelen går fra {{andel_for}} til "
        "{andel_etter} % av {i_alt}."
    ), facts


def map_layers(
    found: Placing, title: str, boundary: gpd.GeoDataFrame | None, crs: object
) -> tuple[MapLayer, ...]:
    """Draw the land, who gains, the candidates, the services there are and the places chosen."""
    layers = []
    if boundary is not None:
        layers.append(land_of(boundary))
    layers.append(_gainers(found, crs))
    others = np.setdiff1d(np.arange(len(found.candidates.points)), found.chosen)
    layers.append(
        MapLayer(
            name="kandidater",
            title="Kandidater som ikke er valgt",
            frame=_sites(found, others, crs),
            columns=_SITE_COLUMNS,
            style=Style(fill="#ffffff", stroke="#6b6b6b", size=1.6, width=0.2),
        )
    )
    layers.append(
        MapLayer(
            name="i_dag",
            title=f"{title} i dag",
            frame=gpd.GeoDataFrame(
                {"navn": [title] * len(found.present)}, geometry=found.present, crs=crs
            ),
            columns={"navn": Column(title="Tjeneste")},
            style=Style(fill="#0072b2", stroke="#ffffff", size=2.6),
        )
    )
    layers.append(
        MapLayer(
            name="valgte_steder",
            title="Valgte steder",
            frame=_sites(found, found.chosen, crs),
            columns=_SITE_COLUMNS,
            style=Style(fill="#d55e00", stroke="#ffffff", size=4.0, width=0.5),
        )
    )
    return tuple(layer for layer in layers if len(layer.frame))


_SITE_COLUMNS = {"navn": Column(title="Sted"), "kandidat": Column(title="Hva det er i dag")}


def _sites(found: Placing, which: NDArray[np.int64], crs: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "navn": found.candidates.names[which],
            "kandidat": found.candidates.kinds[which],
        },
        geometry=found.candidates.points[which],
        crs=crs,
    )


def _gainers(found: Placing, crs: object) -> MapLayer:
    """Draw the addresses that gain: all of them, for those lived in would tell who lives where."""
    gains = found.gains
    minutes = {"for_min": found.today[gains], "etter_min": found.best[gains]}
    shown = {
        name: np.where(np.isfinite(one), np.round(one, 1), np.nan) for name, one in minutes.items()
    }
    frame = gpd.GeoDataFrame(
        {
            "endring": np.full(int(gains.sum()), "Får tjenesten innen grensen", dtype=object),
            **shown,
        },
        geometry=found.people.points[gains],
        crs=crs,
    )
    return MapLayer(
        name="far_tjenesten",
        title="Adresser som får tjenesten innen grensen",
        frame=frame,
        columns={
            "endring": Column(title="Endring"),
            "for_min": Column(title="Gangtid i dag", unit="min", decimals=1),
            "etter_min": Column(title="Gangtid etterpå", unit="min", decimals=1),
        },
        style=Style(
            column="endring",
            classes=(
                StyleClass(
                    value="Får tjenesten innen grensen",
                    label="Får tjenesten innen grensen",
                    fill="#009e73",
                    stroke="#00543d",
                ),
            ),
            size=1.2,
            width=0.1,
        ),
        note="Alle adresser er med, også dem uten bosatte. Tom gangtid i dag: ingen veg dit.",
    )


def findings(found: Placing, title: str) -> tuple[Finding, ...]:
    """Tell when fewer places were chosen than asked for."""
    if len(found.chosen) >= found.asked:
        return ()
    return (
        Finding(
            rule="plassering.faerre_steder",
            title="Flere steder hjelper ingen",
            status=Status.NOT_RELEVANT,
            severity=Severity.INFO,
            text=f"Det ble bedt om {found.asked} steder for {title.lower()}, men bare "
            f"{len(found.chosen)} av kandidatene hjelper noen som ikke er hjulpet alt.",
            action="Prøv flere kandidater (--kandidater veg), eller en lengre gangtid.",
        ),
    )


def reading(found: Placing, profile: str, method: str) -> tuple[str, ...]:
    """Say how to read the answer, and what it does not say."""
    aim = {
        "dekning": f"Stedene er valgt slik at flest mulig i aldersgruppen får høyst "
        f"{_minutes(found.minutes)} å gå ({profile.lower()}). De som har det alt, teller ikke.",
        "gangtid": "Stedene er valgt slik at samlet gangtid for aldersgruppen til nærmeste "
        f"tjeneste blir kortest mulig ({profile.lower()}). Lengre veg enn "
        f"{_minutes(found.ceiling)} teller som det.",
    }[method]
    who = (
        f"Folk er talt på gangnettet: {found.people.source}. Tjenestene som finnes i dag, er med "
        "som de er, og ingen av dem flyttes."
    )
    limits = (
        "Svaret gjelder bare kandidatene som er prøvd. Det sier ikke om det er tomt, kunder, "
        "personell eller plan for en tjeneste på stedet."
    )
    drawn = "På kartet står alle adresser som får tjenesten, ikke hvor de i aldersgruppen bor."
    return aim, who, limits, drawn


def _minutes(value: float) -> str:
    decimals = 0 if float(value).is_integer() else 1
    return f"{format_number(value, decimals)}{HARD_SPACE}minutter"
