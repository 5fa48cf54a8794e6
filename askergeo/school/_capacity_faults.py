"""What is wrong with the schools and the measures that places are reckoned from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.numbers import format_number
from askergeo.population.faults import all_faults
from askergeo.school._faults import faults_of
from askergeo.school._layers import MEASURES, column_of, year_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

__all__ = ["building_faults", "measure_faults", "negative_places", "school_faults"]

_NEW, _PAVILION = "ny_skole", "paviljong"
# Share by which the places stated and those of the parallels may differ before it is told.
_DIFFERS: Final = 0.1
_NO_PLACES: Final = (
    "verken plasser eller paralleller er oppgitt. Teller tiltaket, er plassene ved skolen ukjent "
    "fra det året. Fyll ut plasser; skriv 0 om de ikke endres."
)


def school_faults(skole: pd.DataFrame, schools: pd.DataFrame, building: Numbers) -> pd.DataFrame:
    """Name schools without grades or places, and ids that stand twice."""
    no_grades = schools[schools["fra"].isna() | schools["til"].isna()]
    guessed = schools[schools["antatt"]]
    unknown = pd.DataFrame(building, index=schools.index).isna().any(axis=1)
    no_places = schools[unknown & schools["fra"].notna() & ~schools["privat"]]
    doubled = skole.loc[skole["skole_id"].duplicated(), "skole_id"]
    return all_faults(
        [
            faults_of(
                "skole.uten_trinn",
                "Skole uten trinn",
                "skole",
                no_grades.index,
                "«" + no_grades["navn"].astype(str) + "» har ikke trinn. Elever og plasser der er "
                "ukjent, og skolen er ikke med i summene. Fyll ut trinn_fra og trinn_til.",
            ),
            faults_of(
                "skole.trinn_antatt",
                "Trinnene er antatt etter skolekretsen",
                "skole",
                guessed.index,
                "«" + guessed["navn"].astype(str) + "» har ikke trinn. Trinnene til kretsen som "
                "viser til skolen, er brukt. Fyll ut trinn_fra og trinn_til.",
            ),
            faults_of(
                "skole.uten_kapasitet",
                "Skole uten plasser",
                "skole",
                no_places.index,
                "«" + no_places["navn"].astype(str) + "» har verken kapasitet eller paralleller. "
                "Plassene er ukjent, ikke null, og summen for trinnet er derfor også ukjent. "
                "Fyll ut kapasitet eller paralleller.",
            ),
            faults_of(
                "skole.dobbel",
                "Skole-id brukt flere ganger",
                "skole",
                doubled,
                [
                    f"Skole-id {one} står i flere rader. Bare den første er brukt."
                    for one in doubled
                ],
            ),
        ]
    )


def building_faults(schools: pd.DataFrame, parallel: Numbers) -> pd.DataFrame:
    """Name schools whose stated places are far from what their parallels give.

    Parameters
    ----------
    schools
        As :func:`askergeo.school.capacity.schools_of` gives them.
    parallel
        Places of one parallel, (s,).
    """
    stated = schools["kapasitet"].to_numpy()
    reckoned = schools["paralleller"].to_numpy() * parallel
    apart = np.abs(stated - reckoned) > _DIFFERS * np.maximum(stated, 1.0)
    rows = schools[apart]
    texts = [
        f"«{name}» har oppgitt {format_number(own)} plasser, men parallellene gir "
        f"{format_number(other)}. Den oppgitte kapasiteten er brukt."
        for name, own, other in zip(rows["navn"], stated[apart], reckoned[apart], strict=True)
    ]
    title = "Oppgitt kapasitet og paralleller er ulike"
    return faults_of("skole.kapasitet_ulik", title, "skole", rows.index, texts)


def measure_faults(
    layer: pd.DataFrame | None, measures: pd.DataFrame, schools: pd.DataFrame, building: Numbers
) -> pd.DataFrame:
    """Name measures that cannot be counted, and those that rest on a guess.

    Parameters
    ----------
    layer
        The layer ``skoletiltak`` as it is.
    measures
        Those of it that are used, with the places that each gives by stage.
    schools, building
        The schools, and the places of their buildings, (s, 2).
    """
    if layer is None or not len(layer):
        return all_faults([])
    frame = pd.DataFrame({name: column_of(layer, name, kind) for name, kind in MEASURES.items()})
    lost = frame[~frame["skole_id"].isin(schools.index)]
    backward = frame[frame["til_aar"] < frame["fra_aar"]]
    kind = measures["type"].to_numpy(dtype=object)
    at = schools.index.get_indexer(pd.Index(measures["skole_id"]))
    # The places of a new school may stand in its own row instead.
    needed = np.asarray(np.isnan(building[at]).any(axis=1)) | (kind != _NEW)
    no_places = measures[measures[["barnetrinn", "ungdomstrinn"]].isna().any(axis=1) & needed]
    no_status = measures[measures["status"].isna()]
    endless = measures[(measures["type"] == _PAVILION) & measures["til_aar"].isna()]
    kinds = (
        (
            "ukjent_skole",
            "Tiltak ved en skole som ikke finnes",
            lost,
            "skolen finnes ikke i laget «skole», og tiltaket er ikke med. Legg inn skolen.",
        ),
        (
            "bakvendt",
            "Tiltak som slutter før det begynner",
            backward,
            "til_aar er før fra_aar, og tiltaket er ikke med. Rett årene.",
        ),
        (
            "uten_plasser",
            "Tiltak uten plasser",
            no_places,
            _NO_PLACES,
        ),
        (
            "uten_status",
            "Tiltak uten status",
            no_status,
            "status er ikke oppgitt, og tiltaket teller ikke. Fyll ut status.",
        ),
        (
            "paviljong_uten_slutt",
            "Paviljong uten sluttår",
            endless,
            "paviljongen har ikke til_aar og er regnet som varig. Fyll ut til_aar.",
        ),
    )
    return all_faults(
        faults_of(
            f"skoletiltak.{rule}",
            title,
            "skoletiltak",
            rows["tiltak_id"],
            rows["navn"].fillna(rows["tiltak_id"]).astype(str) + ": " + text,
        )
        for rule, title, rows, text in kinds
    )


def negative_places(
    places: Numbers, schools: pd.DataFrame, years: NDArray[np.int64]
) -> pd.DataFrame:
    """Name schools that the measures take more places from than they have."""
    below = (places < 0).any(axis=2)
    rows = schools[below.any(axis=0)]
    first = np.asarray(years)[below.argmax(axis=0)][below.any(axis=0)]
    texts = [
        f"«{name}»: tiltakene tar flere plasser enn skolen har i {year_text(int(year))}. "
        "Plassene er satt til 0. Rett tiltakene."
        for name, year in zip(rows["navn"], first, strict=True)
    ]
    return faults_of(
        "skoletiltak.negativ", "Færre enn null plasser", "skoletiltak", rows.index, texts
    )
