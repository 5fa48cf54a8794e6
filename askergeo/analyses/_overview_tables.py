"""Tables of the overview: one for each subject that the data package has layers of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._overview_area import clipped, inside
from askergeo.catalogue import load_catalogue
from askergeo.crs import ellipsoidal_area
from askergeo.geometry import geometries, polygons_of
from askergeo.result import Column, RowSum, Table

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from askergeo.analyses._overview_area import Cover, Place
    from askergeo.geometry import Geometries

__all__ = [
    "absent_table",
    "area_table",
    "coast_table",
    "cover_table",
    "label_of",
    "layer_table",
    "line_table",
    "resident_table",
]

_DEKAR, _KM, _KM2 = 1e3, 1e3, 1e6
_AGES = ((0, 5), (6, 15), (16, 66), (67, 79), (80, None))
_UNKNOWN = "Ukjent"
# What less than this share of the land is not covered by, is not explained.
_TELLING = 1e-3


def label_of(layer: str, column: str) -> dict[Any, str]:
    """Return the catalogue's labels in bokmål for the codes of a column."""
    return dict(load_catalogue()[layer].columns[column].codes or {})


def area_table(place: Place, crs: str) -> Table:
    """Land, fresh water and sea, in the plane and on the ellipsoid."""
    areas: dict[str, tuple[str, BaseGeometry | None]] = {
        "land": ("Land uten ferskvann", place.dry),
        "ferskvann": ("Ferskvann", place.fresh),
        "uten_sjo": ("Land og ferskvann", None if place.land is None else place.land.area),
        "sjo": ("Sjø", place.sea),
        "i_alt": ("Innenfor kommunegrensen", place.outline),
    }
    measured = {
        key: (None, None)
        if area is None
        else (shapely.area(area), ellipsoidal_area(polygons_of(area), crs))
        for key, (_, area) in areas.items()
    }
    frame = pd.DataFrame(
        {
            "storrelse": [title for title, _ in areas.values()],
            "km2": [_scaled(plane, _KM2) for plane, _ in measured.values()],
            "dekar": [_scaled(plane, _DEKAR) for plane, _ in measured.values()],
            "ellipsoide_km2": [_scaled(curved, _KM2) for _, curved in measured.values()],
        },
        index=list(areas),
    )
    sums = [RowSum("uten_sjo", ("land", "ferskvann"))] if place.dry is not None else []
    return Table(
        name="kommunen",
        title=f"{place.name}: areal",
        frame=frame,
        columns={
            "storrelse": Column(title="Areal"),
            "km2": Column(title="I kartplanet", unit="km²", decimals=2),
            "dekar": Column(title="I kartplanet", unit="dekar", decimals=0),
            "ellipsoide_km2": Column(
                title="På jordellipsoiden",
                unit="km²",
                decimals=2,
                description="Arealet uten kartprojeksjonens målestokk.",
            ),
        },
        row_sums=tuple(sums),
        note="" if place.land is None else f"Land er {place.land.how}.",
    )


def _scaled(value: float | None, unit: float) -> float:
    """Divide; NaN when unknown."""
    return np.nan if value is None else float(value) / unit


def coast_table(place: Place) -> Table | None:
    """Land masses and their shoreline; ``None`` when there is no shoreline."""
    shore = place.shore
    if shore is None:
        return None
    count = len(shore.parts)
    per_part = pd.DataFrame(
        {
            "antall": 1,
            "kyst_km": np.bincount(shore.part, shapely.length(shore.own) / _KM, count),
            "land_dekar": shapely.area(shore.parts) / _DEKAR,
        }
    )
    frame = pd.DataFrame(
        {
            "fastland": per_part[shore.mainland].sum(),
            "oyer": per_part[~shore.mainland].sum(),
            "i_alt": per_part.sum(),
        }
    ).T
    frame.insert(0, "del", ["Fastland", "Øyer i laget", "I alt"])
    return Table(
        name="kyst",
        title="Kyst og øyer i kartlaget",
        frame=frame.astype({"antall": "int64"}),
        columns={
            "del": Column(title="Del"),
            "antall": Column(title="Landområder", unit="antall", decimals=0),
            "kyst_km": Column(title="Kystlinje", unit="km", decimals=1),
            "land_dekar": Column(title="Land og ferskvann", unit="dekar", decimals=0),
        },
        row_sums=(RowSum("i_alt", ("fastland", "oyer")),),
        note="Øyer og kystlinje er de som kartets målestokk har: et generalisert kart har færre "
        "øyer og kortere kyst enn FKB.",
    )


def cover_table(
    source: str, classes: pd.Series[Any], cover: Cover, place: Place
) -> tuple[Table, float]:
    """Land cover by class; also the account's difference in m², which is to be nothing."""
    area = pd.Series(shapely.area(cover.parts), index=classes.to_numpy()).groupby(level=0).sum()
    column = "arealtype" if source == "ar5" else "klasse"
    labels = label_of(source, column)
    order = [code for code in [*labels, *area.index.difference(list(labels))] if code in area.index]
    area = area.loc[[code for code in order if area[code] > 0]]
    keys = [f"klasse_{code}" for code in area.index]
    titles = [labels.get(code, f"{_UNKNOWN} ({code})") for code in area.index]
    ground = float(shapely.area(place.ground))
    uncovered = float(shapely.area(cover.uncovered))
    rows = [
        *zip(keys, titles, area.to_numpy(), strict=True),
        ("dobbelt", "Dekket av flere flater (trekkes fra)", -cover.repeated),
        ("udekket", "Ikke dekket", uncovered),
        ("i_alt", _ground_title(place), ground),
    ]
    values = np.array([value for *_, value in rows], dtype=float)
    frame = pd.DataFrame(
        {
            "klasse": [title for _, title, _ in rows],
            "dekar": values / _DEKAR,
            "andel": 100 * values / ground if ground else np.nan,
        },
        index=[key for key, *_ in rows],
    )
    title = load_catalogue()[source].title
    table = Table(
        name="arealdekke",
        title="Arealdekke",
        frame=frame,
        columns={
            "klasse": Column(title="Klasse"),
            "dekar": Column(title="Areal", unit="dekar", decimals=0),
            "andel": Column(title="Andel", unit="%", decimals=1),
        },
        row_sums=(RowSum("i_alt", tuple(frame.index[:-1])),),
        note=f"Kilde: laget «{title}». {_cover_note(source, cover, place)}",
    )
    return table, float(area.sum()) - cover.repeated + uncovered - ground


def _ground_title(place: Place) -> str:
    return "Innenfor kommunegrensen" if place.land is None else "Land og ferskvann"


def _cover_note(source: str, cover: Cover, place: Place) -> str:
    """Say how coarse the cover is, and how much of what it leaves out is lakes and rivers."""
    texts = []
    if source == "arealdekke":
        texts.append("Laget er generalisert: små flater mangler og grensene er omtrentlige.")
    uncovered = float(shapely.area(cover.uncovered))
    if place.fresh is not None and uncovered > _TELLING * float(shapely.area(place.ground)):
        water = shapely.intersection(cover.uncovered, place.fresh)
        share = 100 * float(shapely.area(water)) / uncovered
        texts.append(f"Av det som ikke er dekket, er {share:.0f} % innsjøer og elver.")
    return " ".join(texts)


def line_table(lines: Mapping[str, tuple[pd.DataFrame, Geometries]]) -> Table | None:
    """Kilometres of roads, paths and railway inside the municipality, by kind.

    Parameters
    ----------
    lines
        For each of ``veg``, ``sti`` and ``jernbane`` that there is: its rows, and their lines
        cut to the municipality.
    """
    rows: dict[str, tuple[str, float]] = {}
    for layer, (frame, cut) in lines.items():
        lengths = pd.Series(shapely.length(cut) / _KM, index=frame.index)
        for key, title, chosen in _line_kinds(layer, frame):
            if chosen.any():
                rows[key] = (title, float(lengths[chosen].sum()))
    if not rows:
        return None
    return Table(
        name="veg_og_sti",
        title="Veg, sti og bane i kartlagene",
        frame=pd.DataFrame.from_dict(rows, orient="index", columns=["type", "km"]),
        columns={
            "type": Column(title="Type"),
            "km": Column(title="Lengde", unit="km", decimals=1),
        },
        note="Tallene gjelder det som er med i lagene; et oversiktskart som N1000 har bare "
        "hovedvegene. Lengden er målt langs senterlinjene innenfor kommunegrensen. Et lag som er "
        "satt sammen av flere kart, kan ha samme veg flere ganger, og kan være fyldigere noen "
        "steder.",
    )


def _line_kinds(layer: str, frame: pd.DataFrame) -> list[tuple[str, str, pd.Series[bool]]]:
    """Name the kinds of a line layer and tell which rows are of each."""
    if layer == "jernbane":
        return [("jernbane", "Jernbane", pd.Series(data=True, index=frame.index))]
    column = "vegtype" if layer == "veg" else "stitype"
    kinds: list[tuple[str, str, pd.Series[bool]]] = []
    for code, title in label_of(layer, column).items():
        chosen = frame[column].eq(code).fillna(value=False).astype(bool)
        if code == "bilveg" and "vegkategori" in frame:
            category = frame["vegkategori"]
            kinds += [
                (
                    f"bilveg_{key}",
                    f"Bilveg: {name.lower()}",
                    chosen & category.eq(key).fillna(False),
                )
                for key, name in label_of("veg", "vegkategori").items()
            ]
            unknown = chosen & category.isna()
            kinds.append(("bilveg_ukjent", "Bilveg uten kjent kategori", unknown))
        else:
            kinds.append((code, title, chosen))
    return kinds


def resident_table(
    population: pd.DataFrame | None, cells: gpd.GeoDataFrame | None, place: Place
) -> Table | None:
    """Residents by age group; of grid cells only the total; ``None`` when neither is there."""
    if population is not None:
        ages, count = population["alder"], population["antall"]
        groups = {
            f"alder_{first}": (
                f"{first}–{last} år" if last is not None else f"{first} år og eldre",
                ages.between(first, np.inf if last is None else last),
            )
            for first, last in _AGES
        }
        if ages.isna().any():
            groups["ukjent"] = ("Ukjent alder", ages.isna())
        rows = {
            key: (title, _total(count[chosen.fillna(value=False).astype(bool)]))
            for key, (title, chosen) in groups.items()
        }
        parts = tuple(rows)
        rows["i_alt"] = ("I alt", _total(count))
        lacking = int(count.isna().sum())
        note = f"Rader uten antall, som ikke er med: {lacking}." if lacking else ""
    elif cells is not None:
        middle = np.asarray(shapely.point_on_surface(geometries(cells)), dtype=object)
        own = cells["bosatte"][inside(middle, place.outline)]
        rows, parts = {"i_alt": ("I alt", _total(own))}, ()
        note = "Ruter med midtpunktet i kommunen; alder er ikke kjent."
        if own.isna().any():
            note += f" Ruter uten tall, som ikke er med: {int(own.isna().sum())}."
    else:
        return None
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["gruppe", "bosatte"])
    return Table(
        name="bosatte",
        title="Bosatte",
        frame=frame.astype({"bosatte": "Int64"}),
        columns={
            "gruppe": Column(title="Alder"),
            "bosatte": Column(title="Bosatte", unit="personer", decimals=0, persons=True),
        },
        row_sums=(RowSum("i_alt", parts),) if parts else (),
        note=note,
    )


def _total(count: pd.Series[Any]) -> Any:  # noqa: ANN401  (a number, or pandas' NA)
    """Sum; none is zero, but only unknown numbers are unknown."""
    return count.sum(min_count=1) if len(count) else 0


def layer_table(
    layers: Mapping[str, pd.DataFrame], place: Place, cuts: Mapping[str, Geometries]
) -> Table:
    """List the layers: what each holds, and how much of that is in the municipality.

    ``cuts`` are layers whose geometries have been cut to the municipality already.
    """
    catalogue = load_catalogue()
    rows = {}
    for layer in (one for one in catalogue if one in layers):
        found = _content(layer, layers[layer], cuts.get(layer), place)
        rows[layer] = {"lag": catalogue[layer].title, "tema": catalogue[layer].theme, **found}
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame = frame.reindex(columns=["lag", "tema", "rader", "inne", "km", "dekar"])
    number: dict[str, Any] = {"unit": "antall", "decimals": 0}
    return Table(
        name="lag",
        title="Lag i datapakken",
        frame=frame.astype({"rader": "Int64", "inne": "Int64", "km": float, "dekar": float}),
        columns={
            "lag": Column(title="Lag"),
            "tema": Column(title="Tema"),
            "rader": Column(title="Rader", **number),
            "inne": Column(title="Rader i kommunen", **number),
            "km": Column(title="Lengde i kommunen", unit="km", decimals=1),
            "dekar": Column(
                title="Areal i kommunen",
                unit="dekar",
                decimals=0,
                description="Flatenes areal lagt sammen; flater som overlapper, teller hver gang.",
            ),
        },
        note="Punkter har verken lengde eller areal, og linjer har ikke areal. Flater som "
        "overlapper, teller hver gang. Dato, eier og lisens står under kilder.",
    )


def absent_table(layers: Container[str]) -> Table | None:
    """List the vector layers that are not used, and what each would allow."""
    catalogue = load_catalogue()
    absent = [
        layer
        for layer in catalogue.values()
        if layer.geometry != "raster" and layer.id not in layers
    ]
    if not absent:
        return None
    return Table(
        name="lag_mangler",
        title="Lag som ikke er med",
        frame=pd.DataFrame(
            {
                "lag": [layer.title for layer in absent],
                "tema": [layer.theme for layer in absent],
                "gir": [layer.allows for layer in absent],
            },
            index=[layer.id for layer in absent],
        ),
        columns={
            "lag": Column(title="Lag"),
            "tema": Column(title="Tema"),
            "gir": Column(title="Med laget kan du"),
        },
        note="Laget mangler i datapakken, eller det dekker bare en del av kommunen; det siste "
        "står i så fall under kartlag som manglet.",
    )


def _content(
    layer: str, frame: pd.DataFrame, cut: Geometries | None, place: Place
) -> dict[str, Any]:
    """Measure a layer: rows in all, rows inside, and their length or area inside."""
    if "geometry" not in frame or layer == "kommunegrense":
        # The boundary may be there twice, with and without the sea.
        return {"rader": len(frame)}
    shapes = geometries(frame)
    dimension = shapely.get_dimensions(shapes)
    if (dimension == 0).all():
        return {"rader": len(frame), "inne": int(inside(shapes, place.reach).sum())}
    if cut is None:
        cut = clipped(shapes, place.outline)
    found: dict[str, Any] = {"rader": len(frame), "inne": int((~shapely.is_empty(cut)).sum())}
    if (dimension == 1).any():
        found["km"] = float(shapely.length(cut[dimension == 1]).sum()) / _KM
    if (dimension == 2).any():  # noqa: PLR2004  (a surface has two dimensions)
        found["dekar"] = float(shapely.area(cut).sum()) / _DEKAR
    return found
