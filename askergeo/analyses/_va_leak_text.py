"""The sentence, findings, warnings and reading of leakage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.analyses._data_finding import data_finding
from askergeo.numbers import format_number
from askergeo.privacy import THRESHOLD
from askergeo.result import Fact, Finding, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from askergeo.analyses._va_leak_shield import Shield
    from askergeo.analyses._va_leak_zones import ZoneFacts
    from askergeo.parameters import Parameters

__all__ = ["findings", "reading", "statement", "warnings"]

_LEAST_PARTS: Final = 2
_HIDDEN: Final = "Tallene er skjult: sonen har få abonnenter, eller ville røpet en som har det."


def statement(
    found: pd.DataFrame, years: pd.DataFrame, facts: ZoneFacts, shield: Shield
) -> tuple[str, dict[str, Fact]]:
    """State the share lost in the last year that it is known for, and the zone that loses most."""
    if not len(years):
        last_year = Fact(title="Siste år med måling", value=str(int(found["aar"].max())))
        return "Lekkasjen til og med {siste} vises ikke: for få abonnenter.", {"siste": last_year}
    known = years[years["andel"].notna()]
    if not len(known):
        least = int(years["aar"].max())
        facts_ = {"siste": Fact(title="Siste år med måling", value=str(least))}
        return "Lekkasjen er ukjent: målingene for {siste} mangler tall.", facts_
    last = known.iloc[-1]
    year = str(int(last["aar"]))
    cell = ("aar", year, "prosent")
    told = {
        "andel": Fact(title="Andel av levert vann som lekker", value=100 * float(last["andel"]),
                      unit="%", decimals=1, cell=cell),
        "aar": Fact(title="År", value=year, listed=False),
        "m3": Fact(title="Lekkasje", value=float(last["lekkasje_m3"]), unit="m³",
                   cell=("aar", year, "lekkasje_m3")),
        "soner": Fact(title="Soner", value=int(last["soner"]), unit="soner"),
    }  # fmt: skip
    text = "{andel} % av vannet som ble levert i {aar} lekket ut ({m3} m³), målt i {soner} soner."
    part = found[(found["aar"] == int(last["aar"])) & found["l_s"].notna()]
    part = part[~part["sone_id"].isin(shield.zones)]
    if len(part) >= _LEAST_PARTS:
        worst = part.iloc[int(part["l_s"].to_numpy().argmax())]
        told["verst"] = Fact(title="Sonen som lekker mest",
                             value=str(facts.names[worst["sone_id"]]))  # fmt: skip
        told["verst_l_s"] = Fact(title="Lekkasjen der", value=float(worst["l_s"]), unit="l/s",
                                 decimals=2)  # fmt: skip
        text += " Mest lekker det i {verst}: {verst_l_s} l/s."
    return text, told


def findings(
    found: pd.DataFrame,
    years: pd.DataFrame,
    facts: ZoneFacts,
    va_sone: gpd.GeoDataFrame | None,
    *,
    shield: Shield,
    parameters: Parameters,
) -> tuple[Finding, ...]:
    """Tell of meters that cannot be right, zones that lose much, and zones without a place."""
    return (
        *_impossible(found, facts, shield),
        *_high(found, facts, float(parameters["va_lekkasje_hoy_andel"]), shield),
        *_night(found, facts, float(parameters["va_lekkasje_natt_avvik"]), shield),
        *_passed_on(years, found, shield),
        *_unplaced(found, facts, va_sone),
    )


def _where(row: pd.Series, facts: ZoneFacts) -> str:
    return f"{facts.names[row['sone_id']]} i {row['aar']}"


def _shape(facts: ZoneFacts, zone: str) -> BaseGeometry | None:
    if facts.areas is None or zone not in facts.areas.index:
        return None
    area: BaseGeometry = facts.areas.geometry.loc[zone]
    return area.representative_point()


def _finding(
    about: tuple[str, str],
    text: str,
    row: pd.Series,
    facts: ZoneFacts,
    action: str,
    *,
    severity: Severity = Severity.WARNING,
) -> Finding:
    rule, title = about
    return data_finding(
        "va_lekkasje",
        rule,
        title,
        text,
        "va_maaling",
        row=f"{row['sone_id']} {row['aar']}",
        action=action,
        severity=severity,
        geometry=_shape(facts, str(row["sone_id"])),
    )


def _impossible(found: pd.DataFrame, facts: ZoneFacts, shield: Shield) -> Iterator[Finding]:
    for _, row in found[found["levert_m3"] < 0].iterrows():
        more = f"{format_number(-row['levert_m3'])} m³ mer"
        yield _finding(
            ("ut_over_inn", "Mer vann ut enn inn"),
            f"{_where(row, facts)}: {_figure(row, shield, more, 'mer')} går videre enn det som "
            f"kommer inn. En av målerne viser feil.{_silence(row, shield)}",
            row, facts, "Kontroller målerne på grensen av sonen.", severity=Severity.ERROR,
        )  # fmt: skip
    wrong = found[(found["lekkasje_m3"] < 0) & ~(found["levert_m3"] < 0)]
    for _, row in wrong.iterrows():
        more = f"{format_number(-row['lekkasje_m3'])} m³ større"
        yield _finding(
            ("negativ", "Negativ lekkasje"),
            f"{_where(row, facts)}: forbruket er {_figure(row, shield, more, 'større')} enn det "
            "som er levert. En måler viser feil, en forbindelse inn er ikke målt, eller forbruk er "
            f"ført på feil sone. Tallet er med i summen som det er.{_silence(row, shield)}",
            row, facts, "Kontroller målerne, og hvilke abonnenter som hører til sonen.",
            severity=Severity.ERROR,
        )  # fmt: skip


def _figure(row: pd.Series, shield: Shield, figure: str, without: str) -> str:
    """Say the figure, or the same without it where it is hidden."""
    return without if row["sone_id"] in shield.zones else figure


def _silence(row: pd.Series, shield: Shield) -> str:
    """Say why a figure is not told, where it is not."""
    return _figure(row, shield, "", f" {_HIDDEN}")


def _high(found: pd.DataFrame, facts: ZoneFacts, limit: float, shield: Shield) -> Iterator[Finding]:
    last = found.sort_values("aar", kind="stable").groupby("sone_id").tail(1)
    for _, row in last[last["andel"] >= limit].sort_values("l_s", ascending=False).iterrows():
        share, rate = format_number(100 * row["andel"], 1), format_number(row["l_s"], 2)
        told = f"{share} % av vannet lekker, {rate} l/s."
        least = f"minst {format_number(100 * limit)} % av vannet lekker. {_HIDDEN}"
        yield _finding(
            ("hoy", "Høy lekkasje"),
            f"{_where(row, facts)}: {_figure(row, shield, told, least)}",
            row, facts, "Let etter lekkasjer her først.",
        )  # fmt: skip


def _night(
    found: pd.DataFrame, facts: ZoneFacts, limit: float, shield: Shield
) -> Iterator[Finding]:
    """Tell where the night says something else than the year, once a zone."""
    both = found[found["natt_lekkasje_l_s"].notna() & (found["l_s"] > 0)]
    off = (both["natt_lekkasje_l_s"] - both["l_s"]) / both["l_s"]
    unlike = both[off.abs() > limit].sort_values("aar", kind="stable")
    for _, rows in unlike.groupby("sone_id", sort=True):
        row = rows.iloc[-1]
        more = "mer" if row["natt_lekkasje_l_s"] > row["l_s"] else "mindre"
        night, mean = (format_number(row[one], 2) for one in ("natt_lekkasje_l_s", "l_s"))
        told = f"om natten er lekkasjen {night} l/s, {more} enn årets {mean} l/s."
        without = f"om natten er lekkasjen {more} enn i året ellers. {_HIDDEN}"
        before = ", ".join(str(one) for one in rows["aar"].iloc[:-1])
        also = f" Natten og året var ulike også i {before}." if before else ""
        yield _finding(
            ("natt_avvik", "Natten og året sier ulikt"),
            f"{_where(row, facts)}: {_figure(row, shield, told, without)}{also}",
            row, facts, "Se etter nattforbruk i næring, nye lekkasjer eller umålt forbruk.",
            severity=Severity.INFO,
        )  # fmt: skip


def _passed_on(years: pd.DataFrame, found: pd.DataFrame, shield: Shield) -> Iterator[Finding]:
    """More cannot be passed on between the zones than runs into them."""
    sums = found.groupby("aar")[["inn_m3", "ut_m3"]].sum(min_count=1)
    for year, row in sums[sums["ut_m3"] > sums["inn_m3"]].iterrows():
        told = (
            f"{format_number(row['ut_m3'])} m³ går ut av sonene, og bare "
            f"{format_number(row['inn_m3'])} m³ inn."
        )
        if int(str(year)) in shield.years:
            told = f"mer går ut av sonene enn inn. {_HIDDEN}"
        yield Finding(
            rule="va_lekkasje.sum_ut_over_inn",
            title="Sonene gir fra seg mer enn de får",
            status=Status.NOT_RELEVANT,
            severity=Severity.ERROR,
            text=f"{year}: {told}",
            layer="va_maaling",
            action="Kontroller målerne mellom sonene, og at alle soner er med.",
        )
    for gone in years[years["uten_rad"] > 0].itertuples():
        yield Finding(
            rule="va_lekkasje.sone_mangler",
            title="Soner uten måling",
            status=Status.NOT_MAPPED,
            severity=Severity.WARNING,
            text=f"{gone.aar}: {format_number(int(str(gone.uten_rad)))} av sonene har ingen rad. "
            "Summen for året kan ikke sammenlignes med de andre årene.",
            layer="va_maaling",
            action="Legg til målingene som mangler.",
        )


def _unplaced(
    found: pd.DataFrame, facts: ZoneFacts, va_sone: gpd.GeoDataFrame | None
) -> Iterator[Finding]:
    if va_sone is None:
        return
    drawn = set() if facts.areas is None else set(facts.areas.index)
    for zone in sorted(set(found["sone_id"]) - drawn):
        yield Finding(
            rule="va_lekkasje.ukjent_sone",
            title="Målt sone som ikke er tegnet",
            status=Status.NOT_MAPPED,
            severity=Severity.WARNING,
            text=f"Sone {zone} har måling, men finnes ikke i laget «va_sone». Lekkasje for hver km "
            "og hver abonnent er ukjent der.",
            layer="va_sone",
            row=zone,
            action="Tegn sonen, eller rett sone-id.",
        )
    types = va_sone["type"] if "type" in va_sone else pd.Series(index=va_sone.index, dtype=object)
    idle = va_sone[(types == "maalesone") & ~va_sone["sone_id"].astype(str).isin(found["sone_id"])]
    for row in idle.itertuples():
        yield Finding(
            rule="va_lekkasje.sone_uten_maaling",
            title="Målesone uten måling",
            status=Status.NOT_MAPPED,
            severity=Severity.WARNING,
            text=f"Sone {row.sone_id} er tegnet som målesone, men har ingen måling. Lekkasjen der "
            "er ukjent og er ikke i summen.",
            layer="va_maaling",
            row=str(row.sone_id),
            action="Legg til målingene for sonen.",
        )


def warnings(
    found: pd.DataFrame, years: pd.DataFrame, facts: ZoneFacts, shield: Shield
) -> tuple[str, ...]:
    """Say what makes the numbers less certain, and what is hidden."""
    said = list(_hidden(facts, shield))
    lacking = int(found["lekkasje_m3"].isna().sum())
    if lacking:
        rows = "én måling" if lacking == 1 else f"{format_number(lacking)} målinger"
        said.append(
            f"Lekkasjen er ukjent for {rows} av {format_number(len(found))}: inn, ut, forbruk "
            "eller umålt forbruk mangler. Tomt er ikke null."
        )
    if (found["lekkasje_m3"] < 0).any():
        said.append("Minst én sone har negativ lekkasje: en måler viser feil. Summen er usikker.")
    unknown = float(np.nansum(facts.unknown.to_numpy(dtype=np.float64)))
    if unknown:
        said.append(
            f"For {format_number(unknown)} adresser i sonene er det ukjent om de har kommunalt "
            "vann. Lekkasjen for hver abonnent kan være mindre."
        )
    if years["lekkasje_m3"].isna().any():
        gone = ", ".join(str(int(one)) for one in years.loc[years["lekkasje_m3"].isna(), "aar"])
        said.append(f"Summen av sonene er ukjent for {gone}.")
    return tuple(said)


def _hidden(facts: ZoneFacts, shield: Shield) -> Iterator[str]:
    if shield.zones:
        named = ", ".join(sorted(str(facts.names[one]) for one in shield.zones))
        sums = ", ".join(str(one) for one in sorted(shield.years))
        yield (
            f"Tallene for {named} er skjult: færre enn {THRESHOLD} abonnenter i en sone viser "
            "hva en husstand bruker, og minst én sone til må skjules for at summen ikke skal røpe "
            f"den.{f' Summen for {sums} er skjult.' if sums else ''}"
        )
    if shield.unknown:
        zones = "én sone" if len(shield.unknown) == 1 else f"{len(shield.unknown)} soner"
        yield (
            f"Antall abonnenter er ukjent i {zones}. Er det færre enn {THRESHOLD}, viser tallene "
            "hva en husstand bruker: vurder det før svaret deles."
        )


def reading(parameters: Parameters) -> tuple[str, ...]:
    """Say how the answer is to be read."""
    night = format_number(float(parameters["va_lekkasje_natt_l_h"]), 1)
    what = (
        "Lekkasje er vann inn i sonen uten vann videre til andre soner, målt forbruk og anslått "
        "forbruk uten måler. Feil i målere, brannvann, spyling og ulovlig uttak er i tallet."
    )
    share = (
        "Andelen er av det som er levert, slik KOSTRA måler den. En sone med lite forbruk kan ha "
        "høy andel og likevel lekke lite: l/s for hver km sier mer om ledningene."
    )
    by_night = (
        f"Lekkasjen om natten er minste vannføring uten {night} l i timen for hver abonnent. "
        "Trykket er høyest om natten, så lekkasjen er da større enn i gjennomsnitt."
    )
    said = [what, share, by_night]
    if float(parameters["va_lekkasje_trykk_m"]) > 0:
        said.append(
            "Lekkasjeindeksen er lekkasjen mot den uunngåelige (18 l i døgnet for hver km ledning "
            "og 0,8 l for hver abonnent, for hver meter trykk). Kundenes egne ledninger er ikke "
            "med. Indeksen er laget for soner med mer enn noen tusen abonnenter."
        )
    else:
        said.append("Uten oppgitt trykk (va_lekkasje_trykk_m) regnes ingen lekkasjeindeks.")
    return tuple(said)
