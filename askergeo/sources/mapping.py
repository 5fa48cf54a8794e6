"""Mappings: a small YAML file that says how a source's columns and codes become a layer's.

The file is described for its users in docs/kart-yml.md. This module reads and checks it;
:func:`apply_mapping` takes a frame to the catalogue's schema with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from askergeo._text import nearest
from askergeo.errors import LayerError, MissingFileError, SourceError, collect
from askergeo.sources._schema import Mapped, apply_rules
from askergeo.stores.checks import CHANGE, CHANGES

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from askergeo.catalogue import Layer

__all__ = [
    "ColumnRule",
    "Conditions",
    "Mapped",
    "Mapping",
    "ReadOptions",
    "apply_mapping",
    "built_in_mappings",
    "load_mapping",
    "mappings_for",
    "parse_mapping",
    "require_fit",
    "require_same_layer",
    "with_optional",
]

# Values that a column may have: text, or "*" for any value, or None for no value.
Conditions = dict[str, tuple[str | None, ...]]

_MAX_BYTES: Final = 1_000_000
_TOP: Final = (
    "lag", "beskrivelse", "les", "kilde", "filter", "utelat", "kolonner", "koder", "geometri",
    "kan_mangle",
)  # fmt: skip
_READ: Final = ("lag", "crs", "x", "y", "tabell")
# Files that are read as something else than rows and columns: SSB's tables of persons.
_TABLES: Final = ("statbank",)
_SOURCE: Final = ("eier", "lisens", "navngivelse", "dato", "tittel", "adresse")
_COLUMN: Final = (
    "fra", "koder", "faktor", "desimaler", "konstant", "regex", "ellers", "regler", "lopenummer",
)  # fmt: skip
_GEOMETRY: Final = ("punkt", "linje")


@dataclass(frozen=True, kw_only=True)
class ColumnRule:
    """Where the values of one catalogue column come from.

    Parameters
    ----------
    sources
        Source columns; the first that has a value gives it.
    constant
        The same value in all rows.
    codes
        Source value → catalogue value.
    factor
        Numbers are multiplied by it (unit conversion).
    decimals
        What ``factor`` gives is rounded to this many decimals.
    regex
        Keep what the first group (or the whole expression) matches in the source's text.
    otherwise
        Catalogue value for source values that ``codes``, ``regex`` and ``rules`` do not know.
    lenient
        Such values become missing without a remark (``ellers: null``).
    rules
        Conditions on source columns and the value that they give; the first that holds counts.
    running
        Prefix of running numbers, for sources without an id.
    """

    sources: tuple[str, ...] = ()
    constant: object = None
    codes: dict[str, object] = field(default_factory=dict)
    factor: float | None = None
    decimals: int = 9
    regex: str = ""
    otherwise: object = None
    lenient: bool = False
    rules: tuple[tuple[Conditions, object], ...] = ()
    running: str | None = None

    @property
    def uses(self) -> set[str]:
        """Every source column that the rule reads."""
        return set(self.sources) | {name for conditions, _ in self.rules for name in conditions}


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How the file is read: layers in it, CRS when it states none, names of coordinate columns.

    ``table`` is ``statbank`` for SSB's tables of persons by region, age and year, which are read
    as the layer's own columns for the package's municipality.
    """

    layers: tuple[str, ...] = ()
    crs: str | None = None
    coordinates: tuple[str, str] | None = None
    table: str = ""


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """A checked mapping file.

    Parameters
    ----------
    layer
        Id of the catalogue layer that it makes.
    origin
        ``eier``, ``lisens``, ``navngivelse``, ``dato``, ``tittel``, ``adresse`` of the source,
        where they differ from the catalogue's.
    keep, drop
        Rows to take and to leave: a row is taken when one of ``keep`` holds (or there is none)
        and none of ``drop``. Within one set of conditions all must hold.
    geometry
        ``punkt``: a point inside each polygon; ``linje``: the boundary of each polygon.
    optional
        Source columns, and layers in the file, that a delivery may lack: they are then empty.
    """

    layer: str
    description: str = ""
    read: ReadOptions = field(default_factory=ReadOptions)
    origin: dict[str, str] = field(default_factory=dict)
    keep: tuple[Conditions, ...] = ()
    drop: tuple[Conditions, ...] = ()
    columns: dict[str, ColumnRule] = field(default_factory=dict)
    geometry: str = ""
    optional: tuple[str, ...] = ()


def apply_mapping(
    frame: pd.DataFrame, layer: Layer, mapping: Mapping | str | Path | None = None
) -> Mapped:
    """Take rows to the catalogue's schema.

    Parameters
    ----------
    frame
        Rows as read; the index counts source rows from 0.
    layer
        The catalogue's layer.
    mapping
        A mapping, the path of one, or the name of a built-in one. Columns that it does not name,
        or all without it, are matched by name, blind to case.

    Returns
    -------
    Mapped
        ``frame`` with the catalogue's columns in its types (tekst ``str``, heltall ``Int64``,
        desimal ``float64``, dato ``datetime64``, boolsk ``boolean``), ``avvik`` and the number of
        rows that the filter left out. Rows in = kept + set aside + left out.

    Raises
    ------
    LayerError
        When columns or codes do not fit; all problems are listed.
    SourceError
        When the mapping file is faulty.
    """
    if isinstance(mapping, str | Path):
        mapping = load_mapping(mapping)
    chosen = mapping or Mapping(layer=layer.id)
    frame = with_optional(frame, chosen)
    require_fit(frame, layer, chosen)
    return apply_rules(frame, layer, chosen)


def with_optional(frame: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """Return the rows with empty columns for what the mapping says that they may lack."""
    lacking = [name for name in mapping.optional if name not in frame.columns]
    used = {name for rule in mapping.columns.values() for name in rule.uses}
    return frame.assign(**dict.fromkeys((name for name in lacking if name in used), None))


def require_fit(frame: pd.DataFrame, layer: Layer, mapping: Mapping) -> None:
    """Refuse rows that the mapping cannot make the layer of; all problems are listed.

    Raises
    ------
    LayerError
        When columns or codes do not fit.
    """
    require_same_layer(mapping, layer)
    if mapping == Mapping(layer=layer.id):
        _require_names(frame, layer)
    problems = _misfits(mapping, layer, frame)
    if problems:
        raise LayerError(
            f"Dataene kan ikke bli laget «{layer.id}»:\n{collect(problems)}",
            remedy="Rett kart.yml (se docs/kart-yml.md).",
        )


def require_same_layer(mapping: Mapping, layer: Layer) -> None:
    """Raise LayerError when the mapping makes another layer: nothing else in it can fit."""
    if mapping.layer != layer.id:
        raise LayerError(
            f"Kartfilen er for laget «{mapping.layer}», ikke «{layer.id}».",
            remedy=f"Velg en kartfil for «{layer.id}». {_fitting(layer)}",
        )


def _require_names(frame: pd.DataFrame, layer: Layer) -> None:
    """Refuse a frame that lacks required columns when no mapping says where they are."""
    absent = _lacking(layer, frame, ())
    if absent:
        names = [str(name) for name in frame.columns if name != "geometry"]
        raise LayerError(
            f"Filen har ikke kolonnene som laget «{layer.id}» må ha:\n{collect(absent)}\n"
            f"Kolonnene i filen er: {', '.join(names) or 'ingen'}.",
            remedy=_change_remedy(layer, names) or _fitting(layer),
        )


def _change_remedy(layer: Layer, names: Iterable[str]) -> str:
    """Say what a scenario's column is for when that is what the file lacks."""
    given = {name.casefold() for name in names}
    if CHANGE not in layer.columns or CHANGE in given:
        return ""
    listed = f"{', '.join(CHANGES[:-1])} eller {CHANGES[-1]}"
    return f"Legg til kolonnen «{CHANGE}», som sier hva hver rad gjør i scenarioet: {listed}."


def _lacking(layer: Layer, frame: pd.DataFrame, mapped: Iterable[str]) -> list[str]:
    """Return the required columns, with titles, that the frame and the mapping do not give."""
    given = {str(name).casefold() for name in (*frame.columns, *mapped)}
    return [
        f"«{name}» ({column.title})"
        for name, column in layer.columns.items()
        if column.required and not column.generated and name.casefold() not in given
    ]


def _fitting(layer: Layer) -> str:
    """Say which mapping to try for a layer."""
    own = "skriv en kartfil, se docs/kart-yml.md"
    known = mappings_for(layer.id)
    if not known:
        return f"Oppgi en kartfil etter --kolonner: {own}."
    return f"Prøv --kolonner {' eller '.join(known)} (innebygd), eller {own}."


def mappings_for(layer_id: str) -> list[str]:
    """Return the names of the built-in mappings that make a layer."""
    first = re.compile(rf"^lag: *{re.escape(layer_id)} *(#.*)?$", re.MULTILINE)
    return [
        name for name, path in built_in_mappings().items() if first.search(path.read_text("utf-8"))
    ]


def built_in_mappings() -> dict[str, Path]:
    """Return the mappings that come with askergeo, by name."""
    folder = Path(str(resources.files("askergeo") / "data" / "mappings"))
    return {path.stem: path for path in sorted(folder.glob("*.yml"))}


def load_mapping(name: str | Path) -> Mapping:
    """Read a mapping file, or a built-in one by name.

    Raises
    ------
    MissingFileError
        When there is neither; names the nearest built-in ones.
    SourceError
        When the file is no mapping; all problems are listed.
    """
    built_in = built_in_mappings()
    path = built_in.get(str(name), Path(name))
    if not path.is_file():
        raise MissingFileError(
            f"Finner ikke kartfilen «{name}». {nearest(str(name), built_in)}".rstrip(),
            remedy=f"Innebygde: {', '.join(built_in)}.",
        )
    if path.stat().st_size > _MAX_BYTES:
        raise SourceError(
            f"{path.name} er for stor til å være en kartfil.", remedy="Velg en annen."
        )
    try:
        return parse_mapping(path.read_text("utf-8"), path.name)
    except UnicodeDecodeError as error:
        raise SourceError(f"{path.name} er ikke UTF-8.", remedy="Lagre den som UTF-8.") from error


class _Loader(yaml.SafeLoader):
    """YAML where ``yes`` and ``no`` are words, as in OpenStreetMap, and keys are unique."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"«{key.value}» står to ganger", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    sign: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:bool"]
    for sign, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), ["t", "f"])


def parse_mapping(text: str, name: str = "kart.yml") -> Mapping:
    r"""Read a mapping from its text.

    Raises
    ------
    SourceError
        When it is no mapping; all problems are listed.

    Examples
    --------
    >>> mapping = parse_mapping("lag: sti\nkolonner: {stitype: type, merket: {konstant: false}}")
    >>> mapping.columns["stitype"].sources, mapping.columns["merket"].constant
    (('type',), False)
    """
    try:
        # _Loader is a SafeLoader.
        content = yaml.load(text, Loader=_Loader)  # noqa: S506
    except (yaml.YAMLError, RecursionError) as error:
        raise SourceError(f"{name} er ikke gyldig YAML: {error}", remedy="Rett filen.") from error
    if not isinstance(content, dict):
        raise SourceError(f"{name} er ikke en kartfil.", remedy="Se docs/kart-yml.md.")
    problems: list[str] = []
    mapping = _mapping_of(content, problems)
    if problems:
        raise SourceError(f"{name} har feil:\n{collect(problems)}", remedy="Se docs/kart-yml.md.")
    return mapping


def _mapping_of(content: dict[Any, Any], problems: list[str]) -> Mapping:
    _known_keys(content, _TOP, "filen", problems)
    layer = content.get("lag")
    if not isinstance(layer, str):
        problems.append("«lag» mangler: hvilket lag i katalogen filen gjelder")
    rules = {
        str(target): _rule_of(str(target), rule, problems)
        for target, rule in _section(content, "kolonner", problems).items()
    }
    # Codes may stand by themselves, column by column, which reads better when they are many.
    for target, codes in _section(content, "koder", problems).items():
        rule = rules.get(str(target), ColumnRule(sources=(str(target),)))
        values = dict(rule.__dict__)
        values["codes"] = rule.codes | _codes_of(str(target), codes, problems)
        rules[str(target)] = ColumnRule(**values)
    geometry = content.get("geometri", "")
    if geometry and geometry not in _GEOMETRY:
        problems.append(f"«geometri» er «{geometry}», men kan være {' eller '.join(_GEOMETRY)}")
    origin = _section(content, "kilde", problems)
    _known_keys(origin, _SOURCE, "«kilde»", problems)
    return Mapping(
        layer=str(layer),
        description=str(content.get("beskrivelse", "")),
        read=_read_of(_section(content, "les", problems), problems),
        origin={str(key): str(value) for key, value in origin.items()},
        keep=_choices_of(content, "filter", problems),
        drop=_choices_of(content, "utelat", problems),
        columns=rules,
        geometry=str(geometry),
        optional=tuple(str(name) for name in _listed(content.get("kan_mangle") or ())),
    )


def _section(content: dict[Any, Any], name: str, problems: list[str]) -> dict[Any, Any]:
    value = content.get(name) or {}
    if isinstance(value, dict):
        return value
    problems.append(f"«{name}» skal ha navn og verdi på hver linje")
    return {}


def _known_keys(
    content: dict[Any, Any], known: tuple[str, ...], where: str, problems: list[str]
) -> None:
    problems += [
        f"ukjent nøkkel «{key}» i {where}. {nearest(str(key), known)}".rstrip()
        for key in content
        if key not in known
    ]


def _read_of(content: dict[Any, Any], problems: list[str]) -> ReadOptions:
    _known_keys(content, _READ, "«les»", problems)
    x, y = content.get("x"), content.get("y")
    if (x is None) != (y is None):
        problems.append("«les» må ha både «x» (øst) og «y» (nord), eller ingen av dem")
    table = str(content.get("tabell", ""))
    if table and table not in _TABLES:
        problems.append(f"«tabell» er «{table}», men kan være {' eller '.join(_TABLES)}")
    return ReadOptions(
        table=table,
        layers=tuple(str(name) for name in _listed(content.get("lag", ()))),
        crs=str(content["crs"]) if "crs" in content else None,
        coordinates=(str(x), str(y)) if x is not None and y is not None else None,
    )


def _listed(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _text_of(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _conditions_of(content: dict[Any, Any]) -> Conditions:
    return {
        str(name): tuple(None if one is None else _text_of(one) for one in _listed(value))
        for name, value in content.items()
    }


def _choices_of(content: dict[Any, Any], name: str, problems: list[str]) -> tuple[Conditions, ...]:
    """Read one set of conditions, or a list of sets of which one must hold."""
    listed = _listed(content[name]) if content.get(name) else ()
    sets = [_conditions_of(one) for one in listed if isinstance(one, dict)]
    if len(sets) != len(listed):
        problems.append(f"«{name}» skal være kolonner og verdier, eller en liste av slike")
    return tuple(sets)


def _codes_of(target: str, codes: object, problems: list[str]) -> dict[str, object]:
    if isinstance(codes, dict):
        return {_text_of(key): value for key, value in codes.items()}
    problems.append(f"«koder» for «{target}» skal være kildens verdi og katalogens")
    return {}


def _rule_of(target: str, rule: object, problems: list[str]) -> ColumnRule:
    if isinstance(rule, str | list):
        return ColumnRule(sources=tuple(str(name) for name in _listed(rule)))
    if not isinstance(rule, dict):
        problems.append(f"«{target}» skal være en kolonne i kilden, eller nøkler som «fra»")
        return ColumnRule()
    _known_keys(rule, _COLUMN, f"«{target}»", problems)
    origins = [key for key in ("fra", "konstant", "regler", "lopenummer") if key in rule]
    if len(origins) != 1:
        problems.append(f"«{target}» må ha én av «fra», «konstant», «regler» og «lopenummer»")
    factor = rule.get("faktor")
    if factor is not None and (isinstance(factor, bool) or not isinstance(factor, int | float)):
        problems.append(f"«faktor» for «{target}» er ikke et tall: {factor}")
        factor = None
    decimals = rule.get("desimaler", 9)
    if isinstance(decimals, bool) or not isinstance(decimals, int) or not 0 <= decimals <= 9:  # noqa: PLR2004
        problems.append(f"«desimaler» for «{target}» er ikke et helt tall fra 0 til 9: {decimals}")
        decimals = 9
    regex = str(rule.get("regex", ""))
    try:
        re.compile(regex)
    except re.error as error:
        problems.append(f"«regex» for «{target}» er ikke gyldig: {error}")
        regex = ""
    return ColumnRule(
        sources=tuple(str(name) for name in _listed(rule["fra"])) if "fra" in rule else (),
        constant=rule.get("konstant"),
        codes=_codes_of(target, rule["koder"], problems) if "koder" in rule else {},
        factor=factor,
        decimals=decimals,
        regex=regex,
        otherwise=rule.get("ellers"),
        lenient="ellers" in rule and rule["ellers"] is None,
        rules=_rules_of(target, rule.get("regler", []), problems),
        running=str(rule["lopenummer"] or "") if "lopenummer" in rule else None,
    )


def _rules_of(
    target: str, rules: object, problems: list[str]
) -> tuple[tuple[Conditions, object], ...]:
    listed = rules if isinstance(rules, list) else []
    good = [one for one in listed if isinstance(one, dict) and set(one) == {"hvis", "er"}]
    good = [one for one in good if isinstance(one["hvis"], dict)]
    if len(good) != len(listed) or not isinstance(rules, list):
        problems.append(f"«regler» for «{target}» skal være en liste av «hvis» og «er»")
    return tuple((_conditions_of(one["hvis"]), one["er"]) for one in good)


def _misfits(mapping: Mapping, layer: Layer, frame: pd.DataFrame) -> list[str]:
    """List all that keeps the mapping from making the layer out of the frame."""
    problems = []
    problems += [
        f"laget har ikke kolonnen «{target}». {nearest(target, layer.columns)}".rstrip()
        for target in mapping.columns
        if target not in layer.columns
    ]
    used = {name for rule in mapping.columns.values() for name in rule.uses}
    used |= {name for conditions in mapping.keep + mapping.drop for name in conditions}
    names = [str(name) for name in frame.columns]
    problems += [
        f"kilden har ikke kolonnen «{name}». {nearest(name, names)}".rstrip()
        for name in sorted(used - set(names))
    ]
    for target, rule in mapping.columns.items():
        problems += _unknown_codes(target, rule, layer)
    problems += [
        f"påkrevd kolonne {name} finnes ikke i kilden og er ikke satt i kart.yml"
        for name in _lacking(layer, frame, mapping.columns)
    ]
    return problems


def _unknown_codes(target: str, rule: ColumnRule, layer: Layer) -> list[str]:
    column = layer.columns.get(target)
    if column is None or column.codes is None:
        return []
    given = [
        *rule.codes.values(),
        rule.constant,
        rule.otherwise,
        *(value for _, value in rule.rules),
    ]
    allowed = {str(code) for code in column.codes}
    return [
        f"«{value}» er ikke en kode for «{target}» ({', '.join(sorted(allowed)[:12])})"
        for value in dict.fromkeys(value for value in given if value is not None)
        if str(value) not in allowed
    ]
