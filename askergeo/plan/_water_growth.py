"""The loads of a package's water and sewage, as plans are held against them.

They are those of ``askergeo va vekst``, of the whole municipality. They are reckoned once for a
package and kept for the next plan.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from askergeo.errors import LayerError
from askergeo.parameters import load_parameters
from askergeo.plan._kept import kept
from askergeo.plan._store import stored
from askergeo.va import load
from askergeo.va._net_pipes import number_of, text_of
from askergeo.va.network import AVLOP, VANN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from askergeo.analyses._va_growth_scene import Scene
    from askergeo.analyses._va_growth_sums import StationLoad
    from askergeo.datapackage import DataPackage
    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters
    from askergeo.scenario import ScenarioView

    Number = NDArray[np.float64]
    Whole = NDArray[np.int64]
    Words = NDArray[np.str_]
    Arrays = Mapping[str, Any]

__all__ = ["GROWTH", "MEDIUM", "Growth", "Sewers", "growth_of"]

#: The parameters of the loads.
GROWTH: Final = "va_vekst+prognose+va_nett+va_bortfall+trafikk.trafikk_m2"
#: The medium of each kind of plant.
MEDIUM: Final = {"vannverk": VANN, "renseanlegg": AVLOP}
_LAYERS: Final = (
    "adresse", "va_ledning", "va_node", "va_anlegg", "va_sone", "boligprogram", "naeringsprogram",
    "arbeidsplass", "grunnkrets", "skolekrets",
)  # fmt: skip
_TABLES: Final = (
    "befolkning", "va_tilknytning", "befolkning_historikk", "framskriving", "elevtall",
    "va_maaling",
)  # fmt: skip
# The code and data that decide the loads.
_CODE: Final = (
    "va/*.py", "analyses/_va_growth_s*.py", "plan/_water_growth.py", "school/*.*", "population/*.*",
    "data/befolkning/*.*", "transport/_ledger_rows.py", "geometry.py",
)  # fmt: skip


@dataclass(frozen=True, eq=False, kw_only=True)
class Sewers:
    """Where sewage runs from ``k`` pieces that a plan may join, on ``n`` nodes and ``m`` pieces.

    Parameters
    ----------
    xy, piece
        The lines that may be joined: coordinates, (c, 2), and the line of each, (c,).
    upper
        Node that drains through each line, (k,).
    parent, through
        The node below each node, (n + 1,), −1 for none; the last is below all ends. The piece to
        it, (n + 1,), −1 where none is drawn.
    plant
        Position of the treatment plant that each node ends at, (n,); −1 for none.
    station_node, station_name, station_l_s, station_flow
        Pumping stations: node, name, capacity (NaN unknown), and the largest hour, (s, t).
    main_id, main_l_s, main_flow
        ``ledning_id`` of each piece, (m,), what it can carry, and the largest hour, (m, t).
    """

    xy: Number
    piece: Whole
    upper: Whole
    parent: Whole
    through: Whole
    plant: Whole
    station_node: Whole
    station_name: Words
    station_l_s: Number
    station_flow: Number
    main_id: Words
    main_l_s: Number
    main_flow: Number

    @property
    def lines(self) -> Geometries:
        """The lines that may be joined, (k,)."""
        return np.asarray(shapely.linestrings(self.xy, indices=self.piece), dtype=object)

    def way(self, node: int) -> Whole:
        """Nodes from one to where its sewage ends."""
        found, root = [], len(self.parent) - 1
        while node != root and self.parent[node] >= 0:
            found.append(node)
            node = int(self.parent[node])
        return np.array(found, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Growth:
    """The loads of a package.

    Parameters
    ----------
    years
        Each 1 January, (t,).
    plants
        Plants of each kind, with the load of the middle alternative.
    sewers
        The sewers; ``None`` without any.
    """

    years: Whole
    plants: Mapping[str, tuple[load.Plants, load.Transfer]]
    sewers: Sewers | None


def growth_of(package: DataPackage | ScenarioView) -> Growth | None:
    """Return the loads of a package; ``None`` where nobody says who lives where, or when.

    Parameters
    ----------
    package
        Package, or a scenario laid over one.
    """
    if not all(one in package for one in ("adresse", "befolkning")):
        return None
    parameters = load_parameters(GROWTH)
    there = [one for one in (*_LAYERS, *_TABLES) if one in package]
    said = [
        package.crs,
        {one: package.record(one).sha256 for one in there},
        {one.name: one.value for one in parameters},
        package.source_record("befolkning").date,
    ]
    return kept("va growth", repr(said), lambda: _growth(package, parameters, said))


def _growth(
    package: DataPackage | ScenarioView, parameters: Parameters, said: object
) -> Growth | None:
    try:
        found = stored(package, "vavekst", said, lambda: _reckoned(package, parameters), code=_CODE)
    except LayerError:
        # Nothing says which year the residents are of.
        return None
    return Growth(
        found["years"],
        {kind: _plants(found, kind) for kind in MEDIUM},
        Sewers(**_part(found, "sewers")) if "sewers.xy" in found else None,
    )


def _part(found: Arrays, name: str) -> dict[str, Any]:
    """Return the arrays of one part by its own names."""
    start = f"{name}."
    return {key.removeprefix(start): one for key, one in found.items() if key.startswith(start)}


def _plants(found: Arrays, kind: str) -> tuple[load.Plants, load.Transfer]:
    own = _part(found, f"{kind}.plants")
    words = {name: own.pop(name).astype(str).tolist() for name in ("ids", "names")}
    return load.Plants(**words, **own), load.Transfer(**_part(found, f"{kind}.load"))


def _apart(name: str, value: Any) -> dict[str, Any]:  # noqa: ANN401  (any dataclass of arrays)
    """Take a dataclass of arrays apart, each under its own name."""
    return {f"{name}.{one.name}": getattr(value, one.name) for one in fields(value)}


def _reckoned(package: DataPackage | ScenarioView, parameters: Parameters) -> dict[str, Any]:
    """Reckon the loads, in arrays that a file can hold."""
    from askergeo.analyses._va_growth_scene import make_scene  # noqa: PLC0415  (heavy)
    from askergeo.analyses._va_growth_sums import plant_load, stations  # noqa: PLC0415

    layers = {one: package.read(one) if one in package else None for one in _LAYERS}
    tables = {one: package.read(one) if one in package else None for one in _TABLES}
    sources = {one: package.source_record(one) for one in (*_LAYERS, *_TABLES) if one in package}
    scene = make_scene(layers, sources, parameters, tables)
    made: dict[str, Any] = {"years": scene.years}
    for kind, medium in MEDIUM.items():
        found = plant_load(scene, medium, parameters)
        made |= _apart(f"{kind}.plants", found.plants)
        made |= _apart(f"{kind}.load", found.moved["hoved"])
    sewers = _sewers(scene, stations(scene, parameters), parameters)
    return made if sewers is None else made | _apart("sewers", sewers)


def _sewers(scene: Scene, lifted: StationLoad | None, parameters: Parameters) -> Sewers | None:
    from askergeo.analyses._va_growth_sums import main_load  # noqa: PLC0415  (heavy)
    from askergeo.va.customers import may_have_customers, piece_lines  # noqa: PLC0415

    side, pipes = scene.sides[AVLOP], scene.layers["va_ledning"]
    mains = main_load(scene, AVLOP, parameters)
    if side.network is None or side.flow is None or pipes is None or mains is None:
        return None
    network, flow = side.network, side.flow
    may = may_have_customers(network, pipes, parameters["va_bortfall_ikke_kunder"])
    joined = np.flatnonzero(may & (flow.upper >= 0))
    xy, piece = shapely.get_coordinates(piece_lines(network)[joined], return_index=True)
    return Sewers(
        xy=xy,
        piece=piece.astype(np.int64),
        upper=flow.upper[joined],
        parent=flow.parent,
        through=flow.through,
        plant=_plant_of(network.facility_at[side.plants.row], flow.end),
        main_id=text_of(pipes, "ledning_id")[network.row].astype(str),
        main_l_s=mains.capacity,
        main_flow=mains.flow,
        **_stations(scene, lifted),
    )


def _plant_of(at: NDArray[np.int32], end: Whole) -> Whole:
    """Position of the plant at the end of each node's way, (n,); the first of several there."""
    by_node = np.full(len(end), -1, dtype=np.int64)
    there = np.flatnonzero(at >= 0)[::-1]
    by_node[at[there]] = there
    return np.where(end >= 0, by_node[np.maximum(end, 0)], -1)


def _stations(scene: Scene, lifted: StationLoad | None) -> dict[str, Any]:
    network, anlegg = scene.sides[AVLOP].network, scene.layers["va_anlegg"]
    if lifted is None or network is None or anlegg is None:
        return {
            "station_node": np.zeros(0, dtype=np.int64),
            "station_name": np.zeros(0, dtype="<U1"),
            "station_l_s": np.zeros(0),
            "station_flow": np.zeros((0, len(scene.years))),
        }
    names, ids = (text_of(anlegg, one)[lifted.row] for one in ("navn", "anlegg_id"))
    return {
        "station_node": network.facility_at[lifted.row].astype(np.int64),
        "station_name": np.where(names == "", ids, names).astype(str),
        "station_l_s": number_of(anlegg, "kapasitet_l_s")[lifted.row],
        "station_flow": lifted.flow["hoved"],
    }
