"""Faults of the map of pipes, planted so that the key knows each of them and its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from askergeo.example.pipe_ages import FIRST_MADE
from askergeo.example.pipe_plants import NEW_ID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from askergeo.example.land import Array, Land
    from askergeo.example.pipe_water import Water

__all__ = ["plant_faults", "plant_stub"]

#: How many of each are planted.
_COUNTS: Final = {
    "liten": {"glippe": 4, "nesten_t": 3, "los_ende": 3, "kryss": 2, "retning": 5, "dobbelt": 3,
              "los_del": 2, "ventil": 3, "aar_0": 3, "aar_2099": 2, "null": 2, "ute": 4,
              "hydrantluke": 2},
    "asker": {"glippe": 40, "nesten_t": 25, "los_ende": 30, "kryss": 12, "retning": 60,
              "dobbelt": 25, "los_del": 10, "ventil": 30, "aar_0": 40, "aar_2099": 15, "null": 12,
              "ute": 60, "hydrantluke": 6},
}  # fmt: skip
_GAP: Final = 0.4  # metres between ends that should meet
_SHORT: Final = 0.35  # metres that a branch stops short of its main
_OFF: Final = 3.4  # metres from a valve to the pipe that it belongs to
_CLEAR: Final = 6.0  # metres that what is added keeps from everything else
_DRY: Final = 280.0  # metres without a hydrant


class _Map:
    """The tables while faults are planted; no row gets two faults."""

    def __init__(self, land: Land, pipes: pd.DataFrame, nodes: pd.DataFrame) -> None:
        self.land = land
        self.pipes = pipes.reset_index(drop=True)
        self.nodes = nodes.reset_index(drop=True)
        self.rng = land.rng("pipe faults")
        self.lines = self.pipes["geometry"].to_numpy().copy()
        self.metres = shapely.length(self.lines)
        self.tree = shapely.STRtree(self.lines)
        self.medium = self.pipes["type"].replace("avlop_felles", "spillvann").to_numpy()
        usual = (self.pipes["link"] >= 0) & (self.pipes["eier"] == "kommunal")
        usual &= ~self.pipes["funksjon"].isin(["pumpe", "ventil", "pumpeledning"])
        self.free = usual.to_numpy() & (self.metres > 25.0)
        self.new_pipes: list[dict[str, Any]] = []
        self.new_nodes: list[dict[str, Any]] = []
        self.dropped: list[int] = []

    def rows(self, mask: Array) -> Iterator[int]:
        """Rows that have no fault yet and lie beside none, in random order."""
        for row in self.rng.permutation(np.flatnonzero(mask & self.free)).tolist():
            if self.free[row]:
                yield row

    def take(self, mask: Array, count: int) -> list[int]:
        """Choose rows for faults."""
        chosen: list[int] = []
        for row in self.rows(mask):
            if len(chosen) == count:
                break
            chosen.append(row)
            self.reserve(self.lines[row])
        return chosen

    def reserve(self, shape: shapely.Geometry) -> None:
        """Let nothing else be planted here."""
        self.free[self.tree.query(shape, predicate="dwithin", distance=_CLEAR)] = False

    def add_pipe(self, like: int, line: shapely.LineString, **more: Any) -> str:  # noqa: ANN401
        """Add a pipe with the attributes of another; returns its id."""
        row: dict[str, Any] = self.pipes.iloc[[like]].to_dict("records")[0]  # type: ignore[assignment]  # columns are text
        letter = str(row["ledning_id"])[0]
        name = f"{letter}9{len(self.new_pipes) + 1:04d}"
        plain = {
            "ledning_id": name, "fra_node_id": None, "til_node_id": None, "lengde_m": np.nan,
            "hoyde_fra": np.nan, "hoyde_til": np.nan, "groft_id": None, "geometry": line,
        }  # fmt: skip
        self.new_pipes.append(row | plain | more)
        return name

    def add_node(self, xy: Array, kind: str, **more: Any) -> str:  # noqa: ANN401
        """Add a node; returns its id."""
        name = f"XN{len(self.new_nodes) + 1:04d}"
        level = float(self.land.grid.interpolate(self.land.arrays["z"], xy[None, :])[0])
        self.new_nodes.append({"node_id": name, "type": kind, "hoyde": round(max(level, 0.0), 2),
                               "geometry": shapely.Point(xy)} | more)  # fmt: skip
        return name

    def lone(self, shape: shapely.Geometry, but: int, metres: float = _CLEAR) -> bool:
        """Tell whether a shape keeps clear of the pipes of water but one, the added ones too."""
        near = self.tree.query(shape, "dwithin", metres)
        near = near[(near != but) & (self.medium[near] == "vann")]
        added = [one["geometry"] for one in self.new_pipes]
        return len(near) == 0 and all(shapely.distance(shape, one) > _CLEAR for one in added)

    def finish(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the tables with what was added and without what was dropped."""
        pipes = self.pipes.assign(geometry=self.lines)
        if self.new_pipes:
            more = pd.DataFrame(self.new_pipes)[list(pipes.columns)].astype(pipes.dtypes.to_dict())
            pipes = pd.concat([pipes, more], ignore_index=True)
        nodes = self.nodes.drop(index=self.dropped)
        if self.new_nodes:
            more = pd.DataFrame(self.new_nodes).reindex(columns=nodes.columns)
            shared = {k: t for k, t in nodes.dtypes.to_dict().items() if str(t) != "int64"}
            nodes = pd.concat([nodes, more.astype(shared)], ignore_index=True)
        return pipes, nodes


def plant_stub(land: Land, water: Water) -> dict[str, Any]:
    """Give one nursing home a pipe of its own, so that it alone supplies it."""
    homes = land.frames["tjeneste"].query("type == 'sykehjem'")
    nodes, pipes = water.net.nodes, water.net.pipes
    lines = pipes["geometry"].to_numpy()
    tree = shapely.STRtree(lines)
    usual = nodes["type"].isin(["kum", "hydrant"]).to_numpy().copy()
    usual[water.net.ends()[(pipes["eier"] == "privat").to_numpy()].ravel()] = False
    fit = np.flatnonzero(usual)
    xy = nodes[["x", "y"]].to_numpy()
    near = cKDTree(xy[fit])
    for name, place in zip(homes["tjeneste_id"], homes["geometry"], strict=True):
        at = np.round(shapely.get_coordinates(place)[0], 2)
        for metres, k in zip(*near.query(at, k=12), strict=True):
            line = shapely.LineString(np.stack([xy[fit[k]], at]))
            outer = shapely.LineString([line.interpolate(3.0), at]) if metres > 15 else None
            if outer is None or metres > 400 or len(tree.query(outer, "dwithin", 2.6)):
                continue
            zone = int(nodes["zone"].iloc[fit[k]])
            level = float(land.grid.interpolate(land.arrays["z"], at[None, :])[0])
            new = {"x": at[0], "y": at[1], "hoyde": level, "type": "endepunkt", "trench": -1,
                   "zone": zone, "status": None}  # fmt: skip
            pipe = {"start": int(fit[k]), "end": len(nodes), "link": -1, "geometry": line,
                    "eier": "kommunal", "funksjon": "stikkledning", "mark": ""}  # fmt: skip
            water.net.nodes = pd.concat([nodes, pd.DataFrame([new])], ignore_index=True)
            water.net.pipes = pd.concat([pipes, pd.DataFrame([pipe])], ignore_index=True)
            return {"tjeneste_id": name, "ledning_id": f"V{len(pipes) + 1:05d}",
                    "row": len(pipes)}  # fmt: skip
    return {"tjeneste_id": None, "ledning_id": None, "row": -1}


def plant_faults(
    land: Land, pipes: pd.DataFrame, nodes: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Plant all kinds of faults; returns the tables and what was planted where."""
    chart = _Map(land, pipes, nodes)
    count = _COUNTS[land.size.name]
    facts = {
        "kryss_uten_node": _crossings(chart, count["kryss"]),
        "nesten_t": _short_branches(chart, count["nesten_t"]),
        "glipper": _gaps(chart, count["glippe"]),
        "lose_ender": _open_ends(chart, count["los_ende"]),
        "feil_retning": _turned(chart, count["retning"]),
        "dobbelt": _doubles(chart, count["dobbelt"]),
        "lose_deler": _islands(chart, count["los_del"]),
        "ventil_utenfor": _valves(chart, count["ventil"]),
        "aar_0": _years(chart, count["aar_0"], 0),
        "aar_2099": _years(chart, count["aar_2099"], 2_099),
        "null_lengde": _points(chart, count["null"]),
        "ute_av_drift": _idle(chart, count["ute"]),
        "hydrantluker": _dry_places(chart, count["hydrantluke"]),
        "kryss_pumpeledninger": _mains_across(chart),
        "anlegg_uten_ledning": [NEW_ID],
    }
    pipes, nodes = chart.finish()
    return pipes, nodes, facts


def _place(xy: Any) -> dict[str, float]:  # noqa: ANN401
    return {"x": round(float(xy[0]), 2), "y": round(float(xy[1]), 2)}


def _ends(line: shapely.LineString) -> Array:
    return np.asarray(shapely.get_coordinates(line)[[0, -1]])


def _degree(chart: _Map) -> pd.Series:
    both = np.concatenate([_end_keys(chart, 0), _end_keys(chart, -1)])
    return pd.Series(both).value_counts()


def _end_keys(chart: _Map, which: int) -> Array:
    """Name of each pipe's end: medium and place to the centimetre (m,)."""
    xy = np.round(shapely.get_coordinates(shapely.get_point(chart.lines, which)) * 100).astype(int)
    return np.array(
        [f"{m}:{a}:{b}" for m, (a, b) in zip(chart.medium, xy.tolist(), strict=True)], dtype=object
    )


def _gaps(chart: _Map, count: int) -> list[dict[str, Any]]:
    """Draw the end of a pipe back from the one that it continues."""
    degree = _degree(chart)
    two = degree[degree == 2].index
    found = []
    for row in chart.take(pd.Series(_end_keys(chart, -1)).isin(two).to_numpy(), count):
        line = chart.lines[row]
        end = _ends(line)[1]
        cut = line.interpolate(line.length - _GAP)
        body = shapely.get_coordinates(line)[:-1]
        body = body[np.array([line.project(shapely.Point(one)) for one in body]) < line.length - 1]
        chart.lines[row] = shapely.LineString([*body, [round(cut.x, 2), round(cut.y, 2)]])
        chart.pipes.loc[row, ["fra_node_id", "til_node_id"]] = None
        found.append({"ledning_id": chart.pipes.loc[row, "ledning_id"], **_place(end),
                      "avstand_m": _GAP})  # fmt: skip
    return found


def _short_branches(chart: _Map, count: int) -> list[dict[str, Any]]:
    """Add branches that stop short of the main that they should join."""
    found: list[dict[str, Any]] = []
    for row in chart.rows(chart.medium == "vann"):
        if len(found) == count:
            break
        line = chart.lines[row]
        base, direction = _middle(line)
        for side in (1.0, -1.0):
            across = np.array([-direction[1], direction[0]]) * side
            start, end = np.round(base + across * _SHORT, 2), np.round(base + across * 17.0, 2)
            outer = shapely.LineString([base + across * 3, end])
            if chart.lone(outer, row) and outer.distance(line) > 2.5:
                chart.reserve(line)
                branch = shapely.LineString([start, end])
                name = chart.add_pipe(row, branch, funksjon="fordelingsledning")
                chart.add_node(end, "endepunkt")
                found.append({"ledning_id": name, "til_ledning_id":
                              chart.pipes.loc[row, "ledning_id"], **_place(start),
                              "avstand_m": _SHORT})  # fmt: skip
                break
    return found


def _middle(line: shapely.LineString) -> tuple[Array, Array]:
    """Return the middle of a line and the direction there."""
    xy = shapely.get_coordinates(line)
    step = np.hypot(*(xy[1:] - xy[:-1]).T)
    k = int(np.argmax(step))
    return (xy[k] + xy[k + 1]) / 2, (xy[k + 1] - xy[k]) / step[k]


def _open_ends(chart: _Map, count: int) -> list[dict[str, Any]]:
    """Take the node away from ends of pipes that end blind."""
    degree = _degree(chart)
    one = degree[degree == 1].index
    keys = _end_keys(chart, -1)
    blind = pd.Series(keys).isin(one).to_numpy() & (chart.medium == "vann")
    at = pd.Series(chart.nodes.index, index=[
        tuple(one) for one in np.round(shapely.get_coordinates(
            chart.nodes["geometry"].to_numpy()) * 100).astype(int).tolist()])  # fmt: skip
    found = []
    for row in chart.take(blind, count):
        end = _ends(chart.lines[row])[1]
        chart.dropped.append(int(at[tuple(np.round(end * 100).astype(int).tolist())]))
        chart.pipes.loc[row, ["fra_node_id", "til_node_id"]] = None
        found.append({"ledning_id": chart.pipes.loc[row, "ledning_id"], **_place(end)})
    return found


def _crossings(chart: _Map, count: int) -> list[dict[str, Any]]:
    """Add water pipes between two manholes, right across a third pipe."""
    water = chart.nodes["node_id"].str.startswith("V") & chart.nodes["type"].isin(
        ["kum", "hydrant"]
    )
    rows = np.flatnonzero(water.to_numpy())
    xy = shapely.get_coordinates(chart.nodes["geometry"].to_numpy()[rows])
    zone = chart.nodes["trykksone"].to_numpy()[rows]
    pairs = cKDTree(xy).query_pairs(150.0, output_type="ndarray")
    pairs = pairs[zone[pairs[:, 0]] == zone[pairs[:, 1]]]
    pairs = pairs[np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T) > 50.0]
    pairs = pairs[np.lexsort(pairs.T)]
    pairs = chart.rng.permutation(pairs)
    sized = chart.pipes["dimensjon_mm"].notna().to_numpy()
    found: list[dict[str, Any]] = []
    for a, b in pairs[:40_000].tolist():
        if len(found) == count:
            break
        line = shapely.LineString([xy[a], xy[b]])
        inner = shapely.LineString([line.interpolate(4.0), line.interpolate(line.length - 4.0)])
        near = chart.tree.query(inner, "dwithin", 2.6)
        near = near[chart.medium[near] == "vann"]
        if len(near) != 1 or not chart.free[near[0]] or not sized[near[0]]:
            continue
        other = chart.lines[near[0]]
        at = shapely.intersection(inner, other)
        if at.geom_type != "Point" or min(shapely.distance(at, shapely.points(_ends(other)))) < 8.0:
            continue
        ids = chart.nodes["node_id"].to_numpy()[rows[[a, b]]]
        name = chart.add_pipe(int(near[0]), line, fra_node_id=ids[0], til_node_id=ids[1])
        chart.reserve(line)
        under = chart.pipes.loc[int(near[0]), "ledning_id"]
        found.append({"ledning_id": name, "krysser": under, **_place((at.x, at.y))})
    return found


def _turned(chart: _Map, count: int) -> list[dict[str, Any]]:
    """Turn sewers round with their heights, so that they run uphill."""
    fall = (chart.pipes["hoyde_fra"] - chart.pipes["hoyde_til"]).to_numpy(float)
    found = []
    for row in chart.take((chart.medium != "vann") & (fall > 0.15), count):
        chart.lines[row] = shapely.reverse(chart.lines[row])
        for pair in (["fra_node_id", "til_node_id"], ["hoyde_fra", "hoyde_til"]):
            chart.pipes.loc[row, pair] = chart.pipes.loc[row, pair[::-1]].to_numpy()
        found.append({"ledning_id": chart.pipes.loc[row, "ledning_id"],
                      "stigning_m": round(float(fall[row]), 2)})  # fmt: skip
    return found


def _doubles(chart: _Map, count: int) -> list[dict[str, Any]]:
    """Register pipes twice, every other time the other way round."""
    found = []
    known = chart.pipes["dimensjon_mm"].notna() & chart.pipes["fra_node_id"].notna()
    rows = chart.take(known.to_numpy(), count)
    for k, row in enumerate(rows):
        line = chart.lines[row]
        turned = chart.medium[row] == "vann" and k % 2 == 1
        columns = ["fra_node_id", "til_node_id", "hoyde_fra", "hoyde_til", "lengde_m", "groft_id"]
        more = {name: chart.pipes.loc[row, name] for name in columns}
        if turned:
            line = shapely.reverse(line)
            more["fra_node_id"], more["til_node_id"] = more["til_node_id"], more["fra_node_id"]
        name = chart.add_pipe(row, line, **more)
        found.append({"ledning_id": name, "lik": chart.pipes.loc[row, "ledning_id"]})
    return found


def _islands(chart: _Map, count: int) -> list[dict[str, Any]]:
    """Draw short nets that hang on nothing."""
    home = chart.land.tables["people"][["x", "y"]].to_numpy()
    rows = chart.rng.permutation(len(home))
    found: list[dict[str, Any]] = []
    like = int(np.flatnonzero(chart.medium == "vann")[0])
    ground = chart.land.shapes["ground"]
    for row in rows.tolist():
        if len(found) == count:
            break
        start = np.round(home[row] + np.array([140.0, 95.0]), 2)
        xy = np.round(start + np.array([[0.0, 0.0], [38.0, 12.0], [70.0, -9.0]]), 2)
        line = shapely.LineString(xy)
        added = [one["geometry"] for one in chart.new_pipes]
        if (
            len(chart.tree.query(line, "dwithin", 60.0))
            or not ground.contains(line)
            or any(line.distance(one) < 60 for one in added)
        ):
            continue
        ids = [chart.add_node(one, "kum") for one in xy]
        names = [
            chart.add_pipe(like, shapely.LineString(xy[k : k + 2]), fra_node_id=ids[k],
                           til_node_id=ids[k + 1], funksjon="fordelingsledning", trykksone=None)
            for k in (0, 1)
        ]  # fmt: skip
        found.append({"ledning_id": names, **_place(xy[1])})
    return found


def _valves(chart: _Map, count: int) -> list[dict[str, Any]]:
    """Add valves that stand beside the pipe."""
    found: list[dict[str, Any]] = []
    for row in chart.rows(chart.medium == "vann"):
        if len(found) == count:
            break
        base, direction = _middle(chart.lines[row])
        at = np.round(base + np.array([-direction[1], direction[0]]) * _OFF, 2)
        spot = shapely.Point(at)
        if not chart.lone(spot, row, 3.3) or len(chart.tree.query(spot, "dwithin", 1.5)):
            continue
        chart.reserve(chart.lines[row])
        name = chart.add_node(at, "ventil", status="aapen")
        found.append({"node_id": name, "ledning_id": chart.pipes.loc[row, "ledning_id"],
                      **_place(at), "avstand_m": _OFF})  # fmt: skip
    return found


def _years(chart: _Map, count: int, year: int) -> list[str]:
    rows = chart.take(np.ones(len(chart.pipes), bool), count)
    chart.pipes.loc[rows, "anleggsaar"] = year
    chart.pipes.loc[rows, "fornyet_aar"] = pd.NA
    return [str(chart.pipes.loc[row, "ledning_id"]) for row in rows]


def _points(chart: _Map, count: int) -> list[str]:
    """Add pipes of no length, at the end of another."""
    found = []
    for row in chart.take(chart.medium == "vann", count):
        end = _ends(chart.lines[row])[1]
        line = shapely.LineString([end, np.round(end + np.array([0.01, 0.0]), 2)])
        found.append(chart.add_pipe(row, line, lengde_m=0.0))
    return found


def _idle(chart: _Map, count: int) -> list[str]:
    """Add old pipes that nobody took away, beside the ones in use."""
    found: list[str] = []
    for row in chart.rows(chart.medium == "vann"):
        if len(found) == count:
            break
        base, direction = _middle(chart.lines[row])
        across = np.array([-direction[1], direction[0]])
        half = np.array([-6.0, 6.0])[:, None] * direction
        line = shapely.LineString(np.round(base + across * 3.0 + half, 2))
        if chart.lone(line, row) and line.distance(chart.lines[row]) > 2.5:
            made = _made_before(chart.pipes.iloc[row])
            more = {"status": "ute av drift", "fornyet_aar": pd.NA, "materiale": made}
            found.append(chart.add_pipe(row, line, **more))
    return found


def _made_before(pipe: pd.Series) -> str | None:
    """Material of a pipe as it was laid: what it is renewed with is newer."""
    made, year = pipe["materiale"], pipe["anleggsaar"]
    if pd.isna(made) or pd.isna(pipe["fornyet_aar"]):
        return None if pd.isna(made) else str(made)
    return "PVC" if pd.notna(year) and year >= FIRST_MADE["PVC"] else "SJG"


def _mains_across(chart: _Map) -> list[list[str]]:
    """Pumped mains that pass one another, which is no fault: they lie at different depths."""
    rows = np.flatnonzero((chart.pipes["funksjon"] == "pumpeledning").to_numpy())
    lines = chart.lines[rows]
    first, second = shapely.STRtree(lines).query(lines, predicate="intersects")
    met = shapely.intersection(lines[first], lines[second])
    ends = shapely.boundary(lines)
    apart = ~shapely.is_empty(shapely.difference(met, shapely.union(ends[first], ends[second])))
    first, second = first[apart], second[apart]
    ids = chart.pipes["ledning_id"].to_numpy()[rows]
    return [[str(ids[a]), str(ids[b])] for a, b in zip(first, second, strict=True) if a < b]


def _dry_places(chart: _Map, count: int) -> list[dict[str, Any]]:
    """Take the hydrants away around homes that many live near."""
    people = chart.land.tables["people"]
    home = people[["x", "y"]].to_numpy()
    tree = cKDTree(home)
    near = tree.query_ball_point(home, _DRY, return_length=True)
    rows = np.flatnonzero((chart.nodes["type"] == "hydrant").to_numpy())
    xy = shapely.get_coordinates(chart.nodes["geometry"].to_numpy()[rows])
    order = np.argsort(-near, kind="stable")
    chosen: list[Array] = []
    found: list[dict[str, Any]] = []
    for k in order[len(order) // 10 :].tolist():
        if len(found) == count:
            break
        if any(np.hypot(*(home[k] - one)) < 4 * _DRY for one in chosen):
            continue
        chosen.append(home[k])
        gone = rows[np.hypot(*(xy - home[k]).T) < _DRY]
        chart.nodes.loc[gone, "type"] = "kum"
        chart.nodes.loc[gone, "kapasitet_l_s"] = np.nan
        found.append({**_place(home[k]), "radius_m": _DRY, "hydranter_fjernet": len(gone)})
    return found
