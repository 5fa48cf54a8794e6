"""Small packages and configurations for the DOK check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import yaml

from askergeo.catalogue import load_catalogue
from askergeo.datapackage import DataPackage, Origin
from askergeo.dok import read_configs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import shapely

    from askergeo.dok import DokConfig

CRS = "EPSG:25832"


@pytest.fixture
def package(tmp_path: Path) -> Callable[..., DataPackage]:
    """Make a package: layer → list of shapes, or of (shape, attributes); coverage by layer.

    ``national`` are configurations that the catalogue shall hold as layers.
    """

    def make(
        layers: dict[str, list[Any]],
        *,
        coverage: dict[str, shapely.Geometry] | None = None,
        national: dict[str, dict[str, Any]] | None = None,
    ) -> DataPackage:
        folder = tmp_path / "nasjonale"
        folder.mkdir(exist_ok=True)
        for name, content in (national or {}).items():
            (folder / f"{name}.yml").write_text(
                yaml.safe_dump(content, allow_unicode=True), encoding="utf-8"
            )
        made = DataPackage.create(tmp_path / "pakke", catalogue=load_catalogue(folder))
        origin = Origin("test", fetched="2026-01-02", owner="NVE")
        for layer, rows in layers.items():
            pairs = [row if isinstance(row, tuple) else (row, {}) for row in rows]
            shapes = [shape for shape, _ in pairs]
            frame = gpd.GeoDataFrame([values for _, values in pairs], geometry=shapes, crs=CRS)
            made.write(layer, frame, origin=origin, coverage=(coverage or {}).get(layer))
        return made

    return make


@pytest.fixture
def config(tmp_path: Path) -> Callable[..., DokConfig]:
    """Make a configuration of one dataset; keys replace the standard ones, None removes."""

    def make(*documents: dict[str, Any], **keys: Any) -> DokConfig:
        content: dict[str, Any] = {
            "type": "dataset",
            "config_id": "c24e0058-f555-4a47-b65b-4f011e64789e",
            "name": "faresone_kvikkleireskred",
            "metadata_id": "b2d5aaf8-79ac-40f3-9cd6-fdc30bc42ea1",
            "layers": [{"wfs": "Sone", "result_status": "HIT-RED"}],
            "properties": ["skredOmrNavn", "faregrad"],
            "themes": ["Samfunnssikkerhet"],
        } | keys
        content = {key: value for key, value in content.items() if value is not None}
        path = tmp_path / "en.yml"
        text = yaml.safe_dump_all([content, *documents], allow_unicode=True)
        path.write_text(text, encoding="utf-8")
        return read_configs(path)[0]

    return make
