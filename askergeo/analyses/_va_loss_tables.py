"""Who has no second supply, by what stands alone on the way, by area, and how it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from askergeo.analyses._reach_tables import counted_table, person_column
from askergeo.analyses._va_loss_points import (
    apart,
    loss_columns,
    loss_record,
    named_places,
    node_name,
)
from askergeo.analyses._va_loss_scene import (
    MANY_BEHIND,
    NO_SOURCE,
    ONE_SOURCE,
    ONE_SOURCE_ONE_PIPE,
    STATES,
)
from askergeo.geometry import geometries
from askergeo.privacy import whole_tens
from askergeo.result import Column
from askergeo.va.customers import HOW
from askergeo.va.institutions import KINDS
from askergeo.va.supply import alone_on_way, dry_without

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.analyses._va_loss_scene import Scene
    from askergeo.result import Table

    Truth = NDArray[np.bool_]

__all__ = [
    "CLASS_NAMES",
    "PLACES_TITLE",
    "class_of",
    "class_table",
    "connection_table",
    "institution_table",
    "out_table",
    "state_table",
    "without_table",
    "zone_table",
]

_ONE_SOURCE: Final = (ONE_SOURCE, ONE_SOURCE_ONE_PIPE)
_ONE_PIPE: Final = (MANY_BEHIND, ONE_SOURCE_ONE_PIPE)
_KILO: Final = 1000.0
_PERCENT: Final = 100.0
#: Lower borders of the classes of loss; persons of one class are never told apart.
CLASSES: Final = (0, 1, 10, 50, 200, 1000)
CLASS_NAMES: Final = (
    "Ingen",
    "Færre enn 10",
    "10–49",
    "50–199",
    "200–999",
    "1000 eller flere",
)
#: Title of the table of institutions.
PLACES_TITLE: Final = "Skoler og institusjoner, og hva vannet deres er avhengig av"
_ZONES: Final = {
    "trykksone": "Trykksone",
    "maalesone": "Målesone",
    "vannverk": "Fra vannverk",
    "tettsted": "Tettsted",
}


def class_of(scene: Scene, losses: NDArray[np.float64]) -> NDArray[np.object_]:
    """Class rows of losses by who is counted; unknown ones, and all without addresses, «Ukjent»."""
    values = losses[:, scene.rank]
    if scene.hung is None:
        values = np.full(len(values), np.nan)
    place = np.searchsorted(CLASSES, np.nan_to_num(values), side="right") - 1
    names = np.array(CLASS_NAMES, dtype=object)[place]
    names[np.isnan(values)] = "Ukjent"
    return np.asarray(names, dtype=object)


def class_table(scene: Scene) -> Table:
    """Count pipes and metres by how many lose water when each fails."""
    classes = class_of(scene, scene.answer.pipe)
    alone = scene.head >= 0
    records = []
    for name in (*CLASS_NAMES, "Ukjent"):
        mine = classes == name
        records.append(
            {
                "rad": name,
                "klasse": name,
                "ledninger": mine.sum(),
                "km": scene.network.length_m[mine].sum() / _KILO,
                "km_alene": scene.network.length_m[mine & alone].sum() / _KILO,
            }
        )
    what = "bosatte" if scene.people_known else "adresser"
    return counted_table(
        "ledninger",
        f"Ledningene etter hvor mange {what} som mister vannet når én av dem svikter",
        records,
        {
            "klasse": Column(title=f"{what.capitalize()} uten vann"),
            "ledninger": Column(title="Ledningsstykker", unit="stykker", decimals=0),
            "km": Column(title="Lengde", unit="km", decimals=1),
            "km_alene": Column(title="Av dette uten annen veg for vannet", unit="km", decimals=1),
        },
        note="Bare den ene ledningen er borte. «Ukjent» henger ikke sammen med en kilde.",
    )


def state_table(scene: Scene) -> Table:
    """Count customers and metres by what stands alone on their way."""
    records = []
    for state, title in enumerate(STATES):
        mine = scene.state == state
        record = loss_record(scene, scene.weights[mine].sum(axis=0))
        records.append(
            {
                "rad": f"tilstand_{state}",
                "tilstand": title,
                "km": scene.network.length_m[mine].sum() / _KILO,
                **record,
            }
        )
    columns = {
        "tilstand": Column(title="Forsyning"),
        "km": Column(title="Ledninger", unit="km", decimals=1),
        **_plain(loss_columns(scene)),
    }
    return counted_table(
        "forsyning",
        "Hvem som har reservevann, og hvem som er avhengig av én kilde eller én ledning",
        records,
        columns,
        note=f"En ledning er «til mange» når minst "
        f"{scene.parameters['va_bortfall_grense']} {_unit(scene)} får alt vannet gjennom den.",
    )


def without_table(scene: Scene) -> Table | None:
    """Count those without a reserve, and of them those with each lack; ``None`` of no addresses."""
    if scene.hung is None:
        return None
    groups = (
        ("uten", "Uten reservevann", _ONE_SOURCE + _ONE_PIPE),
        ("en_ledning", "Av dem: får alt vannet gjennom én ledning til mange", _ONE_PIPE),
        ("en_kilde", "Av dem: har bare én kilde", _ONE_SOURCE),
    )
    records = [
        {
            "rad": name,
            "hvem": title,
            **loss_record(scene, scene.weights[np.isin(scene.state, states)].sum(axis=0)),
        }
        for name, title, states in groups
    ]
    return counted_table(
        "uten_reserve",
        "Hvem som er uten reservevann",
        records,
        {"hvem": Column(title="Hvem"), **_plain(loss_columns(scene))},
        note="Noen er i begge de to siste radene.",
    )


def _unit(scene: Scene) -> str:
    return "bosatte" if scene.people_known else "adresser"


def _plain(columns: dict[str, Column]) -> dict[str, Column]:
    """Name residents as such, where they have water."""
    if "bosatte" in columns:
        columns = columns | {"bosatte": person_column("Bosatte")}
    return columns


def connection_table(scene: Scene) -> Table | None:
    """Count addresses by how it is known what they hang on."""
    if scene.hung is None:
        return None
    records = []
    for how, title in enumerate(HOW):
        mine = scene.hung.how == how
        records.append(
            {
                "rad": f"hvordan_{how}",
                "hvordan": title,
                "adresser": mine.sum(),
                "andel": _PERCENT * mine.mean() if len(mine) else np.nan,
                "bosatte": scene.hung.residents[mine].sum() if scene.people_known else np.nan,
            }
        )
    columns = {
        "hvordan": Column(title="Hvordan tilknytningen er kjent"),
        "adresser": Column(title="Adresser", unit="adresser", decimals=0),
        "andel": Column(title="Andel av adressene", unit="%", decimals=1),
    }
    if scene.people_known:
        columns["bosatte"] = person_column("Bosatte")
    return counted_table(
        "tilknytning",
        "Hvordan det er kjent hvilken ledning adressene får vann fra",
        records,
        columns,
        note="En ukjent adresse er ikke med i bortfallet; den er ikke regnet som uten vann.",
    )


def zone_table(scene: Scene) -> Table | None:
    """Count those without a second supply by zone and settlement; ``None`` without either."""
    if scene.hung is None:
        return None
    records = []
    for kind, name, inside in _zones(scene):
        piece = scene.hung.piece
        mine = inside & (piece >= 0)
        if not mine.any():
            continue
        state = scene.state[piece]
        value = scene.hung.residents if scene.people_known else np.ones(len(piece))
        sums = {
            "koblet": float(value[mine].sum()),
            "en_kilde": float(value[mine & np.isin(state, _ONE_SOURCE)].sum()),
            "en_ledning": float(value[mine & np.isin(state, _ONE_PIPE)].sum()),
            "uten_kilde": float(value[mine & (state == NO_SOURCE)].sum()),
        }
        without = float(value[mine & np.isin(state, _ONE_SOURCE + _ONE_PIPE)].sum())
        records.append(
            {
                "rad": f"{kind} {name}",
                "slag": _ZONES[kind],
                "sone": name,
                **sums,
                "andel": _share_of(without, sums["koblet"], persons=scene.people_known),
            }
        )
    return _zones_as_table(scene, _once(records)) if records else None


def _share_of(part: float, whole: float, *, persons: bool) -> float:
    """Return a share in whole per cent; of persons that of the whole tens that are told."""
    sums = np.array([part, whole])
    some, every = (whole_tens(sums) if persons else sums).tolist()
    return float(np.rint(_PERCENT * some / every)) if every else np.nan


def _once(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    labels = apart([one["rad"] for one in records])
    return [one | {"rad": label} for one, label in zip(records, labels, strict=True)]


def _zones_as_table(scene: Scene, records: list[dict[str, Any]]) -> Table:
    def count(title: str) -> Column:
        if scene.people_known:
            return person_column(title)
        return Column(title=title, unit="adresser", decimals=0)

    columns = {
        "slag": Column(title="Inndeling"),
        "sone": Column(title="Område"),
        "koblet": count("Tilknyttet"),
        "en_kilde": count("Bare én kilde"),
        "en_ledning": count("Én ledning til mange"),
        "uten_kilde": count("Ikke koblet til en kilde"),
        "andel": Column(
            title="Andel uten reservevann",
            unit="%",
            decimals=0,
            derived_from=("koblet", "en_kilde", "en_ledning"),
        ),
    }
    return counted_table(
        "reservevann",
        "Områder uten reservevann",
        sorted(records, key=lambda one: (list(_ZONES.values()).index(one["slag"]), one["rad"])),
        columns,
        note="Uten reservevann er de som bare har én kilde, eller får alt vannet gjennom én "
        "ledning til mange; noen er begge deler. Om reserven har nok vann og trykk, er ikke "
        "regnet.",
    )


def _zones(scene: Scene) -> list[tuple[str, str, Truth]]:
    """Return the zones and settlements with the addresses inside each."""
    assert scene.hung is not None  # noqa: S101  (the caller has looked)
    layers = scene.layers
    found: list[tuple[str, str, Truth]] = []
    if layers.va_sone is not None:
        zones = layers.va_sone[layers.va_sone["type"].isin(list(_ZONES))].reset_index(drop=True)
        names = (
            zones["navn"].astype("string").fillna(zones["sone_id"].astype("string"))
            if "navn" in zones
            else zones["sone_id"].astype("string")
        )
        keys = list(zip(zones["type"].astype(str), names.astype(str), strict=True))
        found += _inside(scene, keys, geometries(zones))
    if layers.tettsted is not None:
        names = layers.tettsted["tettstedsnavn"].astype(str)
        keys = [("tettsted", name) for name in names]
        found += _inside(scene, keys, geometries(layers.tettsted))
        if keys:
            anywhere = np.zeros(len(scene.hung.ids), dtype=np.bool_)
            for kind, _, inside in found:
                if kind == "tettsted":
                    anywhere |= inside
            found.append(("tettsted", "Utenfor tettsted", ~anywhere))
    return found


def _inside(
    scene: Scene, keys: list[tuple[str, str]], shapes: NDArray[np.object_]
) -> list[tuple[str, str, Truth]]:
    """Return the addresses inside the areas of each key; several areas may have the same."""
    assert scene.hung is not None  # noqa: S101  (the caller has looked)
    area, address = shapely.STRtree(scene.hung.points).query(shapes, predicate="intersects")
    found = {key: np.zeros(len(scene.hung.ids), dtype=np.bool_) for key in keys}
    for place, key in enumerate(keys):
        found[key][address[area == place]] = True
    return [(kind, name, inside) for (kind, name), inside in found.items()]


def institution_table(scene: Scene) -> Table | None:
    """List the institutions with what their water depends on; ``None`` when there are none."""
    if not len(scene.places):
        return None
    ids = scene.ids
    alone, pipes = scene.alone, scene.pipes
    every = scene.places["piece"].to_numpy(dtype=np.int64)
    ways = alone_on_way(scene.pipes, scene.tree, every)
    records = []
    for one, piece, way in zip(scene.places.itertuples(), every.tolist(), ways, strict=True):
        record = {
            "rad": f"{one.art} {one.id}",
            "slag": KINDS[str(one.art)],
            "navn": one.navn,
            "forsyning": "Ukjent: for langt fra en ledning",
            "antall": np.nan,
            "ledning": "",
            "siste": "",
            "kilde": "",
        }
        if piece >= 0:
            record["forsyning"] = STATES[int(scene.state[piece])]
            nodes = pipes.start[piece], pipes.end[piece]
            source = [int(alone.source[node]) for node in nodes if alone.source[node] >= 0]
            record["kilde"] = ""
            if source:
                node = int(pipes.sources[source[0]])
                record["kilde"] = node_name(scene.network, scene.layers, node)
        if piece >= 0 and scene.answer.supplied_pipe[piece]:
            record["antall"] = len(dict.fromkeys(ids[way]))
            record["siste"] = str(ids[way[0]]) if len(way) else ""
            record["ledning"] = str(ids[way[-1]]) if len(way) else ""
        records.append(record)
    return counted_table(
        "institusjoner",
        PLACES_TITLE,
        _once(sorted(records, key=lambda one: (one["slag"], str(one["navn"])))),
        {
            "slag": Column(title="Slag"),
            "navn": Column(title="Navn"),
            "forsyning": Column(title="Forsyning"),
            "antall": Column(
                title="Ledninger som alt vannet går gjennom", unit="ledninger", decimals=0
            ),
            "ledning": Column(title="Den nærmest kilden"),
            "siste": Column(title="Den nærmest institusjonen"),
            "kilde": Column(title="Eneste kilde"),
        },
        note="Hver av ledningene tar vannet om den svikter. Ledningen institusjonen selv er "
        "knyttet til, er regnet med om vannet bare kommer dit fra én kant.",
    )


def out_table(scene: Scene) -> Table | None:
    """Count who loses water when what is asked about is out of use together."""
    if not scene.broken:
        return None
    dry = dry_without(
        scene.whole,
        np.flatnonzero(scene.out),
        nodes=scene.gone,
        sources=np.flatnonzero(np.isin(scene.whole.sources, scene.stopped)),
    )
    dry |= scene.out
    record = {
        "rad": "uten",
        "hva": ", ".join(scene.parameters["va_bortfall_uten"]),
        **loss_record(scene, scene.weights[dry].sum(axis=0)),
        "navn": named_places(scene.places, dry),
    }
    return counted_table(
        "ute_av_drift",
        "Det som er ute av drift samtidig, og hvem som da er uten vann",
        [record],
        {
            "hva": Column(title="Ute av drift"),
            **loss_columns(scene),
            "navn": Column(title="Skoler og institusjoner"),
        },
        note="De andre tabellene er regnet med dette borte.",
    )
