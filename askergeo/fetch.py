"""Fill a data package from the net: the one door through which askergeo goes out."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd

from askergeo.errors import OverwriteError
from askergeo.ingest import Added, add_file
from askergeo.sources.osm_net import LAYERS, Area, fetch_osm

if TYPE_CHECKING:
    from askergeo.datapackage import DataPackage

__all__ = ["add_from_net"]


def add_from_net(
    package: DataPackage, area: Area, *, timeout: int, overwrite: bool = False
) -> list[Added]:
    """Fetch OpenStreetMap for an area and add the layers veg, sti, sperring and tjeneste.

    Parameters
    ----------
    package
        The package; each layer is marked as mapped in the area alone.
    area
        Where.
    timeout
        How long to wait for an answer, whole seconds.
    overwrite
        Replace layers that are there.

    Raises
    ------
    AskergeoError
        When a layer is there already, the service does not answer, or a layer cannot be written.
        Nothing is added before everything is fetched.
    """
    there = [layer for layer in LAYERS if layer in package]
    if there and not overwrite:
        raise OverwriteError(
            f"Datapakken har alt {', '.join(there)}.",
            remedy="Bruk --overskriv for å erstatte, eller hent til en ny datapakke.",
        )
    # A service that is asked today answers for today.
    today = datetime.now(UTC).astimezone().date().isoformat()
    with tempfile.TemporaryDirectory(prefix="askergeo-") as name:
        folder = Path(name)
        path = fetch_osm(area, folder, timeout=timeout)
        coverage = folder / "dekning.geojson"
        gpd.GeoDataFrame(geometry=[area.polygon], crs="EPSG:4326").to_file(coverage)
        return [
            add_file(
                package,
                layer,
                path,
                mapping=mapping,
                fetched=today,
                coverage=coverage,
                overwrite=overwrite,
            )
            for layer, mapping in LAYERS.items()
        ]
