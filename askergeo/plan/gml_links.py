"""Puts geometries where other elements refer to them (xlink:href), within a file and between files.

Neighbouring surfaces of a plan may share a boundary: it is written once, and the rings refer to it.
What is referred to is copied in its place before the geometry is read, so that the reader meets
whole geometries only. A reference that leads nowhere, or back to itself, stays as it is: the
reader tells of it. Nothing is fetched: an address on the net is not a place in the files.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Final

from askergeo.errors import SourceError
from askergeo.sources.gml_geometry import GML_NAMESPACES, is_geometry, local_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element

__all__ = ["HREF", "IDS", "fill_links"]

HREF: Final = "{http://www.w3.org/1999/xlink}href"
IDS: Final = tuple(f"{{{namespace}}}id" for namespace in GML_NAMESPACES)
# Refers to the object that a curve belongs to, not to a geometry of one's own.
_LIMITS: Final = "avgrensesAv"
# A boundary of a plan is referred to by two surfaces, a few times more with several levels: files
# that make more of themselves than this are made to fill the memory.
_COPIES: Final = 5
_COPIED_ALWAYS: Final = 20_000
# A curve in a composite curve in a ring, turned once: more links in a row are a circle.
_DEEPEST: Final = 8
_INHERITED: Final = ("srsName", "srsDimension")


def fill_links(roots: Mapping[str, _Element]) -> None:
    """Put what geometries refer to in its place, in every file.

    Parameters
    ----------
    roots
        The root of each file by its name; changed in place. A reference ``#k`` leads to its own
        file first, then to any; ``annen.gml#k`` to that file.

    Raises
    ------
    SourceError
        When the copies together become unreasonably large.
    """
    asked = {
        name: [one for one in root.iter("*") if one.get(HREF) is not None and _may_hold(one)]
        for name, root in roots.items()
    }
    if not any(asked.values()):
        return
    targets = _targets(roots)
    # Copied before anything is filled, so that each link is followed from what the file says.
    wanted = {
        key: _whole(targets[key], roots)
        for name, holders in asked.items()
        for holder in holders
        for key in [_find(holder, name, targets)]
        if key is not None
    }
    written = sum(1 for root in roots.values() for _ in root.iter("*"))
    budget = _COPIED_ALWAYS + _COPIES * written
    for name, holders in asked.items():
        for holder in holders:
            budget = _fill(holder, name, wanted, (), budget)


_Key = tuple[str, str]


def _may_hold(element: _Element) -> bool:
    """Whether a geometry may stand in an element: it is empty, and no list of limits."""
    return not len(element) and local_name(element) != _LIMITS


def _targets(roots: Mapping[str, _Element]) -> dict[_Key, tuple[str, _Element]]:
    """Every geometry by file and id, and by id alone; the first of several with one id."""
    found: dict[_Key, tuple[str, _Element]] = {}
    for name, root in roots.items():
        for element in root.iter("*"):
            identity = next((str(element.get(key)) for key in IDS if element.get(key)), "")
            if identity and is_geometry(element):
                found.setdefault((name, identity), (name, element))
                found.setdefault(("", identity), (name, element))
    return found


def _find(holder: _Element, name: str, targets: Mapping[_Key, object]) -> _Key | None:
    """Give the key of what an element refers to, if it is a geometry in the files."""
    place, hash_sign, identity = str(holder.get(HREF)).rpartition("#")
    if not hash_sign or "://" in place:
        return None
    keys = [(place.rpartition("/")[2], identity)] if place else [(name, identity), ("", identity)]
    return next((key for key in keys if key in targets), None)


def _whole(target: tuple[str, _Element], roots: Mapping[str, _Element]) -> tuple[str, _Element]:
    """Copy a geometry with what it inherits where it stands."""
    name, element = target
    copy = deepcopy(element)
    envelope = next(roots[name].iterfind("{*}boundedBy/{*}Envelope"), None)
    above = [element, *element.iterancestors(), *([] if envelope is None else [envelope])]
    for attribute in _INHERITED:
        said = next((one.get(attribute) for one in above if one.get(attribute)), None)
        if said is not None:
            copy.set(attribute, said)
    return name, copy


def _fill(
    holder: _Element,
    name: str,
    wanted: Mapping[_Key, tuple[str, _Element]],
    chain: tuple[_Key, ...],
    budget: int,
) -> int:
    """Copy what an element refers to into it, and what that refers to; give what is left."""
    key = _find(holder, name, wanted)
    if key is None or key in chain or len(chain) == _DEEPEST:
        return budget
    home, geometry = wanted[key]
    budget -= sum(1 for _ in geometry.iter("*"))
    if budget < 0:
        raise SourceError(
            "Planen bruker de samme geometriene urimelig mange ganger (xlink:href).",
            remedy="Be om planen med hver flate skrevet helt ut.",
        )
    copy = deepcopy(geometry)
    inner = [one for one in copy.iter("*") if one.get(HREF) is not None and _may_hold(one)]
    holder.append(copy)
    del holder.attrib[HREF]
    for one in inner:
        budget = _fill(one, home, wanted, (*chain, key), budget)
    return budget
