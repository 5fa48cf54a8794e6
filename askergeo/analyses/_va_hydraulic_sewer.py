"""What SWMM says of a sewage model of the package: where it floods, and which pipes run full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np

from askergeo.analyses._background import land_of
from askergeo.analyses._va_hydraulic_place import local_warning
from askergeo.numbers import format_number
from askergeo.result import (
    Column,
    Fact,
    Finding,
    MapLayer,
    Result,
    Severity,
    Status,
    Style,
    StyleClass,
    Table,
)
from askergeo.sources._inp_text import SWMM
from askergeo.va.hydraulics import run_swmm

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from askergeo.va.hydraulics import SewerRun

__all__ = ["is_sewer_model", "sewer_result"]

_FLOODS, _DRY = "Går over", "Går ikke over"
_FULL, _NEAR, _ROOM = "Går full", "Minst 80 % full", "Under 80 % full"
_OTHER = "Pumpe eller overløp"
_FILLS: Final = {_FULL: "#d73027", _NEAR: "#fdae61", _ROOM: "#4575b4", _OTHER: "#888888"}
_NEARLY: Final = 0.8
_HOW: Final = (
    "SWMM regner modellen slik den er, med regnet og tilløpene som står i den. «Går over» betyr at "
    "vannet stiger over kummen."
)
# A part of the account of water that is off by more than this makes the run doubtful.
_DOUBT_PERCENT: Final = 5.0


def is_sewer_model(va_modell: pd.DataFrame | None, name: str) -> bool:
    """Whether the layer has a SWMM model of that name."""
    if va_modell is None or "program" not in va_modell:
        return False
    mine = va_modell["modell_id"].astype(str) == name
    return bool((va_modell.loc[mine, "program"] == SWMM).any())


def sewer_result(
    frames: Mapping[str, pd.DataFrame], name: str, boundary: gpd.GeoDataFrame | None
) -> Result:
    """Run the model, and tell where it floods and which pipes are full.

    Raises
    ------
    SourceError, MissingFileError
        When SWMM refuses the model, or is not installed.
    """
    run = run_swmm(frames, name)
    floods = run.nodes["flood_m3"].to_numpy() > 0
    full = run.links["max_share_of_full_depth"].to_numpy() >= 1
    below = () if boundary is None else (land_of(boundary),)
    nodes = _node_layer(run, frames)
    return Result(
        analysis="va_hydraulikk",
        title="Vannføring i avløpsnettet",
        template="{noder} av {alle} noder går over, med {m3} m³ i alt, og {fulle} av {ror} "
        "ledninger går fulle.",
        facts={
            "noder": Fact(title="Noder som går over", value=int(floods.sum()), unit="noder"),
            "alle": Fact(title="Noder", value=len(run.nodes), unit="noder"),
            "m3": Fact(
                title="Vann over terreng", value=float(run.nodes["flood_m3"].sum()), unit="m³"
            ),
            "fulle": Fact(title="Fulle ledninger", value=int(full.sum()), unit="ledninger"),
            "ror": Fact(title="Ledninger", value=len(run.links), unit="ledninger"),
        },
        tables=(_node_table(run), _link_table(run)),
        layers=(*below, *_link_layer(run, frames), *nodes),
        findings=_doubts(run),
        warnings=_local(nodes),
        reading=(_HOW,),
    )


def _node_table(run: SewerRun) -> Table:
    columns = {
        "node": Column(title="Node"),
        "max_depth_m": Column(title="Største dybde", unit="m", decimals=2),
        "max_level_m": Column(title="Høyeste vannspeil", unit="m over null", decimals=2),
        "max_inflow_l_s": Column(title="Største tilløp", unit="l/s", decimals=1),
        "inflow_m3": Column(title="Tilløp i alt", unit="m³", decimals=0),
        "flooded_hours": Column(title="Timer over", unit="timer", decimals=2),
        "max_flood_l_s": Column(title="Mest over", unit="l/s", decimals=1),
        "flood_m3": Column(title="Over i alt", unit="m³", decimals=0),
    }
    frame = run.nodes.sort_values("flood_m3", ascending=False, kind="stable")
    frame = frame.assign(node=frame.index)[list(columns)]
    return Table(name="noder", title="Nodene, mest over først", frame=frame, columns=columns)


def _link_table(run: SewerRun) -> Table:
    columns = {
        "ledning": Column(title="Ledning"),
        "max_flow_l_s": Column(title="Største vannføring", unit="l/s", decimals=1),
        "max_velocity_m_s": Column(title="Største hastighet", unit="m/s", decimals=2),
        "flow_percent": Column(title="Av vannføringen fullt rør har", unit="%", decimals=0),
        "depth_percent": Column(title="Av full høyde", unit="%", decimals=0),
    }
    frame = run.links.assign(
        ledning=run.links.index,
        flow_percent=100 * run.links["max_share_of_full_flow"],
        depth_percent=100 * run.links["max_share_of_full_depth"],
    ).sort_values("depth_percent", ascending=False, kind="stable")
    return Table(
        name="ledninger", title="Ledningene, de fulleste først", frame=frame[list(columns)],
        columns=columns, note="«..» er pumper og overløp, som ikke kan være fulle.",
    )  # fmt: skip


def _node_layer(run: SewerRun, frames: Mapping[str, pd.DataFrame]) -> tuple[MapLayer, ...]:
    nodes = frames.get("va_node")
    if not isinstance(nodes, gpd.GeoDataFrame):
        return ()
    placed = nodes.drop_duplicates("node_id").set_index(nodes["node_id"].astype(str))
    names = [one for one in run.nodes.index if one in placed.index]
    if not names:
        return ()
    flood = run.nodes.loc[names, "flood_m3"].to_numpy()
    frame = gpd.GeoDataFrame(
        {"node": names, "klasse": np.where(flood > 0, _FLOODS, _DRY), "flood_m3": flood},
        geometry=placed.geometry.loc[names].to_numpy(),
        crs=nodes.crs,
    )
    layer = MapLayer(
        name="gaar_over",
        title="Noder som går over",
        frame=frame,
        columns={
            "node": Column(title="Node"),
            "klasse": Column(title="Svar"),
            "flood_m3": Column(title="Over i alt", unit="m³", decimals=0),
        },
        style=Style(
            column="klasse",
            classes=(
                StyleClass(value=_FLOODS, label=_FLOODS, fill="#d73027", stroke="#000000"),
                StyleClass(value=_DRY, label=_DRY, fill="#a6bddb", stroke="#ffffff"),
            ),
            size=2.0,
        ),
    )
    return (layer,)


def _link_layer(run: SewerRun, frames: Mapping[str, pd.DataFrame]) -> tuple[MapLayer, ...]:
    pipes = frames.get("va_ledning")
    if not isinstance(pipes, gpd.GeoDataFrame):
        return ()
    placed = pipes.drop_duplicates("ledning_id")
    placed = placed.set_index(placed["ledning_id"].astype(str))
    placed = placed[placed.geometry.notna() & placed.index.isin(run.links.index)]
    if not len(placed):
        return ()
    share = run.links.loc[placed.index, "max_share_of_full_depth"].to_numpy(dtype=np.float64)
    classes = np.select(
        [np.isnan(share), share >= 1, share >= _NEARLY], [_OTHER, _FULL, _NEAR], _ROOM
    )
    frame = gpd.GeoDataFrame(
        {
            "ledning": placed.index,
            "klasse": classes,
            "prosent": 100 * share,
            "l_s": run.links.loc[placed.index, "max_flow_l_s"].to_numpy(dtype=np.float64),
        },
        geometry=placed.geometry.to_numpy(),
        crs=pipes.crs,
    )
    layer = MapLayer(
        name="fylling",
        title="Hvor fulle ledningene blir",
        frame=frame,
        columns={
            "ledning": Column(title="Ledning"),
            "klasse": Column(title="Fylling"),
            "prosent": Column(title="Av full høyde", unit="%", decimals=0),
            "l_s": Column(title="Største vannføring", unit="l/s", decimals=1),
        },
        style=Style(
            column="klasse",
            classes=tuple(
                StyleClass(value=name, label=name, stroke=colour, fill=colour)
                for name, colour in _FILLS.items()
            ),
            width=0.7,
        ),
    )
    return (layer,)


def _local(layers: tuple[MapLayer, ...]) -> tuple[str, ...]:
    if not layers:
        return ()
    frame = layers[0].frame
    return local_warning(frame.geometry.to_numpy(dtype=object), frame.crs)


def _doubts(run: SewerRun) -> tuple[Finding, ...]:
    titles = {"Runoff Quantity": "avrenningen", "Flow Routing": "vannet i ledningene"}
    return tuple(
        Finding(
            rule="va_hydraulikk.regnskap",
            title="Regnskapet for vannet går ikke opp",
            status=Status.NOT_RELEVANT,
            severity=Severity.WARNING,
            text=f"For {titles[part]} mangler {format_number(error, 1)} %.",
            layer="va_modell",
            action="Bruk kortere tidssteg i modellen.",
        )
        for part, error in run.continuity_percent.items()
        if abs(error) > _DOUBT_PERCENT
    )
