"""Map layers of the 5-minute settlements: places and ways, never the number of persons at one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._background import drawn_centres
from askergeo.analyses._reach_services import GROUPS
from askergeo.analyses._reach_tables import minutes_text
from askergeo.catalogue import load_catalogue
from askergeo.result import Column, MapLayer, Style, StyleClass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from askergeo.analyses._reach_tables import Reach
    from askergeo.geometry import Geometries

__all__ = [
    "address_layers",
    "break_layer",
    "catchment_layer",
    "centre_layer",
    "moved_layer",
    "service_layer",
    "squares",
    "unsnapped_layer",
]

UNKNOWN = "Ukjent"
# One hue from little to much: told apart by lightness alone.
_SCALE = ("#d5dcea", "#8db3d6", "#3a7fb8", "#08306b")
_GREY = "#bdbdbd"
# Checks of the data: no answer has this colour.
_CHECK = "#6a3d9a"
_CATCHMENT = ("#0072b2", "#56b4e9", "#c6e5f5")
# More addresses than this are drawn on the page as squares.
_POINTS = 12_000
_SQUARE_M = 100.0
_NEIGHBOURS = (50, 200, 500, 1000, 2000)
_NEIGHBOUR_NAMES = ("under 50", "50–199", "200–499", "500–999", "1000–1999", "2000 eller flere")


def address_layers(
    reach: Reach, main: str, neighbours: Mapping[str, NDArray[np.float64]], crs: object
) -> tuple[MapLayer, ...]:
    """Draw every address by how many groups it reaches within the shortest limit.

    Parameters
    ----------
    main
        Profile that is drawn.
    neighbours
        For each profile, residents within each limit of each home, (r, l), NaN unknown: told in
        wide classes and for all ages only, for the difference between two neighbours' counts
        would be a count of few.
    """
    limit = reach.limits[0]
    first = next(iter(reach.times))
    data: dict[str, Any] = {}
    columns: dict[str, Column] = {}
    for profile, times in reach.times.items():
        title = reach.titles[profile]
        data[f"grupper_{profile}"] = _words(times.reached(limit), len(times.groups))
        columns[f"grupper_{profile}"] = Column(
            title=f"Grupper innen {minutes_text(limit)} min, {title.lower()}"
        )
        for group, minutes in times.groups.items():
            data[f"{group}_{profile}"] = _shown(minutes)
            columns[f"{group}_{profile}"] = Column(
                title=f"{GROUPS[group]}, {title.lower()}", unit="min", decimals=1
            )
    for number, one in enumerate(reach.services.ids):
        name = "til_" + one.replace(":", "_")
        data[name] = _shown(reach.times[first].service[:, number])
        columns[name] = Column(
            title=f"{reach.services.titles[number]}, {reach.titles[first].lower()}",
            unit="min",
            decimals=1,
        )
    for profile, counts in neighbours.items():
        for number, one_limit in enumerate(reach.limits):
            name = f"bosatte_{profile}_{minutes_text(one_limit).replace(',', '_')}"
            data[name] = _classes(counts[:, number])
            columns[name] = Column(
                title=f"Bosatte innen {minutes_text(one_limit)} min, "
                f"{reach.titles[profile].lower()}"
            )
    index = pd.Index(reach.people.ids)
    frame = gpd.GeoDataFrame(data, geometry=reach.people.points, crs=crs, index=index)
    frame = frame[~frame.index.duplicated()]
    style = _group_style(reach, f"grupper_{main}")
    who = reach.titles[main].lower()
    many = len(frame) > _POINTS
    addresses = MapLayer(
        name="adresser",
        title=f"Adresser etter grupper nådd innen {minutes_text(limit)} minutter ({who})",
        frame=frame,
        columns=columns,
        style=style,
        note="Alle adresser er med, også dem uten bosatte. Minutter er rundet opp. Tomme minutter: "
        "ingen veg dit, eller ukjent. Bosatte i nærheten står i vide klasser av hensyn til "
        "personvern.",
        on_page=not many,
    )
    return (addresses, squares(frame, f"grupper_{main}", addresses)) if many else (addresses,)


def squares(frame: gpd.GeoDataFrame, column: str, like: MapLayer) -> MapLayer:
    """Draw squares by what most of their addresses reach: light enough for the page."""
    corner = np.floor(shapely.get_coordinates(frame.geometry.to_numpy()) / _SQUARE_M)
    counted = pd.DataFrame({"x": corner[:, 0], "y": corner[:, 1], column: frame[column].to_numpy()})
    size = counted.groupby(["x", "y", column], as_index=False).size()
    most = size.sort_values(["size", column], ascending=[False, True]).drop_duplicates(["x", "y"])
    most = most.sort_values(["x", "y"])
    x, y = most["x"].to_numpy() * _SQUARE_M, most["y"].to_numpy() * _SQUARE_M
    return replace(
        like,
        name="ruter",
        title=like.title.replace("Adresser", "Ruter på 100 m", 1),
        frame=gpd.GeoDataFrame(
            {column: most[column].to_numpy()},
            geometry=shapely.box(x, y, x + _SQUARE_M, y + _SQUARE_M),
            crs=frame.crs,
            index=[f"{one:.0f} {two:.0f}" for one, two in zip(x, y, strict=True)],
        ),
        columns={column: like.columns[column]},
        style=replace(like.style, width=0.0, opacity=0.85),
        note="Hver rute har fargen til det som flest av adressene i den når.",
        on_page=True,
    )


def _group_style(reach: Reach, column: str) -> Style:
    groups = len(reach.services.groups)
    colours = [_SCALE[round(n * (len(_SCALE) - 1) / max(groups, 1))] for n in range(groups + 1)]
    classes = [
        StyleClass(value=word, label=word, fill=colour, stroke="#5f6b7a")
        for word, colour in zip(_group_words(groups), colours, strict=True)
    ]
    classes.append(StyleClass(value=UNKNOWN, label=UNKNOWN, fill="#ffffff", stroke="#8c8c8c"))
    return Style(column=column, classes=tuple(classes), size=1.1, width=0.1)


def _group_words(groups: int) -> list[str]:
    words = [f"{n} av {groups}" for n in range(groups + 1)]
    words[0] = "Ingen"
    if groups:
        words[-1] = "Alle"
    return words


def _words(reached: NDArray[np.float64], groups: int) -> NDArray[np.object_]:
    unknown = np.isnan(reached)
    words = np.array([*_group_words(groups), UNKNOWN], dtype=object)
    place = np.where(unknown, len(words) - 1, np.nan_to_num(reached)).astype(int)
    return np.asarray(words[place], dtype=object)


def _shown(minutes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round up to a tenth, so that what is shown as 5,0 is counted within 5; NaN: no way."""
    tenths = np.ceil(np.round(minutes * 10, 6)) / 10
    return np.where(np.isfinite(minutes), tenths, np.nan)


def _classes(count: NDArray[np.float64]) -> NDArray[np.object_]:
    names = np.array([*_NEIGHBOUR_NAMES, UNKNOWN], dtype=object)
    place = np.searchsorted(_NEIGHBOURS, np.nan_to_num(count), side="right")
    return np.asarray(names[np.where(np.isnan(count), len(names) - 1, place)], dtype=object)


def catchment_layer(
    polygons: Sequence[shapely.Geometry], limits: Sequence[float], who: str, crs: object
) -> MapLayer:
    """Draw the ground within each limit of the nearest centre, ring by ring."""
    names = [f"Innen {minutes_text(limit)} minutter" for limit in limits]
    rings = [
        polygon if not number else shapely.difference(polygon, polygons[number - 1])
        for number, polygon in enumerate(polygons)
    ]
    frame = gpd.GeoDataFrame({"innen": names}, geometry=rings, crs=crs)
    colours = [_CATCHMENT[min(n, len(_CATCHMENT) - 1)] for n in range(len(names))]
    classes = tuple(
        StyleClass(value=name, label=name, fill=colour, stroke=colour)
        for name, colour in zip(names, colours, strict=True)
    )
    return MapLayer(
        name="omland",
        title=f"Gangavstand til nærmeste senter ({who.lower()})",
        frame=frame[~frame.geometry.is_empty],
        columns={"innen": Column(title="Gangtid")},
        style=Style(column="innen", classes=classes, width=0.1, opacity=0.35),
        note="Flatene er bare til kartet (30 m på hver side av vegene); folk er talt på nettet.",
    )


def centre_layer(centres: pd.DataFrame, points: Geometries, crs: object) -> MapLayer:
    """Draw the centres with their names."""
    frame = gpd.GeoDataFrame(
        {"navn": centres["navn"].to_numpy(), "niva": centres["niva_navn"].to_numpy()},
        geometry=points,
        crs=crs,
        index=pd.Index(centres["senter_id"].to_numpy()),
    )
    return drawn_centres(frame)


def service_layer(reach: Reach, crs: object) -> MapLayer:
    """Draw the services by group."""
    services = reach.services
    group = np.full(len(services.points), "Ikke i kravet", dtype=object)
    for name in services.groups:
        group[services.in_group(name)] = GROUPS[name]
    colours = {c.label: c.fill for c in load_catalogue()["tjeneste"].style.classes}
    classes = tuple(
        StyleClass(value=title, label=title, fill=colours.get(title, _GREY), stroke="#ffffff")
        for title in (*GROUPS.values(), "Ikke i kravet")
    )
    return MapLayer(
        name="tjenester",
        title="Tjenester",
        frame=gpd.GeoDataFrame(
            {
                "type": np.array(services.titles, dtype=object)[services.kind],
                "gruppe": group,
                "navn": services.labels,
            },
            geometry=services.points,
            crs=crs,
            index=_labels(services.points, np.array(services.ids, dtype=object)[services.kind]),
        ),
        columns={
            "type": Column(title="Type"),
            "gruppe": Column(title="Gruppe"),
            "navn": Column(title="Navn"),
        },
        style=Style(column="gruppe", classes=classes, size=1.4, fill=_GREY, stroke="#ffffff"),
    )


def _labels(points: NDArray[np.object_], kind: NDArray[np.object_] | None = None) -> pd.Index[str]:
    """Label points by where they lie, so that two runs know them again."""
    names = pd.Series([f"{x:.1f} {y:.1f}" for x, y in _xy(points)], dtype=str)
    if kind is not None:
        names = pd.Series(kind, dtype=str) + " " + names
    again = names.groupby(names).cumcount().astype(str)
    return pd.Index(names.where(again == "0", names + " nr. " + again))


def _xy(points: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the middle of each point or multipoint, (p, 2); NaN without geometry."""
    middle = shapely.centroid(points)
    return np.column_stack([shapely.get_x(middle), shapely.get_y(middle)])


def unsnapped_layer(
    what: Mapping[str, tuple[NDArray[np.object_], NDArray[np.float64]]], crs: object
) -> MapLayer:
    """Draw what does not meet the network: points and metres to it, by kind."""
    kinds = [kind for kind, (points, _) in what.items() for _ in points]
    points = np.concatenate([points for points, _ in what.values()])
    metres = np.concatenate([metres for _, metres in what.values()])
    fills = {"Adresse": _CHECK, "Tjeneste": "#000000", "Senter": "#8c510a"}
    frame = gpd.GeoDataFrame(
        {"hva": np.array(kinds, dtype=object), "meter": metres}, geometry=points, crs=crs
    )
    return MapLayer(
        name="ikke_koblet",
        title="Ikke koblet til gangnettet",
        frame=frame,
        columns={
            "hva": Column(title="Hva"),
            "meter": Column(title="Til nettet", unit="m", decimals=0),
        },
        style=Style(
            column="hva",
            size=1.8,
            classes=tuple(
                StyleClass(value=kind, label=kind, fill=fill, stroke="#ffffff")
                for kind, fill in fills.items()
            ),
        ),
        visible=False,
    )


def break_layer(gaps: gpd.GeoDataFrame) -> MapLayer:
    """Draw the breaks in the network that somebody should look at."""
    middle = shapely.line_interpolate_point(gaps.geometry.to_numpy(), 0.5, normalized=True)
    frame = gaps[["lengde_m", "geometry"]].set_axis(_labels(middle))
    return MapLayer(
        name="brudd",
        title="Brudd i gangnettet som noen må se på",
        frame=frame,
        columns={"lengde_m": Column(title="Lengde", unit="m", decimals=1)},
        style=Style(fill=_CHECK, stroke=_CHECK, width=0.8),
        on_page=len(frame) <= _POINTS,
        visible=False,
    )


def moved_layer(moved: gpd.GeoDataFrame) -> MapLayer:
    """Draw what was moved to make the lines meet, and how far: for QGIS."""
    middle = shapely.line_interpolate_point(moved.geometry.to_numpy(), 0.5, normalized=True)
    onto = moved["rule"].map({"linje": "Til en annen linje", "node": "Til en annen ende"})
    return MapLayer(
        name="flyttet",
        title="Linjeender som er flyttet for at nettet skal henge sammen",
        frame=moved[["lengde_m", "geometry"]].assign(flyttet=onto).set_axis(_labels(middle)),
        columns={
            "lengde_m": Column(title="Flyttet", unit="m", decimals=2),
            "flyttet": Column(title="Hvor"),
        },
        style=Style(fill="#0072b2", stroke="#0072b2", width=0.8),
        on_page=False,
    )
