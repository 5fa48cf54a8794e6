"""What is wrong with a nullvekstlinje, in words: what follows from it, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import shapely

from askergeo._text import listed
from askergeo.geometry import is_surface, lines_of, polygons_of
from askergeo.numbers import format_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from askergeo.geometry import Geometries
    from askergeo.transport._zone_areas import GivenAreas
    from askergeo.transport._zone_line import Divided, Piece

__all__ = ["FOR_THE_RECORD", "area_faults", "line_faults", "row_faults"]

# Rules that are told for the record: what was done is sound, and both sides are known.
FOR_THE_RECORD: Final = frozenset(
    {"nullvekst.forlenget", "nullvekst.skjotet", "nullvekst.grein", "nullvekst.flere_kryss"}
)
_LAYER = "nullvekstlinje"
# m²: less is what the edges of two maps leave of each other.
_LEAST = 0.5
_DEKAR = 1e3
# Parts that are named one by one.
_NAMED = 10
_AREAS = "eller gi sonene som flater med side nord og sor"

Row = tuple[str, str, str, str, str]


def _fault(rule: str, title: str, text: str, row: str = "", layer: str = _LAYER) -> Row:
    return f"nullvekst.{rule}", title, layer, row, text


def row_faults(line: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame) -> list[Row]:
    """Faults of the rows of the two layers, before anything is divided."""
    shapes = line.geometry.to_numpy()
    gone = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    found = []
    if gone.all():
        found.append(
            _fault(
                "ingen_linje",
                "Ingen nullvekstlinje",
                "Laget har ingen linje eller flate. Hele kommunen er i sonen ukjent. "
                f"Tegn linjen, {_AREAS}.",
            )
        )
    surface = is_surface(shapes)
    lost = ~surface & ~gone
    if surface.any() and lost.any():
        found.append(
            _fault(
                "flate_og_linje",
                "Både flater og linjer",
                f"{_count(int(lost.sum()), 'rad', 'rader')} i laget er ikke flater og er ikke "
                "brukt. Flatene er brukt.",
            )
        )
    points = lost & (shapely.get_dimensions(shapes) == 0)
    if points.any() and not surface.any():
        found.append(
            _fault(
                "punkt",
                "Punkt i nullvekstlinjen",
                f"{_count(int(points.sum()), 'rad', 'rader')} er punkt og er ikke brukt.",
            )
        )
    numbers = boundary["kommunenummer"].astype(str).unique() if "kommunenummer" in boundary else ()
    if len(numbers) > 1:
        found.append(
            _fault(
                "flere_kommuner",
                "Flere kommuner",
                f"Kommunegrensen har flere kommuner ({listed(sorted(numbers))}). Sonene gjelder "
                "dem samlet. Bruk grensen til én kommune.",
                layer="kommunegrense",
            )
        )
    return found


def line_faults(divided: Divided, municipality: BaseGeometry, *, reach: float) -> list[Row]:
    """Faults of lines, and what was done with them."""
    found = [
        _fault(
            "skjotet",
            "Hull i linjen er lukket",
            f"To stykker som lå {_metres(width)} fra hverandre, er skjøtt sammen.",
        )
        for width in divided.joins
    ]
    if len(divided.stubs):
        length = float(shapely.length(divided.stubs).sum())
        found.append(
            _fault(
                "grein",
                "Grein som ikke deler noe",
                f"{_count(len(divided.stubs), 'grein', 'greiner')}, til sammen {_metres(length)}, "
                "ender inne i kommunen eller er en løkke på linjen, og er ikke brukt.",
            )
        )
    for number, piece in enumerate(divided.pieces, start=1):
        found += _piece_faults(piece, str(number), municipality, reach)
    if divided.given.any():
        area = float(shapely.area(divided.parts[divided.given]).sum())
        found.append(
            _fault(
                "lose_deler",
                "Øyer og andre deler uten linje",
                f"{_count(int(divided.given.sum()), 'del', 'deler')}, {_dekar(area)}, ligger ikke "
                "ved linjen og har fått sonen til den nærmeste delen (nullvekst_lose_deler).",
            )
        )
    found += _part_faults(divided)
    return found


def _piece_faults(
    piece: Piece, name: str, municipality: BaseGeometry, reach: float
) -> Iterator[Row]:
    if piece.inside < _LEAST:
        touches = shapely.intersects(piece.line, municipality)
        where = "berører bare kommunegrensen" if touches else "ligger helt utenfor kommunen"
        title = "Linjen berører bare grensen" if touches else "Linjen krysser ikke kommunen"
        yield _fault(
            "beroerer" if touches else "utenfor",
            title,
            f"Stykke {name} {where} og deler ikke noe. Se om det er riktig kommune og "
            "koordinatsystem.",
            name,
        )
        return
    if piece.kind == "ring":
        yield _fault(
            "ring",
            "Linjen er en lukket ring",
            f"Stykke {name} begynner og slutter i samme punkt. Da sier det ikke hva som er nord. "
            "Gi sonene som flater med side nord og sor.",
            name,
        )
        return
    yield from _end_faults(piece, name, reach)
    if not piece.runs and piece.kind == "linje":
        yield _fault(
            "retning",
            "Linjen går mest nord–sør",
            f"Stykke {name} går mer nord–sør enn øst–vest. Da er det ikke gitt hva som er nord. "
            "Sett nullvekst_nord til vest eller ost (den siden som er sonen nord), "
            f"{_AREAS}.",
            name,
        )
    if piece.stretches > 1:
        yield _fault(
            "flere_kryss",
            "Linjen går ut av kommunen og inn igjen",
            f"Stykke {name} krysser kommunegrensen {format_number(2 * piece.stretches)} ganger. "
            "Delene står i tabellen over deler.",
            name,
        )


def _end_faults(piece: Piece, name: str, reach: float) -> Iterator[Row]:
    for end in piece.ends:
        place = f"nord {format_number(end.point[1])}, øst {format_number(end.point[0])}"
        if end.how in {"forlenget", "festet"}:
            way = "rett fram" if end.how == "forlenget" else "korteste veg"
            yield _fault(
                "forlenget",
                "Linjen er forlenget til grensen",
                f"Enden av stykke {name} ved {place} var for kort og er forlenget "
                f"{_metres(end.added)} {way} til kommunegrensen.",
                name,
            )
        elif end.how == "ender inne":
            yield _fault(
                "ender_inne",
                "Linjen ender inne i kommunen",
                f"Stykke {name} ender ved {place}, {_metres(end.away)} fra kommunegrensen. Her "
                "deler det ikke kommunen. Tegn linjen helt fram, eller øk nullvekst_skjot_m "
                f"(nå {_metres(reach)}).",
                name,
            )


def _part_faults(divided: Divided) -> Iterator[Row]:
    """Parts whose side is not known, the largest first, and which of them have it on both sides."""
    area = shapely.area(divided.parts)
    unknown = (divided.side == 0) & (area > _LEAST)
    if not unknown.any() or not len(divided.pieces):
        return
    if not (divided.side != 0).any():
        yield _fault(
            "deler_ikke",
            "Linjen deler ikke kommunen",
            "Ingen del av kommunen kan sies å ligge nord eller sør for linjen. Alt er i sonen "
            "ukjent.",
        )
        return
    order = sorted(range(len(area)), key=lambda row: -area[row])
    rows = [row for row in order if unknown[row]]
    for row in rows[:_NAMED]:
        middle = shapely.point_on_surface(divided.parts[row])
        why = (
            "har linjen på begge sider"
            if divided.both[row]
            else "ligger ikke ved en linje som sier hva som er nord"
        )
        yield _fault(
            "del_ukjent",
            "Del av kommunen som verken er nord eller sør",
            f"{_dekar(area[row])} ved nord {format_number(middle.y)}, øst "
            f"{format_number(middle.x)} {why}. Det som ligger der, er i sonen ukjent.",
        )
    if len(rows) > _NAMED:
        rest = float(area[rows[_NAMED:]].sum())
        yield _fault(
            "del_ukjent",
            "Deler av kommunen som verken er nord eller sør",
            f"{_count(len(rows) - _NAMED, 'del', 'deler')} til, {_dekar(rest)}, er i sonen ukjent.",
        )


def area_faults(
    rows: gpd.GeoDataFrame, side: Geometries, given: GivenAreas, unknown: BaseGeometry
) -> list[Row]:
    """Faults of zones that were given as areas."""
    found: list[Row] = []
    names = rows["linje_id"].astype(str) if "linje_id" in rows else rows.index.astype(str)
    lost = [str(name) for name, one in zip(names, side, strict=True) if one not in {"nord", "sor"}]
    if lost:
        found.append(
            _fault(
                "side_mangler",
                "Flater uten side",
                f"{_count(len(lost), 'flate', 'flater')} har verken side nord eller sor og er ikke "
                "brukt. Fyll ut kolonnen side.",
                ", ".join(lost[:_NAMED]),
            )
        )
    for name, shape in (("nord", given.north), ("sør", given.south)):
        if shapely.is_empty(shape):
            found.append(
                _fault(
                    "bare_en_side",
                    f"Ingen flate er {name}",
                    f"Ingen flate i kommunen har side {name}. Det som ikke er dekket, er i sonen "
                    "ukjent.",
                )
            )
    overlap = float(shapely.area(given.overlap))
    if overlap > _LEAST:
        found.append(
            _fault(
                "flater_overlapper",
                "Flater som overlapper",
                f"{_dekar(overlap)} ligger både i en flate nord og en flate sør. Det er talt én "
                "gang, som nord. Rett flatene.",
            )
        )
    gap = float(shapely.area(unknown))
    if gap > _LEAST:
        count = len(polygons_of(unknown))
        found.append(
            _fault(
                "flater_hull",
                "Flatene dekker ikke kommunen",
                f"{_dekar(gap)} i {_count(count, 'del', 'deler')} er verken i en flate nord eller "
                "en flate sør. Det som ligger der, er i sonen ukjent.",
            )
        )
    if not len(lines_of(given.line)) and not found:
        found.append(
            _fault("ingen_linje", "Flatene møtes ikke", "Avstanden til linjen er ikke regnet.")
        )
    return found


def _metres(length: float) -> str:
    return format_number(length, 1 if length < 10 else 0, unit="m")  # noqa: PLR2004


def _count(number: int, one: str, several: str) -> str:
    return f"{format_number(number)} {one if number == 1 else several}"


def _dekar(area: float) -> str:
    return format_number(area / _DEKAR, 1, unit="dekar")
