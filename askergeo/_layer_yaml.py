"""Reads and checks one YAML file of the catalogue.

A file holds documents of ``type: dataset`` and ``type: quality``, as the national DOK
configuration does. A dataset that says ``id`` is our own and is checked key by key; one without
is a national one, and every key it has is kept as it stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import yaml

from askergeo._codes import code_list
from askergeo._layer import (
    COLUMN_TYPES,
    CONFIDENCE,
    COVERAGE_RULES,
    GEOMETRIES,
    PROTOCOLS,
    Coverage,
    Credentials,
    Layer,
    LayerColumn,
    LegalBasis,
    Order,
    Source,
)
from askergeo.errors import CatalogueError
from askergeo.result import SHAPES, Style, StyleClass

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LayerFile", "read_layer_file"]

OWN_KEYS = {field.name for field in fields(Layer)} - {
    *("name", "config_id", "metadata_id", "dok", "quality", "disabled", "path"),
}
NATIONAL_KEYS = {
    *("type", "config_id", "name", "title", "disabled", "metadata_id", "themes", "properties"),
    *("wfs", "ogc_api", "arcgis", "wms", "layers", "geom_field"),
}
NEEDED_KEYS = ("title", "theme", "owner", "licence", "attribution", "geometry", "coverage", "order")
NAME = re.compile(r"[a-z][a-z0-9_]*")
COLOUR = re.compile(r"#[0-9a-f]{6}")

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _StrictLoader(_Loader):  # type: ignore[misc,valid-type]  # the base is chosen at run time
    """YAML loader that refuses a key given twice: YAML would silently drop the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"nøkkelen «{key.value}» er gitt to ganger", key.start_mark
                    )
                seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping


@dataclass(frozen=True)
class LayerFile:
    """What one file gives: layers, quality indicators by ``config_id`` (or ``""``), problems."""

    path: Path
    layers: tuple[Layer, ...] = ()
    quality: tuple[tuple[str, tuple[dict[str, Any], ...]], ...] = ()
    problems: tuple[str, ...] = ()


def read_layer_file(path: Path) -> LayerFile:
    """Read a catalogue file; faults come back as ``problems``, each with file and line."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        return LayerFile(path, problems=(f"{path.name}: er ikke UTF-8 (byte {error.start})",))
    try:
        documents = [d for d in yaml.load_all(text, Loader=_StrictLoader) if d is not None]
    except yaml.YAMLError as error:
        return LayerFile(path, problems=(_yaml_problem(path, error),))
    if not documents:
        return LayerFile(path, problems=(f"{path.name}: filen er tom",))
    checker = _Checker(path, text)
    layers: list[Layer] = []
    quality = []
    for number, document in enumerate(documents):
        kind = document.get("type") if isinstance(document, dict) else None
        if kind == "dataset":
            layers.append(_dataset(checker, number, _hide_credentials(document), len(layers)))
        elif kind == "quality":
            listed = _hide_credentials(document).get("indicators")
            indicators = tuple(checker.items((number, "indicators"), listed))
            quality.append((str(document.get("config_id") or ""), indicators))
        else:
            checker.fault((number,), "dokumentet må ha «type: dataset» eller «type: quality»")
    return LayerFile(path, tuple(layers), tuple(quality), tuple(checker.problems))


class _Checker:
    """Collects the faults of one file and finds the line of each."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.problems: list[str] = []
        self._text = text

    def fault(self, place: tuple[int | str, ...], message: str) -> None:
        """Add a fault at ``place``: the document's number, then keys and list positions."""
        keys = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in place[1:])
        where = f"{keys[1:]}: " if keys else ""
        self.problems.append(f"{self.path.name}, linje {self._line(place)}: {where}{message}")

    def _line(self, place: tuple[int | str, ...]) -> int:
        # Composing again costs time, but only when there is a fault to place.
        nodes = [
            node
            for node in yaml.compose_all(self._text, Loader=_Loader)
            if node.tag != "tag:yaml.org,2002:null"
        ]
        node: Any = nodes[int(place[0])]
        line = node.start_mark.line
        for part in place[1:]:
            if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
                node = node.value[part]
            elif isinstance(node, yaml.MappingNode):
                pairs = [(k, v) for k, v in node.value if k.value == str(part)]
                if not pairs:
                    break
                line, node = pairs[0][0].start_mark.line, pairs[0][1]
                continue
            else:
                break
            line = node.start_mark.line
        return int(line) + 1

    def text(self, place: tuple[int | str, ...], record: dict[str, Any], key: str) -> str:
        """Return a text value, "" when absent; anything else is a fault."""
        value = record.get(key, "")
        if isinstance(value, str):
            return value.strip()
        self.fault((*place, key), f"skal være tekst, ikke {value!r}")
        return ""

    def choice(
        self,
        place: tuple[int | str, ...],
        record: dict[str, Any],
        key: str,
        allowed: tuple[str, ...],
        default: str,
    ) -> str:
        """Return a value out of ``allowed``."""
        value = record.get(key, default)
        if value in allowed:
            return str(value)
        self.fault((*place, key), f"{value!r} er ikke blant {', '.join(allowed)}")
        return default

    def number(
        self, place: tuple[int | str, ...], record: dict[str, Any], key: str
    ) -> float | None:
        """Return a number, or None when absent."""
        value = record.get(key)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        self.fault((*place, key), f"skal være et tall, ikke {value!r}")
        return None

    def flag(self, place: tuple[int | str, ...], record: dict[str, Any], key: str) -> bool:
        """Return true or false; false when absent."""
        value = record.get(key, False)
        if isinstance(value, bool):
            return value
        self.fault((*place, key), f"skal være true eller false, ikke {value!r}")
        return False

    def record(
        self,
        place: tuple[int | str, ...],
        value: Any,  # noqa: ANN401  (whatever the file holds)
        allowed: frozenset[str],
    ) -> dict[str, Any]:
        """Return ``value`` as a mapping with known keys only."""
        if not isinstance(value, dict):
            self.fault(place, f"skal ha nøklene {', '.join(sorted(allowed))}, ikke {value!r}")
            return {}
        for key in value:
            if key not in allowed:
                known = ", ".join(sorted(allowed))
                self.fault((*place, str(key)), f"ukjent nøkkel «{key}»; kjente er {known}")
        return value

    def items(self, place: tuple[int | str, ...], value: Any) -> list[Any]:  # noqa: ANN401
        """Return a list; nothing is an empty one."""
        if value is None or isinstance(value, list):
            return value or []
        self.fault(place, f"skal være en liste, ikke {value!r}")
        return []


def _dataset(check: _Checker, number: int, record: dict[str, Any], before: int) -> Layer:
    national = {key: value for key, value in record.items() if key not in OWN_KEYS}
    national |= {key: record[key] for key in ("title",) if key in record}
    place = (number,)
    if "id" not in record:
        own = sorted(record.keys() & (OWN_KEYS - NATIONAL_KEYS))
        if own or not record.get("name"):
            given = f"; filen har «{own[0]}», som hører til et eget lag" if own else ""
            check.fault(place, f"nøkkelen «id» (eget lag) eller «name» (nasjonalt) mangler{given}")
        return _national(check.path, record, before)
    for key in record.keys() - OWN_KEYS - NATIONAL_KEYS:
        known = ", ".join(sorted(OWN_KEYS | NATIONAL_KEYS))
        check.fault((number, str(key)), f"ukjent nøkkel «{key}»; kjente er {known}")
    for key in NEEDED_KEYS:
        if not record.get(key):
            check.fault(place, f"nøkkelen «{key}» mangler eller er tom")
    layer_id = check.text(place, record, "id")
    if not NAME.fullmatch(layer_id):
        check.fault((number, "id"), f"«{layer_id}» må være små bokstaver a–z, tall og _")
    columns = _columns(check, number, record.get("columns"))
    layer = Layer(
        id=layer_id,
        title=check.text(place, record, "title"),
        theme=check.text(place, record, "theme"),
        description=check.text(place, record, "description"),
        owner=check.text(place, record, "owner"),
        licence=check.text(place, record, "licence"),
        attribution=check.text(place, record, "attribution"),
        legal_basis=_legal_basis(check, number, record.get("legal_basis")),
        geometry=check.choice(place, record, "geometry", GEOMETRIES, "ukjent"),
        key=check.text(place, record, "key"),
        columns=columns,
        coverage=_coverage(check, number, record.get("coverage")),
        sources=_sources(check, number, record.get("sources")),
        style=_style(check, number, record.get("style"), columns),
        allows=check.text(place, record, "allows"),
        order=_order(check, number, record.get("order")),
        aliases=tuple(str(a) for a in check.items((number, "aliases"), record.get("aliases"))),
        config_id=check.text(place, record, "config_id"),
        metadata_id=check.text(place, record, "metadata_id"),
        dok=national,
        disabled=check.flag(place, record, "disabled"),
        path=check.path,
    )
    if layer.geometry != "raster" and not layer.key:
        check.fault(place, "nøkkelen «key» mangler: hvilken kolonne identifiserer raden?")
    for name in layer.key_columns:
        if name not in columns:
            check.fault((number, "key"), f"«{name}» er ikke blant kolonnene")
    return layer


def _national(path: Path, record: dict[str, Any], before: int) -> Layer:
    """Return a national DOK dataset as a layer; its id is the file's name."""
    name = str(record.get("name") or path.stem)
    properties = record.get("properties")
    names = [str(p) for p in properties] if isinstance(properties, list) else []
    themes = record.get("themes")
    return Layer(
        id=path.stem if before == 0 else f"{path.stem}_{before + 1}",
        title=str(record.get("title") or name.replace("_", " ").capitalize()),
        theme=", ".join(map(str, themes)) if isinstance(themes, list) else "",
        columns={p: LayerColumn(name=p, title=p, type="ukjent") for p in names},
        coverage=Coverage(rule="kartlagt", text="Utenfor kartlagt område vet vi ingenting."),
        config_id=str(record.get("config_id") or ""),
        metadata_id=str(record.get("metadata_id") or ""),
        aliases=(name,),
        dok=record,
        disabled=record.get("disabled") is True,
        path=path,
    )


def _columns(check: _Checker, number: int, value: Any) -> dict[str, LayerColumn]:  # noqa: ANN401
    allowed = frozenset(f.name for f in fields(LayerColumn)) - {"name"}
    if value is None:
        return {}
    if not isinstance(value, dict):
        check.fault((number, "columns"), "skal ha én nøkkel for hver kolonne")
        return {}
    columns = {}
    for name, raw in value.items():
        place = (number, "columns", str(name))
        record = check.record(place, raw, allowed)
        if not NAME.fullmatch(str(name)):
            check.fault(place, "kolonnenavnet må være små bokstaver a–z, tall og _")
        if not record.get("title"):
            check.fault(place, "nøkkelen «title» mangler")
        kind = check.choice(place, record, "type", COLUMN_TYPES, "tekst")
        columns[str(name)] = LayerColumn(
            name=str(name),
            title=check.text(place, record, "title"),
            type=kind,
            unit=check.text(place, record, "unit"),
            required=check.flag(place, record, "required"),
            codes=_codes(check, place, record.get("codes"), kind),
            persons=check.flag(place, record, "persons"),
            generated=check.flag(place, record, "generated"),
            minimum=check.number(place, record, "minimum"),
            maximum=check.number(place, record, "maximum"),
            description=check.text(place, record, "description"),
        )
    return columns


def _codes(
    check: _Checker,
    place: tuple[int | str, ...],
    value: Any,  # noqa: ANN401
    kind: str,
) -> dict[int | str, str] | None:
    if value is None:
        return None
    if isinstance(value, str):
        try:
            value = {code: row.name for code, row in code_list(value, check.path.parent).items()}
        except CatalogueError as error:
            check.fault((*place, "codes"), error.message)
            return None
    if not isinstance(value, dict) or not value:
        check.fault((*place, "codes"), "skal være verdi: navn, eller navnet på en kodeliste")
        return None
    wanted = int if kind == "heltall" else str
    for code, label in value.items():
        if type(code) is not wanted:
            check.fault((*place, "codes", str(code)), f"koden {code!r} passer ikke til «{kind}»")
        if not isinstance(label, str) or not label:
            check.fault((*place, "codes", str(code)), f"koden {code!r} mangler navn")
    return value


def _legal_basis(check: _Checker, number: int, value: Any) -> tuple[LegalBasis, ...]:  # noqa: ANN401
    result = []
    for i, raw in enumerate(check.items((number, "legal_basis"), value)):
        place = (number, "legal_basis", i)
        record = check.record(place, raw, frozenset({"law", "text", "confidence"}))
        result.append(
            LegalBasis(
                law=check.text(place, record, "law"),
                text=check.text(place, record, "text"),
                confidence=check.choice(place, record, "confidence", CONFIDENCE, "usikker"),
            )
        )
    return tuple(result)


def _coverage(check: _Checker, number: int, value: Any) -> Coverage:  # noqa: ANN401
    if not value:
        return Coverage()
    place = (number, "coverage")
    record = check.record(place, value, frozenset({"rule", "text"}))
    return Coverage(
        rule=check.choice(place, record, "rule", COVERAGE_RULES, "ukjent"),
        text=check.text(place, record, "text"),
    )


def _sources(check: _Checker, number: int, value: Any) -> tuple[Source, ...]:  # noqa: ANN401
    names = frozenset(f.name for f in fields(Source))
    result = []
    for i, raw in enumerate(check.items((number, "sources"), value)):
        place = (number, "sources", i)
        record = check.record(place, raw, names)
        texts = {key: check.text(place, record, key) for key in names - {"protocol"}}
        protocol = check.choice(place, record, "protocol", PROTOCOLS, "fil")
        result.append(Source(protocol=protocol, **texts))
    return tuple(result)


def _order(check: _Checker, number: int, value: Any) -> Order:  # noqa: ANN401
    names = frozenset(f.name for f in fields(Order))
    record = check.record((number, "order"), value or {}, names)
    return Order(**{key: check.text((number, "order"), record, key) for key in names})


def _style(
    check: _Checker,
    number: int,
    value: Any,  # noqa: ANN401
    columns: dict[str, LayerColumn],
) -> Style:
    if not value:
        return Style()
    place = (number, "style")
    record = check.record(place, value, frozenset(f.name for f in fields(Style)))
    given: dict[str, Any] = {}
    for key in ("fill", "stroke"):
        if key in record:
            given[key] = _colour(check, place, record, key)
    for key in ("width", "size", "opacity"):
        if (amount := check.number(place, record, key)) is not None:
            given[key] = float(amount)
    given["shape"] = check.choice(place, record, "shape", SHAPES, "circle")
    column = check.text(place, record, "column")
    if column and column not in columns:
        check.fault((*place, "column"), f"«{column}» er ikke blant kolonnene")
    classes = _classes(check, place, record.get("classes"))
    if bool(column) != bool(classes):
        check.fault(place, "«column» og «classes» hører sammen")
    return Style(dash=check.flag(place, record, "dash"), column=column, classes=classes, **given)


def _classes(
    check: _Checker,
    place: tuple[int | str, ...],
    value: Any,  # noqa: ANN401
) -> tuple[StyleClass, ...]:
    if isinstance(value, str):
        try:
            rows = code_list(value, check.path.parent).values()
        except CatalogueError as error:
            check.fault((*place, "classes"), error.message)
            return ()
        return tuple(StyleClass(value=r.code, label=r.name, fill=r.fill) for r in rows if r.fill)
    result = []
    for i, raw in enumerate(check.items((*place, "classes"), value)):
        here = (*place, "classes", i)
        record = check.record(here, raw, frozenset(f.name for f in fields(StyleClass)))
        if "value" not in record or not record.get("label"):
            check.fault(here, "klassen må ha «value» og «label»")
        result.append(
            StyleClass(
                value=record.get("value"),
                label=check.text(here, record, "label"),
                fill=_colour(check, here, record, "fill"),
                stroke=_colour(check, here, record, "stroke"),
                dash=check.flag(here, record, "dash"),
                shape=check.choice(here, record, "shape", ("", *SHAPES), ""),
                width=float(check.number(here, record, "width") or 0),
                size=float(check.number(here, record, "size") or 0),
            )
        )
    return tuple(result)


def _colour(check: _Checker, place: tuple[int | str, ...], record: dict[str, Any], key: str) -> str:
    value = check.text(place, record, key)
    if value and not COLOUR.fullmatch(value):
        check.fault((*place, key), f"«{value}» er ikke en farge som '#1f77b4' (i fnutter)")
    return value


def _hide_credentials(record: dict[str, Any]) -> dict[str, Any]:
    """Return the record with each ``auth`` as :class:`Credentials`."""

    def hide(value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, dict):
            return {
                k: Credentials(v) if k == "auth" and isinstance(v, dict) else hide(v)
                for k, v in value.items()
            }
        return [hide(item) for item in value] if isinstance(value, list) else value

    hidden: dict[str, Any] = hide(record)
    return hidden


def _yaml_problem(path: Path, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    line = f", linje {mark.line + 1}" if mark else ""
    return (
        f"{path.name}{line}: kan ikke leses som YAML ({getattr(error, 'problem', None) or error})"
    )
