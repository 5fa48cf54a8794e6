"""What the layers say that the lines of a model do not: values, places, and elements taken out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import shapely

from askergeo.sources._inp_frames import rounded_size
from askergeo.sources._inp_text import EPANET, replace_word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from askergeo.sources._inp_elements import Element, Model, Value
    from askergeo.sources._inp_text import Line

__all__ = ["Edits", "Laid", "Placer", "by_id", "changed"]

_KEYS: Final = {"va_node": "node_id", "va_ledning": "ledning_id"}
# Metres that a coordinate may differ by and still be the same.
_SAME_PLACE: Final = 1e-3
_SAME: Final = 1e-9
# Sections whose lines are about one node or link, and where its id stands.
_OF_NODE: Final = {
    "COORDINATES": 0, "DEMANDS": 0, "EMITTERS": 0, "QUALITY": 0, "SOURCES": 0, "MIXING": 0,
    "INFLOWS": 0, "DWF": 0, "TREATMENT": 0, "RDII": 0,
}  # fmt: skip
_OF_LINK: Final = {"VERTICES": 0, "STATUS": 0, "XSECTIONS": 0, "LOSSES": 0}
_TAGS: Final = {"va_node": "NODE", "va_ledning": "LINK"}


@dataclass
class Edits:
    """Changes to the lines of a model, and what could not be changed.

    ``words`` by line number: position and new word. ``gone`` are line numbers. ``added`` are new
    lines by section.
    """

    words: dict[int, dict[int, str]] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    added: dict[str, list[str]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def set_word(self, line: int, position: int, word: str) -> None:
        """Change one word of a line."""
        self.words.setdefault(line, {})[position] = word

    def add(self, section: str, text: str) -> None:
        """Put a new line last in a section."""
        self.added.setdefault(section, []).append(text)

    def apply(self, line: Line) -> str:
        """Return a line as it will be."""
        text = line.text
        for position, word in sorted(self.words.get(line.number, {}).items()):
            text = replace_word(text, position, word)
        return text


class Placer:
    """Coordinates of the package as coordinates of the model, and whether they are the same."""

    def __init__(self, crs: str, target: str) -> None:
        from askergeo.crs import transformer  # noqa: PLC0415  (not for a local model)

        self._back = None if crs == target else transformer(target, crs)

    def back(self, x: float, y: float) -> tuple[str, str]:
        """Return a place of the package as two words of the model."""
        if self._back is not None:
            x, y = self._back.transform(x, y)
        return f"{x:.12g}", f"{y:.12g}"


@dataclass(frozen=True, kw_only=True)
class Laid:
    """Where the elements of a model's lines lie, in the layers' coordinates.

    ``unplaced`` are the elements that have no row because they have no place; ``placer`` takes
    places back to the model's coordinates.
    """

    places: Mapping[str, tuple[float, float]]
    bends: Mapping[str, Sequence[tuple[float, float]]]
    unplaced: set[tuple[str, str]]
    placer: Placer


def changed(model: Model, frames: Mapping[str, pd.DataFrame], laid: Laid) -> Edits:
    """Compare the elements of a model's lines with the layers' rows.

    Parameters
    ----------
    model
        The model as its lines say it.
    frames
        ``va_node`` and ``va_ledning``; a layer that is absent changes nothing.
    laid
        Where the model's lines say that they lie.
    """
    edits = Edits()
    for layer, key in _KEYS.items():
        if layer not in frames:
            continue
        # The last row of an id counts; a package tells of ids that stand twice.
        rows = by_id(frames[layer], key)
        for one in model.elements:
            if one.layer != layer:
                continue
            row = rows.get(one.id)
            if row is not None:
                _values(one, row, edits)
                _place(model, one, row, laid, edits)
            elif (layer, one.id) not in laid.unplaced:
                _take_out(model, one, edits)
    return edits


def by_id(frame: pd.DataFrame, key: str) -> dict[str, dict[str, Any]]:
    """Return the rows of a layer by their id; a row is a record of its columns."""
    columns = {str(name): frame[name].tolist() for name in frame.columns}
    records = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return {str(record[key]): record for record in records}


def _values(one: Element, row: Mapping[str, Any], edits: Edits) -> None:
    if one.ends is not None:
        for position, column, old in (
            (1, "fra_node_id", one.ends[0]),
            (2, "til_node_id", one.ends[1]),
        ):
            new = row.get(column)
            if isinstance(new, str) and new and new != old:
                edits.set_word(one.line, position, new)
    for column, value in one.columns.items():
        new = row.get(column)
        if pd.isna(new) or _same(column, value.value, new):
            continue
        if column in ("type", "funksjon"):
            if _matters(str(value.value), str(new)):
                edits.remarks.append(
                    f"«{one.id}» har fått {column} «{new}»; i modellen er den fortsatt i "
                    f"[{one.section}]."
                )
            continue
        word = _word(value, new)
        if word is None:
            edits.remarks.append(
                f"«{column}» for «{one.id}» er endret til {new}, men modellen kan ikke ta det "
                "imot; der står den gamle verdien."
            )
            continue
        edits.set_word(value.line, value.word, word)
        if column == "bunnhoyde":
            edits.remarks.append(
                f"Noden «{one.id}» har fått ny bunnhøyde; ledninger målt fra bunnen følger med."
            )


def _same(column: str, old: object, new: object) -> bool:
    if column == "dimensjon_mm":
        old = rounded_size(old)
    if isinstance(old, int | float) and isinstance(new, int | float):
        return math.isclose(old, new, rel_tol=_SAME, abs_tol=_SAME)
    return old == new


def _matters(old: str, new: str) -> bool:
    """Tell a source, basin, outlet, pump or valve from what is a manhole to the model."""
    apart = {"kilde", "basseng", "utlop", "pumpe", "ventil"}
    return old in apart or new in apart


def _word(value: Value, new: object) -> str | None:
    if value.word < 0:
        return None
    if value.words is not None:
        return value.words.get(str(new))
    if not isinstance(new, int | float):
        return None
    return f"{(new - value.offset) / value.scale:.12g}"


def _place(model: Model, one: Element, row: Mapping[str, Any], laid: Laid, edits: Edits) -> None:
    shape = row.get("geometry")
    if not isinstance(shape, shapely.Geometry) or shapely.is_empty(shape):
        return
    points = shapely.get_coordinates(shape).tolist()
    if one.layer == "va_node":
        new, old = points[:1], [laid.places[one.id]] if one.id in laid.places else []
        section = "COORDINATES"
    else:
        new, old = points[1:-1], list(laid.bends.get(one.id, []))
        section = "VERTICES"
    if len(new) == len(old) and all(
        math.dist(*pair) < _SAME_PLACE for pair in zip(new, old, strict=True)
    ):
        return
    for line in model.lines:
        if line.section == section and line.words and _names(model, line.words[0], one.id):
            edits.gone.add(line.number)
    for x, y in new:
        edits.add(section, f" {one.id} {' '.join(laid.placer.back(x, y))}")


def _names(model: Model, word: str, name: str) -> bool:
    return word == name or (model.program != EPANET and word.upper() == name.upper())


def _take_out(model: Model, one: Element, edits: Edits) -> None:
    """Take an element out of the model, with the lines that are about it alone."""
    own = _OF_NODE if one.layer == "va_node" else _OF_LINK
    edits.gone.add(one.line)
    for line in model.lines:
        words = line.words
        if not words:
            continue
        position = own.get(line.section)
        tag = line.section == "TAGS" and words[0].upper() == _TAGS[one.layer]
        energy = line.section == "ENERGY" and words[0].upper() == "PUMP" and one.section == "PUMPS"
        at = 1 if tag or energy else position
        if at is not None and len(words) > at and _names(model, words[at], one.id):
            edits.gone.add(line.number)
    edits.remarks.append(f"«{one.id}» er ikke i laget {one.layer} og er tatt ut av modellen.")
