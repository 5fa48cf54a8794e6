"""The tables of a plan's screening."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.result import Column, RowSum, Table
from askergeo.transport.screening import DISCLAIMER
from askergeo.transport.trips import INDUSTRIES, LEVELS, jobs, traffic
from askergeo.transport.zones import SIDES

if TYPE_CHECKING:
    import geopandas as gpd

    from askergeo.parameters import Parameters
    from askergeo.transport._car_emissions import Emission
    from askergeo.transport.screening import Screening

__all__ = [
    "SIDE_TITLES",
    "answer_table",
    "class_table",
    "measure_table",
    "part_frame",
    "part_table",
    "reason_table",
    "standing_table",
    "weight_table",
    "year_table",
]

#: What each side is called.
SIDE_TITLES: Final = {
    "nord": "Nord for linjen",
    "sor": "Sør for linjen",
    "ukjent": "Ukjent side",
    "sum": "Sum",
}
_WORDS: Final = {"lav": "lavt", "middels": "middels", "hoy": "høyt"}
_GRAMS: Final = 1e6
_GUESSED: Final = (
    "Spennet har alle usikre parametre i den enden som gir minst og mest bilkjøring samtidig. Det "
    "virkelige tallet ligger trolig nærmere midten. Arket «Parametre» sier hva som er anslag."
)


def _three(name: str, title: str, unit: str, decimals: int = 0) -> dict[str, Column]:
    return {
        f"{name}_{level}": Column(title=f"{title}, {_WORDS[level]}", unit=unit, decimals=decimals)
        for level in LEVELS
    }


def homes_of(parts: pd.DataFrame) -> pd.Series:
    """Dwellings of each part, net."""
    return parts[[name for name in parts if str(name).startswith("boliger_")]].sum(axis=1)


def answer_table(found: Screening, parts: pd.DataFrame, parameters: Parameters) -> Table:
    """Tell what comes on each side of the line, and what it means a day."""
    side = parts["side"].to_numpy(dtype=object)
    count = pd.DataFrame({"boliger": homes_of(parts), "ansatte": jobs(parts, parameters)})
    count = count.groupby(side).sum().reindex(list(SIDES)).fillna(0.0)
    count.loc["sum"] = count.sum()
    columns = {
        "side": Column(title="Side"),
        "boliger": Column(title="Boliger", unit="boliger", decimals=0),
        "ansatte": Column(title="Ansatte", unit="ansatte", decimals=0),
        "turer_middels": Column(title="Reiser i døgnet", unit="reiser", decimals=0),
        "bilturer_middels": Column(title="Bilturer i døgnet", unit="bilturer", decimals=0),
        **_three("km_dogn", "Bilkjøring i døgnet", "km"),
    }
    return _by_side(
        "svar",
        "Vekst i bilkjøring nord og sør for linjen",
        pd.concat([count, found.by_side], axis=1),
        columns,
        f"{DISCLAIMER} Døgnet er et gjennomsnitt over året. Reiser og bilturer er middels anslag. "
        f"{_GUESSED}",
    )


def year_table(found: Screening, emission: Emission) -> Table:
    """Tell what the driving means a year, with its emissions."""
    frame = found.by_side.assign(**emission_columns(found.by_side, emission))
    columns = {
        "side": Column(title="Side"),
        **_three("km_aar", "Bilkjøring i året", "km"),
        **_three("tonn", "Utslipp i året", "tonn CO2", 1),
    }
    note = f"Året er 365 ganger døgnet. {emission.text} Spennet er som for døgnet."
    return _by_side("aar", "Bilkjøring og utslipp i året", frame, columns, note)


def _by_side(
    name: str, title: str, frame: pd.DataFrame, columns: dict[str, Column], note: str
) -> Table:
    """Make a table with a row for each side, and the sum."""
    frame = frame.assign(side=[SIDE_TITLES[one] for one in frame.index])[list(columns)]
    rows = [one for one in frame.index if one != "ukjent" or _any(frame.loc[one])]
    sides = tuple(one for one in rows if one != "sum")
    return Table(
        name=name,
        title=title,
        frame=frame.loc[rows],
        columns=columns,
        row_sums=(RowSum("sum", sides),),
        note=note,
    )


def _any(row: pd.Series) -> bool:
    return bool((pd.to_numeric(row.drop("side")) != 0).any())


def emission_columns(reckoned: pd.DataFrame, emission: Emission) -> dict[str, np.ndarray]:
    """Tonnes CO2 a year, low, middle and high; a fall takes the other end of the factor."""
    km = np.array([reckoned[f"km_aar_{level}"].to_numpy() for level in LEVELS])
    grams = np.array(emission.grams)[:, None]
    ends = np.sort(np.stack([km[0] * grams[0], km[0] * grams[2]]), axis=0)
    tops = np.sort(np.stack([km[2] * grams[0], km[2] * grams[2]]), axis=0)
    tonnes = (ends[0], km[1] * grams[1], tops[1])
    return {
        f"tonn_{level}": one.ravel() / _GRAMS for level, one in zip(LEVELS, tonnes, strict=True)
    }


def reason_table(found: Screening, extra: tuple[str, ...]) -> Table:
    """Tell the reasons, a row each."""
    rows = [("Hvorfor", text) for text in found.reasons]
    rows += [("Grunnlag", text) for text in extra]
    return Table(
        name="grunner",
        title="Hvorfor svaret er slik",
        frame=pd.DataFrame(rows, columns=["hva", "tekst"]),
        columns={"hva": Column(title="Hva"), "tekst": Column(title="Forklaring")},
        note=DISCLAIMER,
    )


def part_frame(
    parts: gpd.GeoDataFrame, growth: pd.DataFrame, parameters: Parameters
) -> pd.DataFrame:
    """Tell what each part brings: purpose, side and class."""
    reckoned = traffic(parts, parameters)
    names = growth["navn"].astype(object).where(growth["navn"].notna(), "uten navn")
    number = [f"m2_{one}" for one in INDUSTRIES]
    frame = pd.DataFrame(
        {
            "navn": names.loc[parts["kilde"]].to_numpy(),
            "side": parts["side"].map(SIDE_TITLES).to_numpy(),
            "klasse": parts["klasse"].to_numpy(),
            "andel": 100 * parts["andel"].to_numpy() * parts["klasse_andel"].to_numpy(),
            "holdeplass": parts["holdeplass"].astype(object).where(
                parts["holdeplass"].notna(), ""
            ).to_numpy(),
            "gangavstand_m": parts["gangavstand_m"].to_numpy(dtype=float, na_value=np.nan),
            "avganger_time": parts["avganger_time"].to_numpy(dtype=float, na_value=np.nan),
            "boliger": homes_of(parts).to_numpy(),
            "ansatte": jobs(parts, parameters).to_numpy(),
            "naering_m2": parts[[one for one in number if one in parts]].sum(axis=1).to_numpy(),
        }
    )  # fmt: skip
    for level in LEVELS:
        frame[f"km_dogn_{level}"] = reckoned[f"km_dogn_{level}"].to_numpy()
    return frame


def part_table(frame: pd.DataFrame, why: str) -> Table:
    """Show the parts of a plan."""
    return Table(
        name="deler",
        title="Delene av planen",
        frame=frame,
        columns={
            "navn": Column(title="Formål eller prosjekt"),
            "side": Column(title="Side"),
            "klasse": Column(title="Kollektivtilgang"),
            "andel": Column(title="Del av formålet", unit="%", decimals=1),
            "holdeplass": Column(title="Holdeplassen som gir klassen"),
            "gangavstand_m": Column(title="Gangavstand, der den er lengst", unit="m", decimals=0),
            "avganger_time": Column(title="Avganger i timen", decimals=1),
            "boliger": Column(title="Boliger", unit="boliger", decimals=1),
            "ansatte": Column(title="Ansatte", unit="ansatte", decimals=1),
            "naering_m2": Column(title="Næringsareal", unit="m²", decimals=0),
            **_three("km_dogn", "Bilkjøring i døgnet", "km"),
        },
        note=(
            "Et formål som linjen deler, er delt etter areal, og hver del etter klassen på steder "
            f"i et rutenett inne i den. {why}"
        ).strip(),
    )


def measure_table(found: Screening) -> Table:
    """Show the measures, and which count."""
    note = (
        "Bare tiltak nord for linjen, for planen eller for hele sonen. Tiltak for hele sonen kan "
        "ikke regnes fullt ut på én plan: de kan gjøre svaret gult, ikke grønt."
    )
    return Table(
        name="tiltak",
        title="Tiltak som kan veie opp",
        frame=found.measures.frame,
        columns={
            "navn": Column(title="Tiltak"),
            "km_dogn": Column(title="Mindre bilkjøring i døgnet", unit="km", decimals=0),
            "gjelder": Column(title="Gjelder"),
            "status": Column(title="Status"),
            "regnes": Column(title="Regnet med"),
            "hvorfor": Column(title="Kilde, eller hvorfor ikke"),
        },
        note=note,
    )


def weight_table(found: Screening) -> Table:
    """Show what each parameter's range means north, the heaviest first."""
    frame = found.weights.copy()
    return Table(
        name="folsomhet",
        title="Hva hver usikker parameter betyr nord for linjen",
        frame=frame[["tittel", "lav_km", "hoy_km", "utslag_km"]],
        columns={
            "tittel": Column(title="Parameter"),
            "lav_km": Column(title="Bilkjøring i døgnet, lavest", unit="km", decimals=0),
            "hoy_km": Column(title="Bilkjøring i døgnet, høyest", unit="km", decimals=0),
            "utslag_km": Column(title="Forskjell", unit="km", decimals=0),
        },
        note="Én parameter om gangen går fra lav til høy, og de andre står på middels. De to siste "
        "radene er alle sammen: om feilene er uavhengige (kvadratsum), og om alle drar samme vei. "
        "Det siste avgjør fargen.",
    )


def class_table(found: Screening) -> Table:
    """Show what the growth north would bring in each class."""
    frame = found.classes.copy()
    frame.insert(0, "klasse", list(frame.index))
    return Table(
        name="klasser",
        title="Samme vekst nord med en annen kollektivtilgang",
        frame=frame,
        columns={
            "klasse": Column(title="Kollektivtilgang"),
            "lav": Column(title="Bilkjøring i døgnet, lavt", unit="km", decimals=0),
            "middels": Column(title="Bilkjøring i døgnet, middels", unit="km", decimals=0),
            "hoy": Column(title="Bilkjøring i døgnet, høyt", unit="km", decimals=0),
        },
    )


def standing_table(standing: gpd.GeoDataFrame, parameters: Parameters) -> Table:
    """Show what stands on the ground of the plan today."""
    area = standing[[f"m2_{one}" for one in INDUSTRIES]].sum(axis=1)
    rows = {
        "bygninger": float(len(standing)),
        "boliger": float(homes_of(standing).sum()),
        "naering_m2": float(area.sum()),
        "ansatte": float(jobs(standing.assign(klasse="ukjent"), parameters).sum()),
    }
    without = int(standing.attrs.get("uten_areal", 0))
    note = "Det er ikke kjent hvilke bygg som blir borte. Ingenting er trukket fra."
    if without:
        note += f" {without} bygg med arbeidsplasser har ukjent bruksareal og er ikke med."
    return Table(
        name="dagens_bygg",
        title="Bygg i formålene i dag",
        frame=pd.DataFrame([rows]),
        columns={
            "bygninger": Column(title="Bygninger", unit="bygninger", decimals=0),
            "boliger": Column(title="Boliger", unit="boliger", decimals=0),
            "naering_m2": Column(title="Næringsareal", unit="m²", decimals=0),
            "ansatte": Column(title="Ansatte, anslått", unit="ansatte", decimals=0),
        },
        note=note,
    )
