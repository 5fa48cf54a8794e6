"""The ground of each theme by land cover and by what the plans do with it.

A theme is accounted for within its own polygons, a class at a time and each place once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._land_parts import NO_COVER, NO_PLAN, clean, labelled_rows
from askergeo.analyses._land_themes import WHOLE
from askergeo.geometry import geometries, joined, polygons_of, union
from askergeo.overlay.account import CLOSES
from askergeo.overlay.sheets import SHEET, SheetAccounts, sheet_accounts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

    from askergeo.analyses._land import LandCover
    from askergeo.analyses._land_themes import Theme

__all__ = ["DRAFT", "PLAN", "ClassGround", "Found", "ground_of"]

PLAN: Final = "kommuneplan"
DRAFT: Final = "kommuneplan_forslag"


@dataclass(frozen=True)
class ClassGround:
    """The ground of a class of a theme, each place once.

    Parameters
    ----------
    key, name
        Which sheet it is, and the class in bokmål.
    area
        Its polygons.
    rows
        ``gruppe`` (land cover), ``bruk`` (what the plan does) when there is one, ``dekar``.
    draft
        ``bruk`` in the proposal and ``dekar``, when there is one.
    """

    key: str
    name: str
    area: BaseGeometry
    rows: pd.DataFrame
    draft: pd.DataFrame | None = None


@dataclass(frozen=True)
class Found:
    """A theme's classes, and the whole of it; none where it has no ground in the municipality."""

    theme: Theme
    classes: tuple[ClassGround, ...] = ()
    whole: ClassGround | None = None


def ground_of(
    themes: Sequence[Theme],
    limit: BaseGeometry,
    cover: LandCover,
    plans: Mapping[str, gpd.GeoDataFrame],
    crs: str,
) -> tuple[list[Found], dict[str, SheetAccounts]]:
    """Account for every class of every theme inside an area.

    Parameters
    ----------
    themes
        The themes.
    limit
        The municipality.
    cover
        Its land cover.
    plans
        ``kommuneplan`` and ``kommuneplan_forslag`` with ``bruk``, those that are there.
    crs
        CRS of all.

    Returns
    -------
    list of Found, dict of SheetAccounts
        A theme each; and the accounts, by «plan» and «forslag».
    """
    parts = {theme.name: _classes(theme, limit) for theme in themes}
    shapes = [(key, area) for found in parts.values() for key, _, area in found]
    if not shapes:
        return [Found(theme) for theme in themes], {}
    polygons = [polygons_of(area) for _, area in shapes]
    sheets = gpd.GeoDataFrame(
        {SHEET: np.repeat([key for key, _ in shapes], [len(one) for one in polygons])},
        geometry=np.concatenate(polygons),
        crs=crs,
    )
    plan = {name: frame for name, frame in plans.items() if name == PLAN}
    accounts = {
        "plan": sheet_accounts(
            sheets,
            {cover.layer: cover.frame, **plan},
            by={cover.layer: ["gruppe"], **{name: ["bruk"] for name in plan}},
            crs=crs,
        )
    }
    words = {f"{cover.layer}.gruppe": ("gruppe", NO_COVER)}
    words |= {f"{name}.bruk": ("bruk", NO_PLAN) for name in plan}
    rows = _by_sheet(accounts["plan"], words)
    draft: dict[str, pd.DataFrame] = {}
    if DRAFT in plans:
        # The plans are not held against each other: that is for the account of what changes.
        accounts["forslag"] = sheet_accounts(
            sheets, {DRAFT: plans[DRAFT]}, by={DRAFT: ["bruk"]}, crs=crs
        )
        draft = _by_sheet(accounts["forslag"], {f"{DRAFT}.bruk": ("bruk", NO_PLAN)})
    return [_found(theme, parts[theme.name], rows, draft) for theme in themes], accounts


def _by_sheet(
    accounts: SheetAccounts, words: Mapping[str, tuple[str, str]]
) -> dict[str, pd.DataFrame]:
    rows = labelled_rows(accounts, words)
    return {str(key): part for key, part in rows.groupby(accounts.rows[SHEET].to_numpy())}


def _classes(theme: Theme, limit: BaseGeometry) -> list[tuple[str, str, BaseGeometry]]:
    """Sheet, name and ground of each class, and of the whole where the classes overlap."""
    frame = clean(theme.name, theme.frame)
    kinds = frame["klasse"].to_numpy(dtype=object)
    shapes = geometries(frame)
    found = []
    for name in sorted(set(kinds)):
        area = _within(union(shapes[kinds == name]), limit)
        if not area.is_empty:
            found.append((f"{theme.name}|{name}", str(name), area))
    if len(found) > 1:
        together = union(np.array([area for _, _, area in found], dtype=object))
        overlap = sum(area.area for _, _, area in found) - together.area
        if overlap > CLOSES * together.area:
            found.append((f"{theme.name}|i_alt", WHOLE, together))
    return found


def _within(shape: BaseGeometry, limit: BaseGeometry) -> BaseGeometry:
    shapely.prepare(limit)
    if shapely.covers(limit, shape):
        return shape
    return joined(polygons_of(shapely.intersection(shape, limit)))


def _found(
    theme: Theme,
    parts: list[tuple[str, str, BaseGeometry]],
    rows: Mapping[str, pd.DataFrame],
    draft: Mapping[str, pd.DataFrame],
) -> Found:
    kinds = [ClassGround(key, name, area, rows[key], draft.get(key)) for key, name, area in parts]
    if not kinds:
        return Found(theme)
    if len(kinds) == 1:
        return Found(theme, (kinds[0],), kinds[0])
    if kinds[-1].name == WHOLE:
        return Found(theme, tuple(kinds[:-1]), kinds[-1])
    area = joined(np.concatenate([polygons_of(one.area) for one in kinds]))
    drafts = [one.draft for one in kinds if one.draft is not None]
    whole = ClassGround(
        f"{theme.name}|i_alt",
        WHOLE,
        area,
        pd.concat([one.rows for one in kinds], ignore_index=True),
        pd.concat(drafts, ignore_index=True) if drafts else None,
    )
    return Found(theme, tuple(kinds), whole)
