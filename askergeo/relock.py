"""Accepts files that were changed by hand: checked again, stored again, with new hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from askergeo.datapackage import Origin
from askergeo.errors import PackageError
from askergeo.sources.files import read_file
from askergeo.stores.folder import sha256_of

if TYPE_CHECKING:
    import pandas as pd

    from askergeo.datapackage import DataPackage, LayerRecord

__all__ = ["relock"]


def relock(package: DataPackage) -> list[str]:
    """Take the layers' files as they are now, and write their new hashes in the lock.

    Each changed file is read and held against the catalogue before anything is written.

    Returns
    -------
    list of str
        The layers that had changed.

    Raises
    ------
    PackageError
        When a file is missing, or what lies beside a layer (deviations, coverage) has changed.
    SourceError
        When a changed file can no longer be read.
    CrsError, LayerError
        When a changed layer is in another CRS, lacks columns, or holds what the catalogue does
        not allow.
    """
    changed = {
        layer: record
        for layer, record in package.records.items()
        if any(_differs(package, record, file, sha) for file, sha in record.files().items())
    }
    frames: dict[str, pd.DataFrame | None] = {
        layer: _read_changed(package, record) for layer, record in changed.items()
    }
    for layer, record in changed.items():
        origin = Origin(
            f"{record.origin.removesuffix(_BY_HAND)}{_BY_HAND}",
            record.fetched,
            record.licence,
            record.attribution,
            record.owner,
        )
        frame = frames[layer]
        if frame is None:
            path = package.path / record.file
            package.write_raster(layer, path, origin=origin, overwrite=True)
        else:
            package.write(
                layer,
                frame,
                origin=origin,
                overwrite=True,
                coverage=package.coverage(layer) or record.coverage,
                avvik=package.read_avvik(layer),
            )
    return sorted(changed)


_BY_HAND = " (endret for hånd)"


def _differs(package: DataPackage, record: LayerRecord, file: str, sha256: str) -> bool:
    path = package.path / file
    if not path.is_file():
        raise PackageError(
            f"Laget «{record.layer}»: {file} mangler.",
            remedy="Legg laget til på nytt med «askergeo data legg-til … --overskriv».",
        )
    return sha256_of(path) != sha256


def _read_changed(package: DataPackage, record: LayerRecord) -> pd.DataFrame | None:
    """Read the file as it is now; ``None`` for a raster, which is checked when it is stored."""
    beside = {
        file: sha
        for file, sha in record.files().items()
        if file != record.file and _differs(package, record, file, sha)
    }
    if beside:
        raise PackageError(
            f"Laget «{record.layer}»: {', '.join(beside)} er endret. Avvik og dekning skrives bare "
            "når laget legges til.",
            remedy="Legg laget til på nytt med «askergeo data legg-til … --overskriv».",
        )
    if record.format == "tif":
        return None
    # Read as any file from outside: a program may have given it another CRS or other columns.
    frame = read_file(package.path / record.file).frame
    made_by_us = [name for name in ("bbox",) if name not in record.columns]
    return frame.drop(columns=made_by_us, errors="ignore")
