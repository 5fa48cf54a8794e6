"""A trace up or down the network from a point, an address or a pipe.

The method, with its sources, is in docs/metode-va.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._background import land_of
from askergeo.analyses._reach_tables import counted_table, person_column
from askergeo.analyses._va_loss_scene import Layers
from askergeo.analyses._va_trace_scene import make_trace
from askergeo.analyses._va_year import idle_warning, map_year
from askergeo.catalogue import load_catalogue
from askergeo.result import Column, Fact, MapLayer, Result, Style, StyleClass
from askergeo.va.customers import piece_lines
from askergeo.va.institutions import KINDS
from askergeo.va.network import VANN
from askergeo.va.trace import SURE, UP

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.analyses._va_trace_scene import Traced
    from askergeo.parameters import Parameters
    from askergeo.result import Table

__all__ = ["va_spor"]

_KILO: Final = 1000.0
_COLOURS: Final = {"sikker": "#08519c", "antatt": "#6baed6", "ukjent": "#8c8c8c"}
_MEDIA: Final = {"vann": "vann", "avlop": "avløp", "overvann": "overvann"}
# What a piece of a trace rests on, by medium and direction.
_WHY: Final = {
    ("vann", "opp"): (
        "Sikker: alt vannet går her",
        "Antatt: vannet kan gå her (sløyfe)",
        "Ukjent",
    ),
    ("vann", "ned"): (
        "Sikker: har vann bare herfra",
        "Antatt: korteste veg fra kilden går her",
        "Ukjent",
    ),
    ("avlop", ""): ("Sikker: bunnhøyder", "Antatt: tegnet retning", "Ukjent retning"),
}


def va_spor(*, parameters: Parameters, **layers: Any) -> Result:  # noqa: ANN401  (frames)
    """Follow water or sewage up or down from one place, and list what is met on the way.

    Parameters
    ----------
    parameters
        The sets ``va_spor``, ``va_bortfall`` and ``va_nett``.
    layers
        Layers of the catalogue by their ids; only ``va_ledning`` must be there.

    Raises
    ------
    LayerError
        When the medium has no pipes, or water has no source.
    ParameterError
        When the place cannot be read or found, or no pipe is near it.
    """
    year = map_year(parameters, "va_nett_aar", layers.pop("kilder", None))
    traced = make_trace(Layers.of(layers, year), parameters)
    sums, ends = _sum_table(traced), _end_table(traced)
    tables = (sums, ends, _place_table(traced), _pipe_table(traced))
    return Result(
        analysis="va_spor",
        title=f"Spor {traced.direction} fra {traced.place}",
        template=_template(traced),
        facts=_facts(traced, sums, ends),
        tables=tuple(one for one in tables if one is not None),
        layers=_layers(traced),
        warnings=(*_warnings(traced), *idle_warning(traced.layers.va_anlegg, year)),
        reading=_reading(traced),
    )


def _why(traced: Traced) -> tuple[str, ...]:
    if traced.network.medium == VANN:
        return _WHY[VANN, traced.direction]
    return _WHY["avlop", ""]


def _sum_table(traced: Traced) -> Table:
    """Sum pipes, metres and customers by what the trace rests on, and in all."""
    trace, network, hung = traced.trace, traced.network, traced.hung
    records = []
    for level, title in (*enumerate(_why(traced)), (-1, "I alt")):
        pieces = trace.pieces[(trace.sure == level) | (level < 0)]
        record: dict[str, Any] = {
            "rad": SURE[level] if level >= 0 else "i_alt",
            "sikkerhet": title,
            "ledninger": len(np.unique(network.row[pieces])),
            "lengde": network.length_m[pieces].sum() / _KILO,
        }
        if hung is not None:
            mine = hung.connected & np.isin(hung.piece, pieces)
            record |= {
                "adresser": mine.sum(),
                "boliger": hung.dwellings[mine].sum(),
                "bosatte": hung.residents[mine].sum(),
            }
        records.append(record)
    columns = {
        "sikkerhet": Column(title="Hva sporet bygger på"),
        "ledninger": Column(title="Ledninger", unit="ledninger", decimals=0),
        "lengde": Column(title="Lengde", unit="km", decimals=2),
    }
    if hung is not None:
        columns |= {
            "adresser": Column(title="Adresser", unit="adresser", decimals=0),
            "boliger": Column(title="Boliger", unit="boliger", decimals=0),
            "bosatte": person_column("Bosatte"),
        }
    return counted_table(
        "sammendrag",
        "Sporet i korte trekk",
        records,
        columns,
        note="Adressene er de som er knyttet til ledningene i sporet.",
    )


def _end_table(traced: Traced) -> Table:
    """List where the trace ends."""
    network, layers = traced.network, traced.layers
    records = []
    for node in traced.trace.ends.tolist():
        plant, point = int(network.facility_row[node]), int(network.node_row[node])
        kind, name, one = "Ende på nettet", "", f"node {node}"
        for layer, frame, row, key in (
            ("va_node", layers.va_node, point, "node_id"),
            ("va_anlegg", layers.va_anlegg, plant, "anlegg_id"),
        ):
            if frame is None or row < 0:
                continue
            entry = frame.iloc[row]
            told = entry.get("navn")
            kind, one = _kind_text(layer, str(entry["type"])), str(entry[key])
            name = "" if told is None or pd.isna(told) else str(told)
        x, y = np.rint(network.xy[node])
        records.append({"rad": f"{one} {node}", "slag": kind, "id": one, "navn": name,
                        "x": x, "y": y})  # fmt: skip
    return counted_table(
        "ender",
        "Hvor sporet ender",
        records,
        {
            "slag": Column(title="Slag"),
            "id": Column(title="Id"),
            "navn": Column(title="Navn"),
            "x": Column(title="Øst", unit="m", decimals=0),
            "y": Column(title="Nord", unit="m", decimals=0),
        },
    )


def _kind_text(layer: str, kind: str) -> str:
    """Return the word of a type of node or plant."""
    return (load_catalogue()[layer].columns["type"].codes or {}).get(kind, kind)


def _place_table(traced: Traced) -> Table | None:
    """List the institutions on the trace."""
    piece = traced.places["piece"].to_numpy(dtype=np.int64)
    mine = (piece >= 0) & traced.on[piece] if len(piece) else np.zeros(0, dtype=np.bool_)
    if not mine.any():
        return None
    frame = traced.places[mine]
    records = [
        {"rad": f"{one.art} {one.id} {number}", "slag": KINDS[str(one.art)], "navn": one.navn}
        for number, one in enumerate(frame.itertuples())
    ]
    return counted_table(
        "institusjoner",
        "Skoler og institusjoner på sporet",
        records,
        {"slag": Column(title="Slag"), "navn": Column(title="Navn")},
    )


def _pipe_table(traced: Traced) -> Table:
    """List the pipes of the trace, with the metres of each that are in it."""
    trace, network = traced.trace, traced.network
    why = np.array(_why(traced), dtype=object)
    known = traced.layers.va_ledning
    rows = network.row[trace.pieces]
    frame = pd.DataFrame(
        {"row": rows, "lengde": network.length_m[trace.pieces], "sikker": trace.sure}
    )
    # The least certain piece tells how certain the pipe is.
    frame = frame.groupby("row", sort=True).agg({"lengde": "sum", "sikker": "max"})
    columns: dict[str, Column] = {"ledning_id": Column(title="Ledning-id")}
    told = known.iloc[frame.index]
    out = pd.DataFrame({"ledning_id": told["ledning_id"].astype(str).to_numpy(dtype=object)})
    others = {
        "type": Column(title="Type"),
        "funksjon": Column(title="Funksjon"),
        "materiale": Column(title="Materiale"),
        "dimensjon_mm": Column(title="Dimensjon", unit="mm", decimals=0),
        "anleggsaar": Column(title="Anleggsår"),
        "fornyet_aar": Column(title="Fornyet"),
    }
    for name, column in others.items():
        if name in known:
            out[name] = told[name].array
            columns[name] = column
            if codes := load_catalogue()["va_ledning"].columns[name].codes:
                out[name] = out[name].map(codes).fillna("")
    out["lengde"] = np.rint(frame["lengde"].to_numpy())
    out["sikkerhet"] = why[frame["sikker"].to_numpy()]
    columns["lengde"] = Column(title="Lengde i sporet", unit="m", decimals=0)
    columns["sikkerhet"] = Column(title="Hva sporet bygger på")
    labels = out["ledning_id"] + np.where(out["ledning_id"].duplicated(), out.index.astype(str), "")
    records: list[dict[str, Any]] = [
        {str(key): value for key, value in one.items()}
        for one in out.assign(rad=labels).to_dict("records")
    ]
    for name in {"anleggsaar", "fornyet_aar"} & set(out):
        for record in records:
            year = record[name]
            record[name] = "" if pd.isna(year) else str(int(year))
    return counted_table("ledninger", "Ledningene i sporet", records, columns)


def _template(traced: Traced) -> str:
    ways = {
        ("vann", "opp"): "Vannet til {sted} kommer gjennom {ledninger} ledninger ({km} km), fra "
        "{ender}.",
        ("vann", "ned"): "{bosatte} bosatte får vannet gjennom {sted} og {km} km ledning nedenfor.",
        ("avlop", "opp"): "{bosatte} bosatte har {medium} som renner til {sted}, gjennom {km} km "
        "ledning.",
        ("avlop", "ned"): "Fra {sted} renner {medium} gjennom {ledninger} ledninger ({km} km) til "
        "{ender}.",
    }
    if traced.hung is None or bool(np.isnan(traced.hung.residents).all()):
        return "Spor {retning} fra {sted}: {ledninger} ledninger ({km} km), til {ender}."
    return ways["vann" if traced.network.medium == VANN else "avlop", traced.direction]


def _facts(traced: Traced, sums: Table, ends: Table) -> dict[str, Fact]:
    medium = _MEDIA[traced.network.medium]
    row: Any = sums.frame.loc["i_alt"]
    facts = {
        "sted": Fact(title="Sted", value=traced.place),
        "retning": Fact(title="Retning", value=traced.direction),
        "medium": Fact(title="Medium", value=medium),
        "ledninger": Fact(title="Ledninger", value=int(row["ledninger"]), unit="ledninger"),
        "km": Fact(title="Lengde", value=float(row["lengde"]), unit="km", decimals=2),
        "ender": Fact(title="Ender", value=_ends_text(ends)),
    }
    if "bosatte" in sums.frame:
        value = row["bosatte"]
        facts["bosatte"] = Fact(
            title="Bosatte",
            value=None if pd.isna(value) else int(value),
            unit="personer",
            persons=True,
            cell=("sammendrag", "i_alt", "bosatte"),
            hidden=("i_alt", "bosatte") in sums.hidden,
        )
    return facts


def _ends_text(ends: Table) -> str:
    """Name the ends: those with a name first, and how many more there are."""
    rows = [row for _, row in ends.frame.iterrows() if row["slag"] != "Ende på nettet"]
    rows.sort(key=lambda row: not row["navn"])
    named = [str(row["navn"] or f"{str(row['slag']).lower()} {row['id']}") for row in rows]
    rest = len(ends.frame) - len(named[:3])
    if not named:
        return "ukjent sted" if not rest else f"{rest} ender uten navn"
    return ", ".join(named[:3]) + (f" og {rest} til" if rest else "")


def _layers(traced: Traced) -> tuple[MapLayer, ...]:
    trace, network, known = traced.trace, traced.network, traced.layers.va_ledning
    crs = known.crs
    lines = piece_lines(network)
    names = dict(zip(_why(traced), _COLOURS.values(), strict=True))
    ids = known["ledning_id"].astype(str).to_numpy(dtype=object)[network.row[trace.pieces]]
    pipes = gpd.GeoDataFrame(
        {
            "ledning_id": ids,
            "sikkerhet": np.array(_why(traced), dtype=object)[trace.sure],
        },
        geometry=lines[trace.pieces],
        index=pd.Index(trace.pieces.astype(str), dtype=object),
        crs=crs,
    )
    others = np.setdiff1d(np.arange(network.edges), trace.pieces)
    rest = gpd.GeoDataFrame(
        {"nett": ["Resten av nettet"] * bool(len(others))},
        geometry=[shapely.MultiLineString(list(lines[others]))] if len(others) else [],
        crs=crs,
    )
    ends = gpd.GeoDataFrame(
        {"slag": ["Begynner her"] + ["Ender her"] * len(trace.ends)},
        geometry=[traced.point, *_points(network.xy[trace.ends])],
        crs=crs,
    )
    land = [land_of(traced.layers.kommunegrense)] if traced.layers.kommunegrense is not None else []
    return (
        *land,
        MapLayer(
            name="nettet",
            title="Resten av nettet",
            frame=rest,
            columns={"nett": Column(title="Nett")},
            style=Style(fill="#c7c7c7", stroke="#c7c7c7", width=0.3),
        ),
        MapLayer(
            name="spor",
            title=f"Sporet {traced.direction}",
            frame=pipes,
            columns={
                "ledning_id": Column(title="Ledning-id"),
                "sikkerhet": Column(title="Hva sporet bygger på"),
            },
            style=Style(
                column="sikkerhet",
                width=0.9,
                classes=tuple(
                    StyleClass(value=name, label=name, fill=colour, stroke=colour, dash=number > 0)
                    for number, (name, colour) in enumerate(names.items())
                ),
            ),
        ),
        MapLayer(
            name="ender",
            title="Begynner og ender",
            frame=ends,
            columns={"slag": Column(title="Slag")},
            style=Style(
                column="slag",
                size=3.0,
                classes=(
                    StyleClass(
                        value="Begynner her",
                        label="Begynner her",
                        fill="#d55e00",
                        shape="star",
                        size=5.0,
                    ),
                    StyleClass(value="Ender her", label="Ender her", fill="#ffffff", size=1.8),
                ),
            ),
        ),
    )


def _points(xy: NDArray[np.float64]) -> list[shapely.Point]:
    return [shapely.Point(x, y) for x, y in xy.tolist()]


def _warnings(traced: Traced) -> tuple[str, ...]:
    told = []
    if traced.how:
        told.append(traced.how)
    if len(traced.trace.jumps):
        told.append(
            "Sporet går gjennom pumping som ikke er tegnet som ledning, fra anlegg til anlegg slik "
            "anleggsregisteret sier («til_anlegg_id»)."
        )
    if (traced.trace.sure == len(SURE) - 1).any():
        told.append("Noen ledninger har ukjent retning og er fulgt begge veger.")
    return tuple(told)


def _reading(traced: Traced) -> tuple[str, ...]:
    if traced.network.medium != VANN:
        return (
            (
                "Avløp er fulgt slik bunnhøydene faller. Der de mangler, er retningen ledningen er "
                "tegnet i brukt, og det er sagt. Pumpeledninger går fra pumpestasjonen."
            ),
            "Deler nettet seg, følger sporet alle greinene: hvor mye som går hver veg, er ukjent.",
        )
    if traced.direction == UP:
        words = (
            "Sikre ledninger er dem alt vannet må gjennom. De andre ligger på en veg fra en kilde "
            "som ikke passerer samme sted to ganger; hvilke av dem vannet går i, avgjør trykket, "
            "og det trengs en hydraulisk modell til å si."
        )
        return (words,)
    return (
        (
            "Sikre ledninger har vann bare gjennom stedet. De andre ligger på korteste veg fra "
            "nærmeste kilde gjennom stedet: et anslag for nett med sløyfer, der trykket avgjør."
        ),
    )
