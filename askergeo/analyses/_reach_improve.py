"""What would give more people a 5-minute settlement: a new service, or a new link."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from askergeo.analyses._reach_gaps import best_sites, reversed_costs
from askergeo.analyses._reach_links import best_links, links_of
from askergeo.analyses._reach_services import GROUPS
from askergeo.analyses._reach_tables import (
    counted_table,
    lacking,
    minutes_text,
    person_column,
)
from askergeo.analyses._reach_times import subset
from askergeo.network.paths import Network
from askergeo.result import Column, MapLayer, Style, StyleClass

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.analyses._reach_links import Link, Links
    from askergeo.analyses._reach_tables import Reach
    from askergeo.network.snapping import Places
    from askergeo.parameters import Parameters
    from askergeo.result import Table

__all__ = ["Improvements", "improvements"]

_GROUP_FILLS = {"hverdag": "#0072b2", "helse": "#d55e00", "sosial": "#009e73"}


@dataclass(frozen=True)
class Improvements:
    """Tables and map layers of the best places and links.

    ``best_site`` is the row of the table of places that gives most, ``best_link`` that of the
    table of links; empty when there is none. ``unsnapped_links`` are drawn links that do not
    reach the network.
    """

    tables: tuple[Table, ...] = ()
    layers: tuple[MapLayer, ...] = ()
    best_site: str = ""
    best_link: str = ""
    unsnapped_links: tuple[str, ...] = ()


def improvements(
    found: Reach,
    network: Network,
    *,
    homes: Places,
    services: Places,
    gaps: gpd.GeoDataFrame,
    drawn: gpd.GeoDataFrame | None,
    centre_points: NDArray[np.object_],
    profile: str,
    parameters: Parameters,
) -> Improvements:
    """Find where a missing group, and which link, would serve most people.

    Nothing can be said when a group is unknown altogether.
    """
    if found.services.absent:
        return Improvements()
    ages = ["eldre", "alle"] if found.people.by_age else ["alle"]
    weights = np.column_stack([found.people.group(age) for age in ages])
    names = _Near(found.centres, centre_points)
    site_table, site_layer = _sites(
        found,
        network,
        homes,
        weights,
        names,
        profile=profile,
        count=parameters["steder_per_gruppe"],
    )
    links = links_of(network.graph, gaps, drawn, parameters["lenke_koble_m"])
    ranked = best_links(
        network,
        links,
        homes,
        targets={g: subset(services, found.services.in_group(g)) for g in found.services.groups},
        minutes=found.times[profile].groups,
        weights=np.where(found.known[:, None], weights, 0.0),
        second_per_metre=network.costs.access,
        limits=found.limits,
        count=parameters["lenker_vist"],
    )
    link_table, link_layer = _links(found, links, ranked, names, profile)
    link_layer = replace(link_layer, frame=link_layer.frame.set_crs(network.graph.crs))
    sums = site_table.frame[site_table.frame["nummer"] == ""]
    best = str(sums.sort_values(ages, ascending=False).index[0]) if len(sums) else ""
    return Improvements(
        tables=(site_table, link_table),
        layers=(site_layer, link_layer),
        best_site=best,
        best_link=str(link_table.frame.index[0]) if len(link_table.frame) else "",
        unsnapped_links=tuple(str(links.names[n]) for n in links.unsnapped if links.names[n]),
    )


class _Near:
    """Says near which centre a place is."""

    def __init__(self, centres: pd.DataFrame, points: NDArray[np.object_]) -> None:
        there = ~shapely.is_missing(points)
        self.names = centres["navn"].astype(str).to_numpy()[there]
        self.tree = shapely.STRtree(points[there])

    def name(self, point: shapely.Point) -> str:
        """Return the nearest centre and the distance to it as the crow flies."""
        if not len(self.names):
            return f"{point.x:.0f} øst, {point.y:.0f} nord"
        nearest = int(self.tree.nearest(point))
        metres = float(shapely.distance(point, self.tree.geometries[nearest]))
        return f"{self.names[nearest]}, {round(metres, -1):.0f} m unna"


def _sites(
    found: Reach,
    network: Network,
    homes: Places,
    weights: NDArray[np.float64],
    names: _Near,
    *,
    profile: str,
    count: int,
) -> tuple[Table, MapLayer]:
    """Place each group one by one where most lack only that."""
    limit = found.limits[0]
    parts = lacking(found.times[profile], limit, found.known)
    lone = {group: members for group, (_, members) in parts.items() if group in GROUPS}
    outward = Network.of(network.graph, reversed_costs(network.costs))
    records: list[dict[str, Any]] = []
    points = []
    for group, members in lone.items():
        sites = best_sites(
            network, outward, homes, members, weights, limit=limit * 60.0, count=count
        )
        union = np.zeros(len(members), dtype=bool)
        for number, site in enumerate(sites, start=1):
            point = _on_network(network, homes, site.row)
            label = f"{group} {point.x:.0f} {point.y:.0f}"
            points.append(point)
            union |= site.covered
            records.append(
                {
                    "rad": label,
                    "gruppe": GROUPS[group],
                    "nummer": str(number),
                    "sted": names.name(point),
                }
                | _counted(found, site.covered)
            )
        if sites:
            records.append(
                {
                    "rad": f"{group} i alt",
                    "gruppe": GROUPS[group],
                    "nummer": "",
                    "sted": "Alle stedene",
                }
                | _counted(found, union)
            )
    columns = {
        "gruppe": Column(title="Ny tjeneste"),
        "nummer": Column(title="Nummer"),
        "sted": Column(title="Hvor (nærmeste senter)"),
    } | _person_columns(found)
    who, minutes = found.titles[profile].lower(), minutes_text(limit)
    table = counted_table(
        "steder",
        f"Hvor en ny tjeneste gir flest alt innen {minutes} minutter ({who})",
        records,
        columns,
        note="Bosatte som har de andre gruppene fra før. Stedene er valgt ett om gangen, så ingen "
        "er talt to ganger. Stedet er et punkt på gangnettet, ikke en tomt.",
    )
    placed = table.frame[table.frame["nummer"] != ""].drop(columns="nummer")
    classes = tuple(
        StyleClass(value=title, label=title, fill=_GROUP_FILLS[group], stroke="#000000")
        for group, title in GROUPS.items()
    )
    layer = MapLayer(
        name="steder",
        title="Beste sted for en ny tjeneste",
        frame=gpd.GeoDataFrame(placed, geometry=points, crs=network.graph.crs),
        columns={name: column for name, column in columns.items() if name in placed},
        style=Style(column="gruppe", classes=classes, size=4.0, width=0.6),
        rows_of="steder",
    )
    return table, layer


def _links(
    found: Reach,
    links: Links,
    ranked: list[Link],
    names: _Near,
    profile: str,
) -> tuple[Table, MapLayer]:
    """Write the best links as a table and a layer."""
    records: list[dict[str, Any]] = []
    for link in ranked:
        line = links.lines[link.number]
        at = shapely.line_interpolate_point(line, 0.5, normalized=True)
        middle = shapely.Point(*shapely.get_coordinates(at)[0])
        label = f"{middle.x:.1f} {middle.y:.1f}"
        records.append(
            {
                "rad": label,
                "lenke": links.names[link.number] or "Brudd i gangnettet",
                "sted": names.name(middle),
                "lengde_m": float(shapely.length(line)),
                **_counted(found, link.complete),
                "raskere": float(found.people.total[link.faster].sum()),
                "spart": _two_digits(link.saved),
            }
        )
    columns = (
        {
            "lenke": Column(title="Lenke"),
            "sted": Column(title="Hvor (nærmeste senter)"),
            "lengde_m": Column(title="Lengde", unit="m", decimals=1),
        }
        | _person_columns(found)
        | {
            "raskere": person_column("Får kortere veg"),
            "spart": Column(
                title="Spart gangtid",
                unit="personminutter",
                decimals=0,
                derived_from=("raskere",),
                description="Minutter spart til hver gruppe, summert over dem som sparer; to "
                "sifre, og nærmeste 10.",
            ),
        }
    )
    who = found.titles[profile].lower()
    table = counted_table(
        "lenker",
        f"Lenkene som gir flest et {minutes_text(found.limits[0])}-minutterstettsted ({who})",
        records,
        columns,
        note="Hver lenke er regnet for seg, som flat og ryddet. Spart gangtid er regnet til "
        f"grensen på {minutes_text(found.limits[-1])} minutter. Et brudd kan være en mur eller et "
        f"gjerde: se på stedet først.",
    )
    layer = MapLayer(
        name="lenker",
        title="Lenkene som gir mest",
        frame=gpd.GeoDataFrame(table.frame, geometry=[links.lines[link.number] for link in ranked]),
        columns=columns,
        style=Style(fill="#cc79a7", stroke="#cc79a7", width=1.2),
        rows_of="lenker",
    )
    return table, layer


def _two_digits(minutes: float) -> float:
    """Round to tens and two digits: minutes saved and known ways would give small counts away.

    Examples
    --------
    >>> [_two_digits(one) for one in (4.0, 33.0, 246.0, 5118.0)]
    [0.0, 30.0, 250.0, 5100.0]
    """
    step = 10.0 ** max(1, np.floor(np.log10(max(minutes, 1.0))) - 1)
    return float(np.floor(minutes / step + 0.5) * step)


def _on_network(network: Network, homes: Places, row: int) -> shapely.Point:
    """Return where a home meets the network: nobody's house is pointed at."""
    graph, place = network.graph, int(np.flatnonzero(homes.row == row)[0])
    first, end = (
        graph.coordinate_ptr[homes.edge[place]],
        graph.coordinate_ptr[homes.edge[place] + 1],
    )
    line = shapely.linestrings(graph.coordinates[first:end])
    at = shapely.line_interpolate_point(line, homes.share[place], normalized=True)
    return shapely.Point(*shapely.get_coordinates(at)[0])


def _counted(found: Reach, members: NDArray[np.bool_]) -> dict[str, float]:
    return {age: found.people.count(age, members) for age in ("eldre", "alle")}


def _person_columns(found: Reach) -> dict[str, Column]:
    titles = found.ages.titles
    return {
        "eldre": person_column(f"Nye med alt innen grensen, {titles['eldre']}"),
        "alle": person_column("Nye med alt innen grensen, alle"),
    }
