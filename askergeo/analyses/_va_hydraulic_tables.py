"""Tables of pressures, flows, fire flow, cost and guesses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.analyses._va_hydraulic_scene import CLASSES, clock
from askergeo.numbers import format_number
from askergeo.privacy import rounded
from askergeo.result import Column, RowSum, Table

if TYPE_CHECKING:
    from askergeo.analyses._va_hydraulic_scene import Scene
    from askergeo.va.hydraulics import FireFlow

__all__ = [
    "class_table",
    "class_titles",
    "cost_table",
    "fire_table",
    "guess_table",
    "hour_table",
    "lowest_table",
    "speed_classes",
    "speed_table",
    "zone_table",
]

_SHOWN: Final = 30
_KM: Final = 1000.0
_NO_ZONE: Final = "Ukjent sone"


def class_titles(scene: Scene) -> tuple[str, ...]:
    """Names of the classes of pressure, in their order."""
    fire, low, high = (
        format_number(scene.limits[one], 1) for one in ("brann_bar", "lavest_bar", "hoyest_bar")
    )
    return (
        "Uten vann" if scene.run.steady else "Uten vann noen time",
        f"Under {fire} bar",
        f"{fire}–{low} bar",
        f"{low}–{high} bar",
        f"Over {high} bar",
        "Ukjent: noden har ingen høyde",
    )


def class_table(scene: Scene) -> Table:
    """Count nodes, and people, by the worst pressure that they have."""
    nodes = [int((scene.kind == one).sum()) for one in CLASSES]
    frame = pd.DataFrame(
        {"trykk": [*class_titles(scene), "I alt"], "noder": [*nodes, sum(nodes)]},
        index=[*(f"k{one}" for one in CLASSES), "sum"],
    )
    columns = {
        "trykk": Column(title=f"Trykk {scene.when}"),
        "noder": Column(title="Noder", unit="noder", decimals=0),
    }
    if scene.people is not None:
        people = [float(scene.people[scene.kind == one].sum()) for one in CLASSES]
        frame["bosatte"] = [*people, float(scene.people.sum())]
        columns["bosatte"] = Column(title="Bosatte", unit="personer", decimals=0, persons=True)
    table = Table(
        name="trykk",
        title="Trykket mot grensene",
        frame=frame,
        columns=columns,
        note="Trykket er over noden, ikke i øverste etasje. For lite går foran for mye når en node "
        "har begge deler.",
    )
    # A class may be one house: whole tens, as everywhere the net and its people meet.
    return rounded(table)


def hour_table(scene: Scene) -> Table:
    """Tell demand and pressures at each time."""
    run = scene.run
    known = np.asarray(~np.isnan(scene.pressure).all(axis=1), dtype=np.bool_)
    filled = np.where(np.isnan(scene.pressure), np.inf, scene.pressure)
    where = filled.argmin(axis=1)
    times = range(len(run.seconds))
    frame = pd.DataFrame(
        {
            "tid": [clock(scene, one) for one in times],
            "uttak_l_s": run.demand_l_s[:, scene.taps].sum(axis=1),
            "mangler_l_s": run.deficit_l_s[:, scene.taps].sum(axis=1),
            "lavest_bar": np.where(known, filled.min(axis=1), np.nan),
            "node": [scene.name(int(where[t])) if known[t] else "" for t in times],
            "under": (scene.pressure < scene.limits["lavest_bar"]).sum(axis=1),
            "over": (scene.pressure > scene.limits["hoyest_bar"]).sum(axis=1),
            "uten": (~run.reached[:, scene.taps]).sum(axis=1),
            "fart": np.abs(run.velocity_m_s[:, scene.pipes]).max(axis=1, initial=0.0),
        },
        index=[f"t{int(one)}" for one in run.seconds],
    )
    columns = {
        "tid": Column(title="Tid"),
        "uttak_l_s": Column(title="Uttak", unit="l/s", decimals=1),
        "mangler_l_s": Column(title="Ikke levert", unit="l/s", decimals=1),
        "lavest_bar": Column(title="Laveste trykk", unit="bar", decimals=2),
        "node": Column(title="Der"),
        "under": Column(title="Noder med for lavt trykk", unit="noder", decimals=0),
        "over": Column(title="Noder med for høyt trykk", unit="noder", decimals=0),
        "uten": Column(title="Noder uten vann", unit="noder", decimals=0),
        "fart": Column(title="Største hastighet", unit="m/s", decimals=2),
    }
    title = "Forbruk og trykk: modellen har ingen timer" if run.steady else "Time for time"
    return Table(name="timer", title=title, frame=frame, columns=columns)


def lowest_table(scene: Scene) -> Table:
    """Name the nodes with the lowest pressure."""
    order = np.argsort(np.where(np.isnan(scene.lowest), np.inf, scene.lowest), kind="stable")
    order = order[~np.isnan(scene.lowest[order])][:_SHOWN]
    filled = np.where(np.isnan(scene.pressure), np.inf, scene.pressure)
    zones = scene.placed.zones
    names = [scene.name(int(one)) for one in order]
    metres = scene.run.pressure_m[:, scene.taps]
    frame = pd.DataFrame(
        {
            "node": names,
            "sone": [zones.get(one, "") or _NO_ZONE for one in names],
            "hoyde_m": scene.run.elevation_m[scene.taps[order]],
            "lavest_bar": scene.lowest[order],
            "lavest_m": [float(np.nanmin(metres[:, one])) for one in order],
            "naar": [clock(scene, int(filled[:, one].argmin())) for one in order],
            "hoyest_bar": scene.highest[order],
        },
        index=[f"n{one}" for one in order],
    )
    columns = {
        "node": Column(title="Node"),
        "sone": Column(title="Trykksone"),
        "hoyde_m": Column(title="Høyde", unit="m", decimals=1),
        "lavest_bar": Column(title="Laveste trykk", unit="bar", decimals=3),
        "lavest_m": Column(title="Laveste trykk i vannsøyle", unit="m", decimals=3),
        "naar": Column(title="Når"),
        "hoyest_bar": Column(title="Høyeste trykk", unit="bar", decimals=2),
    }
    return Table(
        name="laveste",
        title="Nodene med lavest trykk",
        frame=frame,
        columns=columns,
        note=f"Høyst {_SHOWN} noder. Alle er på kartet.",
    )


def zone_table(scene: Scene) -> tuple[Table, ...]:
    """Sum the pressures of each pressure zone, where the layer tells the zones."""
    names = [scene.name(one) for one in range(len(scene.taps))]
    zones = scene.placed.zones.reindex(names).fillna("").to_numpy(dtype=object)
    if not (zones != "").any():
        return ()
    data = pd.DataFrame(
        {
            "sone": np.where(zones == "", _NO_ZONE, zones),
            "lavest": scene.lowest,
            "hoyest": scene.highest,
            "under": scene.lowest < scene.limits["lavest_bar"],
            "over": scene.highest > scene.limits["hoyest_bar"],
        }
    )
    found = data.groupby("sone").agg(
        noder=("sone", "size"), lavest=("lavest", "min"), midt=("lavest", "median"),
        hoyest=("hoyest", "max"), under=("under", "sum"), over=("over", "sum"),
    )  # fmt: skip
    frame = found.reset_index().set_axis([f"s{n}" for n in range(len(found))])
    columns = {
        "sone": Column(title="Trykksone"),
        "noder": Column(title="Noder", unit="noder", decimals=0),
        "lavest": Column(title="Laveste trykk", unit="bar", decimals=2),
        "midt": Column(title="Midtverdien av nodenes laveste", unit="bar", decimals=2),
        "hoyest": Column(title="Høyeste trykk", unit="bar", decimals=2),
        "under": Column(title="Noder med for lavt trykk", unit="noder", decimals=0),
        "over": Column(title="Noder med for høyt trykk", unit="noder", decimals=0),
    }
    return (Table(name="soner", title="Trykket i hver trykksone", frame=frame, columns=columns),)


def speed_classes(scene: Scene) -> tuple[str, str, str]:
    """Names of the classes of speed: slow, usual, fast."""
    slow, fast = (format_number(scene.limits[one], 1) for one in ("fart_lav", "fart_hoy"))
    always = "" if scene.run.steady else " hele tiden"
    return f"Under {slow} m/s{always}", f"{slow}–{fast} m/s", f"Over {fast} m/s"


def speed_table(scene: Scene) -> Table:
    """Count pipes by the highest speed that the water has in them."""
    group = _speed_groups(scene)
    length = scene.run.length_m[scene.pipes] / _KM
    frame = pd.DataFrame(
        {
            "fart": [*speed_classes(scene), "I alt"],
            "ror": [*(int((group == one).sum()) for one in range(3)), len(group)],
            "km": [*(float(length[group == one].sum()) for one in range(3)), float(length.sum())],
        },
        index=["lav", "vanlig", "hoy", "sum"],
    )
    return Table(
        name="fart",
        title="Hvor fort vannet går, på det meste",
        frame=frame,
        columns={
            "fart": Column(title="Største hastighet"),
            "ror": Column(title="Ledninger", unit="ledninger", decimals=0),
            "km": Column(title="Lengde", unit="km", decimals=2),
        },
        row_sums=(RowSum("sum", ("lav", "vanlig", "hoy")),),
    )


def _speed_groups(scene: Scene) -> np.ndarray:
    return (scene.speed >= scene.limits["fart_lav"]).astype(int) + (
        scene.speed > scene.limits["fart_hoy"]
    )


def fire_table(scene: Scene) -> tuple[Table, ...]:
    """Tell what the weakest hydrants give; those that give enough are counted in the note."""
    if not scene.fires:
        return ()
    order = sorted(
        range(len(scene.fires)),
        key=lambda one: (scene.fires[one].available_l_s, scene.fires[one].node),
    )[:_SHOWN]
    weak = [scene.fires[one] for one in order]
    frame = pd.DataFrame(
        {
            "node": [one.node for one in weak],
            # Below nothing the flow cannot be had, and EPANET's figure says no more than that.
            "trykk_bar": [one.pressure_bar if one.pressure_bar >= 0 else np.nan for one in weak],
            "kan_ta_l_s": [one.available_l_s for one in weak],
            "nok": [_enough(one) for one in weak],
            "andre_bar": [one.lowest_bar if one.lowest_bar >= 0 else np.nan for one in weak],
            "andre": [one.lowest_node for one in weak],
        },
        index=[f"b{one}" for one in order],
    )
    asked = format_number(scene.limits["brann_l_s"])
    columns = {
        "node": Column(title="Hydrant"),
        "trykk_bar": Column(title=f"Trykk ved {asked} l/s", unit="bar", decimals=2),
        "kan_ta_l_s": Column(
            title=f"Uttak med {format_number(scene.limits['brann_bar'], 1)} bar igjen",
            unit="l/s",
            decimals=0,
        ),
        "nok": Column(title="Nok"),
        "andre_bar": Column(title="Laveste trykk ellers i nettet", unit="bar", decimals=2),
        "andre": Column(title="Der"),
    }
    few = sum(not one.enough for one in scene.fires)
    untried = (
        f" {format_number(scene.fires_untried)} hydranter er ikke prøvd."
        if scene.fires_untried
        else ""
    )
    return (
        Table(
            name="brannvann",
            title="Hydrantene som gir minst",
            frame=frame,
            columns=columns,
            note=f"{format_number(few)} av {format_number(len(scene.fires))} hydranter har for "
            f"lavt trykk ved {asked} l/s {scene.busiest}. Mer enn {asked} l/s er ikke "
            f"prøvd. «..» er negativt trykk: vannet finnes ikke.{untried}",
        ),
    )


def _enough(fire: FireFlow) -> str:
    if fire.enough:
        return "ja"
    return "nei" if fire.pressure_bar >= 0 else "nei, kan ikke leveres"


def cost_table(scene: Scene) -> tuple[Table, ...]:
    """Price the pipes by diameter, where the user has given prices."""
    if scene.costs is None:
        return ()
    frame = scene.costs.copy()
    frame.insert(0, "dimensjon", [
        "I alt" if one == "sum" else ("Ukjent" if one == "ukjent" else f"{one} mm")
        for one in frame.index
    ])  # fmt: skip
    parts = tuple(str(one) for one in frame.index if one != "sum")
    return (
        Table(
            name="kostnad",
            title="Hva ledningene koster",
            frame=frame.drop(columns="dimensjon_mm"),
            columns={
                "dimensjon": Column(title="Dimensjon"),
                "ledninger": Column(title="Ledninger", unit="ledninger", decimals=0),
                "meter": Column(title="Lengde", unit="m", decimals=0),
                "pris_m": Column(title="Pris for hver meter", decimals=3),
                "kostnad": Column(title="Kostnad", decimals=0),
            },
            row_sums=(RowSum("sum", parts),),
            note="Lengde × pris, med prisene som er oppgitt, i den valutaen de er oppgitt i. En "
            "dimensjon uten pris gjør summen ukjent.",
        ),
    )


def guess_table(scene: Scene) -> tuple[Table, ...]:
    """Tell what the model stands on besides the layers."""
    guesses = scene.placed.model.guesses
    if not len(guesses):
        return ()
    return (
        Table(
            name="antakelser",
            title="Hva modellen antar",
            frame=guesses.set_axis([f"a{n}" for n in range(len(guesses))]),
            columns={
                "antatt": Column(title="Hva"),
                "antall": Column(title="Antall", decimals=0),
                "av": Column(title="Av", decimals=0),
                "grunnlag": Column(title="Grunnlag"),
            },
            note="Det som ikke står her, er fra lagene.",
        ),
    )
