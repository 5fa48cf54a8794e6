"""Tables of what land-use change emits: by plan, purpose, land cover, year, and how sure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.analyses._carbon_stock import class_title, wide_title
from askergeo.analyses._carbon_takings import SPARED
from askergeo.analyses._land_account import DEKAR
from askergeo.carbon import propagate, sample
from askergeo.overlay.account import AREA
from askergeo.result import Column, ColumnSum, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from askergeo.analyses._carbon_reckoned import Case, Settings
    from askergeo.analyses._carbon_takings import Takings

__all__ = [
    "case_table",
    "cover_table",
    "factor_table",
    "flow_table",
    "left_out_table",
    "path_table",
    "purpose_table",
    "share_table",
    "span_table",
    "uncertainty_table",
]

_HECTARE: Final = 10.0  # dekar
_SHOWN_SHARES: Final = 8
_SIGN: Final = "Utslipp er positivt, opptak og det som spares, er negativt."
_PARTS: Final = ColumnSum("sum_t", ("engang_t", "per_aar_t"))


def _tonnes(title: str) -> Column:
    return Column(title=title, unit="t CO2e", decimals=0)


def _emission_columns(years: int) -> dict[str, Column]:
    return {
        "engang_t": _tonnes("Engangsutslipp det første året"),
        "per_aar_t": _tonnes(f"Årlige utslipp, summert over {years} år"),
        "sum_t": _tonnes(f"Sum over {years} år"),
        "organisk_t": _tonnes("Av dette organisk jord"),
    }


def case_table(cases: Sequence[Case], settings: Settings, years: int) -> Table:
    """One row a case: areas, emissions, range."""
    records = []
    for case in cases:
        taken, rows = case.taken, case.rows
        signed = (taken[AREA] * taken["tegn"]).groupby(taken["gruppe"].str[:2]).sum() / DEKAR
        alone = float((signed * settings.shares["urort"].reindex(signed.index) / 100).sum())
        built = rows.groupby("til")["areal_ha"].sum() * _HECTARE
        records.append(
            {
                "sak": case.title,
                "dekar": float(signed.sum()),
                "tett": float(built.get("bebygd_tett", 0.0)),
                "gront": float(built.get("bebygd_gront", 0.0)),
                "urort": alone,
                **rows[["engang_t", "per_aar_t", "sum_t", "organisk_t"]].sum().to_dict(),
                "lav_t": case.low,
                "hoy_t": case.high,
            }
        )
    frame = pd.DataFrame(records, index=pd.Index([_label(n, c) for n, c in enumerate(cases)]))
    return Table(
        name="endring",
        title="Utslipp når arealene bygges ut",
        frame=frame,
        columns={
            "sak": Column(title="Plan eller vedtak"),
            "dekar": Column(title="Nytt areal til utbygging", unit="dekar", decimals=1),
            "tett": Column(title="Blir tett dekke", unit="dekar", decimals=1),
            "gront": Column(title="Blir plen og hage", unit="dekar", decimals=1),
            "urort": Column(title="Blir stående", unit="dekar", decimals=1),
            **_emission_columns(years),
            "lav_t": _tonnes("Sum, lav"),
            "hoy_t": _tonnes("Sum, høy"),
        },
        column_sums=(_PARTS,),
        note=f"{_SIGN} Lav og høy rommer 95 % av usikkerheten i faktorene, ikke i valget av "
        "klimasone, jordklasse og hvor mye av arealet som bygges ut.",
    )


def _label(number: int, case: Case) -> str:
    del case
    return f"sak_{number + 1}"


def purpose_table(cases: Sequence[Case], years: int) -> Table:
    """One row a plan, direction and purpose group."""
    rows = _rows(cases)
    keys = ["sak", "retning", "gruppe"]
    frame = _sums(rows, _area(cases), keys)
    return Table(
        name="formaal",
        title="Utslipp etter arealformål",
        frame=frame,
        columns={
            "sak": Column(title="Plan eller vedtak"),
            "retning": Column(title="Retning"),
            "gruppe": Column(title="Arealformål"),
            "dekar": Column(title="Areal", unit="dekar", decimals=1),
            **_emission_columns(years),
        },
        column_sums=(_PARTS,),
        note=_SIGN,
    )


def cover_table(cases: Sequence[Case], years: int) -> Table:
    """One row a plan, direction and land cover, with emissions per hectare laid out."""
    rows = _rows(cases)
    frame = _sums(rows, _area(cases), ["sak", "retning", "klasse"])
    # Both have the sign of what is spared.
    frame["t_ha"] = frame["sum_t"] / frame["dekar"] * _HECTARE
    frame["klasse"] = frame["klasse"].map(class_title)
    return Table(
        name="arealdekke",
        title="Utslipp etter arealdekket som bygges ned",
        frame=frame,
        columns={
            "sak": Column(title="Plan eller vedtak"),
            "retning": Column(title="Retning"),
            "klasse": Column(title="Arealdekke i dag"),
            "dekar": Column(title="Areal", unit="dekar", decimals=1),
            **_emission_columns(years),
            "t_ha": Column(title="Utslipp per hektar", unit="t CO2e/ha", decimals=0),
        },
        column_sums=(_PARTS,),
        note=f"{_SIGN} Utslipp per hektar gjelder arealet som er lagt ut, også det som blir "
        "stående.",
    )


def flow_table(case: Case) -> Table:
    """From land cover to purpose: tonnes that a flow chart can draw."""
    rows = case.rows.assign(klasse=case.rows["klasse"].map(wide_title))
    frame = rows.groupby(["klasse", "gruppe"], as_index=False)[["sum_t"]].sum()
    return Table(
        name="flyt",
        title=f"Fra arealdekke til formål: {case.title}",
        frame=frame,
        columns={
            "klasse": Column(title="Arealdekke i dag"),
            "gruppe": Column(title="Arealformål"),
            "sum_t": _tonnes("Utslipp"),
        },
        note="Opptak (negative tall) kan ikke tegnes i flytdiagrammet.",
    )


def _rows(cases: Sequence[Case]) -> pd.DataFrame:
    """Rows of the cases that are not sums of others."""
    return pd.concat([case.rows for case in cases if _single(case)], ignore_index=True)


def _single(case: Case) -> bool:
    return set(case.rows["sak"]) <= {case.title}


def _area(cases: Sequence[Case]) -> pd.DataFrame:
    taken = pd.concat([case.taken for case in cases if _single(case)], ignore_index=True)
    return taken.assign(dekar=taken[AREA] * taken["tegn"] / DEKAR)


def _sums(rows: pd.DataFrame, area: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    tonnes = ["engang_t", "per_aar_t", "sum_t", "organisk_t"]
    summed = rows.groupby(keys, sort=False)[tonnes].sum()
    laid = area.groupby(keys, sort=False)[["dekar"]].sum()
    # Land of which all is left alone emits nothing: that is known.
    frame = laid.join(summed).fillna(0.0).reset_index()
    frame["_spart"] = frame["retning"] == SPARED
    frame["_saksnr"] = frame["sak"].map({sak: n for n, sak in enumerate(frame["sak"].unique())})
    frame = frame.sort_values(["_saksnr", "_spart", "sum_t"], ascending=[True, True, False])
    return frame.drop(columns=["_spart", "_saksnr"]).reset_index(drop=True)


def path_table(
    cases: Sequence[Case], settings: Settings, years: int, conversions: Sequence[pd.DataFrame]
) -> Table:
    """Emissions of each year after all is built at once, beyond the years that are summed.

    Parameters
    ----------
    cases
        Those shown; the last is the one that is told in full.
    settings
        What holds for all.
    years
        Length of the path.
    conversions
        Those of each case.
    """
    found = [settings.reckon(table, years) for table in conversions]
    main = found[-1].path
    frame = main[["engang_t", "per_aar_t", "sum_t", "samlet_t"]].reset_index()
    columns = {
        "aar": Column(title="År etter utbygging", unit="år", decimals=0),
        "engang_t": _tonnes(f"Engang, {cases[-1].title}"),
        "per_aar_t": _tonnes(f"Årlig, {cases[-1].title}"),
        "sum_t": _tonnes(f"Året, {cases[-1].title}"),
        "samlet_t": _tonnes(f"Samlet, {cases[-1].title}"),
    }
    for number, (case, one) in enumerate(zip(cases[:-1], found[:-1], strict=True)):
        name = f"samlet_{number + 1}_t"
        frame[name] = one.path["samlet_t"].to_numpy()
        columns[name] = _tonnes(f"Samlet, {case.title}")
    return Table(
        name="bane",
        title="Utslipp år for år",
        frame=frame,
        columns=columns,
        column_sums=(_PARTS,),
        note="Alt er regnet som bygd i år 1. Klimabudsjettet («askergeo areal klimabudsjett») "
        "fordeler utbyggingen over en byggeperiode.",
    )


def span_table(
    cases: Sequence[Case], settings: Settings, years: int, conversions: Sequence[pd.DataFrame]
) -> Table:
    """Give the total for each climate zone and class of mineral soil, which no map tells of."""
    records = []
    for zone, factors in settings.factors.items():
        for soil in factors.soil_types:
            chosen = zone == settings.zone and soil == settings.mineral_soil
            totals = [
                settings.reckon(table, years, zone=zone, soil=soil).total for table in conversions
            ]
            records.append(
                {
                    "sone": _ZONES[zone],
                    "jord": SOILS[soil],
                    **{f"sum_{n + 1}_t": total for n, total in enumerate(totals)},
                    "valgt": "valgt" if chosen else "",
                }
            )
    return Table(
        name="spenn",
        title="Spennet: klimasone og klasse av mineraljord",
        frame=pd.DataFrame(records),
        columns={
            "sone": Column(title="Klimasone"),
            "jord": Column(title="Mineraljord"),
            **{f"sum_{n + 1}_t": _tonnes(case.title) for n, case in enumerate(cases)},
            "valgt": Column(title="Hovedtallet"),
        },
        note=f"Sum over {years} år. Ingen norske kart sier hvilken klasse jorda har. Etter "
        "klimapanelets grense er Asker kald temperert, men bare den boreale sonen har biomasse "
        "etter bonitet.",
    )


_ZONES: Final = {"boreal": "boreal", "temperert": "kald temperert"}
SOILS: Final = {
    "hac": "leire med høy aktivitet",
    "lac": "leire med lav aktivitet",
    "sand": "sand",
    "spodisk": "spodisk (podsol)",
    "vatmark": "våt mineraljord",
}


def uncertainty_table(case: Case, settings: Settings, draws: int) -> tuple[Table, Table]:
    """Both ways of finding the range, and the factors that matter most to it."""
    one = propagate(case.emissions)
    two = sample(case.emissions, draws=draws)
    records = [
        ("Fremgangsmåte 1: hver faktor for seg, kvadratsum", one),
        ("Fremgangsmåte 2: alle faktorer trukket samtidig", two),
    ]
    if settings.area_share:
        wider = replace(one, low=case.low, high=case.high)
        records.append(("Fremgangsmåte 1 med usikkerhet i arealene", wider))
    frame = pd.DataFrame(
        [
            {"metode": name, "verdi_t": u.value, "lav_t": u.low, "hoy_t": u.high, "snitt_t": u.mean}
            for name, u in records
        ]
    )
    left_out = "er ikke med (parameteren arealusikkerhet)"
    area = "er med i siste rad" if settings.area_share else left_out
    table = Table(
        name="usikkerhet",
        title=f"Usikkerhet: {case.title}",
        frame=frame,
        columns={
            "metode": Column(title="Metode"),
            "verdi_t": _tonnes("Verdi"),
            "lav_t": _tonnes("Lav"),
            "hoy_t": _tonnes("Høy"),
            "snitt_t": _tonnes("Snitt av trekningene"),
        },
        note=f"Lav og høy rommer 95 %. Usikkerhet i arealene fra AR5 {area}.",
    )
    shares = one.shares[one.shares > 0].head(_SHOWN_SHARES)
    known = case.emissions.factors.frame
    bidrag = pd.DataFrame(
        {
            "faktor": [str(name) for name in shares.index],
            "kilde": [
                str(known.loc[name, "kilde"]) if name in known.index else "antatt torvdybde"
                for name in shares.index
            ],
            "andel": shares.to_numpy() * 100,
        }
    )
    return table, Table(
        name="bidrag",
        title="Hva usikkerheten kommer av",
        frame=bidrag,
        columns={
            "faktor": Column(title="Faktor"),
            "kilde": Column(title="Kilde"),
            "andel": Column(title="Andel av variansen", unit="%", decimals=0),
        },
    )


def share_table(cases: Sequence[Case], settings: Settings) -> Table:
    """Tell what of each purpose group is built on: an assumption."""
    groups = sorted({str(one) for case in cases for one in case.taken["gruppe"]})
    shares = settings.shares.reindex([one[:2] for one in groups])
    frame = pd.DataFrame(
        {
            "gruppe": groups,
            **{name: shares[name].to_numpy() for name in ("tett", "gront", "urort")},
            "kilde": shares["kilde"].to_numpy(),
            "sikkerhet": shares["sikkerhet"].to_numpy(),
        }
    )
    return Table(
        name="forutsetninger",
        title="Hvor mye av arealet som bygges ut",
        frame=frame,
        columns={
            "gruppe": Column(title="Arealformål"),
            "tett": Column(title="Tett dekke", unit="%", decimals=0),
            "gront": Column(title="Plen og hage", unit="%", decimals=0),
            "urort": Column(title="Blir stående", unit="%", decimals=0),
            "kilde": Column(title="Kilde"),
            "sikkerhet": Column(title="Sikkerhet"),
        },
        note="Endre med parametrene tett_dekke og gront, for eksempel "
        "«--parameter tett_dekke=01=60».",
    )


def left_out_table(found: Takings) -> Table:
    """Areas that are laid out and not reckoned with, and why."""
    frame = found.left_out.assign(dekar=found.left_out[AREA] / DEKAR)[["sak", "grunn", "dekar"]]
    return Table(
        name="ikke_regnet",
        title="Lagt ut til utbygging, men ikke regnet",
        frame=frame.reset_index(drop=True),
        columns={
            "sak": Column(title="Plan eller vedtak"),
            "grunn": Column(title="Hvorfor"),
            "dekar": Column(title="Areal", unit="dekar", decimals=1),
        },
        note="Utslippet fra disse arealene er ukjent eller telles ikke på nytt. Det er ikke null.",
    )


def factor_table(settings: Settings, used: Sequence[str]) -> Table:
    """List the factors behind the numbers, each with its source."""
    factors = settings.factors[settings.zone].frame
    rows = factors.loc[[name for name in factors.index if name in set(used)]]
    frame = rows[["verdi", "lav", "hoy", "enhet", "horisont", "kilde", "versjon", "sikkerhet"]]
    frame = frame.assign(plassholder=np.where(rows["plassholder"], "ja", "nei")).reset_index()
    return Table(
        name="faktorer",
        title="Faktorene bak tallene",
        frame=frame,
        columns={
            "id": Column(title="Faktor"),
            "verdi": Column(title="Verdi", decimals=3),
            "lav": Column(title="Lav", decimals=3),
            "hoy": Column(title="Høy", decimals=3),
            "enhet": Column(title="Enhet"),
            "horisont": Column(title="Horisont"),
            "kilde": Column(title="Kilde"),
            "versjon": Column(title="Versjon"),
            "sikkerhet": Column(title="Sikkerhet"),
            "plassholder": Column(title="Plassholder"),
        },
        note="En plassholder er en standardverdi som ikke er kontrollert mot tabellen den er "
        "hentet fra, eller et anslag. Egne faktorer legges til som laget «karbonfaktor».",
    )
