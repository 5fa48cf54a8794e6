"""Senterstruktur that ships as data, with the confidence of each name and each position."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

from askergeo.catalogue import load_catalogue
from askergeo.crs import CRS_OF_RECORD, to_crs
from askergeo.errors import SourceError, collect

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["CONFIDENCE", "Centre", "CentreStructure", "load_centres"]

# From the surest to the least sure.
CONFIDENCE = ("verifisert", "kjent", "usikker")
_FIELDS = ("id", "navn", "niva", "navn_kilde", "navn_sikkerhet", "sted_kilde", "sted_sikkerhet")


@dataclass(frozen=True, kw_only=True)
class Centre:
    """One centre: what it is called and where it lies, each with source and confidence.

    ``latitude`` and ``longitude`` are degrees in EPSG:4326, ``None`` when no position is known.
    """

    id: str
    name: str
    level: str
    name_source: str
    name_confidence: str
    place: str
    place_source: str
    place_confidence: str
    latitude: float | None
    longitude: float | None

    @property
    def confidence(self) -> str:
        """The less sure of name and position."""
        return max(self.name_confidence, self.place_confidence, key=CONFIDENCE.index)

    @property
    def source(self) -> str:
        """Sources of name and position in one line."""
        return f"navn: {self.name_source}; plassering ({self.place}): {self.place_source}"


@dataclass(frozen=True, kw_only=True)
class CentreStructure:
    """The centres of a municipality, and how many the plan says there are."""

    municipality: str
    name: str
    centres: tuple[Centre, ...]
    expected: dict[str, int]
    expected_source: str
    missing_text: str

    @property
    def missing(self) -> dict[str, int]:
        """How many centres of each level the plan has and this list lacks."""
        return {
            level: number - sum(centre.level == level for centre in self.centres)
            for level, number in self.expected.items()
        }

    @property
    def without_position(self) -> tuple[Centre, ...]:
        """Centres whose name is known and whose position is not; they are not on the map."""
        return tuple(centre for centre in self.centres if centre.latitude is None)

    def warnings(self) -> tuple[str, ...]:
        """Say in bokmål what the list lacks and which positions are uncertain."""
        lines = []
        if any(self.missing.values()):
            lines.append(self.missing_text)
        if self.without_position:
            names = ", ".join(centre.name for centre in self.without_position)
            lines.append(f"Uten kjent plassering, og derfor ikke i laget: {names}.")
        unsure = [c.name for c in self.centres if c.confidence == "usikker" and c.latitude]
        if unsure:
            lines.append(f"Usikker plassering: {', '.join(unsure)}.")
        return tuple(lines)

    def layer(self, crs: str = CRS_OF_RECORD) -> gpd.GeoDataFrame:
        """Return the centres with a position as the catalogue's layer ``senter``.

        Parameters
        ----------
        crs
            CRS of the points.

        Returns
        -------
        geopandas.GeoDataFrame
            Columns ``senter_id``, ``navn``, ``niva``, ``konfidens`` (the less sure of name and
            position), ``kilde`` and ``geometry``; one row a centre, a RangeIndex.
        """
        import geopandas as gpd  # noqa: PLC0415  (heavy; the list is read without it)

        placed = [centre for centre in self.centres if centre.latitude is not None]
        frame = gpd.GeoDataFrame(
            {
                "senter_id": [centre.id for centre in placed],
                "navn": [centre.name for centre in placed],
                "niva": [centre.level for centre in placed],
                "konfidens": [centre.confidence for centre in placed],
                "kilde": [centre.source for centre in placed],
            },
            geometry=gpd.points_from_xy(
                [centre.longitude for centre in placed], [centre.latitude for centre in placed]
            ),
            crs="EPSG:4326",
        )
        return to_crs(frame, crs)


@lru_cache(maxsize=4)
def load_centres(name: str = "asker") -> CentreStructure:
    """Read a senterstruktur from the package's data.

    Parameters
    ----------
    name
        ``"asker"`` reads ``askergeo/data/senterstruktur_asker.yml``.

    Raises
    ------
    SourceError
        When the file does not exist or has faults; all are listed.

    Examples
    --------
    >>> structure = load_centres()
    >>> structure.missing
    {'kommunesenter': 0, 'lokalsenter': 0, 'naersenter': 21}
    """
    file = files("askergeo") / "data" / f"senterstruktur_{name}.yml"
    if not file.is_file():
        raise SourceError(
            f"Det følger ingen senterstruktur for «{name}» med askergeo.",
            remedy="Legg inn kommunens egne sentre i laget «senter».",
        )
    record = yaml.safe_load(file.read_text(encoding="utf-8"))
    if problems := _problems(record["sentre"]):
        raise SourceError(f"senterstruktur_{name}.yml har feil:\n{collect(problems)}")
    return CentreStructure(
        municipality=record["kommunenummer"],
        name=record["kommune"],
        centres=tuple(_centre(centre) for centre in record["sentre"]),
        expected=dict(record["antall"]),
        expected_source=record["kilde_antall"],
        missing_text=record["mangler"],
    )


def _problems(records: list[dict[str, Any]]) -> list[str]:
    levels = load_catalogue()["senter"].columns["niva"].codes or {}
    problems = []
    seen: set[str] = set()
    for number, record in enumerate(records, start=1):
        what = f"senter {number} ({record.get('navn', 'uten navn')})"
        problems += [f"{what}: «{key}» mangler" for key in _FIELDS if not record.get(key)]
        if record.get("id") in seen:
            problems.append(f"{what}: id «{record['id']}» er brukt før")
        seen.add(record.get("id", ""))
        if record.get("niva") not in levels:
            known = ", ".join(map(str, levels))
            problems.append(f"{what}: nivå «{record.get('niva')}» er ikke blant {known}")
        for key in ("navn_sikkerhet", "sted_sikkerhet"):
            if record.get(key) not in CONFIDENCE:
                problems.append(f"{what}: {key} er ikke blant {', '.join(CONFIDENCE)}")
        if ("lat" in record) != ("lon" in record):
            problems.append(f"{what}: «lat» og «lon» hører sammen")
    return problems


def _centre(record: dict[str, Any]) -> Centre:
    return Centre(
        id=record["id"],
        name=record["navn"],
        level=record["niva"],
        name_source=record["navn_kilde"],
        name_confidence=record["navn_sikkerhet"],
        place=record.get("sted", ""),
        place_source=record["sted_kilde"],
        place_confidence=record["sted_sikkerhet"],
        latitude=record.get("lat"),
        longitude=record.get("lon"),
    )
