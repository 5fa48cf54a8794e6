"""The share connected by KOSTRA's definition, and homes near a main that are not connected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from askergeo.geometry import geometries
from askergeo.privacy import rounded
from askergeo.result import Column, Table
from askergeo.school.areas import place
from askergeo.va._net_pipes import text_of
from askergeo.va.connection import NO, UNKNOWN, YES, along_road, mains, share_of, straight
from askergeo.va.network import AVLOP, VANN
from askergeo.va.status import in_use

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.analyses._va_growth_scene import Scene
    from askergeo.network.graph import GraphBuild
    from askergeo.parameters import Parameters

    Number = NDArray[np.float64]

__all__ = ["Near", "area_table", "near_homes", "near_layer_frame", "near_table", "share_table"]

_NAMES: Final = {VANN: "Vann", AVLOP: "Avløp"}
_OUTSIDE: Final = "Utenfor alle grunnkretser"


def share_table(scene: Scene) -> Table:
    """Tell residents connected, not connected and unknown, in whole tens, and KOSTRA's share."""
    records = []
    for kind, name in _NAMES.items():
        counts = _counts(scene.register[kind], scene.residents)
        share = share_of(*counts)
        records.append({
            "hva": name, "ja": counts[0], "nei": counts[1], "ukjent": counts[2],
            "alle": sum(counts), "andel": round(share.low, 1), "hoyst": round(share.high, 1),
            "av_kjente": round(share.known, 1),
        })  # fmt: skip
    return rounded(
        Table(
            name="tilknytning",
            title="Bosatte som er knyttet til kommunalt nett",
            frame=pd.DataFrame(records).set_index(pd.Index([VANN, AVLOP], name="rad")),
            columns=_share_columns("Nett"),
            note="KOSTRA: bosatte som er tilknyttet, delt på alle bosatte (tabell 13143 vann, "
            "13144 avløp). «Minst» teller ukjente som ikke tilknyttet, «høyst» som tilknyttet. "
            "Andelene er regnet før avrundingen.",
            group="Tilknytning",
        )
    )


def _share_columns(first: str) -> dict[str, Column]:
    columns = {"hva": Column(title=first)}
    for name, title in {"ja": "Tilknyttet", "nei": "Ikke tilknyttet", "ukjent": "Ukjent",
                        "alle": "Bosatte i alt"}.items():  # fmt: skip
        columns[name] = Column(title=title, unit="personer", decimals=0, persons=True)
    for name, title in {"andel": "Andel tilknyttet, minst", "hoyst": "Andel tilknyttet, høyst",
                        "av_kjente": "Andel av de kjente"}.items():  # fmt: skip
        sources = ("ja", "nei") if name == "av_kjente" else ("ja", "ukjent", "alle")
        columns[name] = Column(title=title, unit="%", decimals=1, derived_from=sources)
    return columns


def _counts(register: Number, residents: Number) -> tuple[float, float, float]:
    yes, no, unknown = (float(residents[register == one].sum()) for one in (YES, NO, UNKNOWN))
    return yes, no, unknown


def _areas(scene: Scene) -> tuple[NDArray[np.intp], list[str]]:
    """Area of each address (−1 none), and what the areas are called."""
    count = len(scene.ids)
    units = scene.layers["grunnkrets"]
    if units is None or not len(units):
        return np.full(count, -1, dtype=np.intp), []
    at = place(scene.demand.points[:count], geometries(units))
    names = text_of(units, "grunnkretsnavn")
    return at, np.where(names == "", text_of(units, "grunnkretsnummer"), names).tolist()


def area_table(scene: Scene, kind: str) -> Table | None:
    """Tell the share connected in each basic unit, in whole tens."""
    at, names = _areas(scene)
    if not names:
        return None
    records, index = [], []
    for k, name in enumerate([*names, _OUTSIDE]):
        mine = at == (k if k < len(names) else -1)
        counts = _counts(scene.register[kind][mine], scene.residents[mine])
        if not sum(counts):
            continue
        shown = [np.floor(one / 10 + 0.5) * 10 for one in counts]
        share = share_of(*shown)
        whole = sum(shown)
        records.append({
            "hva": name, "ja": counts[0], "nei": counts[1], "ukjent": counts[2],
            "andel": round(share.low) if whole else np.nan,
        })  # fmt: skip
        index.append(str(k))
    kept = {k: v for k, v in _share_columns("Grunnkrets").items() if k in records[0]}
    kept["andel"] = Column(title="Andel tilknyttet, minst", unit="%", decimals=0,
                           derived_from=("ja", "nei", "ukjent"))  # fmt: skip
    return rounded(
        Table(
            name=f"tilknytning_{kind}_omraade",
            title=f"{_NAMES[kind]}: tilknyttet etter grunnkrets",
            frame=pd.DataFrame(records, index=pd.Index(index, name="rad")),
            columns=kept,
            note="Andelen er regnet av de avrundede tallene.",
            group="Tilknytning",
        )
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Near:
    """Addresses that the register says are not connected, ``n``.

    Parameters
    ----------
    row
        Row of the address, (n,).
    straight_m, road_m
        Metres to the nearest main, (n,); ``inf`` farther than was searched, NaN unknown.
    near
        Which are within reach, straight or along the road, (n,).
    """

    row: NDArray[np.intp]
    straight_m: Number
    road_m: Number
    near: NDArray[np.bool_]

    @property
    def metres(self) -> Number:
        """Length of a new pipe: along the road where that is known, else straight, (n,)."""
        return np.where(np.isfinite(self.road_m), self.road_m, self.straight_m)


def near_homes(
    scene: Scene, kind: str, gangnett: GraphBuild | None, parameters: Parameters
) -> Near | None:
    """Find homes that are not connected and lie near a main; ``None`` without pipes or register."""
    pipes = scene.layers["va_ledning"]
    if pipes is None or (scene.register[kind] == UNKNOWN).all():
        return None
    lived = (scene.residents > 0) | (np.nan_to_num(scene.homes) > 0)
    row = np.flatnonzero((scene.register[kind] == NO) & lived)
    lines = geometries(pipes)[
        mains(
            pipes,
            kind,
            without=parameters["va_vekst_ikke_kunder"],
            used=in_use(pipes, parameters),
        )
    ]
    points = scene.demand.points[row]
    by_air, by_road = float(parameters["va_vekst_naer_m"]), float(parameters["va_vekst_naer_veg_m"])
    most = max(by_air, by_road)
    away = straight(points, lines, most)
    road = np.full(len(row), np.nan)
    if gangnett is not None:
        road = along_road(gangnett.graph, points, lines, most=most, crs=pipes.crs)
    with np.errstate(invalid="ignore"):
        near = (away <= by_air) | (road <= by_road)
    return Near(row=row, straight_m=away, road_m=road, near=near)


def near_table(scene: Scene, kind: str, found: Near, parameters: Parameters) -> Table:
    """Tell homes near a main by area, with the pipe that they need and what it may cost."""
    at, names = _areas(scene)
    part = at[found.row]
    price = [float(parameters[f"va_vekst_kr_m_{one}"]) for one in ("lav", "mid", "hoy")]
    by_air = float(parameters["va_vekst_naer_m"])
    by_road = float(parameters["va_vekst_naer_veg_m"])
    records, index = [], []
    for k, name in [*enumerate(names), (-1, _OUTSIDE if names else "Alle")]:
        mine = (part == k) & found.near
        if not mine.any():
            continue
        rows = found.row[mine]
        homes = scene.homes[rows]
        metres = float(found.metres[mine].sum())
        with np.errstate(invalid="ignore"):
            air, road = found.straight_m[mine] <= by_air, found.road_m[mine] <= by_road
        records.append({
            "hva": name, "adresser": len(rows),
            "boliger": np.nan if np.isnan(homes).all() else np.nansum(homes),
            "bosatte": scene.residents[rows].sum(), "luftlinje": int(air.sum()),
            "veg": int(road.sum()), "meter": np.round(metres),
            **dict(zip(_PRICES, (metres * one / 1e6 for one in price), strict=True)),
        })  # fmt: skip
        index.append(str(k))
    columns = _near_columns(priced=price[1] > 0)
    frame = pd.DataFrame(records, columns=list(dict.fromkeys([*columns, *_PRICES])))
    return rounded(
        Table(
            name=f"naer_{kind}",
            title=f"{_NAMES[kind]}: boliger nær en ledning som ikke er knyttet til",
            frame=frame[list(columns)].set_axis(pd.Index(index, name="rad", dtype=object)),
            columns=columns,
            note="Lengden er langs vegen der den er kjent, ellers luftlinje, for hver adresse for "
            "seg: naboer som deler grøft, trenger mindre. Kostnaden er lengden ganger en pris per "
            "meter, et grovt anslag.",
            group="Tilknytning",
        )
    )


_PRICES: Final = {"kr_lav": "lav", "kr_mid": "", "kr_hoy": "høy"}


def _near_columns(*, priced: bool) -> dict[str, Column]:
    columns = {
        "hva": Column(title="Grunnkrets"),
        "adresser": Column(title="Adresser", unit="adresser", decimals=0),
        "boliger": Column(title="Boliger", unit="boliger", decimals=0),
        "bosatte": Column(title="Bosatte", unit="personer", decimals=0, persons=True),
        "luftlinje": Column(title="Nær i luftlinje", unit="adresser", decimals=0),
        "veg": Column(title="Nær langs vegen", unit="adresser", decimals=0),
        "meter": Column(title="Ny ledning", unit="m", decimals=0),
    }
    for name, word in _PRICES.items() if priced else ():
        title = f"Kostnad, {word}" if word else "Kostnad"
        columns[name] = Column(title=title, unit="mill. kr", decimals=1)
    return columns


def near_layer_frame(scene: Scene, found: dict[str, Near | None]) -> gpd.GeoDataFrame | None:
    """Points of the homes near a main, with the metres; ``None`` without any."""
    adresse = scene.layers["adresse"]
    assert adresse is not None  # noqa: S101  (the run needs it)
    parts: list[dict[str, Any]] = []
    for kind, one in found.items():
        for k in np.flatnonzero(one.near) if one is not None else ():
            row = int(one.row[k])  # type: ignore[union-attr]
            parts.append({"adresse_id": scene.ids[row], "nett": _NAMES[kind],
                          "meter": float(np.round(one.metres[k])),  # type: ignore[union-attr]
                          "geometry": scene.demand.points[row]})  # fmt: skip
    return gpd.GeoDataFrame(parts, geometry="geometry", crs=adresse.crs) if parts else None
