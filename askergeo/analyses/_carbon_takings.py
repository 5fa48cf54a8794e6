"""What land a plan, a proposal or a year's decisions take for building, by land cover.

Areas come from :mod:`askergeo.overlay.account`, so that they close. Land that is built on already
is not taken again, and ground that several rows of a plan lie over is counted once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._carbon_plans import UNKNOWN, YES, Asked, Plan, plans_asked
from askergeo.analyses._land_account import NamedAccount
from askergeo.carbon import ar5_classes, coarse_classes, load_classes
from askergeo.geometry import geometries, union
from askergeo.overlay.account import AREA, account
from askergeo.overlay.pieces import pieces

if TYPE_CHECKING:
    from collections.abc import Mapping

    from askergeo.analyses._land import LandBoundary
    from askergeo.parameters import Parameters
    from askergeo.result import Finding

__all__ = ["CHANGE", "KEYS", "Takings", "carbon_cover", "takings"]

#: What the rows of a taking are told apart by.
KEYS: Final = ["sak", "retning", "gruppe", "klasse"]
#: Name of the case that is the proposal less the plan in force.
CHANGE: Final = "Endring: forslaget minus gjeldende plan"
#: m²: what is left of a piece that is less than this is how two outlines differ.
_SEEN: Final = 0.01
ADDED, SPARED = "legges til", "spares"
#: Why an area that a plan lays out is not reckoned with.
BUILT, NO_FACTOR, NO_PURPOSE, NO_COVER = (
    "Bygd fra før",
    "Vann, fjell eller ukjent arealtype: ingen faktor",
    "Ukjent om formålet er utbygging",
    "Ikke dekket av kartet over arealdekke",
)


@dataclass(frozen=True)
class Takings:
    """The land that is taken.

    Parameters
    ----------
    frame
        A row a case (``sak``), direction (``retning``: «legges til» or «spares»), purpose group
        (``gruppe``) and carbon class (``klasse``): ``areal_m2``, and ``tegn`` −1 for what is
        spared.
    left_out
        A row a case and reason (``grunn``): ``areal_m2`` that is laid out and not reckoned with.
    pieces
        The polygons, with ``sak``, ``retning``, ``gruppe``, ``klasse`` and ``areal_m2``.
    account
        The account that the areas are from; ``None`` when nothing was asked.
    findings, warnings
        What was wrong with the plans.
    names
        The cases in order; one that takes nothing is among them.
    main
        The case that the sentence is about; empty when there is none.
    """

    frame: pd.DataFrame
    left_out: pd.DataFrame
    pieces: gpd.GeoDataFrame
    account: NamedAccount | None
    findings: tuple[Finding, ...]
    warnings: tuple[str, ...]
    names: tuple[str, ...]
    main: str


def carbon_cover(cover: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give AR5, or the coarse land cover, its carbon classes: empty where one is not known."""
    classes = ar5_classes if "arealtype" in cover.columns else coarse_classes
    return cover.assign(klasse=classes(cover).astype("object").fillna(""))


def takings(
    today: gpd.GeoDataFrame,
    layers: Mapping[str, pd.DataFrame | None],
    boundary: LandBoundary,
    parameters: Parameters,
) -> Takings:
    """Find the land that is taken.

    Parameters
    ----------
    today
        AR5, or the coarse land cover.
    layers
        The plan layers by their id, those that are there, and ``ar5_tidligere``: what was there
        before the decisions of the years since.
    boundary
        The area that is accounted for.
    parameters
        The set ``karbon``.

    Raises
    ------
    LayerError, ParameterError
        When what is asked needs a layer, or names a plan, that is not there.
    """
    asked = plans_asked(layers, parameters)
    if not asked.plans:
        return _nothing(boundary, asked.warnings)
    earlier = layers.get("ar5_tidligere") if asked.done else None
    cover = carbon_cover(today if earlier is None else _surface(earlier))
    now = "ar5" if "arealtype" in today.columns else "arealdekke"
    land = now if earlier is None else "ar5_tidligere"
    themes = {land: cover, **{plan.layer: plan.rows for plan in asked.plans}}
    by = {
        land: ["klasse"],
        **{plan.layer: ["sak", "gruppe", "bygges"] for plan in asked.plans},
    }
    found = account(themes, by=by, boundary=boundary.frame, crs=boundary.crs)
    found_rows = found.rows.rename(columns={f"{land}.klasse": "klasse"})
    named = NamedAccount("endring", "Arealdekket og det som er lagt ut til utbygging", found)
    frames, rests = [], []
    for plan in asked.plans:
        taken, rest = _of_plan(found_rows, plan)
        frames.append(taken)
        rests.append(rest)
    shapes = [_pieces_of(cover, plan, boundary) for plan in asked.plans]
    if asked.change:
        old, new = asked.plans
        frames.append(_difference(found_rows, old, new))
        shapes += [
            _changed(shapes[1], old, ADDED, boundary.crs),
            _changed(shapes[0], new, SPARED, boundary.crs),
        ]
    return Takings(
        frame=pd.concat(frames, ignore_index=True),
        left_out=pd.concat(rests, ignore_index=True),
        pieces=_joined(shapes, boundary.crs),
        account=named,
        findings=asked.findings,
        warnings=(*asked.warnings, *_about_cover(asked.done, earlier is not None)),
        names=_names(asked, frames),
        main=CHANGE if asked.change else asked.plans[0].title,
    )


def _names(asked: Asked, frames: list[pd.DataFrame]) -> tuple[str, ...]:
    """Municipal plans are cases whatever they take; of others those that take something."""
    if asked.whole:
        return (*(plan.title for plan in asked.plans), *((CHANGE,) if asked.change else ()))
    return tuple(dict.fromkeys(frames[0]["sak"]))


def _surface(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    assert isinstance(frame, gpd.GeoDataFrame)  # noqa: S101  (the catalogue says that it is)
    return frame


def _about_cover(done: bool, earlier: bool) -> tuple[str, ...]:
    """Say what land cover decisions that may be carried out already are held against."""
    if not done:
        return ()
    return (
        "Vedtakene er holdt mot AR5 fra en tidligere dato (laget «ar5_tidligere»), for areal som "
        "er bygd ut siden, står som bebygd i AR5."
        if earlier
        else "Vedtakene er holdt mot dagens AR5. Areal som alt er bygd ut, er ikke regnet, så "
        "tallene for tidligere år er for lave. Legg til laget «ar5_tidligere».",
    )


def _nothing(boundary: LandBoundary, warnings: tuple[str, ...]) -> Takings:
    frame = pd.DataFrame({key: pd.Series(dtype=object) for key in KEYS})
    empty = gpd.GeoDataFrame(frame.assign(areal_m2=[]), geometry=[], crs=boundary.crs)
    return Takings(
        frame=frame.assign(areal_m2=[], tegn=[]),
        left_out=pd.DataFrame({"sak": [], "grunn": [], AREA: []}).astype(
            {"sak": object, "grunn": object}
        ),
        pieces=empty,
        account=None,
        findings=(),
        warnings=warnings,
        names=(),
        main="",
    )


def _kinds(classes: pd.Series) -> pd.Series:
    """Why land of a class cannot be taken; empty where it can."""
    known = load_classes()
    names = classes.astype("object")
    built = names.map(lambda name: str(name).startswith("bebygd")).astype(bool)
    rock = names.map(lambda name: name not in known or known[name].soil == "ingen").astype(bool)
    reasons = np.select([classes.isna(), built, rock], [NO_COVER, BUILT, NO_FACTOR], "")
    return pd.Series(reasons, index=classes.index)


def _of_plan(rows: pd.DataFrame, plan: Plan) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find what one plan takes, and what it lays out that is not reckoned with."""
    ours = _plain(rows, plan)
    asked = ours[ours["bygges"].isin([YES, UNKNOWN])].copy()
    asked["grunn"] = _kinds(asked["klasse"])
    asked.loc[asked["bygges"] == UNKNOWN, "grunn"] = NO_PURPOSE
    taken = asked[asked["grunn"] == ""].assign(retning=ADDED, tegn=1)
    rest = asked[asked["grunn"] != ""]
    return _summed(taken), _sums(rest, ["sak", "grunn"])


def _plain(rows: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    names = {f"{plan.layer}.{name}": name for name in ("sak", "gruppe", "bygges")}
    return rows.rename(columns=names)


def _summed(rows: pd.DataFrame) -> pd.DataFrame:
    return _sums(rows, [*KEYS, "tegn"])


def _sums(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return rows.groupby(keys, sort=False)[[AREA]].sum().reset_index()


def _difference(rows: pd.DataFrame, old: Plan, new: Plan) -> pd.DataFrame:
    """Find what the proposal takes beside the plan in force, and what it spares of that."""
    columns = ["gruppe", "bygges"]
    before = rows[[f"{old.layer}.{name}" for name in columns]].set_axis(columns, axis=1)
    after = rows[[f"{new.layer}.{name}" for name in columns]].set_axis(columns, axis=1)
    usable = _kinds(rows["klasse"]) == ""
    parts = []
    for own, other, direction, sign in ((after, before, ADDED, 1), (before, after, SPARED, -1)):
        mine = (own["bygges"] == YES).fillna(value=False)
        kept = (other["bygges"] == YES) & (other["gruppe"] == own["gruppe"])
        chosen = mine & ~kept.fillna(value=False) & usable
        parts.append(
            rows[chosen].assign(
                sak=CHANGE, gruppe=own.loc[chosen, "gruppe"], retning=direction, tegn=sign
            )
        )
    return _summed(pd.concat(parts, ignore_index=True))


def _pieces_of(cover: gpd.GeoDataFrame, plan: Plan, boundary: LandBoundary) -> gpd.GeoDataFrame:
    """Cut the land cover by what the plan lays out, within the boundary."""
    open_land = cover[(_kinds(cover["klasse"]) == "").to_numpy()]
    rows = plan.rows[(plan.rows["bygges"] == YES).to_numpy()]
    if not len(open_land) or not len(rows):
        return gpd.GeoDataFrame({AREA: []}, geometry=[], crs=boundary.crs)
    cut = pieces({"ar5": open_land, plan.layer: rows}, crs=boundary.crs)
    limit = union(geometries(boundary.frame))
    shapes = geometries(cut).copy()
    shapely.prepare(limit)
    outside = ~shapely.contains_properly(limit, shapes)
    shapes[outside] = shapely.intersection(shapes[outside], limit)
    cut = gpd.GeoDataFrame(
        {
            "sak": rows.loc[cut[plan.layer], "sak"].to_numpy(),
            "retning": ADDED,
            "gruppe": rows.loc[cut[plan.layer], "gruppe"].to_numpy(),
            "klasse": open_land.loc[cut["ar5"], "klasse"].to_numpy(),
            AREA: np.where(outside, shapely.area(shapes), cut[AREA]),
        },
        geometry=shapes,
        crs=boundary.crs,
    )
    return cut[cut[AREA] > 0]


def _changed(cut: gpd.GeoDataFrame, other: Plan, direction: str, crs: str) -> gpd.GeoDataFrame:
    """Take away what the other plan lays out to the same; where it has nothing, all is new."""
    if not len(cut):
        return cut
    cut = cut.reset_index(drop=True)
    rows = other.rows[(other.rows["bygges"] == YES).to_numpy()]
    met = pieces({"stykke": cut, "plan": rows}, crs=crs)
    group = rows.loc[met["plan"], "gruppe"].to_numpy()
    same = met[group == cut.loc[met["stykke"], "gruppe"].to_numpy()]
    shapes = geometries(cut).copy()
    for piece, kept in same.groupby("stykke"):
        shapes[piece] = shapely.difference(shapes[piece], union(geometries(kept)))
    found = cut.set_geometry(shapes, crs=crs).assign(
        sak=CHANGE, retning=direction, **{AREA: shapely.area(shapes)}
    )
    return found[(found[AREA] > _SEEN).to_numpy()]


def _joined(parts: list[gpd.GeoDataFrame], crs: str) -> gpd.GeoDataFrame:
    filled = [part for part in parts if len(part)]
    if not filled:
        return gpd.GeoDataFrame(
            {**{key: pd.Series(dtype=object) for key in KEYS}, AREA: pd.Series(dtype=float)},
            geometry=[],
            crs=crs,
        )
    joined = pd.concat(filled, ignore_index=True)
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=crs)
