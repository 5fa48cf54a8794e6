"""An attacker with all four files, and the sums that they state, recovers no small count.

It reads the files as anyone can, takes a cell as known when any file shows it, and solves for the
rest in whole numbers. Nothing is shared with the implementation but the files.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from lxml import html
from scipy.optimize import Bounds, LinearConstraint, milp

from askergeo.compare import compare
from askergeo.outputs.write import write_all
from askergeo.result import Column, ColumnSum, Fact, MapLayer, Result, RowSum, Table

if TYPE_CHECKING:
    from pathlib import Path

AGES = ("barn", "voksne", "eldre")
PLACES = [f"k{number}" for number in range(7)]
Cell = tuple[int, str, str]  # result, row, column


def counts(seed: int) -> pd.DataFrame:
    """Residents by place and age, with a subtotal, a total and a sum over the ages."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        random.poisson(random.choice([1, 6, 40], (7, 3))), columns=AGES, index=PLACES
    )
    frame.loc["nord"] = frame.loc[PLACES[:3]].sum()
    frame.loc["alle"] = frame.loc[PLACES].sum()
    frame["sum"] = frame.sum(axis=1)
    return frame


def result(frame: pd.DataFrame) -> Result:
    persons = {
        name: Column(title=name.capitalize(), unit="personer", decimals=0, persons=True)
        for name in frame
    }
    columns = {
        "sted": Column(title="Sted"),
        **persons,
        "andel": Column(title="Andel barn", unit="%", decimals=1, derived_from=("barn", "sum")),
    }
    whole = frame.assign(andel=100 * frame["barn"] / frame["sum"].clip(lower=1))
    whole.insert(0, "sted", whole.index)
    points = gpd.GeoDataFrame(
        whole.loc[PLACES, ["sted", "barn", "andel"]],
        geometry=[shapely.Point(n, n) for n in range(7)],
        crs=25832,
    )
    return Result(
        analysis="bosatte",
        title="Bosatte",
        template="{barn} barn av {sum}.",
        facts={
            "barn": Fact(
                title="Barn",
                value=int(frame.loc["k0", "barn"]),
                persons=True,
                cell=("steder", "k0", "barn"),
            ),
            "sum": Fact(
                title="Sum",
                value=int(frame.loc["k0", "sum"]),
                persons=True,
                cell=("steder", "k0", "sum"),
            ),
        },
        tables=(
            Table(
                name="steder",
                title="Steder",
                frame=whole,
                columns=columns,
                row_sums=(RowSum("nord", tuple(PLACES[:3])), RowSum("alle", ("nord", *PLACES[3:]))),
                column_sums=(ColumnSum("sum", AGES),),
            ),
        ),
        layers=(
            MapLayer(
                name="kart",
                title="Steder",
                frame=points,
                columns={n: columns[n] for n in ("sted", "barn", "andel")},
                rows_of="steder",
            ),
        ),
    )


def number(text: object) -> float | None:
    """Read a Norwegian number; a sign is no number."""
    plain = str(text).replace("\u00a0", "").replace("\u2212", "-").replace(",", ".")
    return None if plain in {":", "..", "", "None", "nan", "<NA>"} else float(plain)


def unpacked(page: html.HtmlElement) -> dict[str, bytes]:
    """Return the sections of the page's data."""
    raw = zlib.decompress(base64.b64decode(page.get_element_by_id("askergeo-data").text), -15)
    size = int.from_bytes(raw[:4], "little")
    sections = json.loads(raw[4 : 4 + size])["sections"]
    return {name: raw[4 + size + at :][:length] for name, (at, length) in sections.items()}


def read(paths: dict[str, Path]) -> tuple[dict[Cell, float], dict]:  # noqa: C901, PLR0912  (a step a file)
    """All cells that any file shows."""
    document = json.loads(paths["json"].read_text(encoding="utf-8"))
    known: dict[Cell, float] = {}

    def see(cell: Cell, value: object) -> None:
        found = None if cell[2] in {"sted", "endring"} else number(value)
        if found is not None:
            known.setdefault(cell, found)

    # For people the difference, which is the last result, comes first.
    sheets = dict(
        zip((2, 0, 1), openpyxl.load_workbook(paths["regneark"]).worksheets[3:-1], strict=True)
    )
    page = html.parse(str(paths["side"])).getroot()
    side = json.loads(page.get_element_by_id("askergeo-side").text)
    data = unpacked(page)
    layers = {name for name, _ in pyogrio.list_layers(paths["geopackage"])}
    for at, part in enumerate(document["resultater"]):
        table = part["tabeller"][0]
        section = page.get_element_by_id(f"analyse-{at + 1}")
        names = [column["navn"] for column in table["kolonner"]]
        header = {
            f"{c['tittel']} ({c['enhet']})" if c["enhet"] else c["tittel"]: c["navn"]
            for c in table["kolonner"]
        }
        labels = [row["rad"] for row in table["rader"]]
        for row in table["rader"]:
            for name, value in zip(names, row["verdier"], strict=True):
                see((at, row["rad"], name), value)
        for label, line in zip(
            labels, sheets[at].iter_rows(min_row=2, values_only=True), strict=True
        ):
            for column, value in zip(table["kolonner"], line, strict=True):
                see((at, label, column["navn"]), value)
        for label, line in zip(labels, section.find(".//table/tbody"), strict=True):
            for name, cell in zip(names, line.iter("th", "td"), strict=False):
                see((at, label, name), cell.text_content())
        # Tables and layers of the page that belong to this result, by its own part of the page.
        (block,) = section.xpath(".//*[contains(@class, 'table-block')]")
        assert block.get("data-table") in {one["name"] for one in side["tables"]}
        for number_, one in enumerate(side["tables"]):
            if one["id"] != block.get("id"):
                continue
            for label, cells, *_ in json.loads(data[f"T{number_}.rows"]):
                for name, value in zip(names, cells, strict=True):
                    see((at, label, name), value)
        for number_, layer in enumerate(side["layers"]):
            if layer["table"] != block.get("data-table"):
                continue
            for title, cells in zip(
                layer["headers"], json.loads(data[f"L{number_}.cells"]), strict=True
            ):
                for label, value in zip(json.loads(data[f"L{number_}.labels"]), cells, strict=True):
                    see((at, label, header.get(title, "endring")), value)
        suffix = f"_{at + 1}" if at else ""
        for name in (f"bosatte_steder{suffix}_tabell", f"bosatte_kart{suffix}"):
            assert name in layers
            stored = pyogrio.read_dataframe(
                paths["geopackage"], layer=name, read_geometry=False
            ).set_index("rad")
            for column in set(stored.columns) & set(names):
                for label, value in stored[column].items():
                    see((at, label, column), value)
        for name, fact in part["nokkeltall"].items():
            see((at, "k0", name), fact["verdi"])
    # The text for a case tells the key figures, in the order of the page.
    told = (paths["json"].parent / "saksfremlegg.txt").read_text("utf-8")
    for at, block in zip((2, 0, 1), told.split("\nFakta\n")[1:], strict=True):
        of_title = {
            fact["tittel"]: name for name, fact in document["resultater"][at]["nokkeltall"].items()
        }
        for title, value in re.findall(r"^– (.+): (\S+)", block, re.MULTILINE):
            if title in of_title:
                see((at, "k0", of_title[title]), value.removesuffix("."))
    return known, document


def interval(
    cell: Cell,
    known: dict[Cell, float],
    equations: list[tuple[Cell, list[Cell]]],
    signed: set[Cell],
) -> tuple[float, float]:
    """Solve for the whole numbers that an unseen cell may be."""
    unseen = sorted(
        {c for total, parts in equations for c in (total, *parts) if c not in known} | {cell}
    )
    place = {c: at for at, c in enumerate(unseen)}
    matrix, right = [], []
    for total, parts in equations:
        row, sum_ = np.zeros(len(unseen)), 0.0
        for c, sign in [(total, -1.0), *((part, 1.0) for part in parts)]:
            if c in place:
                row[place[c]] += sign
            else:
                sum_ -= sign * known[c]
        if row.any():
            matrix.append(row)
            right.append(sum_)
    low = np.array([-5_000.0 if c in signed else 1.0 for c in unseen])
    ends = []
    for sign in (1.0, -1.0):
        aim = np.zeros(len(unseen))
        aim[place[cell]] = sign
        limits = [LinearConstraint(np.array(matrix), right, right)] if matrix else []
        answer = milp(
            aim, constraints=limits, bounds=Bounds(low, 5_000), integrality=np.ones(len(unseen))
        )
        assert answer.status == 0, "the files contradict each other"
        ends.append(round(answer.x[place[cell]]))
    return ends[0], ends[1]


@pytest.mark.parametrize("seed", range(8))
def test_all_files_together_tell_no_small_count(seed: int, tmp_path: Path) -> None:
    base, other = counts(seed), counts(seed)
    # The scenario adds people in three places, few in one of them.
    for place, more in (("k0", 2), ("k3", 60), ("k5", 7)):
        for label in (place, "alle", *(["nord"] if place == "k0" else [])):
            other.loc[label, ["voksne", "sum"]] += more
    one, two = result(base), result(other)
    known, document = read(write_all([one, two, compare(one, two)], tmp_path / "ut"))
    equations: list[tuple[Cell, list[Cell]]] = []
    signed: set[Cell] = set()
    for at, part in enumerate(document["resultater"]):
        table = part["tabeller"][0]
        rows = [row["rad"] for row in table["rader"]]
        persons = [c["navn"] for c in table["kolonner"] if c["personer"]]
        signed |= {(at, row, name) for row in rows for name in persons if name.endswith("_endring")}
        equations += [
            ((at, s["sum"], n), [(at, d, n) for d in s["deler"]])
            for s in table["radsummer"]
            for n in persons
        ]
        equations += [
            ((at, row, s["sum"]), [(at, row, d) for d in s["deler"]])
            for s in table["kolonnesummer"]
            for row in rows
            if s["sum"] in persons
        ]
    # The comparison repeats the two others.
    equations += [((2, row, n), [(0, row, n)]) for row in base.index for n in base]
    equations += [((2, row, f"{n}_scenario"), [(1, row, n)]) for row in base.index for n in base]
    small = [
        (at, row, n)
        for at, f in ((0, base), (1, other))
        for row in f.index
        for n in f
        if 0 < f.loc[row, n] < 5
    ]
    assert small, "a test without small counts tests nothing"
    for cell in small:
        assert cell not in known, cell
        low, high = interval(cell, known, equations, signed)
        assert high - low >= 4, (cell, low, high)
    for at, frame in ((0, base), (1, other)):
        for row in frame.index:
            hidden = (at, row, "barn") not in known or (at, row, "sum") not in known
            assert not (hidden and (at, row, "andel") in known), (
                row,
                "the share gives the count away",
            )
