"""Projects that wait for a treatment plant or a waterworks, with the date that there is room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.result import Column, Table
from askergeo.va import load
from askergeo.va._load_growth import PROJECT
from askergeo.va._net_pipes import number_of, text_of
from askergeo.va.network import AVLOP, VANN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from askergeo.analyses._va_growth_scene import Scene
    from askergeo.analyses._va_growth_sums import PlantLoad

__all__ = ["FREE", "NEVER", "NO_PLANT", "UNSURE", "WAITS", "Answer", "waiting", "waiting_table"]

#: What a project is told, the worst first.
NO_PLANT, NEVER, WAITS, UNSURE, FREE = (
    "Uten anlegg", "Venter, ingen dato", "Venter", "Ukjent", "Har plass",
)  # fmt: skip
ORDER: Final = (NO_PLANT, NEVER, WAITS, UNSURE, FREE)
_NAMES: Final = {AVLOP: "avløp", VANN: "vann"}


@dataclass(frozen=True)
class Answer:
    """What a plant says to a project: state, its name, the year of room, and that without."""

    state: str
    plant: str
    year: float
    lacks: int = 0


def waiting(scene: Scene, loads: Mapping[str, PlantLoad]) -> pd.DataFrame:
    """Tell of each project of the programme and medium whether its plant has room.

    A project asks on each 1 January from that after its first dwellings are done to that after its
    last. The plant is the one that then has the sewage of the area. A medium without any plant is
    not asked.
    """
    programme = scene.layers["boligprogram"]
    places = np.flatnonzero(scene.demand.kind == PROJECT)
    if programme is None or not len(places):
        return pd.DataFrame()
    rows = scene.demand.row[places]
    frame = pd.DataFrame(
        {
            "sted": places,
            "prosjekt_id": text_of(programme, "prosjekt_id")[rows],
            "navn": text_of(programme, "navn")[rows],
            "planid": text_of(programme, "planid")[rows],
            "aar": np.maximum(number_of(programme, "aar")[rows], scene.years[0]),
            "boliger": number_of(programme, "boliger")[rows],
        }
    )
    found = []
    for _, group in frame.groupby("prosjekt_id", sort=True):
        first = group.sort_values("aar", kind="stable").iloc[0]
        last = int(group["aar"].max())
        record = {
            "prosjekt_id": first["prosjekt_id"],
            "navn": first["navn"] or first["prosjekt_id"],
            "planid": first["planid"],
            "boliger": group["boliger"].sum(),
            "ferdig": int(first["aar"]),
            "siste": last,
            "sted": int(first["sted"]),
        }
        for kind, plants in loads.items():
            if plants.plants.ids:
                place, when = int(first["sted"]), (int(first["aar"]) + 1, last + 1)
                said = _answer(scene, plants, kind, place, when)
                record |= {f"{kind}_svar": said.state, f"{kind}_anlegg": said.plant,
                           f"{kind}_fra": said.year, f"{kind}_uten": said.lacks}  # fmt: skip
        found.append(record)
    return pd.DataFrame(found)


def _answer(scene: Scene, found: PlantLoad, kind: str, place: int, span: tuple[int, int]) -> Answer:
    """Say whether there is room in each year of a span, and from when."""
    own = int(scene.sides[kind].plant[place])
    if own < 0:
        return Answer(UNSURE, "", float("nan"))
    moved, plants = found.moved["hoved"], found.plants
    taker = moved.taker[own]
    steps = np.arange(len(scene.years))
    has = taker >= 0
    at = np.maximum(taker, 0)
    used = np.where(has, moved.load[at, steps], 1.0)
    room = np.where(has, plants.capacity[at, steps], 0.0)
    free, year, when = load.free_through(used, room, scene.years, span)
    step = year - int(scene.years[0])
    name = plants.names[int(taker[step])] if has[step] else plants.names[own]
    if free is None:
        return Answer(UNSURE, name, float("nan"))
    if free:
        return Answer(FREE, name, float("nan"))
    if not np.isnan(when):
        return Answer(WAITS, name, when, year)
    return Answer(NEVER if has[step] else NO_PLANT, name, float("nan"), year)


def worst(frame: pd.DataFrame) -> pd.Series:
    """State of each project, the worst of its media."""
    states = [column for column in frame if str(column).endswith("_svar")]
    rank = np.min([frame[one].map(ORDER.index) for one in states], axis=0)
    return pd.Series([ORDER[int(one)] for one in rank], index=frame.index)


def waiting_table(frame: pd.DataFrame) -> Table | None:
    """List the projects, those that wait first."""
    if frame.empty or not any(str(one).endswith("_svar") for one in frame):
        return None
    shown = frame.assign(svar=worst(frame))
    rank = shown["svar"].map(ORDER.index)
    shown = shown.iloc[np.lexsort((shown["ferdig"], rank))]
    columns = {
        "svar": Column(title="Svar"),
        "navn": Column(title="Prosjekt"),
        "planid": Column(title="Plan"),
        "boliger": Column(title="Boliger", unit="boliger", decimals=0),
        "ferdig": Column(title="De første ferdig", unit="år", decimals=0),
        "siste": Column(title="De siste ferdig", unit="år", decimals=0),
    }
    for kind, name in _NAMES.items():
        if f"{kind}_svar" not in shown:
            continue
        columns[f"{kind}_svar"] = Column(title=f"Svar for {name}")
        columns[f"{kind}_anlegg"] = Column(title=f"Anlegg for {name}")
        columns[f"{kind}_fra"] = Column(title=f"Plass for {name} fra", unit="år", decimals=0)
        shown[f"{kind}_fra"] = shown[f"{kind}_fra"].astype("Float64").round().astype("Int64")
    return Table(
        name="venter",
        title="Prosjekter i boligprogrammet og plassen i anleggene",
        frame=shown[list(columns)].set_axis(shown["prosjekt_id"].astype(str)),
        columns=columns,
        note="Plassen er regnet i hovedalternativet hver 1. januar, fra etter at de første "
        "boligene er ferdige til alle er bebodd, med alt annet som er ventet til da. «Plass fra» "
        "er det første året som det er plass fra, til alle er bebodd.",
        group="Planer som venter",
    )
