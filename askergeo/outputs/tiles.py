"""The official map that a reader may ask for when there is a net, and the grid of every page's map.

What it is, and where its grid lies, is data: ``askergeo/data/kartfliser.yml``.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

__all__ = ["coarsest", "tile_host", "tiles_in"]


def coarsest() -> float:
    """Return the metres a pixel at zoom 0; each level halves them."""
    return float(_declared()["opplosning"])


def tile_host() -> str:
    """Return the one host that a page may fetch from, and then only pictures of a map."""
    host: str = _declared()["vert"]
    return host


def tiles_in(crs: str) -> dict[str, Any] | None:
    """Return what the page's script asks for pictures by; none in a CRS that they are not in."""
    known = _declared()
    if crs != known["crs"]:
        return None
    return {
        "url": known["vert"] + known["sti"],
        "layers": known["lag"],
        "origin": known["origo"],
        "attribution": known["kreditering"],
    }


@cache
def _declared() -> dict[str, Any]:
    text = (files("askergeo") / "data" / "kartfliser.yml").read_text(encoding="utf-8")
    declared: dict[str, Any] = yaml.safe_load(text)
    return declared
