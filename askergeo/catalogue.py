"""The layer catalogue: what a layer is, who owns it, what the law says, how it is drawn.

One YAML file a layer, in ``layers/`` and in folders of the user's own; docs/katalog.md explains
every key. The format is a superset of the national DOK configuration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from askergeo._codes import load_codes
from askergeo._layer import (
    Code,
    Coverage,
    Credentials,
    Layer,
    LayerColumn,
    LegalBasis,
    Order,
    Source,
)
from askergeo._layer_yaml import LayerFile, read_layer_file
from askergeo._nearest import nearest
from askergeo.errors import CatalogueError, MissingFileError, collect

__all__ = [
    "Catalogue",
    "Code",
    "Coverage",
    "Credentials",
    "Layer",
    "LayerColumn",
    "LegalBasis",
    "Order",
    "Source",
    "built_in_folder",
    "load_catalogue",
    "load_codes",
]


class Catalogue(Mapping[str, Layer]):
    """Layers by id.

    ``common_quality`` holds the quality indicators that apply to every layer (files with a
    ``type: quality`` document without ``config_id``).
    """

    def __init__(
        self, layers: Mapping[str, Layer], common_quality: tuple[Mapping[str, Any], ...] = ()
    ) -> None:
        self._layers = dict(layers)
        self.common_quality = common_quality

    def __getitem__(self, layer_id: str) -> Layer:
        try:
            return self._layers[layer_id]
        except KeyError:
            raise self._unknown(layer_id) from None

    def __contains__(self, layer_id: object) -> bool:
        return layer_id in self._layers

    def __iter__(self) -> Iterator[str]:
        return iter(self._layers)

    def __len__(self) -> int:
        return len(self._layers)

    def get(self, layer_id: str, default: Any = None) -> Any:  # noqa: ANN401  (as in Mapping)
        """Return the layer, or ``default`` when the catalogue has none of that id."""
        return self._layers.get(layer_id, default)

    def suggest(self, name: str) -> list[str]:
        """Return the ids of the layers whose id, title or alias is most like ``name``."""
        words: dict[str, list[str]] = {}
        for layer in self._layers.values():
            for text in (layer.id, layer.title, *layer.aliases):
                words.setdefault(text, []).append(layer.id)
        return list(dict.fromkeys(i for word in nearest(name, words) for i in words[word]))

    def _unknown(self, layer_id: str) -> CatalogueError:
        found = self.suggest(str(layer_id))
        if found:
            remedy = "Mente du " + " eller ".join(
                f"«{i}» ({self._layers[i].title})" for i in found[:3]
            )
            return CatalogueError(
                f"Laget «{layer_id}» finnes ikke i katalogen.", remedy=remedy + "?"
            )
        return CatalogueError(
            f"Laget «{layer_id}» finnes ikke i katalogen.",
            remedy=f"Katalogen har: {', '.join(self._layers)}.",
        )


def load_catalogue(*folders: Path) -> Catalogue:
    """Read the built-in layers and those in ``folders``; a later file replaces an earlier id.

    The answer is kept until a file changes.

    Parameters
    ----------
    folders
        Folders with ``*.yml`` or ``*.yaml``, or single files.

    Raises
    ------
    MissingFileError
        When a folder does not exist.
    CatalogueError
        When a file has faults; all faults of all files are listed, each with its line.

    Examples
    --------
    >>> load_catalogue()["ar5"].columns["arealtype"].codes[60]
    'Myr'
    """
    stamps = []
    for folder in (built_in_folder(), *map(Path, folders)):
        for file in _files(folder):
            stat = file.stat()
            stamps.append((file, stat.st_mtime_ns, stat.st_size, folder))
    return _load(tuple(stamps))


def built_in_folder() -> Path:
    """Return the folder of the built-in layers: inside a wheel, or beside a checkout."""
    inside = Path(__file__).parent / "layers"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "layers"


def _files(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise MissingFileError(
            f"Katalogmappen «{folder}» finnes ikke.",
            remedy="Oppgi en mappe som har én .yml-fil for hvert lag.",
        )
    # A changed code list beside the layers changes them too.
    return sorted(p for p in folder.iterdir() if p.suffix in (".yml", ".yaml", ".csv"))


@lru_cache(maxsize=8)
def _load(stamps: tuple[tuple[Path, int, int, Path], ...]) -> Catalogue:
    files = [
        (folder, read_layer_file(path)) for path, _, _, folder in stamps if path.suffix != ".csv"
    ]
    problems = [problem for _, file in files for problem in file.problems]
    layers: dict[str, Layer] = {}
    came_from: dict[str, tuple[Path, Path]] = {}
    for folder, file in files:
        for layer in file.layers:
            if came_from.get(layer.id, (None, None))[0] == folder:
                other = came_from[layer.id][1].name
                problems.append(f"{file.path.name}: laget «{layer.id}» finnes også i {other}")
            layers[layer.id] = layer
            came_from[layer.id] = (folder, file.path)
    if problems:
        raise CatalogueError(
            f"Katalogen har feil:\n{collect(problems)}",
            remedy="Rett filene; docs/katalog.md forklarer hver nøkkel.",
        )
    return _with_quality(layers, files)


def _with_quality(layers: dict[str, Layer], files: list[tuple[Path, LayerFile]]) -> Catalogue:
    """Give each layer the quality indicators that name its ``config_id``.

    Indicators of several files in one folder add up; a later folder replaces an earlier one's.
    """
    by_config: dict[str, list[Mapping[str, Any]]] = {}
    came_from: dict[str, Path] = {}
    for folder, file in files:
        for config_id, indicators in file.quality:
            if came_from.get(config_id) != folder:
                by_config[config_id] = []
                came_from[config_id] = folder
            by_config[config_id].extend(indicators)
    common = tuple(by_config.pop("", ()))
    return Catalogue(
        {
            layer_id: replace(layer, quality=tuple(by_config[layer.config_id]))
            if layer.config_id in by_config
            else layer
            for layer_id, layer in layers.items()
        },
        common,
    )
