"""What fails and who loses water: stretches that stand alone, pumps, sources, valve segments.

Whoever loses water when one pipe fails is among those who lose it when the pipe above it does, and
the map says where they live: every count of persons is in whole tens (:mod:`askergeo.privacy`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._reach_tables import counted_table, person_column
from askergeo.analyses._va_loss_scene import WEIGHTS
from askergeo.result import Column
from askergeo.va.customers import piece_lines
from askergeo.va.institutions import KINDS
from askergeo.va.supply import dry_without, segment_stretches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.analyses._va_loss_scene import Layers, Scene
    from askergeo.result import Table
    from askergeo.va.network import PipeNetwork

    Truth = NDArray[np.bool_]

__all__ = [
    "apart",
    "care_of",
    "loss_columns",
    "loss_record",
    "named_places",
    "node_name",
    "piece_labels",
    "point_table",
    "ranked_points",
    "segment_table",
    "source_table",
    "top",
]

_NAMED: Final = 3
# Who is worst off without water is named first, and the word of its kind is looked for in names.
_FIRST: Final = {
    "sykehjem": ("sykehjem", "sykehus"),
    "helse": ("helse", "legesenter"),
    "skole": ("skole",),
    "barnehage": ("barnehage",),
}
_PERCENT: Final = 100.0


def loss_columns(scene: Scene) -> dict[str, Column]:
    """Describe what is counted behind a failure."""
    columns = {
        "bosatte": person_column("Bosatte uten vann"),
        "sarbare": person_column(
            f"Av dem {scene.parameters['va_bortfall_sarbar_alder']} år eller eldre"
        ),
        "boliger": Column(title="Boliger", unit="boliger", decimals=0),
        "adresser": Column(title="Adresser", unit="adresser", decimals=0),
    }
    if not scene.people_known:
        del columns["bosatte"], columns["sarbare"]
    return columns


def loss_record(scene: Scene, loss: NDArray[np.float64]) -> dict[str, Any]:
    """Return one row of losses as a record; what no layer tells is unknown."""
    record: dict[str, Any] = {name: loss[k] for k, name in enumerate(WEIGHTS)}
    if scene.hung is None:
        for name in ("bosatte", "sarbare", "boliger", "adresser"):
            record[name] = np.nan
    else:
        told = {
            "bosatte": scene.hung.residents,
            "sarbare": scene.hung.vulnerable,
            "boliger": scene.hung.dwellings,
        }
        for name, values in told.items():
            if np.isnan(values).all():
                record[name] = np.nan
    return record


def named_places(places: pd.DataFrame, dry: Truth) -> str:
    """Name the institutions on pieces without water: nursing homes and hospitals first."""
    piece = places["piece"].to_numpy(dtype=np.int64)
    mine = (piece >= 0) & dry[piece]
    some = sorted(
        zip(places["art"][mine], places["navn"][mine], strict=True),
        key=lambda one: list(_FIRST).index(one[0]),
    )
    names = [
        name
        if any(word in name.lower() for word in _FIRST[kind])
        else f"{name} ({KINDS[kind].lower()})"
        for kind, name in some
    ]
    more = f" og {len(names) - _NAMED} til" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def top(values: NDArray[np.float64], care: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    """Return the rows with the greatest values, the first of equals first; ties by ``care``."""
    order = np.lexsort((np.arange(len(values)), -care, -np.nan_to_num(values, nan=-1.0)))
    return order[np.nan_to_num(values[order]) + care[order] > 0][:count]


def care_of(loss: NDArray[np.float64]) -> NDArray[np.float64]:
    """Count the institutions in each row of losses."""
    some = [WEIGHTS.index(kind) for kind in KINDS]
    return np.asarray(np.nan_to_num(loss[:, some]).sum(axis=1), dtype=np.float64)


def ranked_points(scene: Scene) -> list[dict[str, Any]]:
    """Rank what stands alone: stretches of pipe, pumps and sources, by who loses water.

    Returns
    -------
    list of dict
        Records of `point_table`; ``_lag``, ``_id`` and ``_sted`` say what it is and where, and
        ``_er`` the part of the answer and the place in it.
    """
    records = sorted(
        [*_stretch_records(scene), *_pump_records(scene), *_source_records(scene)],
        key=lambda one: (-one["_rang"], -one["_omsorg"], one["rad"]),
    )
    shown = records[: int(scene.parameters["va_bortfall_vist"])]
    for record in shown:
        record["navn"] = named_places(scene.places, record.pop("_dry")())
        record.update(_where(scene, *record["_er"]))
    return shown


def _where(scene: Scene, part: str, place: int) -> dict[str, Any]:
    """Return the layer, id and point of what fails."""
    network = scene.network
    if part == "pipe":
        line = piece_lines(network)[place]
        point = shapely.line_interpolate_point(line, 0.5, normalized=True)
        return {"_lag": "va_ledning", "_id": str(scene.ids[place]), "_sted": point}
    node = int(scene.pipes.sources[place]) if part == "source" else place
    layer, one = "", ""
    for name, frame, row, key in (
        ("va_node", scene.layers.va_node, int(network.node_row[node]), "node_id"),
        ("va_anlegg", scene.layers.va_anlegg, int(network.facility_row[node]), "anlegg_id"),
    ):
        if frame is not None and row >= 0:
            layer, one = name, str(frame[key].iloc[row])
    return {"_lag": layer, "_id": one, "_sted": shapely.Point(*network.xy[node])}


def point_table(scene: Scene, shown: list[dict[str, Any]]) -> Table:
    """Make the table of what `ranked_points` found."""
    columns = {
        "slag": Column(title="Slag"),
        "hva": Column(title="Hva som svikter"),
        "lengde": Column(title="Lengde", unit="m", decimals=0),
        **loss_columns(scene),
        "navn": Column(title="Skoler og institusjoner"),
    }
    return counted_table(
        "enkeltpunkter",
        "Enkeltpunkter: det som alene tar vannet fra noen, etter hvor mange",
        shown,
        columns,
        note="En strekning er ledninger etter hverandre uten annen veg for vannet, regnet fra den "
        "som tar flest. Tallet er for brudd øverst i strekningen. Er det ventiler, stenges mer "
        "enn ledningen: se segmentene.",
    )


def _stretch_records(scene: Scene) -> list[dict[str, Any]]:
    """One record for each stretch of pipe that stands alone; those shown first are enough."""
    heads = np.unique(scene.head[scene.head >= 0])
    loss = scene.answer.pipe[heads]
    care = care_of(loss)
    best = top(loss[:, scene.rank], care, int(scene.parameters["va_bortfall_vist"]))
    length = np.bincount(
        scene.head[scene.head >= 0],
        weights=scene.network.length_m[scene.head >= 0],
        minlength=scene.network.edges,
    )
    ids = scene.ids
    return [
        {
            "rad": f"ledning {ids[heads[k]]}",
            "slag": "Ledning",
            "hva": f"{_stretch_word(scene, int(heads[k]))} {ids[heads[k]]}"
            f"{_pipe_words(scene, int(heads[k]))}",
            "lengde": np.rint(length[heads[k]]),
            **loss_record(scene, loss[k]),
            "_rang": float(loss[k, scene.rank]),
            "_omsorg": float(care[k]),
            "_er": ("pipe", int(heads[k])),
            "_dry": lambda piece=int(heads[k]): _with_itself(scene, piece),
        }
        for k in _first_of_id(best, ids[heads])
    ]


def _first_of_id(rows: NDArray[np.intp], ids: NDArray[np.object_]) -> list[int]:
    """Keep the first row of each id: a pipe that is cut in pieces is one pipe."""
    seen: set[object] = set()
    return [int(k) for k in rows if not (ids[k] in seen or seen.add(ids[k]))]  # type: ignore[func-returns-value]


def _stretch_word(scene: Scene, head: int) -> str:
    """Say that what stands alone is a stretch, where it is more than the one pipe."""
    several = len(np.unique(scene.network.row[scene.head == head])) > 1
    return "Strekning fra" if several else "Ledning"


def _pipe_words(scene: Scene, piece: int) -> str:
    """Say the dimension, material, year and renewal of a pipe, those that are known."""
    row = scene.layers.va_ledning.iloc[int(scene.network.row[piece])]
    told = []
    if pd.notna(row.get("dimensjon_mm")):
        told.append(f"{int(row['dimensjon_mm'])} mm")
    if pd.notna(row.get("materiale")):
        told.append(str(row["materiale"]))
    if pd.notna(row.get("anleggsaar")):
        told.append(str(int(row["anleggsaar"])))
    if pd.notna(row.get("fornyet_aar")):
        told.append(f"fornyet {int(row['fornyet_aar'])}")
    return f" ({', '.join(told)})" if told else ""


def _with_itself(scene: Scene, piece: int) -> Truth:
    dry = dry_without(scene.pipes, np.array([piece]))
    dry[piece] = True
    return dry


def _pump_records(scene: Scene) -> list[dict[str, Any]]:
    """One record for each pump that takes water from somebody when it stops."""
    network = scene.network
    records = []
    for node in np.flatnonzero(network.pump & scene.answer.supplied_node).tolist():
        loss = scene.answer.node[node]
        name = node_name(network, scene.layers, node)
        records.append(
            {
                "rad": f"pumpe {name}",
                "slag": "Pumpestasjon",
                "hva": name,
                **loss_record(scene, loss),
                "_rang": float(loss[scene.rank]),
                "_omsorg": float(care_of(loss[None])[0]),
                "_er": ("node", node),
                "_dry": lambda node=node: dry_without(
                    scene.pipes, np.zeros(0, np.int64), nodes=np.array([node])
                ),
            }
        )
    # A pump that is drawn as a pipe at its station is told of there.
    stands = network.pump[network.start] | network.pump[network.end]
    links = network.pump_link & scene.answer.supplied_pipe & ~stands
    for piece in np.flatnonzero(links).tolist():
        loss = scene.answer.pipe[piece]
        records.append(
            {
                "rad": f"pumpe {scene.ids[piece]}",
                "slag": "Pumpestasjon",
                "hva": f"Pumpe {scene.ids[piece]}",
                **loss_record(scene, loss),
                "_rang": float(loss[scene.rank]),
                "_omsorg": float(care_of(loss[None])[0]),
                "_er": ("pipe", piece),
                "_dry": lambda piece=piece: _with_itself(scene, piece),
            }
        )
    return [one for one in records if one["_rang"] + one["_omsorg"] > 0]


def _source_records(scene: Scene) -> list[dict[str, Any]]:
    """One record for each source that nobody can do without."""
    return [
        {
            "rad": f"kilde {node_name(scene.network, scene.layers, node)}",
            "slag": "Kilde",
            "hva": node_name(scene.network, scene.layers, node),
            **loss_record(scene, loss),
            "_rang": float(loss[scene.rank]),
            "_omsorg": float(care_of(loss[None])[0]),
            "_er": ("source", place),
            "_dry": lambda place=place: dry_without(
                scene.pipes, np.zeros(0, np.int64), sources=np.array([place])
            ),
        }
        for place, (node, loss) in enumerate(
            zip(scene.pipes.sources.tolist(), scene.answer.source, strict=True)
        )
        if loss[scene.rank] + care_of(loss[None])[0] > 0
    ]


def node_name(network: PipeNetwork, layers: Layers, node: int) -> str:
    """Name what stands at a node: the plant, else the node, else its place."""
    told = (
        (layers.va_anlegg, network.facility_row[node], "anlegg_id"),
        (layers.va_node, network.node_row[node], "node_id"),
    )
    for frame, row, key in told:
        if frame is None or row < 0:
            continue
        one = frame.iloc[int(row)]
        name = one.get("navn")
        return str(one[key]) if name is None or pd.isna(name) else f"{name} ({one[key]})"
    x, y = network.xy[node]
    return f"node ved {x:.0f} {y:.0f}"


def source_table(scene: Scene) -> Table:
    """List each source with those who have no other."""
    nodes = scene.pipes.sources.tolist()
    names = apart([node_name(scene.network, scene.layers, node) for node in nodes])
    records = [
        {"rad": name, "kilde": name, **loss_record(scene, loss)}
        for name, loss in zip(names, scene.answer.source, strict=True)
    ]
    return counted_table(
        "kilder",
        "Kildene, og hvem som mister vannet om hver av dem stanser",
        records,
        {"kilde": Column(title="Kilde"), **loss_columns(scene)},
        note="Kilden gir ikke vann, men ledningene der er hele. Om de andre kildene har nok vann "
        "og trykk til alle, er ikke regnet.",
    )


def apart(names: list[str]) -> list[str]:
    """Give names that several have a number."""
    seen: dict[str, int] = {}
    told = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        told.append(name if seen[name] == 1 else f"{name}, {seen[name]}")
    return told


def segment_table(scene: Scene) -> Table | None:
    """Rank the valve segments by who loses water when one is shut off; ``None`` without valves."""
    segments = scene.answer.segments
    if not len(segments.start):
        return None
    loss = scene.answer.segment
    count = int(scene.parameters["va_bortfall_vist"])
    valves = np.bincount(segments.start, minlength=segments.count)
    apart = segments.start != segments.end
    valves += np.bincount(segments.end[apart], minlength=segments.count)
    pipes = np.bincount(segments.pipe, minlength=segments.count)
    length = np.bincount(segments.pipe, weights=scene.network.length_m, minlength=segments.count)
    share = float(scene.parameters["va_bortfall_strekning"]) / _PERCENT
    head = segment_stretches(scene.pipes, segments, loss[:, scene.rank], share)
    stretch = np.bincount(head[head >= 0], minlength=segments.count)
    # Of each stretch the first that has pipes: a valve alone is no segment that anybody shuts off.
    behind = np.where((pipes > 0) & (head >= 0), loss[:, scene.rank], -1.0)
    order = np.lexsort((np.arange(segments.count), -behind))
    order = order[(behind[order] >= 0)]
    shown = order[np.sort(np.unique(head[order], return_index=True)[1])]
    best = top(loss[shown, scene.rank], care_of(loss[shown]), count)
    labels = piece_labels(scene)
    records = []
    for k in shown[best].tolist():
        mine = segments.pipe == k
        dry = dry_without(
            scene.pipes, np.flatnonzero(mine), nodes=np.flatnonzero(segments.node == k)
        )
        own = scene.answer.own[k, scene.rank]
        records.append(
            {
                "rad": f"segment {_segment_name(scene, labels, k)}",
                "segment": _segment_name(scene, labels, k),
                "like": stretch[head[k]],
                "ledninger": pipes[k],
                "lengde": np.rint(length[k]),
                "ventiler": valves[k],
                **loss_record(scene, loss[k]),
                "egne": own,
                "navn": named_places(scene.places, dry | mine),
            }
        )
    persons = scene.people_known
    own_column = (
        person_column("Av dem i segmentet selv")
        if persons
        else Column(title="Av dem i segmentet selv", unit="adresser", decimals=0)
    )
    return counted_table(
        "segmenter",
        "Ventilsegmentene: det som stenges sammen, etter hvor mange som mister vannet",
        records,
        {
            "segment": Column(title="Segment"),
            "like": Column(title="Segmenter på strekningen", unit="segmenter", decimals=0),
            "ledninger": Column(title="Ledningsstykker", unit="stykker", decimals=0),
            "lengde": Column(title="Lengde", unit="m", decimals=0),
            "ventiler": Column(title="Ventiler å stenge", unit="ventiler", decimals=0),
            **loss_columns(scene),
            "egne": own_column,
            "navn": Column(title="Skoler og institusjoner"),
        },
        note="Et segment er det som ligger mellom ventiler. Av segmenter bak hverandre som tar "
        "nesten like mange, er det som tar flest vist, med tallet på dem. Resten av dem som "
        "mister vannet, får det bare gjennom segmentet. At en ventil er tegnet, sier ikke at den "
        "virker.",
    )


def _segment_name(scene: Scene, labels: pd.Index, segment: int) -> str:
    """Name a segment by the first of its pipes, by their order in the layer."""
    pieces = np.flatnonzero(scene.answer.segments.pipe == segment)
    first = pieces[np.lexsort((labels[pieces].to_numpy(str), scene.network.row[pieces]))[0]]
    return f"ved ledning {labels[first]}"


def piece_labels(scene: Scene) -> pd.Index:
    """Label each piece by its pipe, and by its place along it: alike in another run."""
    ids = pd.Series(scene.ids)
    number = ids.groupby(ids).cumcount() + 1
    several = ids.map(ids.value_counts()) > 1
    return pd.Index(np.where(several, ids + "/" + number.astype(str), ids), dtype=object)
