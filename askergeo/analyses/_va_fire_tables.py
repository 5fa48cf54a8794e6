"""Tables of fire water."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._va_fire_scene import confidence, labels
from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.result import Column, ColumnSum, RowSum, Table
from askergeo.va.firewater import ANSWERS, BASES, UNKNOWN, YES

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.analyses._va_fire_scene import Scene

__all__ = [
    "BUILDING",
    "area_names",
    "area_table",
    "basis_table",
    "distance_table",
    "gap_table",
    "lacking_table",
    "outlet_table",
    "reason_table",
    "type_table",
]

_OUTSIDE: Final = "Utenfor områdene"

BUILDING: Final = {
    "bygning": Column(title="Bygning"),
    "type": Column(title="Bygningstype"),
    "krav_l_s": Column(title="Bør ha", unit="l/s", decimals=0),
    "avstand_m": Column(title="Rett linje til nærmeste uttak", unit="m", decimals=0),
    "uttak": Column(title="Nærmeste uttak"),
    "innenfor": Column(title="Uttak som teller", decimals=0),
    "svar": Column(title="Brannvann"),
    "grunn": Column(title="Grunn"),
    "grunnlag": Column(title="Svaret bygger på"),
    "sikkerhet": Column(title="Sikkerhet"),
}


def type_table(scene: Scene) -> Table:
    """Count the answers by type of building."""
    frame = scene.buildings
    return _count("bygningstyper", "Bygninger etter bygningstype", frame["kode"], frame["type"],
                  frame["svar"])  # fmt: skip


def area_names(
    districts: gpd.GeoDataFrame | None, points: NDArray[np.object_]
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return the number and the name of the district of each point."""
    number = np.full(len(points), "utenfor", dtype=object)
    title = np.full(len(points), _OUTSIDE, dtype=object)
    if districts is None or not len(points):
        return number, title
    codes = districts["grunnkretsnummer"].astype(str)
    names = codes
    if "grunnkretsnavn" in districts:
        names = codes + " " + districts["grunnkretsnavn"].astype("string").fillna("")
    point, area = shapely.STRtree(geometries(districts)).query(points, predicate="intersects")
    number[point[::-1]] = codes.to_numpy(dtype=object)[area[::-1]]
    title[point[::-1]] = names.to_numpy(dtype=object)[area[::-1]]
    return number, title


def area_table(scene: Scene, districts: gpd.GeoDataFrame | None) -> tuple[Table, ...]:
    """Count the answers by district."""
    if districts is None:
        return ()
    frame = scene.buildings
    number, title = area_names(districts, frame.geometry.to_numpy())
    return (_count("omraader", "Bygninger etter område", pd.Series(number), pd.Series(title),
                   frame["svar"]),)  # fmt: skip


def _count(name: str, title: str, key: pd.Series, names: pd.Series, answers: pd.Series) -> Table:
    by, told = np.asarray(key, dtype=object), np.asarray(answers, dtype=object)
    counts = pd.crosstab(by, told).reindex(columns=list(ANSWERS), fill_value=0)
    counts = counts.sort_values("Mangler", ascending=False, kind="stable")
    shown = dict(zip(by, np.asarray(names, dtype=object), strict=True))
    # Labels that do not depend on the order: two runs are matched by them.
    parts = tuple(f"k{one}" for one in counts.index)
    frame = pd.DataFrame(
        {"hva": [*(shown[one] for one in counts.index), "Alle"]}, index=pd.Index([*parts, "alle"])
    )
    for one in ANSWERS:
        frame[one.lower()] = [*counts[one], int(counts[one].sum())]
    columns = {one.lower(): Column(title=one, unit="bygninger", decimals=0) for one in ANSWERS}
    return Table(
        name=name,
        title=title,
        frame=frame,
        columns={"hva": Column(title=title.rpartition(" ")[2].capitalize()), **columns},
        row_sums=(RowSum("alle", parts),),
    )


def reason_table(scene: Scene) -> Table:
    """Count those that lack by why, and by how far they are from a water main."""
    edges = [float(scene.parameters[f"va_brannvann_{one}_m"]) for one in ("avstand", "mellom")]
    near, wide = (format_number(one) for one in edges)
    away = scene.main_m
    groups = {
        "naer": away <= edges[0],
        "mellom": (away > edges[0]) & (away <= edges[1]),
        "borte": away > edges[1],
        "ukjent": np.isnan(away),
    }
    reasons = {"langt": scene.far, "lite": scene.little}
    frame = pd.DataFrame(
        [[int((why & here).sum()) for here in groups.values()] for why in reasons.values()],
        columns=list(groups), index=pd.Index(list(reasons)),
    )  # fmt: skip
    frame.loc["sum"] = frame.sum()
    frame["alle"] = frame.sum(axis=1)
    frame.insert(0, "grunn", ["For langt til uttak, eller for få", "For lite vann", "Alle"])
    titles = {
        "naer": f"Til og med {near} m til vannledning",
        "mellom": f"{near}–{wide} m",
        "borte": f"Over {wide} m",
        "ukjent": "Ukjent avstand",
        "alle": "Alle",
    }
    return Table(
        name="mangler",
        title="Hvorfor bygningene mangler brannvann, og hvor nær vannledningen de er",
        frame=frame,
        columns={
            "grunn": Column(title="Grunn"),
            **{
                name: Column(title=title, unit="bygninger", decimals=0)
                for name, title in titles.items()
            },
        },
        row_sums=(RowSum("sum", tuple(reasons)),),
        column_sums=(ColumnSum("alle", tuple(groups)),),
        note="Rett linje til nærmeste vannledning i bruk som ikke er privat eller stikkledning. "
        "Bygninger langt fra den, som hytter og gårder utenfor nettet, får ikke brannvann av et "
        "nytt uttak på nettet, men av tankbil eller annet.",
    )


def distance_table(scene: Scene) -> Table:
    """Count buildings by the straight line to the nearest outlet."""
    names = ("naer_m", "avstand_m", "praksis_m", "mellom_m")
    edges = sorted({float(scene.parameters[f"va_brannvann_{one}"]) for one in names})
    group = np.searchsorted(edges, scene.found.nearest_m, side="left")
    shown = [format_number(one) for one in edges]
    titles = [f"Til og med {shown[0]} m"]
    titles += [f"{low}–{high} m" for low, high in pairwise(shown)]
    titles += [f"Over {shown[-1]} m, eller ingen uttak"]
    small = scene.found.small
    rows = [[int((mine & (group == one)).sum()) for mine in (small, ~small)]
            for one in range(len(titles))]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["smaahus", "annen"])
    frame.loc[len(frame)] = frame.sum()
    frame.insert(0, "avstand", [*titles, "Alle"])
    frame["alle"] = frame["smaahus"] + frame["annen"]
    parts = tuple(f"a{one}" for one in range(len(titles)))
    frame.index = pd.Index([*parts, "sum"])
    return Table(
        name="avstand",
        title="Rett linje til nærmeste brannuttak",
        frame=frame,
        columns={
            "avstand": Column(title="Avstand"),
            "smaahus": Column(title="Småhus", unit="bygninger", decimals=0),
            "annen": Column(title="Annen bebyggelse", unit="bygninger", decimals=0),
            "alle": Column(title="Alle", unit="bygninger", decimals=0),
        },
        row_sums=(RowSum("sum", parts),),
        column_sums=(ColumnSum("alle", ("smaahus", "annen")),),
        note=f"25–50 m er veiledningen til TEK17 § 11-17, {shown[-1]} m lengste avstand mellom "
        f"uttak. Asker og Bærum brannvesen godtar inntil "
        f"{format_number(float(scene.parameters['va_brannvann_praksis_m']))} m fra angrepsveien "
        "for småhus, i brøytet areal.",
    )


def basis_table(scene: Scene) -> Table:
    """Count the outlets by what their capacity is known by, and whether it is enough."""
    outlets = scene.outlets
    need = float(scene.parameters["va_brannvann_smaahus_l_s"])
    litres = outlets.litres
    enough = np.where(np.isnan(litres), outlets.fit, np.where(litres >= need, YES, 0))
    rows = [
        [int(((outlets.basis == one) & (enough == answer)).sum()) for answer in (YES, 0, UNKNOWN)]
        for one in range(len(BASES))
    ]
    frame = pd.DataFrame(rows, columns=["nok", "for_lite", "ukjent"])
    frame.loc[len(frame)] = frame.sum()
    frame.insert(0, "grunnlag", [*BASES, "Alle"])
    frame.insert(1, "sikkerhet", [*(confidence(one, scene.made) for one in range(len(BASES))), ""])
    parts = tuple(f"g{one}" for one in range(len(BASES)))
    frame.index = pd.Index([*parts, "sum"])
    shown = format_number(need)
    return Table(
        name="grunnlag",
        title="Hva kapasiteten i brannuttakene er kjent ved",
        frame=frame,
        columns={
            "grunnlag": Column(title="Grunnlag"),
            "sikkerhet": Column(title="Sikkerhet"),
            "nok": Column(title=f"Minst {shown} l/s", unit="uttak", decimals=0),
            "for_lite": Column(title=f"Under {shown} l/s", unit="uttak", decimals=0),
            "ukjent": Column(title="Ukjent", unit="uttak", decimals=0),
        },
        row_sums=(RowSum("sum", parts),),
        note="«Etter dimensjon» sier bare om ledningen er stor nok, ikke hvor mye uttaket gir.",
    )


def lacking_table(scene: Scene) -> Table:
    """List the buildings that lack, or of which nobody knows."""
    frame = pd.DataFrame(scene.buildings[list(BUILDING)])
    frame = frame[frame["svar"] != ANSWERS[YES]].sort_values(
        ["svar", "krav_l_s", "avstand_m"], ascending=[True, False, False], kind="stable"
    )
    return Table(
        name="uten",
        title="Bygninger uten brannvann, eller der det er ukjent",
        frame=frame,
        columns=BUILDING,
    )


def outlet_table(scene: Scene) -> Table:
    """List the outlets with what is known of each."""
    outlets, parameters = scene.outlets, scene.parameters
    limit = float(parameters["va_brannvann_mellom_m"])
    sure = [confidence(one, scene.made) for one in range(len(BASES))]
    frame = pd.DataFrame(
        {
            "uttak": outlets.ids,
            "l_s": outlets.l_s,
            "modell_l_s": np.round(outlets.model_l_s, 1),
            "minst": np.where(outlets.model_l_s >= outlets.most_l_s, "eller mer", ""),
            "mm": outlets.dimension_mm,
            "grunnlag": np.array(BASES, dtype=object)[outlets.basis],
            "sikkerhet": np.array(sure, dtype=object)[outlets.basis],
            "neste_m": np.where(np.isinf(outlets.next_m), np.nan, outlets.next_m),
            "langt": np.where(outlets.next_m > limit, "Ja", "Nei"),
        },
        index=labels(outlets.ids),
    )
    bar = format_number(float(parameters["va_hydraulikk_brann_bar"]), 1)
    return Table(
        name="uttak",
        title="Brannuttak",
        frame=frame,
        columns={
            "uttak": Column(title="Uttak"),
            "l_s": Column(title="Målt kapasitet", unit="l/s", decimals=1),
            "modell_l_s": Column(title=f"I modellen, med {bar} bar igjen", unit="l/s", decimals=1),
            "minst": Column(title="Høyst prøvd"),
            "mm": Column(title="Største ledning det står på", unit="mm", decimals=0),
            "grunnlag": Column(title="Kapasiteten er kjent ved"),
            "sikkerhet": Column(title="Sikkerhet"),
            "neste_m": Column(title="Rett linje til neste uttak", unit="m", decimals=0),
            "langt": Column(title=f"Over {format_number(limit)} m til neste"),
        },
        note="Målt er det som er oppgitt i laget, som også kan være beregnet av kommunen. Uttaket "
        "i modellen er alene, funnet til 0,5 l/s, og mer enn «eller mer» er ikke prøvd.",
    )


def gap_table(scene: Scene, districts: gpd.GeoDataFrame | None) -> tuple[Table, ...]:
    """List the stretches of mains without outlets."""
    if not scene.gaps:
        return ()
    middles = np.array([one.middle for one in scene.gaps])
    _, where = area_names(districts, np.asarray(shapely.points(middles), dtype=object))
    far = np.array([one.farthest_m for one in scene.gaps])
    frame = pd.DataFrame(
        {
            "omraade": where,
            "meter": [one.metres for one in scene.gaps],
            "bygninger": [len(one.buildings) for one in scene.gaps],
            "lengst_m": np.where(np.isinf(far), np.nan, far),
            "ost": middles[:, 0],
            "nord": middles[:, 1],
        },
        # By the place: two runs are matched by it.
        index=labels(np.array([f"{x:.0f}-{y:.0f}" for x, y in middles], dtype=object)),
    )
    limit = format_number(float(scene.parameters["va_brannvann_mellom_m"]))
    return (
        Table(
            name="luker",
            title=f"Strekninger med over {limit} m til et brannuttak",
            frame=frame,
            columns={
                "omraade": Column(title="Område"),
                "meter": Column(title="Vannledning", unit="m", decimals=0),
                "bygninger": Column(title="Bygninger langs den", unit="bygninger", decimals=0),
                "lengst_m": Column(title="Lengst til et uttak", unit="m", decimals=0),
                "ost": Column(title="Øst", unit="m", decimals=0),
                "nord": Column(title="Nord", unit="m", decimals=0),
            },
            note="Vannledninger i bruk som ikke er private eller stikkledninger; rett linje. "
            "Bygninger er de innenfor avstanden for annen bebyggelse. Her kan et nytt uttak settes "
            "på en ledning som finnes.",
        ),
    )
