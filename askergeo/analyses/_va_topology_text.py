"""The sentence, findings and reading of the faults of the map of pipes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo.analyses._va_topology_tables import ALL, ATTRIBUTES, LACKS, MEDIUM_TITLES
from askergeo.numbers import format_number
from askergeo.result import Fact, Finding, Severity, Status
from askergeo.va.network import AVLOP, BY_HEIGHT, RULES, VANN

if TYPE_CHECKING:
    import geopandas as gpd

    from askergeo.va.network import PipeNetwork
    from askergeo.va.topology import Topology

__all__ = ["findings", "reading", "statement", "warnings"]

# What answers become wrong by, and what to do about it.
_ACTIONS: Final = {
    "uten_linje": "Tegn ledningen i VA-kartverket.",
    "ukjent_type": "Rett typen i VA-kartverket, eller legg den til i kolonnefilen.",
    "null_lengde": "Slett ledningen, eller tegn den ferdig.",
    "dobbel": "Slett den ene, etter å ha kontrollert at det bare ligger ett rør der.",
    "dobbel_ulik": "Kontroller om det er to rør. Er det ett, ser nettet tryggere ut enn det er.",
    "delvis_dobbel": "Del eller slett ledningen som er tegnet oppå en annen.",
    "glippe_ende": "Flytt enden inn på den andre, eller kontroller at de ikke er koblet.",
    "glippe_node": "Flytt enden inn i noden.",
    "glippe_linje": "Flytt enden inn på ledningen, og sett en node der.",
    "krysning": "Kontroller om ledningene er koblet; er de det, sett en kum i krysset.",
    "node_motsier": "Rett fra- og til-noden, eller flytt noden.",
    "node_ukjent": "Legg til noden, eller ta bort henvisningen.",
    "node_utenfor": "Flytt noden inn på ledningen; en ventil som ikke står på en ledning, stenger "
    "ingenting i svarene.",
    "anlegg_koblet": "Gi anlegget en node_id, så koblingen er sikker.",
    "anlegg_utenfor": "Tegn ledningen fram til anlegget, eller gi anlegget en node_id.",
    "los_ende": "Sett en node der ledningen ender, eller tegn den ferdig.",
    "egen_del": "Tegn det som mangler mellom delen og resten av nettet, eller kilden dens.",
    "motfall": "Kontroller bunnhøydene; er de riktige, snu linjen.",
    "motfall_terreng": "Mål inn bunnhøyden.",
    "umulig_aar": "Finn det riktige året, eller la feltet stå tomt.",
    "pumpe_uten_kurve": "Legg inn pumpekurven i modellen eller kapasiteten i laget.",
}
_SERIOUS: Final = frozenset(
    {"krysning", "dobbel_ulik", "los_ende", "egen_del", "node_utenfor", "anlegg_utenfor",
     "uten_linje", "ukjent_type", "node_motsier", "motfall", "pumpe_uten_kurve"}
)  # fmt: skip
_NAMED: Final = 5
_JOINED: Final = (
    "Ledninger kobles der endene møtes, ved nodene de viser til, og der en ende ligger på en annen "
    "ledning. Ender innenfor toleransen flyttes sammen. Ledninger som bare krysser hverandre, "
    "kobles ikke: de går over og under hverandre, om det ikke står en kum der."
)
_UNCHANGED: Final = (
    "Alt dette gjøres i nettet som svarene regnes på. Kildelagene er som de var; listen over feil "
    "er det som bør rettes i VA-kartverket, med sted, grunn og hvor sikkert det er."
)
_UNSEEN: Final = (
    "Det som ikke er tegnet, finner ingen. En ledning som er tegnet sammenhengende på feil sted, "
    "eller en kobling som ikke finnes i bakken, ser riktig ut i kartet."
)


def statement(va_ledning: gpd.GeoDataFrame, found: Topology) -> tuple[str, dict[str, Fact]]:
    """Say how many faults there are, and how much the network hangs for itself."""
    rules = found.faults["regel"]
    structural = found.faults[~rules.isin([*LACKS, *ATTRIBUTES])]
    told = found.faults[rules.isin(ATTRIBUTES)]
    alone = found.faults[found.faults["regel"] == "egen_del"]
    # Without any source or outlet it is unknown, not zero, which parts have none.
    known = bool(found.parts["forsynt"].notna().any())
    km = float(alone["meter"].sum()) / 1e3
    lacking = found.faults[found.faults["regel"].isin(list(LACKS))]["rad"].nunique()
    facts = {
        "ledninger": Fact(title="Ledninger i kartet", value=len(va_ledning)),
        "feil": Fact(title="Feil i hvordan nettet henger sammen", value=len(structural)),
        "opplysninger": Fact(
            title="Umulige eller ukjente opplysninger, og det som ikke er i bruk", value=len(told)
        ),
        "deler": Fact(title="Deler som henger for seg selv", value=len(alone) if known else None),
        "deler_km": Fact(
            title="Lengden av dem", value=km if known else None, unit="km", decimals=1
        ),
        "mangler": Fact(
            title="Ledninger uten dimensjon, materiale eller anleggsår", value=int(lacking)
        ),
        "alle": Fact(
            title="Alle feil og mangler", value=len(found.faults), cell=("feil", ALL, "sum")
        ),
    }
    template = (
        "Kartet har {ledninger} ledninger. Det er funnet {feil} feil i hvordan de henger sammen, "
        "og {opplysninger} opplysninger som er umulige eller ukjente, eller sier at noe ikke er i "
        "bruk; {deler} deler ({deler_km} km) har ingen kilde eller intet utløp, og {mangler} "
        "ledninger mangler dimensjon, materiale eller anleggsår."
    )
    return template, facts


def findings(faults: gpd.GeoDataFrame) -> tuple[Finding, ...]:
    """Make a finding of each kind of fault, with the first of its places."""
    found = []
    for rule, rows in faults.groupby("regel", sort=False):
        one = RULES[str(rule)]
        names = ", ".join(rows["id"].astype(str).head(_NAMED))
        more = " m.fl." if len(rows) > _NAMED else ""
        shapes = np.asarray(rows.geometry.array, dtype=object)
        placed = [shape for shape in shapes if shape is not None]
        serious = str(rule) in _SERIOUS
        found.append(
            Finding(
                rule=f"va_topologi.{rule}",
                title=one.title,
                status=Status.HIT_YELLOW if serious else Status.NOT_RELEVANT,
                severity=Severity.WARNING if serious else Severity.INFO,
                text=f"{format_number(len(rows))} ({names}{more}). {one.reason} "
                f"Nettet: {one.change}",
                layer=str(rows["lag"].iloc[0]),
                row=str(rows["id"].iloc[0]) if len(rows) == 1 else "",
                action=_ACTIONS.get(str(rule), "Fyll inn det som mangler i VA-kartverket."),
                geometry=placed[0] if placed else None,
            )
        )
    return tuple(sorted(found, key=lambda one: one.severity is not Severity.WARNING))


def warnings(found: Topology) -> tuple[str, ...]:
    """Say what the map does not know, so that the faults are not all that there are."""
    told = []
    for medium, network in found.networks.items():
        if network.edges == 0:
            continue
        serves = network.source if medium == VANN else network.outlet
        if not serves.any():
            what = (
                "vannverk, kilde eller basseng"
                if medium == VANN
                else ("renseanlegg, utløp eller overløp")
            )
            told.append(
                f"{MEDIUM_TITLES[medium]}: ingen {what} er koblet til nettet. Da er det ukjent "
                "hvilke deler som henger for seg selv."
            )
        if medium != VANN:
            told += _unknown_direction(medium, network)
    return tuple(told)


def _unknown_direction(medium: str, network: PipeNetwork) -> list[str]:
    gravity = ~network.pressure
    length = network.length_m
    drawn = gravity & (network.direction_by != BY_HEIGHT)
    if not drawn.any():
        return []
    share = 100 * float(length[drawn].sum()) / float(length[gravity].sum())
    what = "spillvann og felles" if medium == AVLOP else "overvann"
    start = f"Strømmens retning er bare kjent som tegnet for {format_number(share, 1)} % av "
    return [
        f"{start}selvfallsledningene for {what}: bunnhøyden mangler i en av endene, eller er lik."
    ]


def reading() -> tuple[str, ...]:
    """Say how the faults were found, and what they do not say."""
    return (_JOINED, _UNCHANGED, _UNSEEN)
