"""Schools, shops, clinics, halls and work places: what each level of centre has, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from askergeo.example.plots import Kind, along_streets, clear_of, dry, find_room

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["make_public"]


class Item(NamedTuple):
    """One building: type, size class, preferred place (0 centre – 1 rim), services, share."""

    code: int
    size: str
    rank: float
    services: tuple[str, ...] = ()
    share: float = 1.0


SIZES = {
    "s": (Kind(30, 9.0, (22, 26), (13, 15)), 3.0),
    "m": (Kind(30, 11.0, (34, 44), (16, 19)), 6.0),
    "l": (Kind(34, 16.0, (58, 72), (22, 28)), 14.0),
}
KOMMUNESENTER = (
    Item(321, "l", 0.0, ("dagligvare", "apotek", "post", "kafe")),
    Item(311, "m", 0.0, ("innbyggertorg",)),
    Item(412, "s", 0.02, ()),
    Item(661, "m", 0.01, ("bibliotek", "forsamlingslokale")),
    Item(322, "s", 0.0, ("dagligvare",)),
    Item(322, "s", 0.01, ("kafe",)),
    Item(322, "s", 0.02, ("apotek",)),
    Item(731, "m", 0.03, ("legesenter", "tannlege", "fysioterapi")),
    Item(732, "s", 0.05, ("helsestasjon",)),
    Item(661, "s", 0.06, ("seniorsenter", "frivilligsentral")),
    Item(671, "s", 0.08, ("forsamlingslokale",)),
    Item(721, "l", 0.2, ("sykehjem",)),
    Item(613, "l", 0.35, ()),
    Item(614, "l", 0.25, ()),
    Item(616, "l", 0.15, ()),
    Item(651, "l", 0.3, ()),
    Item(322, "m", 0.5, ("dagligvare",)),
    Item(219, "l", 0.93, ()),
    Item(231, "l", 0.95, ()),
    Item(212, "m", 0.96, ()),
)
LOKALSENTER = (
    Item(322, "m", 0.0, ("dagligvare", "post")),
    Item(322, "s", 0.0, ("apotek", "kafe")),
    Item(731, "s", 0.02, ("legesenter", "tannlege")),
    Item(661, "s", 0.03, ("bibliotek", "innbyggertorg"), 0.78),
    Item(671, "s", 0.1, ("forsamlingslokale",)),
    Item(613, "m", 0.3, ()),
    Item(721, "m", 0.2, ("sykehjem",), 0.45),
    Item(662, "s", 0.15, ("seniorsenter", "frivilligsentral"), 0.6),
    Item(651, "m", 0.35, (), 0.6),
    Item(614, "m", 0.4, (), 0.45),
    Item(231, "m", 0.94, (), 0.8),
    Item(219, "m", 0.97, (), 0.5),
)
NAERSENTER = (
    Item(322, "s", 0.0, ("dagligvare",)),
    Item(662, "s", 0.1, ("forsamlingslokale",), 0.45),
)


def make_public(land: Land) -> None:
    """Place the public and commercial buildings; adds the table public (one row a building)."""
    rng = land.rng("public")
    lines = street_lines(land)
    pool = {name: _candidates(land, lines, kind, rng) for name, (kind, _) in SIZES.items()}
    wanted = _wanted(land, rng)
    rows = []
    for settlement in range(len(land.tables["centres"])):
        mine = [item for owner, item in wanted if owner == settlement]
        here = {name: _within(frame, settlement) for name, frame in pool.items()}
        rows += [row | {"settlement": settlement} for row in _place_all(here, mine)]
    frame = pd.DataFrame(rows)
    room = find_room(frame["claim"].to_numpy())  # two settlements may want the same plot
    land.tables["public"] = frame[room].reset_index(drop=True)


def _within(frame: pd.DataFrame, settlement: int) -> pd.DataFrame:
    low, high = np.searchsorted(frame["settlement"].to_numpy(), [settlement, settlement + 1])
    return frame.iloc[low:high].reset_index(drop=True)


def street_lines(land: Land) -> Array:
    """Every line that a building may front: streets and local main roads."""
    main = land.tables["main_roads"]
    local = main.loc[main["vegkategori"] != "E", "geometry"].to_numpy()
    extra = land.tables["private_roads"]["geometry"].to_numpy()
    return np.concatenate([land.tables["streets"]["geometry"].to_numpy(), local, extra])


def _candidates(land: Land, lines: Array, kind: Kind, rng: np.random.Generator) -> pd.DataFrame:
    frame = along_streets(land, lines, kind, rng)
    geometry = frame["geometry"].to_numpy()
    good = clear_of(geometry, lines, 5.0)
    good &= clear_of(geometry, land.arrays["barriers"], 16.0)
    good &= dry(land.grid, land, geometry)
    return frame[good].sort_values(["settlement", "rank", "x", "y"], ignore_index=True)


def _wanted(land: Land, rng: np.random.Generator) -> list[tuple[int, Item]]:
    """List the buildings, the most central first; large settlements get more schools."""
    centres = land.tables["centres"]
    items = (KOMMUNESENTER, LOKALSENTER, NAERSENTER)
    wanted: list[tuple[int, Item]] = []
    for k, (level, residents) in enumerate(
        zip(centres["level"], centres["residents"], strict=True)
    ):
        chance = rng.random(len(items[level]))
        wanted += [(k, it) for it, c in zip(items[level], chance, strict=True) if c < it.share]
        if level == 0:
            wanted += [
                (k, Item(613, "l", r)) for r in np.linspace(0.4, 0.85, int(residents // 4_500))
            ]
            wanted += [
                (k, Item(311, "m", r)) for r in np.linspace(0, 0.15, int(residents // 1_300))
            ]
            wanted += [(k, Item(322, "m", r, ("dagligvare",)))
                       for r in np.linspace(0.3, 0.8, int(residents // 5_000))]  # fmt: skip
        if level == 1 and residents > 4_500:
            wanted.append((k, Item(613, "l", 0.7)))
        if level == 2 and residents > 700 and rng.random() < 0.7:
            wanted.append((k, Item(613, "l", 0.4)))
        if level == 1 and residents < 1_000:  # small municipality: one shop
            few = {613: k % 3 == 1, 614: False, 651: k % 4 == 1, 219: k % 4 == 2, 231: True}
            wanted = [w for w in wanted if w[0] != k or few.get(w[1].code, True)]
        count = residents / 1_050 + (0.3 if level < 2 else -0.2)
        count = int(max(count, 0.0)) + int(rng.random() < max(count, 0.0) % 1)
        spread = rng.uniform(0.15, 0.85, max(count, 0))
        wanted += [(k, Item(612, "m" if residents > 600 else "s", r)) for r in spread]
        works = int(residents // (900 if level == 0 else 1_800))
        wanted += [(k, Item(int(c), "l", 0.9)) for c in rng.choice([212, 219, 231, 239], works)]
    return wanted


def _place_all(pool: dict[str, pd.DataFrame], items: list[Item]) -> list[dict[Any, Any]]:
    """Give each item the free candidate nearest to its wanted place; the larger sizes shrink."""
    xy = {name: frame[["x", "y"]].to_numpy() for name, frame in pool.items()}
    rank = {name: frame["rank"].to_numpy() for name, frame in pool.items()}
    radius = {
        name: np.hypot(frame["length"].to_numpy(), frame["depth"].to_numpy()) / 2 + SIZES[name][1]
        for name, frame in pool.items()
    }
    free = {name: np.ones(len(frame), bool) for name, frame in pool.items()}
    rows = []
    for item in items:
        size = next((s for s in "lms"["lms".index(item.size) :] if free[s].any()), None)
        if size is None:
            continue
        best = int(np.argmin(np.where(free[size], np.abs(rank[size] - item.rank), np.inf)))
        row = pool[size].iloc[best].to_dict()
        claim = shapely.buffer(row["geometry"], SIZES[size][1])
        rows.append(row | {"code": item.code, "services": item.services, "claim": claim})
        for name in free:
            gap = np.hypot(*(xy[name] - xy[size][best]).T)
            free[name] &= gap > radius[name] + radius[size][best]
    return rows
