"""Versions of the software that a result rests on."""

from __future__ import annotations

__all__ = ["software_versions"]


def software_versions() -> dict[str, str]:
    """Return the versions of askergeo's engines, GDAL, GEOS and PROJ first.

    pyogrio and rasterio each carry a GDAL of their own, so both are named.
    """
    import geopandas as gpd  # noqa: PLC0415  (asked for only by --version and provenance)
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415
    import pyogrio  # noqa: PLC0415
    import pyproj  # noqa: PLC0415
    import rasterio  # noqa: PLC0415
    import shapely  # noqa: PLC0415

    return {
        "GDAL (vektor)": ".".join(map(str, pyogrio.__gdal_version__)),
        "GDAL (raster)": rasterio.__gdal_version__,
        "GEOS": shapely.geos_version_string,
        "PROJ": pyproj.proj_version_str,
        "geopandas": gpd.__version__,
        "shapely": shapely.__version__,
        "pandas": pd.__version__,
        "numpy": np.__version__,
    }
