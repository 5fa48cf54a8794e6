"""``askergeo.lock``: what a data package holds, as deterministic JSON that people can read.

The lock is the commit point of every write: a file that it does not name is not in the package.
Paths in it are never trusted; a lock that comes from elsewhere can only name files in the
package's own folders.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from askergeo.errors import MissingFileError, PackageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["FORMAT_VERSION", "LOCK_NAME", "LayerRecord", "Lock", "format_lock", "read_lock"]

FORMAT_VERSION = 1
LOCK_NAME = "askergeo.lock"

# Also what the sweep may remove: nothing else in a package's folders is askergeo's own.
STORED_FILE = re.compile(
    r"(?:lag|avvik|dekning)/[a-z][a-z0-9_]*-[0-9a-f]{16}\.(?:parquet|gpkg|tif)"
)
LAYER_ID = re.compile(r"[a-z][a-z0-9_]*")
SHA256 = re.compile(r"[0-9a-f]{64}")
FORMATS = ("parquet", "gpkg", "tif")
REMEDY = "Hent pakken på nytt, eller lag den igjen med «askergeo data ny»."


@dataclass(frozen=True, kw_only=True)
class LayerRecord:
    """One layer of a data package, as the lock records it.

    Parameters
    ----------
    layer
        Identifier in the catalogue.
    file
        Path inside the package, with ``/``.
    format
        ``parquet``, ``gpkg`` or ``tif``.
    origin, fetched, licence, attribution, owner
        Where the data come from and on which terms; ``fetched`` is an ISO date or empty.
    sha256, size
        Hash and size in bytes of the file.
    rows
        Number of rows; for a raster the number of cells.
    bounds
        ``(xmin, ymin, xmax, ymax)`` in metres in ``crs``; ``None`` without geometry.
    crs
        ``EPSG:nnnn``; empty without geometry.
    coverage
        Where the layer is mapped, in bokmål; empty when unknown.
    columns
        Type of each attribute: ``tekst``, ``heltall``, ``desimal``, ``boolsk``, ``dato``.
    avvik_rows
        Rows that were repaired or set aside when the layer was added.
    avvik_file, avvik_sha256, avvik_columns, coverage_file, coverage_sha256
        The files beside the layer; empty when there are none.
    raster
        Width, height, resolution (m), nodata, band count and data type of a raster.
    """

    layer: str
    file: str
    format: str
    origin: str
    sha256: str
    size: int
    rows: int
    fetched: str = ""
    licence: str = ""
    attribution: str = ""
    owner: str = ""
    bounds: tuple[float, float, float, float] | None = None
    crs: str = ""
    coverage: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    avvik_rows: int = 0
    avvik_file: str = ""
    avvik_sha256: str = ""
    avvik_columns: Mapping[str, str] = field(default_factory=dict)
    coverage_file: str = ""
    coverage_sha256: str = ""
    raster: Mapping[str, Any] = field(default_factory=dict)

    def files(self) -> dict[str, str]:
        """Path inside the package → sha256 of every file that belongs to the layer."""
        pairs = {
            self.file: self.sha256,
            self.avvik_file: self.avvik_sha256,
            self.coverage_file: self.coverage_sha256,
        }
        return {file: sha256 for file, sha256 in pairs.items() if file}


@dataclass(frozen=True, kw_only=True)
class Lock:
    """The whole content of ``askergeo.lock``."""

    municipality: str
    crs: str
    store: str
    askergeo: str
    format_version: int = FORMAT_VERSION
    kind: str = "pakke"
    name: str = ""
    example: bool = False
    base: str = ""
    layers: Mapping[str, LayerRecord] = field(default_factory=dict)

    def files(self) -> dict[str, str]:
        """Path inside the package → sha256 of every file that the package consists of."""
        return {
            file: sha256
            for record in self.layers.values()
            for file, sha256 in record.files().items()
        }

    def with_layer(self, record: LayerRecord) -> Lock:
        """Return a lock that holds the layer, in place of an older one of the same name."""
        return replace(self, layers={**self.layers, record.layer: record})


def format_lock(lock: Lock) -> str:
    """Write the lock as text: the same content always gives the same text."""
    content = asdict(lock)
    layers = content.pop("layers")
    order = ["format_version", "askergeo", "kind", "name", "municipality", "crs", "store"]
    head = {name: content[name] for name in [*order, *(n for n in content if n not in order)]}
    body = {"layers": {name: layers[name] for name in sorted(layers)}}
    return json.dumps(head | body, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def read_lock(folder: Path) -> Lock:
    """Read and check the lock of the package in ``folder``.

    Raises
    ------
    MissingFileError
        When the folder or its lock does not exist.
    PackageError
        When the lock is broken, or written by a newer version of the format.
    """
    path = folder / LOCK_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        what = f"{LOCK_NAME} mangler i {folder}" if folder.is_dir() else f"{folder} finnes ikke"
        inner = folder / "datapakke"
        if (inner / LOCK_NAME).is_file():
            raise MissingFileError(
                f"{what}; mappen er en rapport, ikke en datapakke.",
                remedy=f"Datapakken som rapporten er regnet fra, ligger i den: skriv «{inner}».",
            ) from None
        raise MissingFileError(
            f"{what}; det er derfor ingen datapakke der.",
            remedy="Lag en datapakke med «askergeo data ny MAPPE --kommune NUMMER», eller et "
            "scenario med «askergeo data ny MAPPE --over DATAPAKKE».",
        ) from None
    except (ValueError, OSError) as error:
        raise PackageError(f"{path} kan ikke leses: {error}", remedy=REMEDY) from error
    try:
        return _lock(content)
    except _NewerError as error:
        raise PackageError(
            f"{path} har format {error}; denne askergeo leser til og med {FORMAT_VERSION}.",
            remedy="Oppgrader med «pip install --upgrade askergeo».",
        ) from None
    except (KeyError, TypeError, ValueError) as error:
        reason = f"feltet {error} mangler" if isinstance(error, KeyError) else str(error)
        raise PackageError(f"{path} er ødelagt: {reason}.", remedy=REMEDY) from error


class _NewerError(Exception):
    """The lock was written by a newer version."""


def _lock(content: Any) -> Lock:  # noqa: ANN401  (anything may stand in a file)
    if not isinstance(content, dict):
        raise TypeError("innholdet er ikke et JSON-objekt")
    version = content["format_version"]
    if not isinstance(version, int) or isinstance(version, bool):
        raise TypeError(f"format_version {version!r} er ikke et heltall")
    if version > FORMAT_VERSION:
        raise _NewerError(version)
    _require(version >= 1, f"format_version {version} finnes ikke")
    layers = content["layers"]
    _require(isinstance(layers, dict), "layers er ikke et objekt")
    lock = Lock(
        format_version=version,
        layers={name: _record(name, layer) for name, layer in layers.items()},
        **{
            name: content[name]
            for name in ("askergeo", "kind", "name", "municipality", "crs", "store", "base")
        },
        example=content["example"],
    )
    for name in ("askergeo", "name", "municipality", "crs", "base"):
        _require(isinstance(getattr(lock, name), str), f"{name} er ikke tekst")
    _require(isinstance(lock.example, bool), "example er ikke true eller false")
    _require(lock.kind in ("pakke", "scenario"), f"kind {lock.kind!r} er ukjent")
    _require(lock.store in ("parquet", "gpkg"), f"store {lock.store!r} er ukjent")
    return lock


def _record(name: str, content: Any) -> LayerRecord:  # noqa: ANN401  (anything may stand in a file)
    _require(isinstance(content, dict), f"laget {name} er ikke et objekt")
    known = {item.name for item in fields(LayerRecord)}
    values = {key: value for key, value in content.items() if key in known}
    if values.get("bounds") is not None:
        values["bounds"] = tuple(float(value) for value in values["bounds"])
        _require(len(values["bounds"]) == 4, f"laget {name}: bounds har ikke fire tall")  # noqa: PLR2004
    record = LayerRecord(**values)
    _check_values(name, record)
    _require(LAYER_ID.fullmatch(name) is not None, f"ugyldig lagnavn {name!r}")
    _require(record.layer == name, f"laget {name} heter {record.layer!r} i sin egen post")
    _require(record.format in FORMATS, f"laget {name}: format {record.format!r} er ukjent")
    _require(record.file != "", f"laget {name}: filnavn mangler")
    for file, sha256 in record.files().items():
        _require(
            STORED_FILE.fullmatch(file) is not None,
            f"laget {name}: filnavnet {file!r} peker ikke inn i pakken",
        )
        _require(
            SHA256.fullmatch(sha256) is not None, f"laget {name}: sha256 {sha256!r} er ugyldig"
        )
    return record


def _check_values(name: str, record: LayerRecord) -> None:
    """Refuse values of the wrong type, so that no reader meets them later."""
    texts = [item.name for item in fields(LayerRecord) if item.type == "str"]
    for field_name in texts:
        value = getattr(record, field_name)
        _require(isinstance(value, str), f"laget {name}: {field_name} er ikke tekst")
    for field_name in ("size", "rows", "avvik_rows"):
        value = getattr(record, field_name)
        whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        _require(whole, f"laget {name}: {field_name} {value!r} er ikke et antall")
    kinds = ("tekst", "heltall", "desimal", "boolsk", "dato")
    for columns in (record.columns, record.avvik_columns):
        _require(isinstance(columns, dict), f"laget {name}: columns er ikke et objekt")
        bad = [column for column, kind in columns.items() if kind not in kinds]
        _require(not bad, f"laget {name}: ukjent kolonnetype for {', '.join(bad)}")
    _require(isinstance(record.raster, dict), f"laget {name}: raster er ikke et objekt")


def _require(condition: bool, reason: str) -> None:
    if not condition:
        raise ValueError(reason)
