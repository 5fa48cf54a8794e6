"""Parameters and factors as data: value, unit, source and confidence, never inside the code.

The files lie in ``askergeo/data/parameters``, one YAML a set. A value flagged ``usikker`` prints
a warning while it is in force.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from askergeo.errors import ParameterError, collect
from askergeo.numbers import HARD_SPACE, format_number

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

__all__ = ["Parameter", "Parameters", "load_parameters", "value_text"]

CONFIDENCE = ("verifisert", "kjent", "usikker")


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One value with its unit, source and confidence."""

    name: str
    title: str
    value: Any
    unit: str = ""
    source: str = ""
    confidence: str = "usikker"
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Any, ...] = ()
    changed: bool = False


class Parameters:
    """The parameters of one analysis; ``parameters["belte_m"]`` is the value in force.

    Examples
    --------
    >>> p = Parameters("demo", [Parameter(name="belte_m", title="Bredde", value=100.0, unit="m")])
    >>> p["belte_m"], p.override({"belte_m": "50"})["belte_m"]
    (100.0, 50.0)
    """

    def __init__(self, name: str, parameters: list[Parameter]) -> None:
        self.name = name
        self._by_name = {parameter.name: parameter for parameter in parameters}
        # Names of the values that have been read: those that an answer may depend on.
        self.used: set[str] = set()

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401  (number, text or list)
        value = self._by_name[name].value
        self.used.add(name)
        return value

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._by_name.values())

    def override(self, values: Mapping[str, Any]) -> Parameters:
        """Return a copy with other values; text is read as the type of the value it replaces.

        Raises
        ------
        ParameterError
            When a name is unknown or a value is not allowed; all faults are listed at once.
        """
        changed = dict(self._by_name)
        problems = []
        for name, value in values.items():
            if name not in changed:
                known = ", ".join(changed)
                problems.append(f"parameteren «{name}» finnes ikke; kjente er {known}")
                continue
            try:
                new = _read(changed[name], value)
            except ValueError as error:
                problems.append(str(error))
            else:
                changed[name] = replace(changed[name], value=new, changed=True)
        if problems:
            msg = f"Parametre for «{self.name.partition('+')[0]}»:\n{collect(problems)}"
            raise ParameterError(msg, remedy="Se «askergeo parametre» for navn og verdier.")
        return Parameters(self.name, list(changed.values()))

    def warnings(self, names: Container[str] | None = None) -> tuple[str, ...]:
        """One line for each uncertain value in force; of ``names`` only, when given."""
        return tuple(
            f"Parameteren «{p.title}» = {value_text(p.value, p.unit)} er usikker: {p.source}."
            for p in self
            if p.confidence == "usikker" and (names is None or p.name in names)
        )

    def records(self) -> tuple[dict[str, Any], ...]:
        """Return the parameters as plain records, for tables and JSON."""
        return tuple(
            {
                "navn": p.name,
                "tittel": p.title,
                "verdi": p.value,
                "enhet": p.unit,
                "kilde": p.source if not p.changed else f"endret av brukeren ({p.source})",
                "sikkerhet": p.confidence,
                "endret": p.changed,
            }
            for p in self
        )


def load_parameters(name: str, overrides: Mapping[str, Any] | None = None) -> Parameters:
    """Read the parameters of an analysis from the package's data.

    Parameters
    ----------
    name
        Name of the set: ``strandsone`` reads ``askergeo/data/parameters/strandsone.yml``. An
        analysis that builds on another has both: ``skole+prognose``. Of a set that it needs little
        of, ``trafikk.trafikk_m2`` has the values whose names begin so.
    overrides
        Values that replace the file's.

    Raises
    ------
    ParameterError
        When an override is unknown or not allowed.
    """
    parameters = Parameters(name, [one for part in name.split("+") for one in _part_of(part)])
    return parameters.override(overrides) if overrides else parameters


def _part_of(part: str) -> tuple[Parameter, ...]:
    """Return the values of a set, or those whose names begin as what follows the point."""
    name, _, start = part.partition(".")
    return tuple(one for one in _shipped(name) if one.name.startswith(start))


@cache
def _shipped(name: str) -> tuple[Parameter, ...]:
    """Read the values of a set once: plans ask for the same sets again and again."""
    text = (files("askergeo") / "data" / "parameters" / f"{name}.yml").read_text(encoding="utf-8")
    records = yaml.safe_load(text) or {}
    return tuple(_parameter(key, record) for key, record in records.items())


def _parameter(name: str, record: Mapping[str, Any]) -> Parameter:
    if record["confidence"] not in CONFIDENCE:
        raise ParameterError(f"{name}: confidence {record['confidence']} is not in {CONFIDENCE}")
    return Parameter(
        name=name,
        title=record["title"],
        value=record["value"],
        unit=record.get("unit", ""),
        source=record["source"],
        confidence=record["confidence"],
        minimum=record.get("minimum"),
        maximum=record.get("maximum"),
        choices=tuple(record.get("choices", ())),
    )


def _read(parameter: Parameter, value: Any) -> Any:  # noqa: ANN401
    """Read ``value`` as the type that the parameter has, and hold it against its bounds."""
    kind = type(parameter.value)
    if isinstance(value, str) and kind is list:
        value = [part.strip() for part in value.split(",") if part.strip()]
    try:
        new = value if isinstance(value, kind) else kind(_plain(value))
    except (TypeError, ValueError):
        msg = f"«{parameter.name}» = {value!r} kan ikke leses som {_word(kind)}"
        raise ValueError(msg) from None
    if isinstance(new, float) and not math.isfinite(new):
        raise ValueError(f"«{parameter.name}» = {value!r} er ikke et tall som kan regnes med")
    said = f"«{parameter.name}» ({parameter.title}) = {value_text(new, parameter.unit)}"
    if parameter.minimum is not None and new < parameter.minimum:
        raise ValueError(f"{said} er under {value_text(parameter.minimum, parameter.unit)}")
    if parameter.maximum is not None and new > parameter.maximum:
        raise ValueError(f"{said} er over {value_text(parameter.maximum, parameter.unit)}")
    if parameter.choices and new not in parameter.choices:
        allowed = value_text([one for one in parameter.choices if one != ""])
        raise ValueError(f"{said} er ikke blant {allowed}")
    return new


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Let a planner write a decimal comma."""
    return value.replace(",", ".").replace("\u00a0", "") if isinstance(value, str) else value


def _word(kind: type) -> str:
    words = {float: "et tall", int: "et helt tall", str: "tekst", list: "en liste"}
    return words.get(kind, kind.__name__)


def value_text(value: Any, unit: str = "") -> str:  # noqa: ANN401  (number, text or list)
    """Write a parameter's value for people; a list names things and takes no unit.

    Examples
    --------
    >>> value_text(100.0), value_text(0.25), value_text(["bilveg", "gatetun"], "vegtype")
    ('100', '0,25', 'bilveg, gatetun')
    """
    if isinstance(value, list | tuple):
        return ", ".join(value_text(item) for item in value)
    return f"{_show(value)}{HARD_SPACE}{unit}" if unit else _show(value)


def _show(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, bool):
        return "ja" if value else "nei"
    if not isinstance(value, int | float):
        return str(value)
    # The shortest decimals that give the number back, never with an exponent.
    decimals = len(np.format_float_positional(value, trim="-").partition(".")[2])
    return format_number(value, decimals)
