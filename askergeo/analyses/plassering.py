"""Where to put new services, so that most residents of an age group have a short way.

People are counted on the walking network; the method, and what it does not say, is in
docs/metode-plassering.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from askergeo.analyses import _siting_tables as tables
from askergeo.analyses._reach_people import AGES, inside, left_out, people_of, read_ages
from askergeo.analyses._reach_text import unsure
from askergeo.analyses._reach_times import loose_rows, rounded_minutes, search_limit
from askergeo.analyses._siting_places import candidates_of, present_services, service_title
from askergeo.errors import LayerError, ParameterError
from askergeo.geometry import geometries
from askergeo.network.paths import Network, matrix, nearest
from askergeo.network.profiles import edge_costs, find_profile, unknown_shares
from askergeo.network.siting import Siting, maximal_covering, p_median
from askergeo.network.snapping import Places, snap
from askergeo.numbers import format_number
from askergeo.result import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.analyses._reach_people import Ages, People
    from askergeo.analyses._siting_places import Candidates
    from askergeo.geometry import Geometries
    from askergeo.network.graph import GraphBuild, WalkGraph
    from askergeo.parameters import Parameters

__all__ = ["plassering"]

# Share of the network from which something unknown is told.
_TOLD = 0.05
_SERVICES = ("tjeneste", "skole", "barnehage")


def plassering(
    gangnett: GraphBuild,
    *,
    tjeneste: gpd.GeoDataFrame | None = None,
    adresse: gpd.GeoDataFrame | None = None,
    befolkning: pd.DataFrame | None = None,
    befolkning_rute: gpd.GeoDataFrame | None = None,
    bygning: gpd.GeoDataFrame | None = None,
    senter: gpd.GeoDataFrame | None = None,
    skole: gpd.GeoDataFrame | None = None,
    barnehage: gpd.GeoDataFrame | None = None,
    holdeplass: gpd.GeoDataFrame | None = None,
    tettsted: gpd.GeoDataFrame | None = None,
    kommunegrense: gpd.GeoDataFrame | None = None,
    parameters: Parameters,
) -> Result:
    """Choose the best places for new services of one type.

    Parameters
    ----------
    gangnett
        The walking graph and its report, in the CRS of the layers.
    tjeneste, adresse, befolkning, befolkning_rute, bygning, senter, skole, barnehage, \
holdeplass, tettsted, kommunegrense
        Layers of the catalogue.
    parameters
        The set ``plassering``.

    Raises
    ------
    LayerError
        When no layer tells where people live or where the service is, ages are asked for that are
        not known, or there are no candidates.
    ParameterError
        When the service, the profile or the age group does not exist.
    MissingSolverError
        When the solver is not installed.
    """
    given = {"tjeneste": tjeneste, "senter": senter, "skole": skole, "barnehage": barnehage}
    given["holdeplass"] = holdeplass
    layers = {name: frame for name, frame in given.items() if frame is not None}
    title = service_title(parameters["tjeneste"])
    profile = find_profile(parameters["profil"])
    ages = read_ages(parameters)
    age = _age(parameters["aldersgruppe"], ages)
    everybody = people_of(adresse, befolkning, befolkning_rute, bygning, ages, parameters)
    people = inside(everybody, kommunegrense)
    if age != "alle" and not people.by_age:
        raise LayerError(
            "Alderen på de bosatte er ikke kjent.",
            remedy="Legg til «befolkning» med alder, eller regn med --aldersgruppe alle.",
        )
    graph = gangnett.graph
    present = present_services(parameters["tjeneste"], layers)
    candidates = candidates_of(layers, graph, tettsted, parameters)
    winter = parameters["aarstid"] == "vinter"
    network = Network.of(graph, edge_costs(graph, profile, winter=winter))
    found = _place(
        network, people, age, present, candidates, _any_service(layers), parameters=parameters
    )
    placed = tables.place_table(found)
    served = tables.resident_table(found, ages)
    solution = tables.solution_table(found, placed, parameters["metode"])
    template, facts = tables.statement(found, placed, served, title, profile.title, ages)
    return Result(
        analysis="plassering",
        title=f"Plassering av {title.lower()}",
        template=template,
        facts=facts,
        tables=(placed, served, solution),
        layers=tables.map_layers(found, title, kommunegrense, graph.crs),
        findings=tables.findings(found, title),
        warnings=tuple(
            _warnings(
                found,
                graph,
                title,
                uncertain=[
                    *unsure({profile.id: profile}, winter=winter),
                    *left_out(everybody, people),
                ],
            )
        ),
        parameters=tuple(
            record | {"navn": f"{profile.id}.{record['navn']}"}
            for record in profile.values.records()  # noqa: PD011  (parameters, no frame)
        ),
        reading=tables.reading(found, profile.title, parameters["metode"]),
    )


def _age(text: str, ages: Ages) -> str:
    """Read an age group as a planner writes it: «eldre», or «67+».

    Raises
    ------
    ParameterError
        When there is no such group.
    """
    names = {name: name for name in AGES}
    names |= {f"{ages.old_from}+": "eldre", f"{ages.oldest_from}+": "eldst"}
    names |= {f"0-{ages.children_to}": "barn", f"0–{ages.children_to}": "barn"}
    if text.strip() not in names:
        raise ParameterError(
            f"Aldersgruppen «{text}» finnes ikke.",
            remedy=f"Kjente grupper er {', '.join(names)}. Alderen endres med "
            "«--parameter eldre_fra=70» og «--aldersgruppe 70+».",
        )
    return names[text.strip()]


def _any_service(layers: Mapping[str, gpd.GeoDataFrame]) -> Geometries:
    """Return every service that there is: where one is, the network is no mistake of the map."""
    there = [geometries(layers[name]) for name in _SERVICES if name in layers]
    return np.concatenate([np.empty(0, dtype=object), *there])


def _place(  # noqa: PLR0917  (called once)
    network: Network,
    people: People,
    age: str,
    present: Geometries,
    candidates: Candidates,
    services_of_any_type: Geometries,
    *,
    parameters: Parameters,
) -> tables.Placing:
    """Search, choose, and tell who gains."""
    graph, reach_m = network.graph, parameters["koble_m"]
    homes = _snapped(graph, people.points, reach_m)
    services = _snapped(graph, present, reach_m)
    sites = _snapped(graph, candidates.points, reach_m)
    if not len(homes.row) or not len(sites.row):
        raise LayerError(
            f"Ingen {'adresser' if not len(homes.row) else 'kandidater'} er nærmere gangnettet "
            f"enn {format_number(reach_m)} m.",
            remedy="Se etter at «veg» og «sti» dekker kommunen, eller øk koble_m.",
        )
    today = rounded_minutes(nearest(network, homes, [services]).cost[:, 0])
    around = _snapped(graph, services_of_any_type, reach_m)
    today[loose_rows(graph, homes, around, parameters["los_del_m"])] = np.nan
    weights = people.group(age)
    siting, usable = _choose(network, homes, sites, today, weights, parameters)
    chosen = usable[siting.chosen]
    # For every home, also those that nobody of the group lives in: who gains is told by address.
    to_chosen = np.full((len(today), 0), np.inf)
    if len(chosen):
        to_chosen = rounded_minutes(matrix(network, homes, _rows(sites, chosen)))
    return tables.Placing(
        people=people,
        age=age,
        weights=weights,
        minutes=parameters["minutter"],
        ceiling=parameters["tak_minutter"],
        today=today,
        chosen=chosen,
        to_chosen=to_chosen,
        siting=siting,
        asked=parameters["antall"],
        candidates=candidates,
        present=present,
        unsnapped_services=len(services.unsnapped),
        unsnapped_candidates=len(sites.unsnapped),
    )


def _snapped(graph: WalkGraph, points: Geometries, reach_m: float) -> Places:
    return snap(graph, gpd.GeoSeries(points, crs=graph.crs), reach_m=reach_m)


def _rows(places: Places, rows: NDArray[np.int64]) -> Places:
    """Keep some rows, ascending, and number them anew."""
    number = np.full(places.count, -1, dtype=np.int32)
    number[rows] = np.arange(len(rows), dtype=np.int32)
    kept = number[places.row] >= 0
    lost = number[places.unsnapped] >= 0
    return Places(
        row=number[places.row[kept]],
        edge=places.edge[kept],
        share=places.share[kept],
        access=places.access[kept],
        count=len(rows),
        unsnapped=number[places.unsnapped[lost]],
        distance=places.distance[lost],
    )


def _choose(  # noqa: PLR0917  (called once)
    network: Network,
    homes: Places,
    sites: Places,
    today: NDArray[np.float64],
    weights: NDArray[np.float64],
    parameters: Parameters,
) -> tuple[Siting, NDArray[np.int64]]:
    """Choose among the candidates that meet the network: the choice, and their numbers."""
    usable = np.setdiff1d(np.arange(sites.count), sites.unsnapped)
    count, seconds = parameters["antall"], parameters["tidsgrense_s"]
    limit = parameters["minutter"]
    by_time = parameters["metode"] == "gangtid"
    ceiling = max(parameters["tak_minutter"], limit) if by_time else limit
    known = ~np.isnan(today) & (weights > 0)
    clients = np.flatnonzero(known if by_time else known & (today > limit))
    cost = np.empty((0, len(usable)))
    if len(clients):
        here, there = _rows(homes, clients), _rows(sites, usable)
        cost = rounded_minutes(matrix(network, here, there, limit=search_limit(ceiling)))
    if by_time:
        present = np.minimum(today[clients], ceiling)
        return p_median(
            cost, weights[clients], count, present=present, time_limit_s=seconds
        ), usable
    return maximal_covering(
        cost, weights[clients], count, limit=limit, time_limit_s=seconds
    ), usable


def _warnings(
    found: tables.Placing, graph: WalkGraph, title: str, *, uncertain: list[str]
) -> list[str]:
    said = list(uncertain)
    if not len(found.present):
        said.append(
            f"Dataene har ingen tjeneste av typen {title.lower()}: alle er regnet som uten. Listen "
            "over tjenester er aldri hel."
        )
    if found.unsnapped_services or found.unsnapped_candidates:
        said.append(
            f"For langt fra gangnettet, og ikke med: tjenester "
            f"{format_number(found.unsnapped_services)}, kandidater "
            f"{format_number(found.unsnapped_candidates)}."
        )
    slope = unknown_shares(graph).slope
    if slope > _TOLD:
        said.append(
            f"Stigningen er ukjent på {format_number(100 * slope)} % av gangnettet, som er regnet "
            "som flatt."
        )
    if not found.siting.optimal:
        said.append(
            "Løseren rakk ikke å bevise at valget er det beste: et annet valg kan gi inntil "
            f"{format_number(100 * found.siting.gap, 1)} % mer. Øk tidsgrense_s for et sikrere "
            "svar."
        )
    return said
