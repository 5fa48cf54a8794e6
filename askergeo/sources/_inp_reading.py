"""A model made of the lines of a file: elements, places and what is odd in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from askergeo.errors import SourceError, collect
from askergeo.numbers import format_number
from askergeo.sources._inp_elements import Element, Faults, Model, number_of
from askergeo.sources._inp_engine import ask_epanet
from askergeo.sources._inp_epanet import epanet_elements, epanet_plants, epanet_units
from askergeo.sources._inp_epanet_rules import check_epanet
from askergeo.sources._inp_frames import rounded_size
from askergeo.sources._inp_swmm import swmm_elements, swmm_plants, swmm_units
from askergeo.sources._inp_swmm_rules import check_swmm
from askergeo.sources._inp_text import EPANET, InpText, Line, read_text

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "bends_of",
    "model_of",
    "places_of",
    "read_inp",
]

_SHOWN: Final = 20


def read_inp(path: str | Path) -> Model:
    """Read an EPANET or SWMM model.

    Parameters
    ----------
    path
        The .inp file; UTF-8 or Latin-1.

    Returns
    -------
    Model
        Elements, places, lines, and what is odd.

    Raises
    ------
    MissingFileError
        When there is no such file.
    SourceError
        When it is no model, or EPANET or SWMM would refuse it: each fault with its line.
    """
    return model_of(read_text(path), ask=True)


def model_of(text: InpText, *, name: str = "", ask: bool = False) -> Model:
    """Make a model of the lines of a file; ``ask`` lets EPANET itself open it too.

    Raises
    ------
    SourceError
        When the program that the model is for would refuse it.
    """
    faults = Faults()
    if text.program == EPANET:
        units = epanet_units(text, faults)
        elements = epanet_elements(text, units, faults)
        check_epanet(text, elements, faults)
        refuse(text, faults)
        if ask:
            # EPANET knows more rules than stand here; what stands here says more of each.
            ask_epanet(text, faults)
            refuse(text, faults)
        plants = epanet_plants(text, units)
    else:
        units = swmm_units(text, faults)
        elements = swmm_elements(text, units, faults)
        check_swmm(text, elements, faults)
        refuse(text, faults)
        plants = swmm_plants(text)
    places = places_of(text, elements)
    _odd(elements, places, faults)
    return Model(
        id=name or text.name.rpartition(".")[0] or text.name or "modell", program=text.program,
        lines=text.lines, encoding=text.encoding, newline=text.newline, units=units,
        elements=tuple(elements), plants=tuple(plants), places=places,
        bends=bends_of(text, elements), faults=faults.frame(refused=False),
    )  # fmt: skip


def refuse(text: InpText, faults: Faults) -> None:
    """Raise what the program would refuse, every fault with its line."""
    rows = faults.frame(refused=True)
    if not len(rows):
        return
    said = [
        (f"linje {line}: " if line else "") + what
        for line, what in zip(rows["linje"], rows["tekst"], strict=True)
    ]
    more = len(said) - _SHOWN
    if more > 0:
        said = [*said[:_SHOWN], f"og {format_number(more)} feil til"]
    program = "EPANET" if text.program == EPANET else "SWMM"
    count = "én feil" if len(rows) == 1 else f"{format_number(len(rows))} feil"
    raise SourceError(
        f"{text.name} har {count} og kan ikke brukes som modell i {program}:\n{collect(said)}",
        remedy=f"Rett linjene i modellen, eller be om en fil som {program} åpner.",
    )


def places_of(text: InpText, elements: list[Element]) -> dict[str, tuple[float, float]]:
    """Return the coordinates of the nodes; the last line of a node counts."""
    spelling = _spelling(text, elements, "va_node")
    places = {}
    for line in text.rows("COORDINATES"):
        place = _pair(line)
        name = spelling.get(_key(text, line.words[0]))
        if place is not None and name is not None:
            places[name] = place
    return places


def bends_of(text: InpText, elements: list[Element]) -> dict[str, list[tuple[float, float]]]:
    """Return the vertices of the links, in the file's order."""
    spelling = _spelling(text, elements, "va_ledning")
    bends: dict[str, list[tuple[float, float]]] = {}
    for line in text.rows("VERTICES"):
        place = _pair(line)
        name = spelling.get(_key(text, line.words[0]))
        if place is not None and name is not None:
            bends.setdefault(name, []).append(place)
    return bends


def _key(text: InpText, name: str) -> str:
    return name if text.program == EPANET else name.upper()


def _spelling(text: InpText, elements: list[Element], layer: str) -> dict[str, str]:
    return {_key(text, one.id): one.id for one in elements if one.layer == layer}


def _pair(line: Line) -> tuple[float, float] | None:
    if len(line.words) < 3:  # noqa: PLR2004
        return None
    x, y = number_of(line.words[1]), number_of(line.words[2])
    return None if x is None or y is None else (x, y)


def _odd(elements: list[Element], places: dict[str, tuple[float, float]], faults: Faults) -> None:
    """Tell of nodes without a place, links without length on the map, and odd diameters."""
    for one in elements:
        told = ""
        if one.layer == "va_node" and one.id not in places:
            rule, told = "uten_koordinat", f"Noden «{one.id}» har ingen koordinat."
        elif one.ends and one.ends[0] in places and places[one.ends[0]] == places.get(one.ends[1]):
            rule = "samme_sted"
            told = f"Begge endene av «{one.id}» ligger på samme sted."
        if told:
            faults.rows.append((one.line, one.section, rule, told, False))
        size = one.columns.get("dimensjon_mm")
        if size is not None and size.value is not None and rounded_size(size.value) is None:
            wide = format_number(float(size.value), unit="mm")
            told = f"«{one.id}» er {wide} i diameter; laget kan ikke ha det, og den er ukjent der."
            faults.rows.append((one.line, one.section, "for_stor_dimensjon", told, False))
