"""A scenario laid over a package: new, replaced and deleted rows by key, read like a package.

The files of the base are never touched. A scenario is a small package of its own whose rows say
in the column ``endring`` what they do: ``ny`` adds, ``erstatt`` replaces the row of the same key,
``slett`` deletes it. A raster of the scenario replaces the base's.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.errors import LayerError, PackageError, collect
from askergeo.stores.arguments import checked_box
from askergeo.stores.checks import CHANGE
from askergeo.stores.layers import source_record
from askergeo.stores.tables import DTYPES, columns_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from askergeo.catalogue import Catalogue
    from askergeo.datapackage import Box, DataPackage, LayerRecord
    from askergeo.result import SourceRecord

__all__ = ["ScenarioView"]


@dataclass(frozen=True)
class _Change:
    """What a scenario does to one layer."""

    rows: pd.DataFrame  # new and replacing rows
    gone: pd.DataFrame  # keys of the base's rows that vanish
    base_rows: int  # rows of the base that they are
    text: str


class ScenarioView:
    """The base as the scenario makes it; made by :meth:`DataPackage.over`.

    It is read like a :class:`DataPackage` and cannot be written. A view may itself be the base
    of another scenario.

    Parameters
    ----------
    scenario
        Package of kind ``scenario``.
    base
        Package or view that the scenario changes.

    Raises
    ------
    PackageError
        When ``scenario`` is not one, or is for another municipality or CRS than ``base``.
    """

    def __init__(self, scenario: DataPackage, base: DataPackage | ScenarioView) -> None:
        if not scenario.scenario:
            raise PackageError(
                f"{scenario.path} er ikke et scenario, men en hel datapakke.",
                remedy="Lag et scenario med «askergeo data ny MAPPE --over GRUNNPAKKE».",
            )
        for what, ours, theirs in (
            ("kommune", scenario.municipality, base.municipality),
            ("koordinatsystem", scenario.crs, base.crs),
        ):
            if ours != theirs:
                raise PackageError(
                    f"Scenariet {scenario.path} har {what} {ours}, men {base.path} har {theirs}.",
                    remedy="Legg scenariet over pakken som det ble laget for.",
                )
        self._scenario = scenario
        self._base = base
        self._changes: dict[str, _Change] = {}

    @property
    def path(self) -> Path:
        """Folder of the base."""
        return self._base.path

    @property
    def scenario_path(self) -> Path:
        """Folder of the scenario."""
        return self._scenario.path

    @property
    def municipality(self) -> str:
        """Municipality number."""
        return self._base.municipality

    @property
    def crs(self) -> str:
        """CRS of every layer."""
        return self._base.crs

    @property
    def store(self) -> str:
        """Format of the scenario's layers."""
        return self._scenario.store

    @property
    def name(self) -> str:
        """Name of the base and of the scenario."""
        return f"{self._base.name or self._base.path.name} + {self._scenario.scenario}"

    @property
    def scenario(self) -> str:
        """Name of the scenario; of each, when one lies over another."""
        return " + ".join(filter(None, (self._base.scenario, self._scenario.scenario)))

    @property
    def example(self) -> bool:
        """Whether some of the data are made up."""
        return self._base.example or self._scenario.example

    @property
    def catalogue(self) -> Catalogue:
        """The layers that the base may hold."""
        return self._base.catalogue

    @property
    def layer_ids(self) -> tuple[str, ...]:
        """Layers of the base and of the scenario, sorted."""
        return tuple(sorted({*self._base.layer_ids, *self._scenario.layer_ids}))

    @property
    def records(self) -> Mapping[str, LayerRecord]:
        """Provenance of each layer; a changed layer says how the scenario changes it."""
        return MappingProxyType({layer_id: self.record(layer_id) for layer_id in self.layer_ids})

    def __contains__(self, layer_id: object) -> bool:
        return layer_id in self._base or layer_id in self._scenario

    def __repr__(self) -> str:
        return f"<ScenarioView {self.name}: {len(self.layer_ids)} lag>"

    def record(self, layer_id: str) -> LayerRecord:
        """Return the provenance of a layer; ``bounds`` are those of base and scenario together.

        Raises
        ------
        CatalogueError, LayerError
            When the layer is not there, or the scenario does not fit the base.
        """
        if layer_id not in self._scenario:
            return self._base.record(layer_id)
        new = self._scenario.record(layer_id)
        said = f"scenariet «{self._scenario.scenario}»"
        if new.format == "tif":
            return replace(new, origin=f"{new.origin} ({said})")
        change = self._change(layer_id)
        counted = f"{said}: {change.text} ({new.origin})"
        if layer_id not in self._base:
            columns = {name: kind for name, kind in new.columns.items() if name != CHANGE}
            return replace(new, origin=counted, columns=columns)
        old = self._base.record(layer_id)
        both = hashlib.sha256(f"{old.sha256}\n{new.sha256}\n".encode()).hexdigest()
        return replace(
            old,
            file=f"{old.file} + {new.file}",
            sha256=both,
            size=old.size + new.size,
            rows=old.rows - change.base_rows + len(change.rows),
            bounds=_union(old.bounds, new.bounds),
            origin=f"{old.origin}; endret av {counted}",
            licence=_join(old.licence, new.licence),
            attribution=_join(old.attribution, new.attribution),
            owner=_join(old.owner, new.owner),
            columns=self._kinds(layer_id),
            avvik_rows=old.avvik_rows + new.avvik_rows,
        )

    def read(
        self,
        layer_id: str,
        *,
        bbox: Box | None = None,
        columns: Sequence[str] | None = None,
        geometry: bool = True,
    ) -> Any:  # noqa: ANN401  (as DataPackage.read)
        """Read a layer as the scenario makes it; see :meth:`DataPackage.read`.

        The rows of the base come first, in its order, then those of the scenario. A row that the
        scenario replaces or deletes is gone also where the new one lies outside ``bbox``.

        Raises
        ------
        CatalogueError, LayerError, PackageError
            As for a package, and when the scenario does not fit the base.
        """
        if layer_id not in self._scenario:
            return self._base.read(layer_id, bbox=bbox, columns=columns, geometry=geometry)
        if self._scenario.record(layer_id).format == "tif":
            return self._scenario.read(layer_id)
        change = self._change(layer_id)
        wanted = columns_of(self._kinds(layer_id), columns, layer=layer_id)
        added = change.rows if bbox is None else _inside(change.rows, bbox, layer_id)
        if not geometry and isinstance(added, gpd.GeoDataFrame):
            added = pd.DataFrame(added.drop(columns="geometry"))
        parts = [_aligned(added, wanted)]
        if layer_id in self._base:
            keys = list(change.gone.columns)
            known = self._base.record(layer_id).columns
            ask = list(dict.fromkeys([*(name for name in wanted if name in known), *keys]))
            rows = self._base.read(layer_id, bbox=bbox, columns=ask, geometry=geometry)
            parts.insert(0, _aligned(rows[~_among(rows, change.gone)], wanted))
        return pd.concat(parts, ignore_index=True)

    def raster_path(self, layer_id: str) -> Path:
        """Return the scenario's raster, or else the base's; see :meth:`DataPackage.raster_path`."""
        owner = self._scenario if layer_id in self._scenario else self._base
        return owner.raster_path(layer_id)

    def read_avvik(self, layer_id: str) -> gpd.GeoDataFrame:
        """Return the avvik rows of base and scenario; see :meth:`DataPackage.read_avvik`."""
        owners = [package for package in (self._base, self._scenario) if layer_id in package]
        frames = [package.read_avvik(layer_id) for package in owners or [self._base]]
        filled = [frame for frame in frames if len(frame)]
        return pd.concat(filled, ignore_index=True) if len(filled) > 1 else [*filled, *frames][0]

    def coverage(self, layer_id: str) -> shapely.Geometry | None:
        """Return the area mapped: the scenario's when it says one, else the base's."""
        if layer_id in self._scenario:
            area = self._scenario.coverage(layer_id)
            if area is not None or layer_id not in self._base:
                return area
        return self._base.coverage(layer_id)

    def verify(self) -> list[str]:
        """Hash every file of base and scenario; see :meth:`DataPackage.verify`."""
        said = f"Scenariet «{self._scenario.scenario}»: "
        return self._base.verify() + [said + problem for problem in self._scenario.verify()]

    def source_record(self, layer_id: str) -> SourceRecord:
        """Return the provenance of a layer, for a result; see :meth:`DataPackage.source_record`."""
        return source_record(self, layer_id)

    def _kinds(self, layer_id: str) -> dict[str, str]:
        """Types of the columns: the base's, then those that only the scenario has."""
        new = self._scenario.record(layer_id).columns
        old = self._base.record(layer_id).columns if layer_id in self._base else {}
        kinds = {**old, **{name: kind for name, kind in new.items() if name not in old}}
        kinds.pop(CHANGE, None)
        return kinds

    def _change(self, layer_id: str) -> _Change:
        if layer_id not in self._changes:
            self._changes[layer_id] = self._checked_change(layer_id)
        return self._changes[layer_id]

    def _checked_change(self, layer_id: str) -> _Change:
        """Read what the scenario does to a layer, and hold it against the keys of the base."""
        rows = self._scenario.read(layer_id)
        keys = list(self.catalogue[layer_id].key_columns)
        is_new = (rows[CHANGE] == "ny").to_numpy(dtype=bool)
        is_gone = (rows[CHANGE] != "ny").to_numpy(dtype=bool)
        stays = (rows[CHANGE] != "slett").to_numpy(dtype=bool)
        if layer_id in self._base:
            self._require_same_types(layer_id)
            base = self._base.read(layer_id, columns=keys, geometry=False)
        else:
            base = pd.DataFrame(rows[keys].iloc[:0])
        known = _among(rows, base.dropna())
        problems = [
            f"{', '.join(_labels(rows.loc[wrong, keys]))} er merket {word}, men {fault}"
            for wrong, word, fault in (
                (is_gone & ~known, "«erstatt» eller «slett»", "finnes ikke i grunnpakken"),
                (is_new & known, "«ny»", "finnes allerede i grunnpakken"),
            )
            if wrong.any()
        ]
        if problems:
            raise LayerError(
                f"Scenariet «{self._scenario.scenario}» passer ikke til laget «{layer_id}» i "
                f"{self._base.path}:\n{collect(problems)}",
                remedy=f"Rett nøkkelen ({'+'.join(keys)}) eller kolonnen «{CHANGE}».",
            )
        gone = pd.DataFrame(rows.loc[is_gone, keys])
        counts = rows[CHANGE].value_counts()
        text = ", ".join(
            f"{int(counts.get(word, 0))} {plural}"
            for word, plural in (("ny", "nye"), ("erstatt", "erstattet"), ("slett", "slettet"))
        )
        return _Change(
            rows=rows[stays].drop(columns=CHANGE),
            gone=gone,
            base_rows=int(_among(base, gone).sum()),
            text=text,
        )

    def _require_same_types(self, layer_id: str) -> None:
        old = self._base.record(layer_id).columns
        new = self._scenario.record(layer_id).columns
        problems = [
            f"kolonnen «{name}» er {old[name]} i grunnpakken og {new[name]} i scenariet"
            for name in old
            if name in new and old[name] != new[name]
        ]
        if problems:
            raise LayerError(
                f"Scenariet passer ikke til laget «{layer_id}»:\n{collect(problems)}",
                remedy="Bruk samme type i scenariet som i grunnpakken.",
            )


def _among(rows: pd.DataFrame, keys: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Tell for each row whether its key is one of ``keys``; a missing key is never."""
    names = list(keys.columns)
    if len(rows) == 0 or len(keys) == 0:
        return np.zeros(len(rows), dtype=bool)
    marked = keys.drop_duplicates().assign(askergeo_found=True)
    joined = pd.DataFrame(rows[names]).merge(marked, on=names, how="left")
    return joined["askergeo_found"].notna().to_numpy(dtype=bool)


def _aligned(rows: pd.DataFrame, kinds: Mapping[str, str]) -> pd.DataFrame:
    """Give the rows exactly these columns; one that they lack is missing, in its type."""
    absent = {
        name: pd.Series([None] * len(rows), index=rows.index, dtype=DTYPES[kind])
        for name, kind in kinds.items()
        if name not in rows.columns
    }
    place = ["geometry"] if isinstance(rows, gpd.GeoDataFrame) else []
    aligned: pd.DataFrame = rows.assign(**absent)[[*kinds, *place]]
    return aligned


def _inside(rows: pd.DataFrame, bbox: Box, layer_id: str) -> pd.DataFrame:
    """Rows whose bounding box meets ``bbox``; touching counts, as in the stores."""
    xmin, ymin, xmax, ymax = checked_box(bbox)
    if not isinstance(rows, gpd.GeoDataFrame):
        raise LayerError(f"Laget «{layer_id}» har ingen geometri å avgrense med.")
    bounds = shapely.bounds(np.asarray(rows.geometry.array, dtype=object))
    inside = (bounds[:, 0] <= xmax) & (bounds[:, 1] <= ymax)
    inside &= (bounds[:, 2] >= xmin) & (bounds[:, 3] >= ymin)
    found: pd.DataFrame = rows[inside]
    return found


def _labels(keys: pd.DataFrame) -> list[str]:
    """Show the first keys for a message."""
    shown = ["+".join(map(str, key)) for key in keys.head(10).itertuples(index=False)]
    more = len(keys) - len(shown)
    return shown + ([f"og {more} til"] if more else [])


def _union(one: Box | None, other: Box | None) -> Box | None:
    if one is None or other is None:
        return one or other
    return (
        min(one[0], other[0]),
        min(one[1], other[1]),
        max(one[2], other[2]),
        max(one[3], other[3]),
    )


def _join(one: str, other: str) -> str:
    return "; ".join(dict.fromkeys(text for text in (one, other) if text))
