"""Map layers of the map of pipes: as it is drawn, as the network has it, and the faults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._background import land_of
from askergeo.analyses._va_topology_tables import LACKS, MEDIUM_TITLES
from askergeo.network._chains import line_strings
from askergeo.result import Column, MapLayer, Style, StyleClass
from askergeo.va.network import MEDIUM_OF_TYPE

if TYPE_CHECKING:
    from askergeo.va.topology import Topology

__all__ = ["base_layers", "fault_layers", "network_layer", "source_layer"]

# What a fault is about, for the map: the rules, the colour.
_GROUPS: Final = {
    "Koblet sammen": (("glippe_ende", "glippe_node", "glippe_linje", "krysning_kum"), "#2166ac"),
    "Krysser uten node": (("krysning",), "#e08214"),
    "Løs ende": (("los_ende",), "#b2182b"),
    "Egen del": (("egen_del",), "#67001f"),
    "Node eller anlegg utenfor": (
        ("node_ved_siden", "node_utenfor", "anlegg_koblet", "anlegg_utenfor", "node_dobbel",
         "node_ukjent", "node_motsier", "node_byttet", "punkt_uten_sted", "punkt_ikke_i_drift"),
        "#762a83",
    ),
    "Stiger": (("motfall", "motfall_terreng"), "#8c510a"),
    "Tegnet dobbelt": (("dobbel", "dobbel_ulik", "delvis_dobbel"), "#01665e"),
    "Uten lengde, type, linje eller bruk": (
        ("uten_linje", "ukjent_type", "ikke_i_drift", "null_lengde", "null_lengde_node", "sloyfe",
         "for_kort"),
        "#4d4d4d",
    ),
    "Umulig år eller pumpe uten kurve": (("umulig_aar", "pumpe_uten_kurve"), "#c51b7d"),
}  # fmt: skip
# Colour alone does not tell nine kinds apart.
_MARKS: Final = {
    "Krysser uten node": "cross",
    "Løs ende": "triangle",
    "Egen del": "star",
    "Node eller anlegg utenfor": "diamond",
    "Stiger": "triangle",
    "Tegnet dobbelt": "square",
    "Uten lengde, type, linje eller bruk": "square",
    "Umulig år eller pumpe uten kurve": "cross",
}
_OUT: Final = frozenset(
    {"uten_linje", "ukjent_type", "ikke_i_drift", "null_lengde", "dobbel", "for_kort"}
)
_CHANGED: Final = frozenset(
    {"glippe_ende", "glippe_node", "glippe_linje", "krysning_kum", "delvis_dobbel", "sloyfe",
     "motfall", "null_lengde_node"}
)  # fmt: skip
_BEFORE: Final = {
    "Uendret": "#7f7f7f",
    "Endret i nettet": "#2166ac",
    "Ikke med i nettet": "#b2182b",
}
_THIN: Final = 0.55
# Pale where all is well: the faults lie on top.
_AFTER: Final = {
    "Har kilde eller utløp": ("#9fb8a8", _THIN),
    "Henger for seg selv": ("#b2182b", 1.2),
    "Ukjent": ("#7f7f7f", 0.8),
}


def base_layers(boundary: gpd.GeoDataFrame | None) -> list[MapLayer]:
    """Draw the land."""
    return [] if boundary is None else [land_of(boundary)]


def source_layer(va_ledning: gpd.GeoDataFrame, faults: gpd.GeoDataFrame) -> MapLayer:
    """Draw the pipes as they are in the source, by what became of them."""
    of_pipes = faults[faults["lag"] == "va_ledning"]
    state = np.full(len(va_ledning), "Uendret", dtype=object)
    state[of_pipes.loc[of_pipes["regel"].isin(_CHANGED), "rad"]] = "Endret i nettet"
    state[of_pipes.loc[of_pipes["regel"].isin(_OUT), "rad"]] = "Ikke med i nettet"
    shapes = np.asarray(va_ledning.geometry.array, dtype=object)
    drawn = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    frame = gpd.GeoDataFrame(
        {
            "ledning_id": va_ledning["ledning_id"].astype(str).to_numpy(),
            "medium": va_ledning["type"].map(MEDIUM_OF_TYPE).map(MEDIUM_TITLES).fillna("Ukjent"),
            "tilstand": state,
        },
        geometry=shapes,
        crs=va_ledning.crs,
    )[drawn].reset_index(drop=True)
    return MapLayer(
        name="ledninger_for",
        title="Ledningene som de er tegnet",
        frame=frame,
        columns={
            "ledning_id": Column(title="Ledning"),
            "medium": Column(title="Nett"),
            "tilstand": Column(title="I nettet"),
        },
        style=Style(
            width=0.5,
            column="tilstand",
            classes=tuple(
                StyleClass(value=name, label=name, stroke=colour, dash=name != "Uendret")
                for name, colour in _BEFORE.items()
            ),
        ),
        visible=False,
    )


def network_layer(va_ledning: gpd.GeoDataFrame, found: Topology) -> MapLayer:
    """Draw the pieces of all networks, by whether their part has a source or an outlet."""
    ids = va_ledning["ledning_id"].astype(str).to_numpy()
    parts = found.parts.set_index(["medium", "del"])["forsynt"].astype(object)
    words = {True: "Har kilde eller utløp", False: "Henger for seg selv"}
    frames = []
    for medium, network in found.networks.items():
        owner = np.repeat(np.arange(network.edges), np.diff(network.coordinate_ptr))
        part = network.component[network.start]
        frames.append(
            gpd.GeoDataFrame(
                {
                    "ledning_id": ids[network.row],
                    "medium": MEDIUM_TITLES[medium],
                    "del": part + 1,
                    "lengde_m": network.length_m,
                    "tilstand": [words.get(parts[medium, one], "Ukjent") for one in part],
                },
                geometry=line_strings(network.coordinates, owner),
                crs=va_ledning.crs,
            )
        )
    filled = [one for one in frames if len(one)]
    frame = pd.concat(filled or frames[:1], ignore_index=True)
    return MapLayer(
        name="nettet_etter",
        title="Nettet etter at endene er koblet",
        frame=gpd.GeoDataFrame(frame, geometry="geometry", crs=va_ledning.crs),
        columns={
            "ledning_id": Column(title="Ledning"),
            "medium": Column(title="Nett"),
            "del": Column(title="Del", decimals=0),
            "lengde_m": Column(title="Lengde", unit="m", decimals=1),
            "tilstand": Column(title="Delen"),
        },
        style=Style(
            width=0.5,
            column="tilstand",
            classes=tuple(
                StyleClass(value=name, label=name, stroke=colour, width=width, dash=width > _THIN)
                for name, (colour, width) in _AFTER.items()
            ),
        ),
    )


def fault_layers(faults: gpd.GeoDataFrame) -> list[MapLayer]:
    """Draw the faults where they are; pipes that lack an attribute are in a layer of their own."""
    placed = faults[~faults.geometry.isna() & ~faults.geometry.is_empty]
    lack = placed["regel"].isin(list(LACKS))
    group = {rule: name for name, (rules, _) in _GROUPS.items() for rule in rules}
    layers = []
    for some, name, title, visible in (
        (placed[~lack], "feil", "Feil i ledningskartet", True),
        (placed[lack], "mangler", "Ledninger uten dimensjon, materiale eller år", False),
    ):
        if not len(some):
            continue
        if name == "mangler":
            layers.append(_lacking(some))
            continue
        frame = gpd.GeoDataFrame(
            {
                "hva": some["regel"].map(group).fillna(some["tittel"]).to_numpy(),
                "feil": some["tittel"].to_numpy(),
                "id": some["id"].to_numpy(),
                "annen_id": some["annen_id"].to_numpy(),
                "endring": some["endring"].to_numpy(),
                "sikkerhet": some["sikkerhet"].to_numpy(),
            },
            geometry=some.geometry.to_numpy(),
            crs=faults.crs,
        )
        layers.append(_points(frame, name, title, visible=visible))
    return layers


def _lacking(lacks: gpd.GeoDataFrame) -> MapLayer:
    """Draw each pipe that lacks something once, whatever it lacks."""
    words = lacks["regel"].map(LACKS)
    whole = words.groupby(lacks["rad"]).agg(", ".join)
    first = ~lacks["rad"].duplicated()
    some = lacks[first]
    return MapLayer(
        name="va_mangler",
        title="Ledninger uten dimensjon, materiale eller år",
        frame=gpd.GeoDataFrame(
            {
                "id": some["id"].to_numpy(),
                "mangler": some["rad"].map(whole).to_numpy(),
            },
            geometry=some.geometry.to_numpy(),
            crs=lacks.crs,
        ),
        columns={"id": Column(title="Ledning"), "mangler": Column(title="Mangler")},
        style=Style(fill="#bf812d", stroke="#ffffff", size=1.6),
        visible=False,
    )


def _points(frame: gpd.GeoDataFrame, name: str, title: str, *, visible: bool) -> MapLayer:
    present = set(frame["hva"])
    classes = tuple(
        StyleClass(value=one, label=one, fill=colour, stroke="#ffffff", shape=_MARKS.get(one, ""))
        for one, (_, colour) in _GROUPS.items()
        if one in present
    )
    return MapLayer(
        name=f"va_{name}",
        title=title,
        frame=frame,
        columns={
            "hva": Column(title="Gjelder"),
            "feil": Column(title="Feil"),
            "id": Column(title="Id"),
            "annen_id": Column(title="Den andre"),
            "endring": Column(title="Hva nettet gjør"),
            "sikkerhet": Column(title="Sikkerhet"),
        },
        style=Style(
            fill="#bf812d",
            stroke="#ffffff",
            size=2.8 if classes else 1.6,
            column="hva" if classes else "",
            classes=classes,
        ),
        visible=visible,
    )
