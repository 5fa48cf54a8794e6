"""Made-up results that the tests of the outputs write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.charts import FlowChart
from askergeo.result import (
    Column,
    ColumnSum,
    Fact,
    Finding,
    MapLayer,
    Missing,
    Provenance,
    Result,
    RowSum,
    Severity,
    SourceRecord,
    Status,
    Style,
    StyleClass,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTILE = (
    "<script>document.title='knekt'</script>",
    "=cmd|'/C calc'!A0",
    "\"><img src=x onerror=alert(1)>'",
    "</script><b>ut</b>{{ 7*7 }}",
    "@SUM(A1)\x07",
    "https://eksempel.invalid/",
)

PERSONS = Column(title="Bosatte", unit="personer", decimals=0, persons=True)


def provenance(**changes: Any) -> Provenance:
    values = {
        "version": "0.1.0",
        "command": "askergeo rapport data --ut ut",
        "created": "2026-03-01T12:00:00+01:00",
        "municipality": "3203",
        "crs": "EPSG:25832",
        "package": "data",
        "sources": (
            SourceRecord(
                layer="grunnkrets",
                title="Grunnkretser",
                origin="grunnkretser.gml",
                date="2026-01-15",
                sha256="ab" * 32,
                rows=1234,
                licence="NLOD 2.0",
                attribution="© SSB og Kartverket",
                owner="Kartverket",
                crs="EPSG:25832",
            ),
            SourceRecord(
                layer="kystkontur",
                title="Kystkontur",
                origin="n1000.gpkg",
                date="2025-11-02",
                sha256="cd" * 32,
                rows=None,
                licence="CC BY 4.0",
                attribution="© Kartverket",
            ),
        ),
        "software": {"shapely": "2.1"},
    }
    return Provenance(**(values | changes))


def small_result() -> Result:
    """Three districts with residents by age; two counts are small."""
    frame = pd.DataFrame(
        {
            "navn": ["Nord", "Sør", "Øst", "I alt"],
            "barn": [3, 40, 50, 93],
            "voksne": [120, 2, 300, 422],
            "sum": [123, 42, 350, 515],
            "andel": [2.4, 95.2, 14.3, 18.1],
            "areal": [1234.56, np.nan, 98765.4, np.nan],
        },
        index=["n", "s", "o", "alle"],
    )
    columns = {
        "navn": Column(title="Krets"),
        "barn": Column(title="Barn", unit="personer", decimals=0, persons=True),
        "voksne": Column(title="Voksne", unit="personer", decimals=0, persons=True),
        "sum": Column(title="I alt", unit="personer", decimals=0, persons=True),
        "andel": Column(title="Andel barn", unit="%", decimals=1, derived_from=("barn", "sum")),
        "areal": Column(title="Areal", unit="dekar", decimals=1),
    }
    table = Table(
        name="kretser",
        title="Bosatte i kretsene",
        frame=frame,
        columns=columns,
        row_sums=(RowSum("alle", ("n", "s", "o")),),
        column_sums=(ColumnSum("sum", ("barn", "voksne")),),
        note="Tall per 1. januar.",
    )
    boxes = [shapely.box(x, 6_630_000, x + 900, 6_631_000) for x in (580_000, 581_000, 582_000)]
    layer = MapLayer(
        name="kretser",
        title="Kretser",
        frame=gpd.GeoDataFrame(
            frame.loc[["n", "s", "o"], ["navn", "barn", "sum"]], geometry=boxes, crs=25832
        ),
        columns={name: columns[name] for name in ("navn", "barn", "sum")},
        style=Style(
            column="navn",
            opacity=0.6,
            classes=(
                StyleClass(value="Nord", label="Nord i kommunen", fill="#0072b2"),
                StyleClass(value="Sør", label="Sør i kommunen", fill="#e69f00", stroke="#333333"),
            ),
        ),
        rows_of="kretser",
    )
    return Result(
        analysis="bosatte",
        title="Bosatte etter krets",
        template="{alle} personer bor i kretsene, {nord} av dem er barn i Nord.",
        facts={
            "alle": Fact(
                title="Bosatte",
                value=515,
                unit="personer",
                persons=True,
                cell=("kretser", "alle", "sum"),
            ),
            "nord": Fact(
                title="Barn i Nord",
                value=3,
                unit="personer",
                persons=True,
                cell=("kretser", "n", "barn"),
            ),
            "areal": Fact(title="Areal", value=99999.96, unit="dekar", decimals=1),
        },
        tables=(table,),
        layers=(layer,),
        findings=(
            Finding(
                rule="r1",
                title="Uten krets",
                status=Status.HIT_YELLOW,
                severity=Severity.WARNING,
                text="Tolv adresser ligger utenfor kretsene.",
                action="Se på grensen.",
                geometry=shapely.Point(580_500, 6_630_500),
            ),
        ),
        parameters=(
            {
                "navn": "belte_m",
                "tittel": "Bredde på beltet",
                "verdi": 100.0,
                "enhet": "m",
                "kilde": "pbl. § 1-8",
                "sikkerhet": "verifisert",
                "endret": False,
            },
            {
                "navn": "klasser",
                "tittel": "Klasser",
                "verdi": ["a", "b"],
                "enhet": "",
                "kilde": "egen",
                "sikkerhet": "usikker",
                "endret": True,
            },
        ),
        warnings=("Parameteren «Klasser» er usikker.",),
        missing=(Missing(layer="stoy", title="Støysoner", consequence="Støy er ikke med."),),
        reading=("Tallene gjelder folkeregistrerte.",),
        provenance=provenance(),
    )


def hostile_result() -> Result:
    """Every text that a user's data can bring holds an attack."""
    frame = pd.DataFrame({"tekst": list(HOSTILE), "tall": range(len(HOSTILE))}, index=list(HOSTILE))
    columns = {
        "tekst": Column(title=HOSTILE[0]),
        "tall": Column(title=HOSTILE[1], unit=HOSTILE[2], decimals=0),
    }
    points = gpd.GeoDataFrame(
        frame,
        geometry=[shapely.Point(580_000 + 100 * i, 6_630_000) for i in range(len(HOSTILE))],
        crs=25832,
    )
    style = Style(
        fill="#ff0000",
        column="tekst",
        classes=tuple(
            StyleClass(value=text, label=text, fill='red" onload="x') for text in HOSTILE
        ),
    )
    return Result(
        analysis="fiendtlig",
        title=HOSTILE[2],
        template="{alt} er svaret.",
        facts={"alt": Fact(title=HOSTILE[3], value=HOSTILE[0])},
        tables=(
            Table(name="tabell", title=HOSTILE[1], frame=frame, columns=columns, note=HOSTILE[3]),
        ),
        layers=(
            MapLayer(
                name="punkter",
                title=HOSTILE[3],
                frame=points,
                columns=columns,
                style=style,
                rows_of="tabell",
                note=HOSTILE[2],
            ),
        ),
        findings=(
            Finding(
                rule=HOSTILE[0],
                title=HOSTILE[1],
                status=Status.HIT_RED,
                severity=Severity.ERROR,
                text=HOSTILE[2],
            ),
        ),
        warnings=HOSTILE,
        reading=HOSTILE,
        missing=(Missing(layer=HOSTILE[0], title=HOSTILE[1], consequence=HOSTILE[2]),),
        provenance=provenance(command=HOSTILE[0]),
    )


def large_result(count: int = 2_000) -> Result:
    """A coverage of many wiggly polygons with centres and a coast, and a long table."""
    random = np.random.default_rng(3203)
    side = int(np.ceil(np.sqrt(count)))
    cells = _wiggly_cells(side, random)[:count]
    kinds = np.array(["tettsted", "spredt", "fritid", "utmark"])[random.integers(0, 4, count)]
    people = random.poisson(random.choice([0, 2, 30, 200], count))
    frame = pd.DataFrame(
        {
            "nr": [f"3203{number:04d}" for number in range(count)],
            "type": kinds,
            "bosatte": people,
            "areal": shapely.area(cells) / 1_000,
            "tetthet": people / (shapely.area(cells) / 1e6),
        },
        index=[f"k{number}" for number in range(count)],
    )
    columns = {
        "nr": Column(title="Grunnkrets"),
        "type": Column(title="Type"),
        "bosatte": PERSONS,
        "areal": Column(title="Areal", unit="dekar", decimals=1),
        "tetthet": Column(
            title="Tetthet", unit="personer per km²", decimals=0, derived_from=("bosatte",)
        ),
    }
    total = pd.DataFrame(
        {
            "nr": ["I alt"],
            "type": [None],
            "bosatte": [people.sum()],
            "areal": [frame["areal"].sum()],
            "tetthet": [np.nan],
        },
        index=["alle"],
    )
    palette = {"tettsted": "#cc79a7", "spredt": "#e69f00", "fritid": "#56b4e9", "utmark": "#009e73"}
    style = Style(
        column="type",
        opacity=0.75,
        width=0.15,
        classes=tuple(
            StyleClass(value=k, label=k.capitalize(), fill=c) for k, c in palette.items()
        ),
    )
    centres = gpd.GeoDataFrame(
        {"navn": ["Eksempelbyen", "Nesvik", "Åsgrenda"]},
        geometry=shapely.points(
            random.uniform(4_000, 18_000, (3, 2)) + np.array([570_000, 6_620_000])
        ),
        crs=25832,
    )
    coast = gpd.GeoDataFrame(
        {"lengde": [24.1]},
        geometry=[
            shapely.LineString(
                np.column_stack(
                    [
                        np.linspace(0, 22_000, 400) + 570_000,
                        6_619_500 + 600 * np.sin(np.linspace(0, 30, 400)),
                    ]
                )
            )
        ],
        crs=25832,
    )
    return Result(
        analysis="tettsted_avgrens",
        title="Tettsteder avgrenset fra bygninger og bosatte",
        template="{andel} prosent av de {bosatte} bosatte bor i tettsted, på {areal} dekar.",
        facts={
            "bosatte": Fact(
                title="Bosatte",
                value=int(people.sum()),
                unit="personer",
                persons=True,
                cell=("kretser", "alle", "bosatte"),
            ),
            "andel": Fact(title="Bor i tettsted", value=84.3, unit="%", decimals=1),
            "areal": Fact(title="Tettstedsareal", value=31234.5, unit="dekar"),
        },
        tables=(
            Table(
                name="kretser",
                title="Grunnkretser",
                frame=pd.concat([frame, total]),
                columns=columns,
                row_sums=(RowSum("alle", tuple(frame.index)),),
            ),
            Table(
                name="klasser",
                title="Areal etter type",
                frame=frame.groupby("type", as_index=False)["areal"]
                .sum()
                .assign(andel=lambda f: 100 * f["areal"] / f["areal"].sum()),
                columns={
                    "type": columns["type"],
                    "areal": columns["areal"],
                    "andel": Column(title="Andel", unit="%", decimals=1),
                },
            ),
        ),
        layers=(
            MapLayer(
                name="kretser",
                title="Grunnkretser",
                frame=gpd.GeoDataFrame(frame, geometry=cells, crs=25832),
                columns=columns,
                style=style,
                rows_of="kretser",
            ),
            MapLayer(
                name="kyst",
                title="Kystkontur",
                frame=coast,
                columns={"lengde": Column(title="Lengde", unit="km", decimals=1)},
                style=Style(stroke="#004d80", width=0.6, dash=True),
            ),
            MapLayer(
                name="sentre",
                title="Sentre",
                frame=centres,
                columns={"navn": Column(title="Navn")},
                style=Style(fill="#000000", stroke="#ffffff", size=3.5),
            ),
        ),
        findings=small_result().findings * 3,
        parameters=small_result().parameters,
        warnings=small_result().warnings,
        missing=small_result().missing,
        reading=(
            "Et tettsted har minst 200 bosatte og høyst 50 meter mellom husene.",
            "Resultatet sier ikke noe om hvor det bør bygges.",
        ),
        provenance=provenance(),
    )


def _wiggly_cells(side: int, random: np.random.Generator) -> np.ndarray:
    """Squares whose shared borders wiggle alike on both sides."""
    size, points = 22_000 / side, 12
    x, y = np.meshgrid(np.arange(side + 1) * size, np.arange(side + 1) * size, indexing="ij")
    corner = np.stack([x, y], axis=-1) + random.normal(0, size / 12, (side + 1, side + 1, 2))
    corner += [570_000, 6_620_000]
    steps = np.linspace(0, 1, points)[:, None]

    def edge(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        noise = random.normal(0, size / 60, (points, 2))
        noise[[0, -1]] = 0
        return a + (b - a) * steps + noise

    east = {
        (i, j): edge(corner[i, j], corner[i + 1, j]) for i in range(side) for j in range(side + 1)
    }
    north = {
        (i, j): edge(corner[i, j], corner[i, j + 1]) for i in range(side + 1) for j in range(side)
    }
    return np.array(
        [
            shapely.Polygon(
                np.concatenate(
                    [
                        east[i, j],
                        north[i + 1, j][1:],
                        east[i, j + 1][::-1][1:],
                        north[i, j][::-1][1:],
                    ]
                )
            )
            for i in range(side)
            for j in range(side)
        ]
    )


def account_result(reasons: tuple[str, ...] = ("Regnskapet «Nå» går ikke opp.",)) -> Result:
    """A land account with many tables, a flow diagram, and a closing line."""
    area = Column(title="Areal", unit="dekar", decimals=1)
    text = {name: Column(title=title) for name, title in (("fra", "Fra"), ("til", "Til"))}
    classes = ("Skog", "Fulldyrka jord", "Myr", "LNFR areal for landbruk og reindrift, framtidig")
    flow = pd.DataFrame(
        [
            (one, other, 7.5 * (at + 1) * (to + 2))
            for at, one in enumerate(classes)
            for to, other in enumerate(("Boligbebyggelse", "Veg", "Skog"))
        ],
        columns=["fra", "til", "dekar"],
    )
    closing = {
        "regnskap": "Nå",
        "grense_m2": 1_000_000.0,
        "rader_m2": 999_000.5,
        "ikke_dekket_m2": 1000.0,
        "talt_dobbelt_m2": 0.5,
        "differanse_m2": 0.0,
        "gar_opp": "ja",
    }
    wide = pd.DataFrame(np.arange(60.0).reshape(3, 20)).add_prefix("k")
    long = pd.DataFrame({"klasse": [f"Klasse {n}" for n in range(30)], "dekar": np.arange(30.0)})
    columns = {name: Column(title=name, unit="m²", decimals=1) for name in closing}
    columns |= {"regnskap": Column(title="Regnskap"), "gar_opp": Column(title="Går opp")}
    return Result(
        analysis="areal",
        title="Arealregnskap",
        template="Regnskapet er ført.",
        tables=(
            Table(
                name="klasser",
                title="Arealdekke nå",
                frame=long,
                columns={"klasse": Column(title="Klasse"), "dekar": area},
                group="Arealdekket",
            ),
            Table(
                name="endring",
                title="Fra klasse til klasse",
                frame=flow,
                columns={**text, "dekar": area},
                group="Arealdekket",
            ),
            Table(
                name="lang",
                title="Lang tabell",
                frame=long,
                columns={"klasse": Column(title="Klasse"), "dekar": area},
                group="Mer",
            ),
            Table(
                name="bred",
                title="Bred tabell",
                frame=wide,
                columns={name: Column(title=f"Kolonne {name}", decimals=1) for name in wide},
                group="Mer",
            ),
            Table(
                name="balanse",
                title="Går regnskapet opp?",
                frame=pd.DataFrame([closing], index=["naa"]),
                columns=columns,
            ),
        ),
        charts=(
            FlowChart(
                name="endring",
                title="Endret arealdekke",
                table="endring",
                source="fra",
                target="til",
                value="dekar",
                colours={"Skog": "#9ccc65", "Boligbebyggelse": "#ffff99"},
            ),
        ),
        unpublishable=reasons,
        provenance=provenance(),
    )


@pytest.fixture
def account() -> Callable[..., Result]:
    return account_result


@pytest.fixture
def small() -> Result:
    return small_result()


@pytest.fixture
def hostile() -> Result:
    return hostile_result()


@pytest.fixture
def large() -> Callable[[int], Result]:
    return large_result
