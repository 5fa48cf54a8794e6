"""Stream the objects of NeTEx files: one at a time, with what their frames say for all."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import cache
from typing import IO, TYPE_CHECKING, Final

from lxml import etree

from askergeo.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

    from askergeo.sources._feed_files import FeedFiles

    # What each open frame says for its objects: validity and time zone.
    Frames = dict[_Element, tuple["Window", str]]

__all__ = [
    "ALWAYS",
    "Item",
    "Window",
    "child",
    "children",
    "day_of",
    "deep",
    "local",
    "ref",
    "stream_items",
    "text_of",
    "window_of",
]

_PROBE: Final = 65_536
_NO_OBJECTS: Final = ("AvailabilityCondition", "ValidBetween")
_HOLDERS: Final = ("ServiceCalendar", "Timetable")
_DAY: Final = re.compile(r"\s*(\d{4})-(\d{2})-(\d{2})")

Window = tuple[dt.date, dt.date]
ALWAYS: Final[Window] = (dt.date.min, dt.date.max)


@dataclass(frozen=True, slots=True)
class Item:
    """One object of a file, with the validity and the time zone of its frames."""

    name: str
    element: _Element
    file: str
    window: Window
    zone: str

    @property
    def identity(self) -> str:
        """The object's ``id``; empty when it has none."""
        return str(self.element.get("id") or "")

    @property
    def version(self) -> str:
        """The object's ``version``; empty when it has none."""
        return str(self.element.get("version") or "")

    @property
    def line(self) -> int:
        """Line in the file."""
        return int(self.element.sourceline or 0)


@cache
def _plain(tag: str) -> str:
    return tag.rpartition("}")[2]


def local(element: _Element) -> str:
    """Return the element's name without its namespace; empty for a comment."""
    tag = element.tag
    return _plain(tag) if isinstance(tag, str) else ""


def children(element: _Element, name: str) -> Iterator[_Element]:
    """Yield the children of that name."""
    return (one for one in element if local(one) == name)


def child(element: _Element | None, name: str) -> _Element | None:
    """Return the first child of that name."""
    if element is not None:
        for one in element:
            if local(one) == name:
                return one
    return None


def deep(element: _Element | None, *path: str) -> _Element | None:
    """Return the first element at the end of a path of names."""
    for name in path:
        element = child(element, name)
    return element


def text_of(element: _Element | None, *path: str) -> str:
    """Return the trimmed text at the end of a path; empty when there is none."""
    found = deep(element, *path)
    return "" if found is None else (found.text or "").strip()


def ref(element: _Element | None, *path: str) -> str:
    """Return what the reference at the end of a path points to; empty when there is none."""
    found = deep(element, *path)
    return "" if found is None else str(found.get("ref") or "")


def day_of(text: str) -> dt.date | None:
    """Read the date of a date or a point in time; ``None`` when it is none.

    Examples
    --------
    >>> day_of("2026-01-05T00:00:00")
    datetime.date(2026, 1, 5)
    """
    found = _DAY.match(text)
    if not found:
        return None
    try:
        return dt.date(*map(int, found.groups()))
    except ValueError:
        return None


def window_of(element: _Element | None, outer: Window = ALWAYS) -> Window:
    """Return the first and last day between which an object is valid, within ``outer``."""
    found = [] if element is None else [*children(element, "ValidBetween")]
    conditions = child(element, "validityConditions")
    if conditions is not None:
        found += [
            one for one in conditions if local(one) in ("AvailabilityCondition", "ValidBetween")
        ]
    first, last = outer
    for one in found:
        first = max(first, day_of(text_of(one, "FromDate")) or first)
        last = min(last, day_of(text_of(one, "ToDate")) or last)
    return first, last


def stream_items(files: FeedFiles, name: str) -> Iterator[Item]:
    """Yield the objects in the frames of one file; each is freed after use.

    Raises
    ------
    SourceError
        When the file is not well-formed XML, or has a DOCTYPE.
    """
    with files.open(name) as stream:
        head = stream.read(_PROBE).replace(b"\0", b"")  # UTF-16
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        raise _doctype(name)
    try:
        with files.open(name) as stream:
            yield from _items(stream, name)
    except etree.XMLSyntaxError as error:
        raise SourceError(
            f"{name} i {files.path.name} er ikke gyldig XML: {error.msg} (linje {error.lineno}).",
            remedy="Last ned filen på nytt; den kan være avkortet.",
        ) from error


def _items(stream: IO[bytes], name: str) -> Iterator[Item]:
    frames: Frames = {}
    unchecked = True
    events = etree.iterparse(
        stream,
        events=("end",),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    for _, element in events:
        if unchecked and element.getroottree().docinfo.internalDTD is not None:
            raise _doctype(name)
        unchecked = False
        parent = element.getparent()
        holder = None if parent is None else parent.getparent()
        if parent is None or holder is None:
            continue
        if _is_frame(parent):
            _note_frame(element, local(element), parent, frames)
            if local(element) == "Network":
                yield Item("Network", element, name, *_state(parent, frames))
        elif _is_frame(holder) and _is_object(element, parent):
            yield Item(local(element), element, name, *_state(holder, frames))
            element.clear()
            while element.getprevious() is not None:
                del parent[0]


def _is_frame(element: _Element) -> bool:
    kind = local(element)
    return kind.endswith("Frame") or kind in _HOLDERS


def _is_object(element: _Element, listing: _Element) -> bool:
    """Tell whether an element stands in a list of objects; lists have small letters first."""
    kind = local(element)
    return local(listing)[:1].islower() and kind not in _NO_OBJECTS and not _is_frame(element)


def _state(frame: _Element, frames: Frames) -> tuple[Window, str]:
    """Return what a frame says for its objects, or inherits from the frames around it."""
    if frame not in frames:
        above = frame.getparent()
        while above is not None and not _is_frame(above):
            above = above.getparent()
        frames[frame] = (ALWAYS, "") if above is None else _state(above, frames)
    return frames[frame]


def _note_frame(element: _Element, kind: str, frame: _Element, frames: Frames) -> None:
    """Take in what a frame says for all its objects; it stands before them."""
    window, zone = _state(frame, frames)
    if kind in ("ValidBetween", "validityConditions"):
        frames[frame] = (window_of(frame, window), zone)
    elif kind == "FrameDefaults":
        stated = text_of(element, "DefaultLocale", "TimeZone")
        frames[frame] = (window, stated or zone)


def _doctype(name: str) -> SourceError:
    return SourceError(
        f"{name} har DOCTYPE, som NeTEx ikke skal ha, og leses ikke.",
        remedy="Be om en ren NeTEx-fil.",
    )
