"""What a rule found in a plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = ["Hit"]


@dataclass(frozen=True)
class Hit:
    """Something that a rule found.

    Parameters
    ----------
    rule
        Id of the rule.
    text
        What is wrong, in bokmål.
    file, objects, line
        Where: the file's name, ids of the objects, and the line in the file.
    geometry
        The place, when it has one.
    """

    rule: str
    text: str
    file: str
    objects: tuple[str, ...] = ()
    line: int | None = None
    geometry: BaseGeometry | None = None
