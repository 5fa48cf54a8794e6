"""The pages that the browser tests open, one of every kind."""

from __future__ import annotations

import io
import json
import runpy
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.compare import compare
from askergeo.outputs.write import write_all
from askergeo.result import Column, MapLayer, Missing, Result, Style, StyleClass, Table

if TYPE_CHECKING:
    from collections.abc import Callable

samples = runpy.run_path(str(Path(__file__).parent.parent / "outputs" / "conftest.py"))


@dataclass(frozen=True)
class Kind:
    """A page, whether it has a map, and how many features that shows (0: not told)."""

    page: Path
    has_map: bool = True
    features: int = 0
    title: str = ""

    @property
    def ready(self) -> str:
        """Selector that the page has when it is whole."""
        return "#kart[data-ready]" if self.has_map else ""


def forecast_result(years: tuple[int, ...] = (2026, 2030, 2035)) -> Result:
    """Districts whose class changes from year to year."""
    names = [f"Krets {number}" for number in range(9)]
    random = np.random.default_rng(11)
    frame = pd.DataFrame({"navn": names}, index=[f"k{number}" for number in range(9)])
    for year in years:
        frame[f"a{year}"] = random.choice(["Ledig", "Fullt", "For fullt"], 9)
    shapes = [
        shapely.box(580_000 + 900 * (n % 3), 6_630_000 + 900 * (n // 3),
                    580_850 + 900 * (n % 3), 6_630_850 + 900 * (n // 3))
        for n in range(9)
    ]  # fmt: skip
    columns = {"navn": Column(title="Krets")} | {
        f"a{year}": Column(title=f"Skolen i {year}") for year in years
    }
    classes = (("Ledig", "#009e73"), ("Fullt", "#e69f00"), ("For fullt", "#d55e00"))
    style = Style(
        column=f"a{years[0]}",
        opacity=0.6,
        classes=tuple(StyleClass(value=v, label=v, fill=c) for v, c in classes),
    )
    return Result(
        analysis="skolebalanse",
        title="Er det plass på skolene?",
        template="Tre skoler blir for små.",
        tables=(Table(name="kretser", title="Skolene år for år", frame=frame, columns=columns),),
        layers=(
            MapLayer(
                name="kretser",
                title="Skolekretser",
                frame=gpd.GeoDataFrame(frame, geometry=shapes, crs=25832),
                columns=columns,
                style=style,
                rows_of="kretser",
                years={year: f"a{year}" for year in years},
            ),
        ),
        missing=(Missing(layer="stoy", title="Støysoner", consequence="Støy er ikke med."),),
        reading=("Tallene er en framskriving.",),
        provenance=samples["provenance"](),
    )


def compared() -> list[Result]:
    """Two runs of one analysis and their difference."""
    one = samples["small_result"]()
    table = one.tables[0]
    frame = table.frame.copy()
    frame.loc[["s", "alle"], ["voksne", "sum"]] += 60
    layer = one.layers[0]
    other = replace(
        one,
        tables=(replace(table, frame=frame),),
        layers=(replace(layer, frame=layer.frame.assign(sum=frame.loc[layer.frame.index, "sum"])),),
        provenance=samples["provenance"](scenario="ny-skole"),
    )
    return [one, other, compare(one, other)]


def wide_result(classes: int = 60, rows: int = 40) -> Result:
    """A table that no sheet is wide enough for, and a map with a very long legend."""
    frame = pd.DataFrame(
        {
            "skole": [f"Skole{number}" for number in range(rows)],
            "skoleaar": ["2025/26"] * rows,
            "hvorfor": ["Ledningen er både gammel, for liten og lagt i et leirterreng"] * rows,
        }
    )
    columns = {
        "skole": Column(title="Skole"),
        "skoleaar": Column(title="Skoleår"),
        "hvorfor": Column(title="Hvorfor"),
    }
    words = ("Byggeforbudet", "Sammenhengende", "Gjennomsnittlig", "Overdekning", "Utnyttelse")
    for number in range(16):
        frame[f"a{number}"] = [1_234_567 + 1000 * number + row for row in range(rows)]
        title = f"{words[number % len(words)]} {2030 + number}"
        columns[f"a{number}"] = Column(title=title, unit="elever", decimals=0)
    kinds = [f"Formål nummer {number}" for number in range(classes)]
    squares = [
        shapely.box(580_000 + 900 * (n % 10), 6_630_000 + 900 * (n // 10),
                    580_850 + 900 * (n % 10), 6_630_850 + 900 * (n // 10))
        for n in range(classes)
    ]  # fmt: skip
    around = shapely.box(579_000, 6_629_000, 590_000, 6_636_000)
    frames = (
        gpd.GeoDataFrame({"formaal": ["alle"]}, geometry=[around], crs=25832),
        gpd.GeoDataFrame({"formaal": kinds}, geometry=squares, crs=25832),
    )
    each = tuple(StyleClass(value=kind, label=kind, fill="#0072b2") for kind in kinds)
    styles = (Style(), Style(column="formaal", classes=each))
    layers = [
        MapLayer(
            name=name, title=title, frame=shapes, columns={"formaal": Column(title="Formål")},
            style=style,
        )
        for name, title, shapes, style in zip(
            ("ramme", "formaal"), ("Rammen rundt alt", "Arealformål"), frames, styles, strict=True
        )
    ]  # fmt: skip
    return Result(
        analysis="bred",
        title="En bred tabell",
        template="Ingen ark er brede nok.",
        tables=(Table(name="bred", title="Elever år for år", frame=frame, columns=columns),),
        layers=tuple(layers),
    )


def make_pages(folder: Path) -> dict[str, Kind]:
    """Write reports with a page of every kind that results give."""
    many = folder / "flere"
    results = [
        samples["large_result"](400),
        samples["small_result"](),
        samples["hostile_result"](),
        samples["account_result"](()),
    ]
    write_all(results, many, title="Rapport")
    write_all([forecast_result()], folder / "aar")
    write_all(compared(), folder / "sammenlignet")
    write_all([samples["small_result"]()], folder / "ett")
    write_all([wide_result()], folder / "bred")
    write_all([forecast_result()], folder / "nynorsk", language="nn")
    write_all([forecast_result()], folder / "engelsk", language="en")
    topics = many / "tema"
    return {
        "start": Kind(many / "index.html", has_map=False, title="Rapport"),
        "polygons": Kind(topics / "tettsted_avgrens.html", features=404),
        "hostile": Kind(topics / "fiendtlig.html", features=6),
        "findings": Kind(topics / "bosatte.html"),
        "no map": Kind(topics / "areal.html", has_map=False, title="Arealregnskap"),
        "years": Kind(folder / "aar" / "index.html", features=9),
        "compared": Kind(folder / "sammenlignet" / "index.html"),
        "one": Kind(folder / "ett" / "index.html"),
        "wide": Kind(folder / "bred" / "index.html", features=61),
        "nynorsk": Kind(folder / "nynorsk" / "index.html", features=9),
        "english": Kind(folder / "engelsk" / "index.html", features=9),
        "accessibility": Kind(many / "tilgjengelighet.html", has_map=False),
    }


def remarks_page(folder: Path, run: Callable[[list[str]], int]) -> Kind:
    """Merge a file of remarks as the planner does."""
    inbox = folder / "innboks"
    inbox.mkdir()
    said = {"id": "a", "x": 580_000, "y": 6_630_000, "tema": "Lek", "laget": "2026-11-20"}
    document = {
        "format": "askergeo-innspill",
        "version": 1,
        "side": {"tittel": "Skolene"},
        "crs": "EPSG:25832",
        "innspill": [
            said | {"tekst": "En huske <b>her</b>"},
            said | {"id": "b", "x": 580_500, "tema": "Trafikk", "tekst": "Farlig kryss"},
        ],
    }
    (inbox / "en.json").write_text(json.dumps(document), encoding="utf-8")
    quietly(run, ["innspill", str(inbox), "--ut", str(folder / "innspill")])
    return Kind(folder / "innspill" / "index.html")


def review_pages(folder: Path, demo: Path, run: Callable[[list[str]], int]) -> dict[str, Kind]:
    """Review the example's plan proposal."""
    package = demo / "datapakke"
    plan = next(package.rglob("planforslag.gml"))
    out = folder / "plansjekk"
    quietly(run, ["plansjekk", str(plan), "--data", str(package), "--ut", str(out)], codes=(0, 1))
    return {
        "review": Kind(out / "index.html"),
        "filed": Kind(out / "plansjekk.html", has_map=False),
    }


def quietly(
    run: Callable[[list[str]], int], arguments: list[str], codes: tuple[int, ...] = (0,)
) -> None:
    """Run the command line without its words, and see that it went well."""
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = run(arguments)
    assert code in codes, said.getvalue()
