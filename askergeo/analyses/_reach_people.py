"""Who lives where: residents of each address or dwelling, by age."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._residents import by_cell
from askergeo.errors import LayerError, ParameterError
from askergeo.geometry import geometries, union
from askergeo.numbers import format_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters

__all__ = ["AGES", "Ages", "People", "inside", "left_out", "people_of", "read_ages"]

#: The age groups that are shown, and the parts (columns of ``People.persons``) each is made of.
AGES: dict[str, tuple[int, ...]] = {
    "alle": (0, 1, 2, 3, 4),
    "barn": (0,),
    "eldre": (2, 3),
    "eldst": (3,),
}
_PARTS = 5
_NO_BUILDINGS = {"bygningstype": pd.array([], dtype="Int64")}


@dataclass(frozen=True)
class Ages:
    """Borders between the age groups, in years, and their names."""

    children_to: int
    old_from: int
    oldest_from: int

    @property
    def titles(self) -> dict[str, str]:
        """Name of each shown group in bokmål."""
        return {
            "alle": "Alle",
            "barn": f"0–{self.children_to} år",
            "eldre": f"{self.old_from} år og eldre",
            "eldst": f"{self.oldest_from} år og eldre",
        }


@dataclass(frozen=True)
class People:
    """Residents at places.

    Parameters
    ----------
    points
        Places, (r,).
    ids
        What a place is known by in another run, (r,).
    persons
        Residents of each place in parts that do not overlap, (r, 5): children, the middle, the
        old, the oldest, and those whose age is unknown. Without ages all are in the last.
    unplaced
        The same for residents whose address has no place, (5,).
    by_age
        Whether ages are known.
    unknown_cells
        Grid cells without a number.
    source
        In bokmål, where the residents come from.
    """

    points: Geometries
    ids: NDArray[np.object_]
    persons: NDArray[np.int64]
    unplaced: NDArray[np.int64]
    by_age: bool
    unknown_cells: int
    source: str

    @property
    def total(self) -> NDArray[np.int64]:
        """Residents of all ages at each place, (r,)."""
        return np.asarray(self.persons.sum(axis=1), dtype=np.int64)

    def group(self, age: str) -> NDArray[np.float64]:
        """Residents of an age group at each place, (r,); NaN when ages are unknown."""
        if age != "alle" and not self.by_age:
            return np.full(len(self.persons), np.nan)
        return np.asarray(self.persons[:, AGES[age]].sum(axis=1), dtype=np.float64)

    def count(self, age: str, members: NDArray[np.bool_]) -> float:
        """Residents of an age group at some places; NaN when ages are unknown, also for none."""
        if age != "alle" and not self.by_age:
            return np.nan
        return float(self.group(age)[members].sum())

    def counts(self, members: NDArray[np.bool_], *, unplaced: bool = False) -> dict[str, float]:
        """Residents of every age group at some places; ``unplaced`` adds those without a place."""
        lost = self.unplaced if unplaced else np.zeros_like(self.unplaced)
        parts = self.persons[members].sum(axis=0) + lost
        return {
            age: float(parts[list(columns)].sum()) if self.by_age or age == "alle" else np.nan
            for age, columns in AGES.items()
        }


def read_ages(parameters: Parameters) -> Ages:
    """Read the borders between the age groups.

    Raises
    ------
    ParameterError
        When they are not in order.
    """
    ages = Ages(parameters["barn_til_og_med"], parameters["eldre_fra"], parameters["eldst_fra"])
    if not ages.children_to < ages.old_from < ages.oldest_from:
        raise ParameterError(
            f"Aldersgrensene {ages.children_to}, {ages.old_from} og {ages.oldest_from} år er ikke "
            "i stigende rekkefølge.",
            remedy="Sett barn_til_og_med < eldre_fra < eldst_fra.",
        )
    return ages


def people_of(  # noqa: PLR0917  (the layers, in the order in which they are asked)
    addresses: gpd.GeoDataFrame | None,
    population: pd.DataFrame | None,
    cells: gpd.GeoDataFrame | None,
    buildings: gpd.GeoDataFrame | None,
    ages: Ages,
    parameters: Parameters,
) -> People:
    """Read the residents from addresses, or else from grid cells.

    Raises
    ------
    LayerError
        When no layer tells where people live, or nobody lives there.
    """
    if addresses is not None and population is not None:
        people = _by_address(addresses, population, ages)
    elif cells is not None:
        people = _by_cell(cells, buildings, parameters)
    else:
        raise LayerError(
            "Ingen lag sier hvor folk bor.",
            remedy="Legg til «adresse» og «befolkning», eller «befolkning_rute».",
        )
    if not people.total.sum():
        raise LayerError(
            "Ingen bosatte har en adresse eller rute som er stedfestet: andeler kan ikke regnes.",
            remedy="Se etter at «befolkning» og «adresse» har de samme adresse_id-ene.",
        )
    return people


def inside(people: People, boundary: gpd.GeoDataFrame | None) -> People:
    """Leave out homes outside the municipality.

    Raises
    ------
    LayerError
        When none is inside.
    """
    if boundary is None:
        return people
    outline = union(geometries(boundary))
    shapely.prepare(outline)
    own = np.asarray(shapely.intersects(outline, people.points), dtype=np.bool_)
    if not own.any():
        raise LayerError(
            "Ingen av adressene ligger i kommunen.",
            remedy="Se etter at adresser og kommunegrense er i samme koordinatsystem.",
        )
    return replace(
        people, points=people.points[own], ids=people.ids[own], persons=people.persons[own]
    )


def left_out(everybody: People, people: People) -> list[str]:
    """Say whom the answer does not have, of those there are and those inside the municipality."""
    said = []
    outside = int((everybody.total > 0).sum() - (people.total > 0).sum())
    if outside:
        said.append(
            f"{format_number(outside)} adresser eller ruter med bosatte ligger utenfor "
            "kommunegrensen; de som bor der, er ikke med."
        )
    if people.unknown_cells:
        said.append(
            f"{format_number(people.unknown_cells)} ruter har ikke tall for bosatte; de som bor "
            "der, er ikke med."
        )
    return said


def _by_address(addresses: gpd.GeoDataFrame, population: pd.DataFrame, ages: Ages) -> People:
    known = addresses.drop_duplicates("adresse_id")
    places = geometries(known)
    placed = ~(shapely.is_missing(places) | shapely.is_empty(places))
    number = population["antall"].to_numpy(dtype=float, na_value=0.0).astype(np.int64)
    part, by_age = _parts(population, number, ages)
    row = pd.Index(known["adresse_id"][placed]).get_indexer(pd.Index(population["adresse_id"]))
    persons = np.zeros((int(placed.sum()) + 1, _PARTS), dtype=np.int64)
    # Row −1 is the last: those whose address has no place.
    np.add.at(persons, (row, part), number)
    return People(
        points=places[placed],
        ids=known["adresse_id"][placed].to_numpy(dtype=object),
        persons=persons[:-1],
        unplaced=persons[-1],
        by_age=by_age,
        unknown_cells=0,
        source="bosatte på adresse",
    )


def _parts(
    population: pd.DataFrame, number: NDArray[np.int64], ages: Ages
) -> tuple[NDArray[np.intp], bool]:
    """Return the part that each row belongs to, and whether any age is known."""
    if "alder" not in population:
        return np.full(len(population), _PARTS - 1, dtype=np.intp), False
    age = population["alder"].to_numpy(dtype=float, na_value=np.nan)
    borders = [ages.children_to + 1, ages.old_from, ages.oldest_from]
    part = np.searchsorted(borders, np.nan_to_num(age), side="right")
    part[np.isnan(age)] = _PARTS - 1
    return part, bool(number[~np.isnan(age)].sum())


def _by_cell(
    cells: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame | None, parameters: Parameters
) -> People:
    if buildings is None:
        buildings = gpd.GeoDataFrame(_NO_BUILDINGS, geometry=[], crs=cells.crs)
    found = by_cell(cells, buildings, parameters["bolig_typer"])
    persons = np.zeros((len(found.count), _PARTS), dtype=np.int64)
    persons[:, -1] = found.count
    at = np.round(shapely.get_coordinates(found.points), 1)
    return People(
        points=found.points,
        ids=np.array([f"{x:.1f} {y:.1f}" for x, y in at], dtype=object),
        persons=persons,
        unplaced=np.zeros(_PARTS, dtype=np.int64),
        by_age=False,
        unknown_cells=found.unknown,
        source=found.source,
    )
