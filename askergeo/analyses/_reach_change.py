"""Who gains and who loses with a scenario, address by address.

The two runs carry who lives where and how long each walks (``Result.microdata``), which no output
ever sees; here they meet, and leave as sums by age and as addresses without numbers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from askergeo._text import listed
from askergeo.analyses._reach_tables import counted_table, person_column
from askergeo.numbers import HARD_SPACE
from askergeo.result import Column, MapLayer, Style, StyleClass

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from numpy.typing import NDArray

    from askergeo.analyses._reach_people import Ages
    from askergeo.analyses._reach_tables import Reach
    from askergeo.result import Fact, Result, Table

__all__ = ["compare", "microdata_of"]

_PARTS = ("barn", "voksne", "yngre_eldre", "eldst", "ukjent_alder")
# A walk that is longer or shorter by less than this (minutes) is as before.
_SAME = 0.05
_STAY, _GAIN, _LOSE, _FASTER, _SLOWER = "blir", "inn", "ut", "raskere", "saktere"
_CLASSES = (
    StyleClass(value="Kommer inn", label="Kommer inn", fill="#0072b2", stroke="#003a5c"),
    StyleClass(value="Kortere veg", label="Kortere veg", fill="#56b4e9", stroke="#2b6f96"),
    StyleClass(value="Lengre veg", label="Lengre veg", fill="#e69f00", stroke="#7a5400"),
    StyleClass(value="Faller ut", label="Faller ut", fill="#d55e00", stroke="#6b2f00"),
    StyleClass(value="Ny adresse", label="Ny adresse", fill="#cc79a7", stroke="#7a3f61"),
    StyleClass(value="Fjernet adresse", label="Fjernet adresse", fill="#000000", stroke="#000000"),
    StyleClass(
        value="Som før", label="Som før for denne profilen", fill="#ffffff", stroke="#999999"
    ),
)
_COVERING = ("omland", "adresser")
_WALK = "Vegen som blir kortere eller lengre, går til den av gruppene som er lengst unna."
# Fact with what the best places for a new service would give.
_BEST = "nye_av_tjeneste"
_CLASS_OF = {_GAIN: "Kommer inn", _FASTER: "Kortere veg", _SLOWER: "Lengre veg", _LOSE: "Faller ut"}


def microdata_of(reach: Reach, main: str) -> pd.DataFrame:
    """Keep of each place what the comparison needs, under what it is known by in another run.

    Parameters
    ----------
    main
        Profile of the map of winners and losers.
    """
    people = reach.people
    xy = np.array([(point.x, point.y) for point in people.points]).reshape(-1, 2)
    data: dict[str, Any] = {"x": xy[:, 0], "y": xy[:, 1]}
    data |= {part: people.persons[:, number] for number, part in enumerate(_PARTS)}
    data |= {f"minutter_{profile}": times.complete for profile, times in reach.times.items()}
    frame = pd.DataFrame(data, index=pd.Index(people.ids, name="id"))
    frame.attrs = {
        "grense": reach.limits[0],
        "titler": dict(reach.titles),
        "hovedprofil": main,
        "alder": reach.ages,
        "etter_alder": people.by_age,
    }
    # Dwellings that stand in the very same place cannot be told apart in another run.
    return frame[~frame.index.duplicated()]


def compare(base: Result, other: Result, difference: Result) -> Result:
    """Add to a difference who gains and who loses.

    Parameters
    ----------
    base, other
        The runs without and with the scenario, with their microdata.
    difference
        What :func:`askergeo.compare.compare` made of them.
    """
    one, two = base.microdata, other.microdata
    if one is None or two is None:
        return difference
    profiles = [p for p in one.attrs["titler"] if p in two.attrs["titler"]]
    index = one.index.append(two.index.difference(one.index, sort=False))
    before, after = one.reindex(index), two.reindex(index)
    before.attrs = after.attrs = one.attrs
    states = {profile: _states(before, after, profile) for profile in profiles}
    table = _table(before, after, states)
    layer = _layer(before, after, states, base)
    return replace(
        difference,
        template=_template(
            difference,
            one.attrs | {"begge": (before["x"].notna() & after["x"].notna()).to_numpy()},
            states,
        ),
        facts=_facts(base, other, difference),
        tables=(*difference.tables[:1], table, *difference.tables[1:]),
        layers=(*(_drawn(its, base) for its in difference.layers), layer),
    )


def _template(
    difference: Result, attrs: Mapping[Hashable, Any], states: Mapping[str, pd.DataFrame]
) -> str:
    """State the shares without and with the scenario, and how many addresses it moves."""
    facts = difference.facts
    shares = [
        [f"andel_{age}_{p}" for p in states if f"andel_{age}_{p}_endring" in facts]
        for age in ("alle", "eldre")
    ]
    if not shares[0] or all(facts[name].value is None for name in shares[0]):
        return difference.template
    name = (difference.provenance.scenario if difference.provenance else "") or "scenarioet"
    name = name.replace("{", "{{").replace("}", "}}")
    where = f"et {attrs['grense']:g}-minutterstettsted"
    moved = any(facts[f"{share}_endring"].value for row in shares for share in row)
    if moved:
        said = f"Med {name} går andelen som bor i {where}, {_from_to(shares[0], states, attrs)}"
        if shares[1]:
            of_old = _from_to(shares[1], {}, attrs)
            said += f"; av dem på {attrs['alder'].titles['eldre'].lower()} {of_old}"
    else:
        said = f"Med {name} er andelen som bor i {where}, som før"
    return f"{said}. {_addresses(attrs, states)}"


def _from_to(
    shares: Sequence[str], states: Mapping[str, pd.DataFrame], attrs: Mapping[Hashable, Any]
) -> str:
    whose = [f" ({attrs['titler'][profile].lower()})" for profile in states] or [""] * len(shares)
    words = [
        f"fra {{{share}}} til {{{share}_scenario}}{HARD_SPACE}%{who}"
        for share, who in zip(shares, whose, strict=True)
    ]
    return listed(words)


def _addresses(attrs: Mapping[Hashable, Any], states: Mapping[str, pd.DataFrame]) -> str:
    """Count the addresses with a shorter and a longer walk, as the map layer draws them."""
    main = _main(attrs, states)
    state = states[main]["state"].to_numpy()[attrs["begge"]]
    shorter, longer = np.isin(state, [_GAIN, _FASTER]).sum(), np.isin(state, [_LOSE, _SLOWER]).sum()
    who = attrs["titler"][main].lower()
    if not shorter and not longer:
        return f"Ingen adresser får kortere eller lengre veg ({who})."
    words = "adresse" if shorter == 1 else "adresser"
    return f"{shorter or 'Ingen'} {words} får kortere veg og {longer or 'ingen'} lengre ({who})."


def _facts(base: Result, other: Result, difference: Result) -> dict[str, Fact]:
    """Leave out what a new service would give when the runs speak of different services."""
    one, two = (run.facts.get(_BEST) for run in (base, other))
    same = one is not None and two is not None and one.title == two.title
    return {
        name: fact for name, fact in difference.facts.items() if same or not name.startswith(_BEST)
    }


def _drawn(layer: MapLayer, base: Result) -> MapLayer:
    """Draw the land under what differs, and leave to the GeoPackage what would cover the winners.

    One metre of path changes the whole walking area, and one minute to one service an address.
    """
    if layer.name == "land_og_sjo" and layer.frame.empty:
        return base.layer(layer.name)
    return replace(layer, on_page=False) if layer.name in _COVERING else layer


def _main(attrs: Mapping[Hashable, Any], states: Mapping[str, pd.DataFrame]) -> str:
    main = str(attrs["hovedprofil"])
    return main if main in states else next(iter(states))


def _states(before: pd.DataFrame, after: pd.DataFrame, profile: str) -> pd.DataFrame:
    """Tell what happens to each place: in the settlement before and after, and how it changes."""
    limit = before.attrs["grense"]
    old = before[f"minutter_{profile}"].to_numpy()
    new = after[f"minutter_{profile}"].to_numpy()
    was, is_now = old <= limit, new <= limit
    with np.errstate(invalid="ignore"):
        faster, slower = new < old - _SAME, new > old + _SAME
    # A place that is in one of the runs only has an unknown time in the other.
    state = np.select(
        [was & is_now, ~was & is_now, was & ~is_now, faster, slower],
        [_STAY, _GAIN, _LOSE, _FASTER, _SLOWER],
        default="",
    )
    return pd.DataFrame({"was": was, "is_now": is_now, "state": state}, index=before.index)


def _table(before: pd.DataFrame, after: pd.DataFrame, states: dict[str, pd.DataFrame]) -> Table:
    """Count who moves in and out of the settlements, by age, in whole tens."""
    old = before[list(_PARTS)].fillna(0).to_numpy()
    new = after[list(_PARTS)].fillna(0).to_numpy()
    stay = np.minimum(old, new)
    limit = f"{before.attrs['grense']:g}"
    records: list[dict[str, Any]] = []
    for profile, frame in states.items():
        was, is_now = frame["was"].to_numpy(), frame["is_now"].to_numpy()
        state = frame["state"].to_numpy()
        rows = {
            "uten": ("Bor i 5-minutterstettsted uten scenario", old[was]),
            _STAY: ("Bor der før og etter", stay[state == _STAY]),
            _LOSE: ("Faller ut: tjenestene kommer lenger unna", stay[state == _LOSE]),
            "borte": ("Bor ikke lenger der (endret befolkning)", (old - stay)[was]),
            _GAIN: ("Kommer inn: tjenestene kommer nærmere", stay[state == _GAIN]),
            "nye": ("Nye bosatte (endret befolkning)", (new - stay)[is_now]),
            "med": ("Bor i 5-minutterstettsted med scenario", new[is_now]),
            _FASTER: ("Får kortere veg, uten å komme inn", stay[state == _FASTER]),
            _SLOWER: ("Får lengre veg, uten å falle ut", stay[state == _SLOWER]),
        }
        for what, (title, persons) in rows.items():
            counts = dict(zip(_PARTS, persons.sum(axis=0), strict=True))
            records.append(
                {
                    "rad": f"{profile}_{what}",
                    "profil": before.attrs["titler"][profile],
                    "bosatte": title.replace("5-minutter", f"{limit}-minutter"),
                    **counts,
                    "eldre": counts["yngre_eldre"] + counts["eldst"],
                    "alle": sum(counts.values()),
                }
            )
    by_age = bool(before.attrs["etter_alder"])
    columns = _columns(before.attrs["alder"], by_age=by_age, unknown=bool(old[:, 4].any()))
    return counted_table(
        "vinner_taper",
        "Hvem vinner og hvem taper",
        records,
        columns,
        note="Bare bosatte som er der både uten og med scenario, kan vinne eller tape. Nye "
        f"adresser og nye bosatte står på egne rader. {_WALK}",
    )


def _columns(ages: Ages, *, by_age: bool, unknown: bool) -> dict[str, Column]:
    columns = {"profil": Column(title="Profil"), "bosatte": Column(title="Bosatte")}
    if by_age:
        titles = {
            "barn": ages.titles["barn"],
            "voksne": f"{ages.children_to + 1}–{ages.old_from - 1} år",
            "yngre_eldre": f"{ages.old_from}–{ages.oldest_from - 1} år",
            "eldst": ages.titles["eldst"],
        } | ({"ukjent_alder": "Ukjent alder"} if unknown else {})
        columns |= {name: person_column(title) for name, title in titles.items()}
        columns["eldre"] = person_column(ages.titles["eldre"])
    return columns | {"alle": person_column("Alle")}


def _layer(
    before: pd.DataFrame, after: pd.DataFrame, states: dict[str, pd.DataFrame], base: Result
) -> MapLayer:
    """Draw the addresses whose walk changes, without a number of persons."""
    main = _main(before.attrs, states)
    new = before["x"].isna().to_numpy()
    data: dict[str, Any] = {}
    for profile, frame in states.items():
        words = frame["state"].map(_CLASS_OF).fillna("").to_numpy(dtype=object)
        words[new] = "Ny adresse"
        words[after["x"].isna().to_numpy()] = "Fjernet adresse"
        data[profile] = words
    x = after["x"].fillna(before["x"]).to_numpy()
    y = after["y"].fillna(before["y"]).to_numpy()
    crs = next(layer.frame.crs for layer in base.layers)
    frame = gpd.GeoDataFrame(data, geometry=gpd.points_from_xy(x, y), crs=crs, index=before.index)
    frame = frame[np.any(_texts(frame, list(states)) != "", axis=1)]
    frame[list(states)] = frame[list(states)].replace("", "Som før")
    titles = before.attrs["titler"]
    return MapLayer(
        name="vinner_taper",
        title=f"Adresser som vinner og taper ({titles[main].lower()})",
        frame=frame,
        columns={profile: Column(title=titles[profile]) for profile in states},
        style=Style(fill="#ffffff", stroke="#999999", size=1.6, column=main, classes=_CLASSES),
        note="Alle adresser som endres, er med, også dem uten bosatte. "
        f"{_WALK} Laget sier ingenting om hvor mange som bor på hver adresse.",
    )


def _texts(frame: gpd.GeoDataFrame, names: list[str]) -> NDArray[np.object_]:
    return np.asarray(frame[names].to_numpy(dtype=object))
