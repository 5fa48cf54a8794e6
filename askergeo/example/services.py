"""Services, schools, kindergartens, stops and the built-up areas as register layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from askergeo.example.centres import NAMES
from askergeo.example.land import YEAR
from askergeo.example.shapes import point_array, walk

if TYPE_CHECKING:
    from askergeo.example.land import Land

__all__ = ["GROUPS", "make_districts", "make_services", "make_stops"]

GROUPS = {
    "dagligvare": "hverdag", "apotek": "hverdag", "post": "hverdag", "kafe": "hverdag",
    "bibliotek": "sosial", "innbyggertorg": "sosial", "legesenter": "helse",
    "tannlege": "helse", "fysioterapi": "helse", "sykehjem": "helse", "helsestasjon": "helse",
    "seniorsenter": "sosial", "frivilligsentral": "sosial", "forsamlingslokale": "sosial",
    "park": "sosial",
}  # fmt: skip
TITLES = {"legesenter": "legesenter", "dagligvare": "matbutikk", "post": "post i butikk"}
GRADES = {613: (1, 7), 614: (8, 10), 616: (11, 13)}


def make_services(land: Land) -> None:
    """Add the layers tjeneste, skole and barnehage from the public buildings."""
    public = land.tables["public"]
    point = np.round(shapely.get_coordinates(shapely.centroid(public["geometry"].to_numpy())), 2)
    rows = []
    for k, (settlement, services) in enumerate(
        zip(public["settlement"], public["services"], strict=True)
    ):
        rows += [
            (point[k, 0] + 3.0 * turn, point[k, 1], kind, settlement)
            for turn, kind in enumerate(services)
        ]

    centres = land.tables["centres"]
    for k in centres.index[centres["level"] < 2]:  # a park in each larger centre
        rows.append((centres["x"][k] + 25.0, centres["y"][k] + 30.0, "park", k))
    frame = pd.DataFrame(rows, columns=["x", "y", "type", "settlement"])
    land.add(
        "tjeneste",
        point_array(np.round(frame[["x", "y"]].to_numpy(), 2)),
        tjeneste_id=[f"T{k + 1:04d}" for k in range(len(frame))],
        type=frame["type"].to_numpy(),
        gruppe=frame["type"].map(GROUPS).to_numpy(),
        navn=[f"{NAMES[s]} {TITLES.get(t, t)}" for t, s in zip(frame["type"], frame["settlement"],
                                                              strict=True)],
    )  # fmt: skip
    school = public["code"].isin(list(GRADES)).to_numpy()
    codes, at = public["code"].to_numpy()[school], point[school]
    home = public["settlement"].to_numpy()[school]
    word = {613: "barneskole", 614: "ungdomsskole", 616: "videregående skole"}
    seen: dict[tuple[int, int], int] = {}
    names = []
    for code, settlement in zip(codes.tolist(), home.tolist(), strict=True):
        seen[code, settlement] = seen.get((code, settlement), 0) + 1
        turn = seen[code, settlement]
        names.append(f"{NAMES[settlement]} {word[code]}" + (f" {turn}" if turn > 1 else ""))
    small = land.size.name == "liten"
    land.add(
        "skole",
        point_array(at),
        skole_id=[f"SK{k + 1:03d}" for k in range(len(at))],
        navn=names,
        trinn_fra=[GRADES[c][0] for c in codes],
        trinn_til=[GRADES[c][1] for c in codes],
        eierform=["fylkeskommunal" if c == 616 else "kommunal" for c in codes],
        paralleller=[1 if small else 2 + k % 2 for k in range(len(at))],
        stedfesting=["eksakt"] * len(at),
    )
    nursery = (public["code"] == 612).to_numpy()
    place = land.rng("nurseries").integers(3, 9, int(nursery.sum())) * 14
    land.add(
        "barnehage",
        point_array(point[nursery]),
        barnehage_id=[f"BH{k + 1:03d}" for k in range(int(nursery.sum()))],
        navn=[f"{NAMES[s]} barnehage {k + 1}"
              for k, s in enumerate(public["settlement"].to_numpy()[nursery])],
        kapasitet=place,
        eierform=np.where(np.arange(len(place)) % 2 == 0, "kommunal", "privat"),
    )  # fmt: skip


def make_stops(land: Land) -> None:
    """Bus stops along the main roads, railway stations and fast-boat quays."""
    roads = land.tables["local_roads"]
    main = roads.loc[roads["kind"].isin(["F", "K"]), "geometry"].to_numpy()
    at, direction, _, _ = walk(main, 520.0)
    at = at + np.column_stack([-direction[:, 1], direction[:, 0]]) * 4.0
    dry = land.grid.sample(land.arrays["land"] & land.arrays["inside"], at)
    bus = at[dry]
    rail = land.shapes["railway"]
    larger = land.tables["centres"]["level"].to_numpy() < 2
    centres = land.tables["centres"]
    point = point_array(centres[["x", "y"]].to_numpy())
    near = np.flatnonzero(np.less(shapely.distance(point, rail), 650) & larger)
    if 0 not in near:
        near = np.r_[0, near]
    stations = shapely.get_coordinates(
        shapely.get_point(shapely.shortest_line(rail, point[near]), 0)
    )
    shore = shapely.union_all(land.shapes["shore"])
    coast = np.flatnonzero(np.less(shapely.distance(point, shore), 600) & larger)[:4]
    quays = shapely.get_coordinates(
        shapely.get_point(shapely.shortest_line(shore, point[coast]), 0)
    )
    xy = np.round(np.concatenate([bus, stations, quays]), 2)
    mode = ["buss"] * len(bus) + ["tog"] * len(stations) + ["hurtigbat"] * len(quays)
    names = [f"Holdeplass {k + 1}" for k in range(len(bus))]
    names += [f"{NAMES[k]} stasjon" for k in near] + [f"{NAMES[k]} brygge" for k in coast]
    land.add(
        "holdeplass",
        point_array(xy),
        holdeplass_id=[f"H{k + 1:04d}" for k in range(len(xy))],
        navn=names,
        transportmiddel=mode,
    )


def make_districts(land: Land) -> None:
    """Add tettsted: the built-up land with at least 200 residents."""
    people = land.tables["people"]
    parts = np.asarray(shapely.get_parts(shapely.buffer(land.shapes["built"], 22.0)))
    joined = shapely.get_parts(shapely.union_all(parts))
    ground = land.shapes["ground"]
    joined = shapely.intersection(shapely.simplify(joined, 2.0), ground)
    point = point_array(people[["x", "y"]].to_numpy())
    inside, part = shapely.STRtree(joined).query(point, predicate="intersects")
    total = np.bincount(part, weights=people["residents"].to_numpy()[inside], minlength=len(joined))
    town = np.flatnonzero(total >= 200)  # Statistics Norway's threshold
    town = town[np.argsort(-total[town], kind="stable")]
    middle = shapely.get_coordinates(shapely.centroid(joined[town]))
    place = land.tables["centres"][["x", "y"]].to_numpy()
    near = np.argmin(np.hypot(*(middle[:, None] - place[None]).transpose(2, 0, 1)), axis=1)
    land.add(
        "tettsted",
        joined[town],
        tettstedsnummer=[f"{9_900 + k + 1}" for k in range(len(town))],
        tettstedsnavn=[NAMES[k] for k in near],
        bosatte=total[town].astype(int),
        aar=np.full(len(town), YEAR),
    )
