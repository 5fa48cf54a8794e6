"""What the catalogue knows about a layer, as plain frozen records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from askergeo.result import Status, Style

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "COLUMN_TYPES",
    "CONFIDENCE",
    "COVERAGE_RULES",
    "GEOMETRIES",
    "PROTOCOLS",
    "Code",
    "Coverage",
    "Credentials",
    "Layer",
    "LayerColumn",
    "LegalBasis",
    "Order",
    "Source",
]

GEOMETRIES = (
    "punkt",
    "linje",
    "flate",
    "linje eller flate",
    "punkt eller flate",
    "ingen",
    "raster",
    "ukjent",
)
COLUMN_TYPES = ("tekst", "heltall", "desimal", "dato", "boolsk", "ukjent")
COVERAGE_RULES = ("kommunen", "kartlagt", "registrert", "ukjent")
PROTOCOLS = ("fil", "wfs", "ogc_api", "arcgis", "wms", "wcs", "api")
CONFIDENCE = ("verifisert", "kjent", "usikker")


class Credentials(Mapping[str, str]):
    """User name and password of a service; never shown when the layer is printed.

    Examples
    --------
    >>> Credentials({"username": "ola", "password": "hemmelig"})
    Credentials(username, password)
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def __getitem__(self, key: str) -> str:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Credentials({', '.join(self._values)})"


@dataclass(frozen=True)
class Code:
    """One row of a code list: the code, its name, its group and its colours on the map.

    ``fill_future`` is the colour of a planned purpose that is not there yet.
    """

    code: int | str
    name: str
    group: str = ""
    fill: str = ""
    fill_future: str = ""


@dataclass(frozen=True, kw_only=True)
class LayerColumn:
    """One column of a layer.

    Parameters
    ----------
    name
        Column name, ASCII ``snake_case``.
    title
        Title in bokmål.
    type
        One of :data:`COLUMN_TYPES`; ``ukjent`` is left as it is read.
    unit
        Unit in bokmål (``"m"``, ``"m²"``, ``"personer"``); empty when there is none.
    required
        A layer without the column is refused.
    codes
        Allowed values with their labels in bokmål, or ``None`` when any value goes.
    persons
        The column counts persons: small counts are suppressed before anything leaves.
    generated
        askergeo makes the column (a running number) when the source has none.
    minimum, maximum
        Bounds of a number, in ``unit``; ``None`` when there is no bound.
    """

    name: str
    title: str
    type: str = "tekst"
    unit: str = ""
    required: bool = False
    codes: dict[int | str, str] | None = None
    persons: bool = False
    generated: bool = False
    minimum: float | None = None
    maximum: float | None = None
    description: str = ""

    @property
    def header(self) -> str:
        """Title with the unit in parentheses."""
        return f"{self.title} ({self.unit})" if self.unit else self.title


@dataclass(frozen=True, kw_only=True)
class LegalBasis:
    """What a law or guideline says about the layer, and how sure we are of the reference."""

    law: str
    text: str = ""
    confidence: str = "usikker"

    def __str__(self) -> str:
        doubt = "" if self.confidence == "verifisert" else " (ikke kontrollert mot lovteksten)"
        return f"{self.law}: {self.text}{doubt}" if self.text else f"{self.law}{doubt}"


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """What it means that nothing was found.

    Parameters
    ----------
    rule
        ``kommunen``: the layer is complete in the whole municipality, no hit is an answer.
        ``kartlagt``: complete within a mapped area only; outside it nothing is known.
        ``registrert``: holds what someone has registered; no hit never proves absence.
        ``ukjent``: nothing is said.
    text
        The rule in bokmål, for the reader.
    """

    rule: str = "ukjent"
    text: str = ""

    def no_hit(self, *, mapped: bool | None = None) -> Status:
        """Return the status of a place without a hit; green only where the layer is complete.

        Parameters
        ----------
        mapped
            Whether the place lies in the area that the layer covers; ``None`` when unknown.

        Examples
        --------
        >>> Coverage(rule="kartlagt").no_hit(mapped=True).value
        'NO-HIT-GREEN'
        >>> Coverage(rule="kartlagt").no_hit().value
        'NO-HIT-YELLOW'
        """
        complete = mapped is not False if self.rule == "kommunen" else mapped is True
        if complete and self.rule in ("kommunen", "kartlagt"):
            return Status.NO_HIT
        return Status.NOT_MAPPED


@dataclass(frozen=True, kw_only=True)
class Source:
    """One place where the layer can be had; sources stand in order of preference."""

    name: str
    protocol: str
    url: str = ""
    layer: str = ""
    format: str = ""
    mapping: str = ""
    metadata_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Order:
    """How a planner gets the layer: from whom, where, in which format, read by which mapping."""

    owner: str = ""
    where: str = ""
    format: str = ""
    mapping: str = ""


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer of the catalogue.

    ``dok`` holds every key of the national DOK configuration that the file gives, unchanged,
    and ``quality`` its quality indicators.
    """

    id: str
    title: str
    theme: str = ""
    description: str = ""
    owner: str = ""
    licence: str = ""
    attribution: str = ""
    legal_basis: tuple[LegalBasis, ...] = ()
    geometry: str = "ukjent"
    key: str = ""
    columns: dict[str, LayerColumn] = field(default_factory=dict)
    coverage: Coverage = field(default_factory=Coverage)
    sources: tuple[Source, ...] = ()
    style: Style = field(default_factory=Style)
    allows: str = ""
    order: Order = field(default_factory=Order)
    aliases: tuple[str, ...] = ()
    config_id: str = ""
    metadata_id: str = ""
    dok: Mapping[str, Any] = field(default_factory=dict)
    quality: tuple[Mapping[str, Any], ...] = ()
    disabled: bool = False
    path: Path | None = None

    @property
    def key_columns(self) -> tuple[str, ...]:
        """Columns that together identify a row (``key`` may join several with ``+``)."""
        return tuple(part.strip() for part in self.key.split("+")) if self.key else ()

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that a source must give."""
        return tuple(name for name, column in self.columns.items() if column.required)

    @property
    def persons(self) -> tuple[str, ...]:
        """Names of the columns that count persons."""
        return tuple(name for name, column in self.columns.items() if column.persons)

    @property
    def generated(self) -> tuple[str, ...]:
        """Names of the columns that are made when the source lacks them."""
        return tuple(name for name, column in self.columns.items() if column.generated)
