"""Write a model of a pipe network that EPANET or SWMM opens, out of the package's layers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import geopandas as gpd

from askergeo.crs import CRS_OF_RECORD, crs_name
from askergeo.errors import LayerError, OverwriteError, SourceError, StorageError
from askergeo.sources._inp_changes import Edits, Laid, Placer, changed
from askergeo.sources._inp_elements import Faults, Model
from askergeo.sources._inp_epanet import default_demand, epanet_elements, epanet_units
from askergeo.sources._inp_frames import LOCAL, META, moved_places
from askergeo.sources._inp_new import add_new
from askergeo.sources._inp_reading import bends_of, model_of, places_of
from askergeo.sources._inp_swmm import swmm_elements, swmm_units
from askergeo.sources._inp_text import EPANET, EPANET_SECTIONS, SWMM_SECTIONS, InpText, split_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

__all__ = ["inp_text", "write_inp"]

# A new model is in litres a second; Hazen-Williams' coefficient is what EPANET's own default is.
_NEW: Final = (
    ("OPTIONS", " Units LPS"),
    ("OPTIONS", " Headloss {headloss}"),
    ("TIMES", " Duration 0:00"),
)
_DEFINING: Final = ("JUNCTIONS", "RESERVOIRS", "TANKS", "PIPES", "PUMPS", "VALVES")
_ENCODINGS: Final = ("utf-8", "utf-8-sig", "cp1252", "latin-1")


def write_inp(
    frames: Mapping[str, pd.DataFrame],
    path: str | Path,
    model: str | None = None,
    *,
    roughness: float | None = None,
    headloss: str = "H-W",
    overwrite: bool = False,
) -> tuple[str, ...]:
    """Write a model as an .inp file.

    Lines that the layers do not contradict stand as they were read. A value that is changed in a
    layer is changed in its line, an element that is gone from a layer is taken out, and one that
    is new is added. Without ``va_modell`` the whole water network is written as a new EPANET
    model.

    Parameters
    ----------
    frames
        ``va_node``, ``va_ledning`` and ``va_modell`` as :func:`~askergeo.sources.inp.layers_of`
        makes them; each may be absent, but not all.
    path
        The file to write.
    model
        Which model of ``va_modell``, when it has several.
    roughness
        For new pipes without one, in the unit of the model's formula.
    headloss
        Formula of a new model: ``H-W``, ``D-W`` or ``C-M``.
    overwrite
        Replace the file if it is there.

    Returns
    -------
    tuple of str
        What a reader should know, in bokmål.

    Raises
    ------
    LayerError
        When the layers lack what a model cannot do without.
    SourceError
        When the model would be refused by the program that it is for.
    OverwriteError, StorageError
        When the file is there, or the disk refuses.
    """
    target = Path(path)
    if target.exists() and not overwrite:
        raise OverwriteError(f"{target} finnes fra før.", remedy="Bruk et annet navn.")
    text, encoding, remarks = inp_text(frames, model=model, roughness=roughness, headloss=headloss)
    try:
        target.write_bytes(text.encode(encoding))
    except OSError as error:
        raise StorageError(f"{target} kan ikke skrives: {error.strerror}.") from error
    return remarks


def inp_text(
    frames: Mapping[str, pd.DataFrame],
    *,
    model: str | None = None,
    roughness: float | None = None,
    headloss: str = "H-W",
) -> tuple[str, str, tuple[str, ...]]:
    """Return the text of a model, the letters it is written in, and the remarks.

    Parameters and errors as for :func:`write_inp`.
    """
    rows = _rows_of(frames, model)
    about = _about(rows)
    text = _lines_of(rows, about, headloss)
    nodes = frames.get("va_node")
    outside = set() if nodes is None else set(nodes["node_id"].dropna())
    old = _unchecked(text, outside)
    crs = about.get("crs", [""])[0] or LOCAL
    layers_crs = _crs_of(frames)
    if rows is None:
        crs = layers_crs
    places, bends = moved_places(old, crs, layers_crs)
    placer = Placer(layers_crs if crs == LOCAL else crs, layers_crs)
    unplaced = {(layer, name) for layer, _, name in
                (one.partition(":") for one in about.get("uten_sted", []))}  # fmt: skip
    laid = Laid(places=places, bends=bends, unplaced=unplaced, placer=placer)
    edits = changed(old, frames, laid)
    demand = default_demand(text, old.units) if text.program == EPANET else 1.0
    add_new(old, frames, edits, placer, demand=demand, roughness=roughness)
    lines = list(_edited(text, edits, int(about.get("linjer", ["0"])[0])))
    _require_valid(text, lines)
    encoding = text.encoding if text.encoding in _ENCODINGS else "utf-8"
    joined = text.newline.join(lines) + text.newline
    try:
        joined.encode(encoding)
    except UnicodeEncodeError:
        encoding = "utf-8"
    return joined, encoding, tuple(edits.remarks)


def _rows_of(frames: Mapping[str, pd.DataFrame], model: str | None) -> pd.DataFrame | None:
    """Return the lines of one model; ``None`` when there is no model yet."""
    if "va_modell" not in frames or not len(frames["va_modell"]):
        if model is not None:
            raise LayerError(f"Modellen «{model}» finnes ikke.", remedy="Laget va_modell er tomt.")
        if "va_ledning" not in frames or not len(frames["va_ledning"]):
            raise LayerError(
                "Det er ingen modell og ingen ledninger å skrive.",
                remedy="Legg til en modell: «askergeo data legg-til MAPPE MODELL.inp».",
            )
        return None
    rows = frames["va_modell"]
    names = sorted(set(rows["modell_id"]))
    if model is None and len(names) > 1:
        raise LayerError(
            f"Det er flere modeller: {', '.join(names)}.", remedy="Si hvilken som skal skrives."
        )
    chosen = names[0] if model is None else model
    if chosen not in names:
        raise LayerError(
            f"Modellen «{chosen}» finnes ikke.", remedy=f"Disse finnes: {', '.join(names)}."
        )
    return rows[rows["modell_id"] == chosen]


def _about(rows: pd.DataFrame | None) -> dict[str, list[str]]:
    """Return what ``va_modell`` says of the file itself."""
    about: dict[str, list[str]] = {}
    if rows is not None:
        for text in rows.loc[rows["seksjon"] == META, "tekst"]:
            name, _, value = text.partition("=")
            about.setdefault(name, []).append(value)
    return about


def _lines_of(rows: pd.DataFrame | None, about: dict[str, list[str]], headloss: str) -> InpText:
    if rows is None:
        new = [("TITLE", "Ledningsnett fra askergeo"), *_NEW]
        said = _with_headings([(name, text.format(headloss=headloss)) for name, text in new])
        return split_lines(enumerate(said, start=1), program=EPANET, name="modellen")
    own = rows[rows["seksjon"] != META].sort_values("rad")
    programs = [one for one in own["program"].dropna().unique() if one]
    numbered = list(zip(own["rad"].astype("int64"), own["tekst"], strict=True))
    # Lines that were not read from a file have no headings of their own.
    if not own["tekst"].str.match(r"\s*\[").any() or own["rad"].duplicated().any():
        ordered = rows[rows["seksjon"] != META].sort_values(["seksjon", "rad"], kind="stable")
        named = zip(ordered["seksjon"], ordered["tekst"], strict=True)
        pairs = [(name, text) for name, text in named if not text.strip().startswith("[")]
        numbered = list(enumerate(_with_headings(pairs), start=1))
    return split_lines(
        numbered, program=str(programs[0]) if programs else EPANET, name="modellen",
        encoding=about.get("tegnsett", ["utf-8"])[0],
        newline="\r\n" if about.get("linjeskift", [""])[0] == "crlf" else "\n",
    )  # fmt: skip


def _with_headings(rows: list[tuple[str, str]]) -> list[str]:
    sections: dict[str, list[str]] = {}
    for name, text in rows:
        sections.setdefault(name, []).append(text)
    said: list[str] = []
    order = {name: place for place, name in enumerate(EPANET_SECTIONS)}
    for name in sorted(sections, key=lambda one: order.get(one, len(order))):
        said += [f"[{name}]", *sections[name], ""]
    return said


def _unchecked(text: InpText, outside: set[str]) -> Model:
    """Read the elements of a model that may lack parts of itself, which the layers have."""
    faults = Faults()
    if text.program == EPANET:
        units = epanet_units(text, faults)
        elements = epanet_elements(text, units, faults, outside)
    else:
        units = swmm_units(text, faults)
        elements = swmm_elements(text, units, faults, outside)
    return Model(
        id="", program=text.program, lines=text.lines, encoding=text.encoding,
        newline=text.newline, units=units, elements=tuple(elements), plants=(),
        places=places_of(text, elements), bends=bends_of(text, elements),
        faults=faults.frame(refused=True),
    )  # fmt: skip


def _crs_of(frames: Mapping[str, pd.DataFrame]) -> str:
    for name in ("va_node", "va_ledning"):
        frame = frames.get(name)
        if isinstance(frame, gpd.GeoDataFrame) and frame.crs is not None:
            return crs_name(frame.crs)
    return CRS_OF_RECORD


def _edited(text: InpText, edits: Edits, total: int) -> Iterator[str]:
    """Yield the lines with the changes in them; blank lines come back by the numbers."""
    last: dict[str, int] = {}
    for line in text.lines:
        if line.number not in edits.gone and line.text.strip():
            last[line.section] = line.number
    before, rest = _new_places(text, edits, last)
    expected = 1
    for line in text.lines:
        yield from [""] * (line.number - expected)
        expected = line.number + 1
        if line.section == "END" and rest:
            yield from _sections(rest, edits)
            rest = []
        yield from _sections(before.get(line.number, []), edits)
        if line.number not in edits.gone:
            yield edits.apply(line)
        if last.get(line.section) == line.number:
            yield from edits.added.get(line.section, [])
    yield from [""] * (total - expected + 1)
    yield from _sections(rest, edits)


def _new_places(
    text: InpText, edits: Edits, last: dict[str, int]
) -> tuple[dict[int, list[str]], list[str]]:
    """Return the new sections that stand before a line, and those that stand last.

    EPANET reads from the top: nodes stand before the links between them, and links before what
    steers them.
    """
    known = EPANET_SECTIONS if text.program == EPANET else SWMM_SECTIONS
    missing = [name for name in known if name in edits.added and name not in last]
    headings = [line for line in text.lines if line.text.lstrip().startswith("[")]
    before: dict[int, list[str]] = {}
    rest: list[str] = []
    for name in missing:
        place = None
        if name in _DEFINING:
            earlier = _DEFINING[: _DEFINING.index(name)]
            start = max((last[one] for one in earlier if one in last), default=0)
            place = next(
                (one.number for one in headings if one.number > start and one.section != "TITLE"),
                None,
            )
        if place is None:
            rest.append(name)
        else:
            before.setdefault(place, []).append(name)
    return before, rest


def _sections(names: list[str], edits: Edits) -> Iterator[str]:
    for name in names:
        yield f"[{name}]"
        yield from edits.added[name]
        yield ""


def _require_valid(text: InpText, lines: list[str]) -> None:
    """Refuse to write what the program would refuse to read."""
    again = split_lines(enumerate(lines, start=1), program=text.program, name="Modellen")
    try:
        model_of(again, ask=True)
    except SourceError as error:
        raise SourceError(
            f"Modellen kan ikke skrives, for den ville ikke kunne åpnes. {error.message}",
            remedy="Rett lagene; linjenumrene gjelder filen som ville blitt skrevet.",
        ) from error
