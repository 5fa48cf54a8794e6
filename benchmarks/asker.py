"""The large example municipality and its walking graph, for the cases that need them."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from askergeo.datapackage import DataPackage

if TYPE_CHECKING:
    from askergeo.network.graph import GraphBuild

__all__ = ["graph", "link", "package", "prepare"]

NAME = "asker"
# A package that is there already spares minutes; it must be the example of size asker.
READY = "ASKERGEO_EKSEMPEL"


def prepare(folder: Path) -> None:
    """Put the package in the folder, with its walking graph built."""
    link(folder)
    graph(folder)


def link(folder: Path) -> None:
    """Put the package in the folder."""
    ready = os.environ.get(READY)
    if ready:
        (folder / NAME).symlink_to(Path(ready).resolve(), target_is_directory=True)
    else:
        from askergeo.example.build import build_example  # noqa: PLC0415  (slow to load)

        build_example(folder / NAME, size="asker")


def package(folder: Path) -> DataPackage:
    """Open the package."""
    return DataPackage.open(folder / NAME)


@lru_cache(maxsize=1)
def graph(folder: Path) -> GraphBuild:
    """Return the walking graph: read from the package's cache, once a process."""
    from askergeo.network.cache import cached_graph  # noqa: PLC0415
    from askergeo.parameters import load_parameters  # noqa: PLC0415

    return cached_graph(package(folder), load_parameters("tettsted"))
