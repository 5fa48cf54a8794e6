"""What is wrong with the map of pipes: the faults of the networks, their parts and their pipes.

The networks are built by :mod:`askergeo.va.network`, which tells what it changed. Here is added
what one sees in the finished networks: loose ends, parts without source or outlet, sewers that
rise; and what the pipes themselves lack. The method is in docs/metode-va.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from askergeo.va._net_pipes import (
    DEVICES,
    attributes_of,
    drawn_lines,
    medium_of,
    middles,
    number_of,
    text_of,
)
from askergeo.va._net_report import HIGH, LOW, RULES, Repairs, dots
from askergeo.va.network import BY_HEIGHT, MEDIA, OVERVANN, VANN, pipe_networks
from askergeo.va.status import in_use

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.terrain import Terrain
    from askergeo.va.network import PipeNetwork

    Numbers = NDArray[np.int64]
    Reals = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["Topology", "topology"]


class Topology(NamedTuple):
    """The networks, and the faults of the map.

    Parameters
    ----------
    networks
        One for each of :data:`askergeo.va.network.MEDIA`.
    faults
        One row a fault: the columns of :class:`askergeo.va.network.Repairs`, and what the rule
        says: ``tittel``, ``grunn`` and ``endring``.
    parts
        One row a part of a network: ``medium``, ``del`` (component), ``lengde_m``, ``ledninger``,
        ``lose_ender`` and ``forsynt`` (whether it has a source or an outlet; missing where no such
        is in the data).
    summary
        One row a medium: rows, metres and parts, before and after.
    """

    networks: dict[str, PipeNetwork]
    faults: gpd.GeoDataFrame
    parts: pd.DataFrame
    summary: pd.DataFrame


def topology(
    va_ledning: gpd.GeoDataFrame,
    va_node: gpd.GeoDataFrame | None = None,
    va_anlegg: gpd.GeoDataFrame | None = None,
    va_modell: pd.DataFrame | None = None,
    *,
    parameters: Parameters,
    terrain: Terrain | None = None,
    customers: Reals | None = None,
    year: int | None = None,
) -> Topology:
    """Build all networks and find the faults of the map.

    Parameters
    ----------
    va_ledning, va_node, va_anlegg, va_modell
        Layers of the catalogue.
    parameters
        A set that has ``va_nett``.
    terrain
        Heights of the ground, for sewers whose bottom heights are unknown.
    customers
        Places of addresses, (k, 2): the loose end of a narrow pipe near one is a customer's when
        the function of the pipe is unknown.
    year
        The year that the map is of, as :func:`askergeo.va.network.pipe_network`.

    Raises
    ------
    CrsError, LayerError
        As :func:`askergeo.va.network.pipe_network`.
    """
    built = pipe_networks(va_ledning, va_node, va_anlegg, parameters=parameters, year=year)
    told, parts = [], []
    for network, repairs in built.values():
        frame, isolated = _parts(network, va_ledning, va_anlegg, repairs)
        parts.append(frame)
        _loose(network, va_ledning, isolated, repairs, parameters=parameters, customers=customers)
        _rising(network, va_ledning, repairs)
        _rising_ground(
            network, va_ledning, va_node, repairs, parameters=parameters, terrain=terrain
        )
        told.append(repairs.frame())
    own = _of_pipes(va_ledning, parameters)
    told += [*own, _pumps(va_ledning, va_node, va_anlegg, va_modell)]
    return Topology(
        networks={medium: network for medium, (network, _) in built.items()},
        faults=_put_together(told, va_ledning.crs),
        parts=pd.concat(parts, ignore_index=True),
        summary=_summary(va_ledning, built),
    )


def _put_together(told: list[gpd.GeoDataFrame], crs: object) -> gpd.GeoDataFrame:
    """Put the rows of all media together, in the order of the rules, with their words."""
    filled = [one for one in told if len(one)]
    frame = pd.concat(filled or told[:1], ignore_index=True)
    rank = frame["regel"].map({rule: at for at, rule in enumerate(RULES)})
    frame = frame.iloc[np.argsort(rank.to_numpy(dtype=float), kind="stable")]
    frame = frame.reset_index(drop=True)
    for name in ("title", "reason", "change"):
        words = {rule: getattr(one, name) for rule, one in RULES.items()}
        column = {"title": "tittel", "reason": "grunn", "change": "endring"}[name]
        frame[column] = frame["regel"].map(words)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=crs)


def _parts(
    network: PipeNetwork,
    va_ledning: gpd.GeoDataFrame,
    va_anlegg: gpd.GeoDataFrame | None,
    repairs: Repairs,
) -> tuple[pd.DataFrame, Flags]:
    """List the parts, and tell of those without source or outlet; also say which nodes are theirs.

    Where no source or outlet is in the data, water's parts beside the largest are told of with
    little confidence, and those of storm water not at all: it is let out in many places.
    """
    count = int(network.component.max(initial=-1)) + 1
    label = network.component[network.start]
    length = np.bincount(label, network.length_m, minlength=count)
    rows = pd.DataFrame({"del": label, "row": network.row}).drop_duplicates()
    pipes = rows.groupby("del").size().reindex(range(count), fill_value=0).to_numpy()
    loose = np.bincount(network.component[_bare_ends(network)], minlength=count)
    serves = network.source if network.medium == VANN else network.outlet.copy()
    if network.medium != VANN:
        serves |= _pumped_on(network, va_anlegg)
    supplied = np.bincount(network.component[serves], minlength=count) > 0
    known = bool(supplied.any())
    alone = ~supplied
    if not known:
        alone = np.arange(count) > 0 if network.medium != OVERVANN else np.zeros(count, dtype=bool)
    ids = text_of(va_ledning, "ledning_id")
    order = np.lexsort((network.row, -network.length_m))
    part, at = np.unique(label[order], return_index=True)
    longest = network.row[order[at]][alone[part]]
    repairs.add(
        "egen_del",
        longest,
        ids=ids[longest],
        place=middles(np.asarray(va_ledning.geometry.array, dtype=object)[longest]),
        metres=length[alone],
        # Storm water is let out in many places that no map has.
        sure=HIGH if known and network.medium != OVERVANN else LOW,
    )
    frame = pd.DataFrame(
        {
            "medium": network.medium,
            "del": np.arange(count),
            "lengde_m": length,
            "ledninger": pipes,
            "lose_ender": loose,
            "forsynt": pd.array(supplied if known else [None] * count, dtype="boolean"),
        }
    )
    return frame, alone[network.component]


def _pumped_on(network: PipeNetwork, va_anlegg: gpd.GeoDataFrame | None) -> Flags:
    """Nodes, (n,), of pumping stations that say where they pump: the pipe from there may lack."""
    found = np.zeros(network.nodes, dtype=bool)
    if va_anlegg is not None:
        asked = text_of(va_anlegg, "til_anlegg_id") != ""
        at = network.facility_at[asked]
        found[at[at >= 0]] = True
    return found


def _bare_ends(network: PipeNetwork) -> Numbers:
    """Nodes where one piece ends, and nothing stands."""
    degree = np.diff(network.arc_ptr)
    return np.flatnonzero((degree == 1) & (network.node_row < 0) & (network.facility_row < 0))


def _loose(
    network: PipeNetwork,
    va_ledning: gpd.GeoDataFrame,
    isolated: Flags,
    repairs: Repairs,
    *,
    parameters: Parameters,
    customers: Reals | None,
) -> None:
    """Tell of loose ends that are not customers'; those of an isolated part are counted there."""
    node = _bare_ends(network)
    node = node[~isolated[node]]
    row = network.row[network.arc_edge[network.arc_ptr[node]]]
    function = text_of(va_ledning, "funksjon")[row]
    told = function != "stikkledning"
    if customers is not None and len(customers):
        reach = float(parameters["va_nett_kunde_m"])
        distance = cKDTree(customers).query(network.xy[node], distance_upper_bound=reach)[0]
        size = number_of(va_ledning, "dimensjon_mm")[row]
        narrow = ~(size > float(parameters["va_nett_stikk_mm"]))
        told &= ~((function == "") & narrow & np.isfinite(distance))
    sure = np.where(function[told] == "", LOW, RULES["los_ende"].sure).astype(object)
    repairs.add(
        "los_ende",
        row[told],
        ids=text_of(va_ledning, "ledning_id")[row[told]],
        place=dots(network.xy[node[told]]),
        sure=sure,
    )


def _rising(network: PipeNetwork, va_ledning: gpd.GeoDataFrame, repairs: Repairs) -> None:
    """Tell of sewers that rise by their bottom heights."""
    turned = (network.direction < 0) & (network.direction_by == BY_HEIGHT)
    rise = np.bincount(
        network.row[turned],
        (network.z_end - network.z_start)[turned],
        minlength=len(va_ledning),
    )
    row = np.unique(network.row[turned])
    own = ~np.isnan(number_of(va_ledning, "hoyde_fra")) & ~np.isnan(
        number_of(va_ledning, "hoyde_til")
    )
    repairs.add(
        "motfall",
        row,
        ids=text_of(va_ledning, "ledning_id")[row],
        place=middles(np.asarray(va_ledning.geometry.array, dtype=object)[row]),
        metres=rise[row],
        sure=np.where(own[row], HIGH, RULES["motfall"].sure).astype(object),
    )


def _rising_ground(
    network: PipeNetwork,
    va_ledning: gpd.GeoDataFrame,
    va_node: gpd.GeoDataFrame | None,
    repairs: Repairs,
    *,
    parameters: Parameters,
    terrain: Terrain | None,
) -> None:
    """Tell of sewers of unknown heights where the ground rises more than a trench is deep."""
    if network.medium == VANN or network.edges == 0:
        return
    ground = np.full(network.nodes, np.nan)
    if va_node is not None:
        stands = network.node_row >= 0
        ground[stands] = number_of(va_node, "hoyde")[network.node_row[stands]]
    if terrain is not None:
        unknown = np.isnan(ground)
        ground[unknown] = terrain.heights(network.xy[unknown])
    unsure = np.isnan(network.z_start) | np.isnan(network.z_end)
    unsure &= ~network.pressure & (network.direction_by != BY_HEIGHT)
    rise = ground[network.end] - ground[network.start]
    found = np.flatnonzero(unsure & (rise > float(parameters["va_nett_terreng_motfall_m"])))
    row, at = np.unique(network.row[found], return_index=True)
    repairs.add(
        "motfall_terreng",
        row,
        ids=text_of(va_ledning, "ledning_id")[row],
        place=middles(np.asarray(va_ledning.geometry.array, dtype=object)[row]),
        metres=rise[found[at]],
    )


def _of_pipes(va_ledning: gpd.GeoDataFrame, parameters: Parameters) -> list[gpd.GeoDataFrame]:
    """Tell of pipes without dimension, material or year, and of impossible years."""
    used = in_use(va_ledning, parameters) & ~np.isin(text_of(va_ledning, "funksjon"), DEVICES)
    known = attributes_of(va_ledning, parameters)
    year = number_of(va_ledning, "anleggsaar")
    lacks = {
        "uten_dimensjon": np.isnan(known[:, 0]),
        "uten_materiale": np.isnan(known[:, 1]),
        "uten_aar": np.isnan(year),
        "umulig_aar": ~np.isnan(year) & np.isnan(known[:, 2]),
    }
    ids, medium = text_of(va_ledning, "ledning_id"), medium_of(va_ledning)
    shapes = np.asarray(va_ledning.geometry.array, dtype=object)
    drawn = drawn_lines(va_ledning)
    place = np.full(len(shapes), None, dtype=object)
    place[drawn] = middles(shapes[drawn])
    frames = []
    for one in MEDIA:
        repairs = Repairs(one, va_ledning.crs)
        for rule, lacking in lacks.items():
            row = np.flatnonzero(lacking & used & (medium == one))
            repairs.add(rule, row, ids=ids[row], place=place[row])
        frames.append(repairs.frame())
    return frames


def _pumps(
    va_ledning: gpd.GeoDataFrame,
    va_node: gpd.GeoDataFrame | None,
    va_anlegg: gpd.GeoDataFrame | None,
    va_modell: pd.DataFrame | None,
) -> gpd.GeoDataFrame:
    """Tell of pumps whose curve, power and capacity are all unknown."""
    row = np.flatnonzero(text_of(va_ledning, "funksjon") == "pumpe")
    ids = text_of(va_ledning, "ledning_id")
    told = _told_pumps(va_modell)
    able = np.zeros(len(va_ledning), dtype=bool)
    for node in ("fra_node_id", "til_node_id"):
        able |= np.isin(text_of(va_ledning, node).astype(str), _able_nodes(va_node, va_anlegg))
    lacking = row[~np.isin(ids[row].astype(str), told) & ~able[row]]
    media = medium_of(va_ledning)
    frames = []
    for one in MEDIA:
        repairs = Repairs(one, va_ledning.crs)
        mine = lacking[media[lacking] == one]
        shapes = np.asarray(va_ledning.geometry.array, dtype=object)[mine]
        repairs.add("pumpe_uten_kurve", mine, ids=ids[mine],
                    place=np.asarray(shapely.centroid(shapes), dtype=object))  # fmt: skip
        frames.append(repairs.frame())
    filled = [one for one in frames if len(one)]
    return pd.concat(filled, ignore_index=True) if filled else frames[0]


def _told_pumps(va_modell: pd.DataFrame | None) -> NDArray[np.str_]:
    """Ids of the pumps of a model that have a curve or a power."""
    if va_modell is None or len(va_modell) == 0:
        return np.zeros(0, dtype=str)
    section = text_of(va_modell, "seksjon") == "PUMPS"
    found = []
    for line in text_of(va_modell, "tekst")[section]:
        words = line.partition(";")[0].split()
        # EPANET: id, two nodes, keywords and values; SWMM: id, two nodes, curve.
        if len(words) > _PUMP_WORDS:
            found.append(words[0])
    return np.array(found, dtype=str)


_PUMP_WORDS = 3


def _able_nodes(
    va_node: gpd.GeoDataFrame | None, va_anlegg: gpd.GeoDataFrame | None
) -> NDArray[np.str_]:
    """Ids of nodes whose capacity is known, their own or their facility's."""
    found: list[str] = []
    if va_node is not None:
        known = number_of(va_node, "kapasitet_l_s") > 0
        found += text_of(va_node, "node_id")[known].tolist()
    if va_anlegg is not None:
        known = number_of(va_anlegg, "kapasitet_l_s") > 0
        found += text_of(va_anlegg, "node_id")[known].tolist()
    return np.array([one for one in found if one], dtype=str)


def _summary(
    va_ledning: gpd.GeoDataFrame, built: dict[str, tuple[PipeNetwork, Repairs]]
) -> pd.DataFrame:
    """Rows, metres and parts of each medium, before and after."""
    medium = medium_of(va_ledning)
    shapes = np.asarray(va_ledning.geometry.array, dtype=object)
    length = np.where(drawn_lines(va_ledning), shapely.length(shapes), 0.0)
    rows = []
    for name, (network, _) in built.items():
        mine = medium == name
        used = np.unique(network.row)
        kept = np.bincount(used, minlength=len(va_ledning)) > 0
        rows.append(
            {
                "medium": name,
                "ledninger": int(mine.sum()),
                "lengde_m": float(length[mine].sum()),
                "med": len(used),
                "nett_m": float(network.length_m.sum()),
                "deler_for": _parts_before(shapes[mine & kept]),
                "deler": int(network.component.max(initial=-1)) + 1,
            }
        )
    return pd.DataFrame(rows)


def _parts_before(shapes: NDArray[np.object_]) -> int:
    """Parts when only ends at the very same place join."""
    if len(shapes) == 0:
        return 0
    first, last = (
        shapely.get_coordinates(shapely.get_point(shapely.get_geometry(shapes, at), at))
        for at in (0, -1)
    )
    ends = np.round(np.concatenate([first, last]), 3)
    number = np.unique(ends, axis=0, return_inverse=True)[1].ravel()
    half = len(first)
    links = coo_array(
        (np.ones(half, dtype=bool), (number[:half], number[half:])), shape=(number.max() + 1,) * 2
    )
    return int(connected_components(links, directed=False)[0])
