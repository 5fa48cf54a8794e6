"""The sentence of the land reserve, its key figures, and how to read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from askergeo.analyses._land import land_boundary
from askergeo.analyses._reserve_conflicts import ALL, RED
from askergeo.analyses._reserve_parts import DEKAR
from askergeo.crs import crs_name, ellipsoidal_area
from askergeo.geometry import geometries, polygons_of
from askergeo.numbers import format_number
from askergeo.result import Fact

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from askergeo.analyses._reserve_change import Change
    from askergeo.analyses._reserve_conflicts import Conflicts
    from askergeo.analyses._reserve_parts import Described
    from askergeo.parameters import Parameters
    from askergeo.reserve import Reserve
    from askergeo.result import SourceRecord

__all__ = ["reading", "statement"]

# Rules that take away what is built or water; without one of them the reserve is too large.
_TAKING: Final = ["bebygd", "ferskvann", "veg", "bygninger", "naavaerende"]


def statement(
    found: Reserve,
    described: Described,
    conflicts: Conflicts,
    rules: Parameters,
    change: Change | None,
) -> tuple[str, dict[str, Fact]]:
    """Say how much there is, how much of it has a conflict, and how many dwellings it holds."""
    parts = described.parts
    counted = ~parts["for_seg"]
    area = float(parts.loc[counted, "areal_m2"].sum()) / DEKAR
    plan = "gjeldende plan" if rules["plan"] == "gjeldende" else "planforslaget"
    facts = {
        "reserve": Fact(
            title="Arealreserve", value=area, unit="dekar", cell=("grupper", "reserve", "dekar")
        ),
        "stykker": Fact(
            title="Stykker",
            value=len(described.counted),
            unit="stykker",
            cell=("grupper", "reserve", "stykker"),
        ),
    }
    # A rule without its layer leaves too much: the reserve is then the most that it can be.
    most = "" if found.steps.set_index("regel")["brukt"][_TAKING].all() else "på høyst "
    template = f"Arealreserven i {plan} er {most}{{reserve}} dekar i {{stykker}} stykker."
    if not area:
        template = f"Det er ingen arealreserve i {plan}."
    shares, text = _shares(conflicts, counted, area)
    homes, more = _homes(parts, rules)
    facts |= shares | homes
    template += text if area else ""
    template += more if area else ""
    if change is not None:
        facts["tatt_ut"] = Fact(
            title="Tatt ut av reserven i forslaget", value=change.out_dekar, unit="dekar"
        )
        facts["ny"] = Fact(title="Ny reserve i forslaget", value=change.new_dekar, unit="dekar")
        template += " Planforslaget tar {tatt_ut} dekar ut av reserven og legger til {ny} dekar."
    apart = float(parts.loc[~counted, "areal_m2"].sum()) / DEKAR
    if apart:
        names = sorted(set(described.pieces.loc[described.pieces["for_seg"], "formaal"]))
        facts["for_seg"] = Fact(
            title=f"{', '.join(names)}, ikke med i reserven",
            value=apart,
            unit="dekar",
            cell=("grupper", "for_seg", "dekar"),
        )
    return template, facts


def _shares(conflicts: Conflicts, counted: pd.Series, area: float) -> tuple[dict[str, Fact], str]:
    sums: pd.Series = conflicts.areas[[ALL, RED]][counted].sum(min_count=1) / DEKAR
    if not area or sums.isna().any():
        return {}, " Konfliktene er ikke kartlagt."
    least = "Minst " if conflicts.absent() else ""
    facts = {
        "andel": Fact(
            title="Andel med minst én konflikt",
            value=float(sums[ALL] / area * 100),
            unit="%",
            cell=("konflikter", ALL, "andel"),
        ),
        "rod": Fact(
            title="Andel med rød konflikt",
            value=float(sums[RED] / area * 100),
            unit="%",
            cell=("konflikter", RED, "andel"),
        ),
    }
    text = (
        f" {least}{{andel}} % av den ligger i konflikt med jordvern, natur, naturfare, strandsone "
        "eller Marka; for {rod} % er konflikten rød."
    )
    return facts, text


def _homes(parts: gpd.GeoDataFrame, rules: Parameters) -> tuple[dict[str, Fact], str]:
    area = float(parts.loc[parts["bolig"], "areal_m2"].sum()) / DEKAR
    levels = {"lav": "lavt", "middels": "middels", "hoy": "høyt"}
    names = {"lav": "boliger_per_dekar_lav", "middels": "boliger_per_dekar",
             "hoy": "boliger_per_dekar_hoy"}  # fmt: skip
    facts = {
        f"boliger_{key}": Fact(
            title=f"Boliger, {level} anslag",
            value=round(area * rules[names[key]]),
            unit="boliger",
            cell=("boliger", key, "boliger"),
        )
        for key, level in levels.items()
    }
    if not area:
        return facts, " Den har ikke noe boligformål."
    return facts, " Boligreserven har plass til {boliger_lav}–{boliger_hoy} boliger."


def reading(
    found: Reserve,
    described: Described,
    layers: Mapping[str, gpd.GeoDataFrame | None],
    sources: Mapping[str, SourceRecord] | None,
) -> tuple[str, ...]:
    """Say what the reserve is, what it rests on, and what it does not say."""
    definition = (
        "Arealreserve er areal som planene har satt av til utbygging, og som ikke er bygd ut. Det "
        "som kan komme ved fortetting og transformasjon, er ikke med. Slik avgrenser Kommunal- og "
        "distriktsdepartementet den (veilederen «Arealregnskap i kommuneplan», kapittel 4)."
    )
    method = (
        "Reglene følger den nasjonale metoden fra NINA (rapport 2310), skrevet på nytt. Tabellen "
        "over reglene viser hva hver av dem tar bort. Alle grenser er parametre og kan endres."
    )
    caution = (
        "At et sted er uten konflikt, betyr bare at lagene ikke viser noen. Kartleggingen av "
        "natur, flom og kvikkleire dekker ikke alt. Om et sted bør bygges ut, er ikke vurdert."
    )
    return (definition, method, _area_text(found, described, layers, sources), caution)


def _area_text(
    found: Reserve,
    described: Described,
    layers: Mapping[str, gpd.GeoDataFrame | None],
    sources: Mapping[str, SourceRecord] | None,
) -> str:
    """Name the boundary, the CRS and the ellipsoidal total."""
    pieces = described.counted
    crs = crs_name(described.pieces.crs)
    plane = float(pieces["areal_m2"].sum())
    ellipsoid = ellipsoidal_area(polygons_of(geometries(pieces)), crs) if plane else 0.0
    drawn = float(found.steps["areal_for_m2"].iloc[0]) / DEKAR
    text = (
        f"Regnskapet gjelder det som er tegnet i planene, {format_number(drawn)} dekar, og er ikke "
        f"klippet til kommunegrensen. Arealene er målt i kartplanet ({crs}). På jordellipsoiden er "
        f"reserven {format_number(ellipsoid / DEKAR, 1)} dekar, mot "
        f"{format_number(plane / DEKAR, 1)} i kartplanet."
    )
    boundary = layers.get("kommunegrense")
    if boundary is None or not len(boundary):
        return text
    limit = land_boundary(boundary, source=(sources or {}).get("kommunegrense"))
    return f"{text} Land på kartet og i strandsonen er {limit.text}."
