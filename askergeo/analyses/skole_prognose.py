"""The forecast of children and all residents by district, and its back-test.

See docs/metode-skole.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.analyses import _forecast_tables as tables
from askergeo.analyses._age_groups import Ages, age_chart, age_table
from askergeo.analyses._background import land_of
from askergeo.analyses._forecast_backtest import (
    backtest_tables,
    backtest_words,
    chosen_windows,
    cohort_maker,
    run_backtest,
    window_text,
)
from askergeo.analyses._forecast_history import backtest_of_history
from askergeo.analyses._forecast_sums import GROUPS, TOTAL, Summed, make_zones, summed
from askergeo.analyses._input_faults import fault_findings
from askergeo.numbers import format_number
from askergeo.overlay.door import check_crs_of
from askergeo.result import Fact, Result
from askergeo.school.forecast import forecast_of_layers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.analyses._forecast_backtest import Backtest
    from askergeo.parameters import Parameters
    from askergeo.population.backtest import Series
    from askergeo.result import MapLayer, SourceRecord, Table
    from askergeo.school.areas import Areas
    from askergeo.school.forecast import Forecast

__all__ = ["cohort_backtest", "skole_prognose"]

_HALF: Final = 10


def skole_prognose(
    adresse: gpd.GeoDataFrame,
    befolkning: pd.DataFrame,
    *,
    grunnkrets: gpd.GeoDataFrame | None = None,
    skolekrets: gpd.GeoDataFrame | None = None,
    befolkning_historikk: pd.DataFrame | None = None,
    boligprogram: gpd.GeoDataFrame | None = None,
    framskriving: pd.DataFrame | None = None,
    elevtall: pd.DataFrame | None = None,
    kommunegrense: gpd.GeoDataFrame | None = None,
    kilder: Mapping[str, SourceRecord] | None = None,
    parameters: Parameters,
) -> Result:
    """Forecast children and all residents by district, in three alternatives with a band.

    Parameters
    ----------
    adresse, befolkning, grunnkrets, skolekrets, befolkning_historikk, boligprogram, framskriving, \
elevtall, kommunegrense
        Layers of the catalogue; districts or units must be there. ``elevtall`` only tells the
        year of the residents, where nothing else does.
    kilder
        Where the layers come from: the date of the residents, when nothing else tells their year.
    parameters
        The sets ``prognose`` and ``etterproving``; with ``etterprov`` the same model is tested on
        the history too.

    Raises
    ------
    CrsError
        When a layer is in another CRS.
    LayerError
        When neither districts nor units are given, nobody can be placed, or nothing says which
        year the residents are of.
    """
    maybe = {"grunnkrets": grunnkrets, "skolekrets": skolekrets, "kommunegrense": kommunegrense}
    there = {name: frame for name, frame in maybe.items() if frame is not None}
    check_crs_of({"adresse": adresse, **there}, adresse.crs)
    forecast, dated = forecast_of_layers(
        adresse,
        befolkning,
        kilder,
        grunnkrets=grunnkrets,
        skolekrets=skolekrets,
        elevtall=elevtall,
        boligprogram=boligprogram,
        befolkning_historikk=befolkning_historikk,
        framskriving=framskriving,
        parameters=parameters,
    )
    areas, year = forecast.areas, forecast.areas.people.year
    zones = {level: make_zones(forecast, level, skolekrets) for level in _LEVELS}
    parts = {one.id: summed(forecast, one, zones[one.level]) for one in GROUPS}
    test = None
    if int(parameters["etterprov"]):
        names = {str(one): str(name) for one, name in zones["barnekrets"].names.items()}
        test = backtest_of_history(areas, befolkning_historikk, names, parameters)
    ages = _ages(forecast, parts["alle"].years)
    template, facts = _statement(parts["6_12"])
    more, more_facts, losses = backtest_words(test) if test else ("", {}, ())
    return Result(
        analysis="skole_prognose",
        title="Framskriving av barn og bosatte etter skolekrets",
        template=f"{template} {more}".strip(),
        facts=facts | more_facts,
        tables=(*_tables(forecast, parts, test), _age_table(ages)),
        charts=(
            age_chart(ages, title=f"Bosatte etter alder: {ages[0].title} og {ages[-1].title}"),
        ),
        layers=_layers(parts, kommunegrense),
        findings=fault_findings(pd.concat([areas.faults, forecast.faults])),
        warnings=(*dated, *_warnings(areas, forecast, skolekrets), *losses),
        reading=_reading(forecast, year, scaled=framskriving is not None),
    )


_LEVELS: Final = ("barnekrets", "ungdomskrets")


def _tables(
    forecast: Forecast, parts: Mapping[str, Summed], test: Backtest | None
) -> tuple[Table, ...]:
    shown = [parts[name] for name in ("6_12", "13_15", "1_5")]
    return (
        *(tables.short_table(part) for part in shown),
        *(tables.cause_table(part) for part in shown[:2]),
        tables.account_table(parts["alle"], forecast),
        tables.grade_table(forecast, shown),
        tables.long_table([parts[one.id] for one in GROUPS]),
        *(backtest_tables(test) if test else ()),
    )


def _ages(forecast: Forecast, years: NDArray[np.int64]) -> tuple[Ages, ...]:
    """Residents of the whole municipality by age in the first year and the last."""
    count = forecast.alternatives["hoved"].count
    return tuple(
        Ages(
            column=f"bosatte_{years[at]}",
            title=f"1. januar {years[at]}",
            count=pd.Series(count[at].sum(axis=0)),
        )
        for at in (0, len(count) - 1)
    )


def _age_table(ages: Sequence[Ages]) -> Table:
    return age_table(
        ages,
        title="Bosatte i hele kommunen etter alder (femårsgrupper), hovedalternativet",
        note="Bosatte uten kjent adresse eller alder er ikke med.",
    )


def _layers(parts: Mapping[str, Summed], boundary: gpd.GeoDataFrame | None) -> tuple[MapLayer, ...]:
    drawn = [
        tables.change_layer(parts[name], tables.short_table(parts[name]), visible=name == "6_12")
        for name in ("6_12", "13_15", "1_5")
    ]
    if boundary is None:
        return tuple(drawn)
    return (land_of(boundary), *drawn)


def _statement(part: Summed) -> tuple[str, dict[str, Fact]]:
    """State how the children of the primary grades change in ten years, and where most."""
    half = min(_HALF, len(part.years) - 1)
    first, then = int(part.years[0]), int(part.years[half])
    name = tables.short_name(part)

    frame = tables.short_table(part).frame

    def fact(title: str, zone: str, column: str, unit: str = "personer") -> Fact:
        value = float(frame[column].to_numpy(dtype=np.float64)[frame.index.get_loc(zone)])
        return Fact(
            title=title, value=None if np.isnan(value) else value, unit=unit,
            persons=unit == "personer" and column != "endring", cell=(name, zone, column),
        )  # fmt: skip

    alternatives = {
        "naa": fact(f"Barn 6–12 år 1. januar {first}", TOTAL, f"a{first}"),
        "lav": fact(f"Barn 6–12 år {then}, lavt alternativ", TOTAL, f"lav_{then}"),
        "hoy": fact(f"Barn 6–12 år {then}, høyt alternativ", TOTAL, f"hoy_{then}"),
        "prosent": fact(f"Endring {first}–{then}", TOTAL, "prosent", "%"),
    }
    column = f"a{then}"
    if column in frame:
        alternatives["siden"] = fact(f"Barn 6–12 år 1. januar {then}", TOTAL, column)
        told = (
            f"Barn i alder 6–12 år (trinn 1–7) går fra {{naa}} 1. januar {first} til {{siden}} i "
            f"{then} ({{prosent}} %) i hovedalternativet; {{lav}} i det lave og {{hoy}} i det høye."
        )
    else:
        told = (
            f"Barn i alder 6–12 år (trinn 1–7) endrer seg {{prosent}} % fra 1. januar {first} "
            f"({{naa}}) til {then}: mellom {{lav}} og {{hoy}} i lavt og høyt alternativ."
        )
    zones = [str(one) for one in frame.index if one != TOTAL]
    change = frame.loc[zones, "endring"].to_numpy(dtype=np.float64)
    words = []
    for key, at, verb in (
        ("vokser", int(np.argmax(change)), "Mest vokser"),
        ("minker", int(np.argmin(change)), "Mest minker"),
    ):
        there = change[at] > _MOVED if key == "vokser" else change[at] < -_MOVED
        if len(zones) > 1 and there:
            where = part.titles[part.ids.index(zones[at])]
            alternatives[key] = fact(f"{verb} {where}", zones[at], "endring")
            words.append(f"{verb.lower()} {where} (endring {{{key}}})")
    if words:
        tail = ", ".join(words)
        told += f" {tail[0].upper()}{tail[1:]}."
    return told, alternatives


# Persons: a district that changes by fewer is not worth a sentence.
_MOVED: Final = 5.0


def _warnings(
    areas: Areas, forecast: Forecast, skolekrets: gpd.GeoDataFrame | None
) -> Iterator[str]:
    yield from (f"Antatt: {text}" for text in forecast.guessed)
    if areas.unplaced:
        yield (
            f"{format_number(areas.unplaced)} bosatte er ikke med, fordi adressen eller alderen "
            "deres ikke er kjent, eller adressen ligger utenfor alle kretser."
        )
    for level, name in (("barnekrets", "barnetrinnet"), ("ungdomskrets", "ungdomstrinnet")):
        if areas.frame[level].isna().all():
            why = "Laget «skolekrets» mangler" if skolekrets is None else "Laget har ingen slike"
            yield f"{why}: tallene for {name} er vist etter grunnkrets, ikke skolekrets."


def _reading(forecast: Forecast, year: int, *, scaled: bool) -> tuple[str, ...]:
    ages = (
        f"Tallene er bosatte 1. januar, og det første året er {year}. De som er 6–12 år 1. januar "
        "2028, går på trinn 1–7 skoleåret 2027/28. Elever i private skoler er med her."
    )
    model = (
        "Hvert årskull i hver krets blir ett år eldre for hvert år. Fødsler, dødsfall og flytting "
        "følger kretsens egen historie så langt den er stor nok til å bli trodd, ellers kommunens. "
        "Boligprogrammet kommer i tillegg, med sannsynlighet og forsinkelse."
    )
    if scaled:
        model += (
            " Kretsene er skalert til framskrivingen for hele kommunen: flere boliger et sted "
            "flytter da folk mellom kretsene, men endrer ikke summen. Med «--parameter "
            "skalering=ingen» avgjør boligprogrammet summen."
        )
    band = (
        "Lavt og høyt alternativ er andre forutsetninger om fødsler, flytting og boliger. "
        f"Usikkerheten rundt hovedalternativet bygger på {forecast.spread.source}."
    )
    limits = (
        "Framskrivingen sier ikke hvor mange elever en skole får: det avhenger av kretser, private "
        "skoler og plasser, se «askergeo skole». Små kretser er mer usikre enn store, og fødsler "
        "som ikke har skjedd ennå, er mer usikre enn barn som er født."
    )
    return ages, model, band, limits


def cohort_backtest(
    own: Series, names: Mapping[str, str], comparable: Series, parameters: Parameters
) -> Result:
    """Test the forecast by cohort ratios, where only persons by age and year are known.

    Parameters
    ----------
    own
        The areas that are tested.
    names
        Name of each area.
    comparable
        Places, of the same years, that the years to average over are chosen by.
    parameters
        The set ``etterproving``; ``etterprov`` is T.

    Raises
    ------
    ParameterError
        When T cannot be tested.
    LayerError
        When a figure is unknown.
    """
    until = int(parameters["etterprov"])
    horizon = int(parameters["etterprov_horisont"])
    windows = chosen_windows(comparable, parameters)
    maker = cohort_maker(windows, float(parameters["kohort_styrke"]))
    test = run_backtest(own, maker, until=until, horizon=horizon, names=names)
    told, facts, losses = backtest_words(test)
    return Result(
        analysis="skole_prognose",
        title=f"Etterprøving av befolkningsframskrivingen fra {until}",
        template=told,
        facts=facts,
        tables=backtest_tables(test),
        warnings=losses,
        reading=_cohort_reading(window_text(windows(until)), until, len(comparable.areas)),
    )


def _cohort_reading(window: str, until: int, places: int) -> tuple[str, ...]:
    model = (
        "Tallene sier bare hvor mange som bor i kommunen etter alder og år. Kjønn, fødte, døde og "
        "flyttinger er ikke kjent. Da regner modellen med kohortrater (Hamilton–Perry): hvor mange "
        "et årskull blir ett år seinere, for hver som var i det. Det tar med både dødsfall og "
        "flytting. Fødte regnes per voksen, ikke per kvinne."
    )
    chosen = (
        f"{window} Dette er valgt på årene til og med {until}, ved å prøve hvert valg på tidligere "
        f"år i {format_number(places)} {'sted' if places == 1 else 'kommuner'}. Ingen tall etter "
        "det er brukt."
    )
    limits = (
        "Prøven sier hvor godt metoden ville ha truffet da. Den sier ikke hvor godt den treffer "
        "neste gang, og ikke noe om skolekretser: små områder treffes dårligere."
    )
    return model, chosen, limits
