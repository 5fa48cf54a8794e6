"""The steps that make Eksempelbygda, in order, and the package that they become."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio

from askergeo.crs import CRS_OF_RECORD
from askergeo.datapackage import DataPackage
from askergeo.errors import MissingFileError, ParameterError
from askergeo.example.buildings import make_barriers, make_buildings
from askergeo.example.centres import make_centres
from askergeo.example.changes import EARLIER, make_earlier_cover
from askergeo.example.cover import make_cover, make_soil
from askergeo.example.decisions import make_decisions
from askergeo.example.districts import make_school_districts
from askergeo.example.feeds import FOLDER as FEED_FOLDER
from askergeo.example.feeds import make_feed_faults, write_feeds
from askergeo.example.hazards import make_hazards, make_zones
from askergeo.example.heritage import make_heritage
from askergeo.example.housing import make_housing
from askergeo.example.jobs import make_jobs
from askergeo.example.key import make_key
from askergeo.example.land import MUNICIPALITY, NAME, SIZES, YEAR, Grid, Land
from askergeo.example.network import make_local_roads, make_network
from askergeo.example.permits import make_growth
from askergeo.example.pipes import make_pipes
from askergeo.example.plan_files import (
    FOLDER,
    make_plan_proposal,
    plan_proposal,
    write_plan_files,
)
from askergeo.example.plans import make_municipal_plan, make_zoning
from askergeo.example.population_history import make_history, make_projection
from askergeo.example.public import make_public
from askergeo.example.pupils import make_measures, make_pupils
from askergeo.example.residents import make_residents
from askergeo.example.roads import make_main_roads, make_private_roads, make_railway
from askergeo.example.school_ways import make_school_ways
from askergeo.example.schools import make_schools
from askergeo.example.services import make_districts, make_services, make_stops
from askergeo.example.sites import make_farmland, make_sites
from askergeo.example.slides import make_slides
from askergeo.example.streets import make_settlements, make_streets
from askergeo.example.terrain import make_terrain
from askergeo.example.transit import make_transit
from askergeo.example.transport_key import make_transport_key
from askergeo.example.units import make_units
from askergeo.example.water import make_boundary, make_water
from askergeo.stores.layers import Origin

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    import pandas as pd
    import shapely
    from affine import Affine

    from askergeo.example.land import Array

__all__ = ["KEY_FILE", "STEPS", "Example", "answer_key", "build_example", "make_example"]

KEY_FILE = "nokkel.json"

#: Each step reads what the earlier ones left in the :class:`Land` and adds its own. A new step
#: goes before the key; its random numbers are its own, so it moves nothing that is there already.
STEPS: tuple[tuple[str, Callable[[Land], None]], ...] = (
    ("terreng", make_terrain),
    ("kommunegrense og kyst", make_boundary),
    ("vann", make_water),
    ("sentre", make_centres),
    ("hovedveger", make_main_roads),
    ("jernbane", make_railway),
    ("tettsteder", make_settlements),
    ("leire og dyrket mark", make_farmland),
    ("gårder og hytter", make_sites),
    ("gater", make_streets),
    ("private veger", make_private_roads),
    ("hinder", make_barriers),
    ("skoler og butikker", make_public),
    ("bygninger", make_buildings),
    ("lokale veger", make_local_roads),
    ("veg- og stinett", make_network),
    ("innbyggere", make_residents),
    ("tjenester", make_services),
    ("holdeplasser", make_stops),
    ("tettstedsgrenser", make_districts),
    ("arealdekke", make_cover),
    ("jord og natur", make_soil),
    ("kommuneplan", make_municipal_plan),
    ("reguleringsplaner", make_zoning),
    ("planforslag", make_plan_proposal),
    ("kulturminner", make_heritage),
    ("farer", make_hazards),
    ("skred og forurenset grunn", make_slides),
    ("soner", make_zones),
    ("arealdekke på en tidligere dato", make_earlier_cover),
    ("arealvedtak", make_decisions),
    ("grunnkretser", make_units),
    ("skoler", make_schools),
    ("skolekretser", make_school_districts),
    ("folketallet de siste årene", make_history),
    ("framskriving", make_projection),
    ("elever", make_pupils),
    ("skoletiltak", make_measures),
    ("boligprogram", make_housing),
    ("en farlig skolevei", make_school_ways),
    ("rutetabell", make_transit),
    ("rutefiler", make_feed_faults),
    ("arbeidsplasser", make_jobs),
    ("byggetillatelser og næringsprogram", make_growth),
    ("transportsoner", make_transport_key),
    ("vann- og avløpsnett", make_pipes),
    ("nøkkel", make_key),
)

#: Layers that tell of another date than the example's present.
DATED: dict[str, dict[str, str]] = {"ar5_tidligere": {"fetched": EARLIER}}


@dataclass(frozen=True)
class Example:
    """Eksempelbygda in memory: layers by id, terrain (metres NN2000, 0 in the sea), key.

    ``coverage`` is the area that a layer maps, for layers that do not map all.
    """

    size: str
    seed: int
    frames: dict[str, gpd.GeoDataFrame | pd.DataFrame]
    terrain: Array
    transform: Affine
    key: dict[str, Any]
    coverage: dict[str, shapely.Geometry]


def make_example(
    size: str = "liten",
    seed: int = 3203,
    *,
    progress: Callable[[float, str], object] | None = None,
) -> Example:
    """Make the example municipality without writing anything.

    Parameters
    ----------
    size
        ``liten`` (about 5 000 residents) or ``asker`` (about 98 000).
    seed
        The same seed and size give the same municipality, number for number.
    progress
        Called before each step with the share done (0–1) and the step's name.

    Raises
    ------
    ParameterError
        When the size is unknown.
    """
    if size not in SIZES:
        raise ParameterError(
            f"Størrelsen «{size}» finnes ikke.", remedy=f"Velg en av {', '.join(SIZES)}."
        )
    land = Land.start(SIZES[size], seed)
    for number, (name, step) in enumerate(STEPS):
        if progress is not None:
            progress(number / len(STEPS), f"Lager {name}")
        step(land)
    terrain, transform = _ten_metres(land)
    return Example(size, seed, land.frames, terrain, transform, land.key, land.coverage)


def _ten_metres(land: Land) -> tuple[Array, Affine]:
    """Return the terrain, for the small size on cells of 10 m, bilinear between its own."""
    grid = land.grid
    z = np.where(land.arrays["sea"], 0.0, land.arrays["z"])
    if land.size.name == "asker":
        return z.astype(np.float32), grid.transform
    fine = Grid(grid.left, grid.top, grid.cell / 2, (grid.shape[0] * 2, grid.shape[1] * 2))
    values = grid.interpolate(z, fine.xy(np.arange(fine.shape[0] * fine.shape[1])))
    return values.reshape(fine.shape).astype(np.float32), fine.transform


def build_example(
    path: Path | str,
    *,
    size: str = "liten",
    seed: int = 3203,
    store: str = "parquet",
    overwrite: bool = False,
    progress: Callable[[float, str], object] | None = None,
) -> DataPackage:
    """Make the example municipality and store it as a data package with its key.

    Parameters
    ----------
    path
        Folder of the package.
    size, seed
        As for :func:`make_example`.
    store
        ``parquet`` or ``gpkg``.
    overwrite
        Replace a package that is there.
    progress
        Called with the share done (0–1) and what is being done.

    Raises
    ------
    ParameterError, OverwriteError, LockedError, StorageError
        When the size or store is unknown, the folder is taken, or the disk refuses.
    """
    report = progress or (lambda _share, _text: None)
    package = DataPackage.create(
        path, municipality=MUNICIPALITY, name=f"{NAME} ({size})", store=store,
        overwrite=overwrite, example=True,
    )  # fmt: skip
    example = make_example(size, seed, progress=lambda share, text: report(0.8 * share, text))
    origin = Origin(
        title=f"Oppdiktet av askergeo, størrelse {size}, frø {seed}",
        fetched=f"{YEAR}-12-31",
        licence="CC0 1.0",
        attribution=f"{NAME} (oppdiktet)",
        owner=NAME,
    )
    for number, (layer, frame) in enumerate(example.frames.items()):
        report(0.8 + 0.2 * number / len(example.frames), f"Skriver {layer}")
        package.write(
            layer,
            frame,
            origin=replace(origin, **DATED.get(layer, {})),
            coverage=example.coverage.get(layer),
        )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "terreng.tif"
        _write_terrain(file, example)
        package.write_raster("terreng", file, origin=origin)
    write_plan_files(plan_proposal(example.key), package.path / FOLDER)
    report(0.99, "Skriver rutefilene")
    write_feeds(example.frames, example.key["transport"]["rutefiler"], package.path / FEED_FOLDER)
    text = json.dumps(example.key, ensure_ascii=False, indent=1, default=_plain)
    (package.path / KEY_FILE).write_text(text + "\n", encoding="utf-8")
    report(1.0, "Ferdig")
    return package


def answer_key(package: DataPackage) -> dict[str, Any]:
    """Read the key of a stored example.

    Raises
    ------
    MissingFileError
        When the package is not an example, or its key has been removed.
    """
    file = package.path / KEY_FILE
    if not file.is_file():
        raise MissingFileError(
            f"{package.path} har ingen nøkkel ({KEY_FILE}).",
            remedy="Bygg Eksempelbygda på nytt med «askergeo demo».",
        )
    key: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return key


def _write_terrain(file: Path, example: Example) -> None:
    height, width = example.terrain.shape
    with rasterio.open(
        file, "w", driver="GTiff", height=height, width=width, count=1, dtype="float32",
        crs=CRS_OF_RECORD, transform=example.transform, compress="deflate", predictor=3,
        tiled=True, blockxsize=256, blockysize=256,
    ) as target:  # fmt: skip
        target.write(example.terrain, 1)


def _plain(value: Any) -> Any:  # noqa: ANN401  (numpy scalars in the key)
    return value.item()
