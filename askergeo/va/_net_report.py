"""The repair report: every change and every doubt, with its reason, its place, and how sure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["COLUMNS", "HIGH", "LOW", "MIDDLE", "RULES", "Repairs", "Rule", "dots"]

HIGH, MIDDLE, LOW = "høy", "middels", "lav"


class Rule(NamedTuple):
    """One kind of fault: what it is called, why it is one, what the network does about it."""

    title: str
    reason: str
    change: str
    sure: str = HIGH


_OUT = "Ikke med i nettet."
_NONE = "Ingen."
#: The kinds of fault, in the order that a reader meets them.
RULES: Final[dict[str, Rule]] = {
    "uten_linje": Rule(
        "Ledning uten linje",
        "Geometrien mangler, er tom eller har koordinater som ikke er tall.",
        _OUT,
    ),
    "ukjent_type": Rule(
        "Ledning med ukjent type",
        "Typen er ikke vann, spillvann, overvann eller avløp felles.",
        _OUT,
    ),
    "ikke_i_drift": Rule(
        "Ledning som ikke er i bruk", "Statusen sier at ledningen ikke er i bruk.", _OUT
    ),
    "null_lengde": Rule("Ledning uten lengde", "Linjen begynner og slutter i samme punkt.", _OUT),
    "null_lengde_node": Rule(
        "Ledning uten lengde mellom to noder",
        "Linjen begynner og slutter i samme punkt, men ledningen viser til to noder.",
        "Med i nettet som en forbindelse mellom nodene.",
        MIDDLE,
    ),
    "dobbel": Rule(
        "Ledning tegnet to ganger",
        "En annen ledning av samme type ligger på samme sted, og ingen egenskaper skiller dem.",
        "Ikke med i nettet; den andre er brukt.",
    ),
    "dobbel_ulik": Rule(
        "To ledninger på samme sted",
        "En annen ledning av samme type ligger på samme sted, men har annen dimensjon, annet "
        "materiale eller annet anleggsår.",
        "Ingen: begge er med, og nettet kan se tryggere ut enn det er.",
        LOW,
    ),
    "for_kort": Rule(
        "Ledning kortere enn toleransen",
        "Begge endene er koblet til samme sted.",
        _OUT,
        MIDDLE,
    ),
    "delvis_dobbel": Rule(
        "Del av ledning tegnet to ganger",
        "En annen ledning av samme type ligger på samme sted langs en del av ledningen.",
        "Den delen er ikke med i nettet; den andre er brukt.",
        MIDDLE,
    ),
    "sloyfe": Rule(
        "Ledning som begynner og slutter samme sted",
        "Linjen er en ring.",
        "Delt i to på midten.",
        MIDDLE,
    ),
    "node_ukjent": Rule(
        "Noden finnes ikke",
        "Ledningen viser til en node som ikke er i nodelaget.",
        "Enden er koblet etter geometrien.",
        MIDDLE,
    ),
    "node_motsier": Rule(
        "Noden ligger et annet sted",
        "Noden som ledningen viser til, ligger lenger fra enden enn toleransen.",
        "Enden er koblet etter geometrien, ikke etter noden.",
        MIDDLE,
    ),
    "node_byttet": Rule(
        "Fra-node og til-node er byttet",
        "Linjen begynner ved til-noden og slutter ved fra-noden.",
        "Endene er koblet til nodene de ligger ved.",
        MIDDLE,
    ),
    "glippe_ende": Rule(
        "Glippe mellom to ender",
        "Enden ligger innenfor toleransen fra enden av en annen ledning.",
        "Endene er koblet sammen.",
    ),
    "glippe_node": Rule(
        "Glippe til en node",
        "Enden ligger innenfor toleransen fra en node.",
        "Enden er koblet til noden.",
    ),
    "glippe_linje": Rule(
        "Glippe til en ledning",
        "Enden ligger innenfor toleransen fra en annen ledning.",
        "Enden er koblet til ledningen, som er delt der.",
        MIDDLE,
    ),
    "krysning": Rule(
        "Krysning uten node",
        "To ledninger krysser hverandre, og det står ingen kum der.",
        "Ingen: ledningene går over og under hverandre og er ikke koblet.",
        MIDDLE,
    ),
    "krysning_kum": Rule(
        "Krysning i en kum",
        "To ledninger krysser hverandre der det står en kum, uten å være delt i den.",
        "Ledningene er koblet i kummen.",
        MIDDLE,
    ),
    "node_ved_siden": Rule(
        "Node ved siden av ledningen",
        "Noden ligger innenfor toleransen fra en ledning, men ikke på den.",
        "Noden er flyttet inn på ledningen.",
    ),
    "node_utenfor": Rule(
        "Node uten ledning",
        "Ingen ledning som noden kan høre til, ligger innenfor toleransen.",
        "Ikke med i nettet.",
    ),
    "node_dobbel": Rule(
        "To noder på samme sted",
        "En annen node ligger på samme sted.",
        "De er regnet som én.",
        MIDDLE,
    ),
    "punkt_uten_sted": Rule(
        "Node eller anlegg uten sted",
        "Geometrien mangler, er ikke et punkt eller har koordinater som ikke er tall.",
        _OUT,
    ),
    "punkt_ikke_i_drift": Rule(
        "Node eller anlegg som ikke er i bruk",
        "Statusen sier at det ikke er i bruk, eller anlegget er lagt ned eller ikke bygd det året "
        "kartet gjelder.",
        "Ikke med i nettet, og verken kilde eller utløp.",
    ),
    "anlegg_koblet": Rule(
        "Anlegg ved siden av nettet",
        "Anlegget har ingen node og ligger ikke på en ledning.",
        "Koblet til den nærmeste noden i nettet.",
        LOW,
    ),
    "anlegg_utenfor": Rule(
        "Anlegg uten ledning",
        "Ingen ledning som anlegget kan høre til, er nær nok.",
        "Ikke med i nettet.",
    ),
    "los_ende": Rule(
        "Løs ende",
        "Ledningen slutter uten node, uten å møte en annen ledning, og er ikke en stikkledning.",
        _NONE,
        MIDDLE,
    ),
    "egen_del": Rule(
        "Del som henger for seg selv",
        "Delen har ingen vei til en kilde (vann) eller et utløp (avløp) i kartet.",
        _NONE,
        MIDDLE,
    ),
    "motfall": Rule(
        "Stiger i strømmens retning",
        "Bunnhøyden er høyere der ledningen slutter enn der den begynner.",
        "Regnet å renne den andre vegen.",
        MIDDLE,
    ),
    "motfall_terreng": Rule(
        "Stiger med terrenget",
        "Terrenget stiger i ledningens retning, og bunnhøyden er ukjent.",
        "Ingen: retningen er som tegnet.",
        LOW,
    ),
    "uten_dimensjon": Rule("Uten dimensjon", "Dimensjonen mangler eller er 0.", _NONE),
    "uten_materiale": Rule("Uten materiale", "Materialet mangler eller er ukjent.", _NONE),
    "uten_aar": Rule("Uten anleggsår", "Anleggsåret mangler.", _NONE),
    "umulig_aar": Rule(
        "Umulig anleggsår",
        "Anleggsåret er 0, 2099 eller et annet år som ikke kan stemme.",
        "Året er regnet som ukjent.",
    ),
    "pumpe_uten_kurve": Rule(
        "Pumpe uten kurve",
        "Verken pumpekurve, effekt eller kapasitet er oppgitt.",
        "Med i nettet, men kan ikke regnes på.",
    ),
}
COLUMNS: Final = (
    "regel", "medium", "lag", "rad", "id", "annen_id", "sikkerhet", "meter", "geometry",
)  # fmt: skip


@dataclass(eq=False)
class Repairs:
    """What was changed, left out or doubted in one network; one row a fault.

    ``rows`` has :data:`COLUMNS`: the rule (key of :data:`RULES`), the medium, the layer and the
    row (position) in it, its id, the id of the other part, how sure it is, a length or a height in
    metres where the rule has one, and a point.
    """

    medium: str
    crs: object = None
    _parts: list[pd.DataFrame] = field(default_factory=list)

    def add(
        self,
        rule: str,
        row: ArrayLike,
        *,
        ids: Sequence[str] | NDArray[np.object_],
        place: NDArray[np.object_],
        layer: str = "va_ledning",
        other: Sequence[str] | NDArray[np.object_] | str = "",
        metres: ArrayLike | float = np.nan,
        sure: str | Sequence[str] | NDArray[np.object_] = "",
    ) -> None:
        """Add the rows of one rule; nothing when there are none."""
        number = np.asarray(row, dtype=np.int64)
        if len(number) == 0:
            return
        self._parts.append(
            pd.DataFrame(
                {
                    "regel": rule,
                    "medium": self.medium,
                    "lag": layer,
                    "rad": number,
                    "id": np.asarray(ids, dtype=object),
                    "annen_id": other,
                    "sikkerhet": sure if len(sure) else RULES[rule].sure,
                    "meter": np.asarray(metres, dtype=np.float64),
                    "geometry": np.asarray(place, dtype=object),
                },
                index=range(len(number)),
            )
        )

    def frame(self) -> gpd.GeoDataFrame:
        """Return all rows, in the order of the rules and the rows."""
        whole = (
            pd.concat(self._parts, ignore_index=True)
            if self._parts
            else pd.DataFrame({name: [] for name in COLUMNS}).astype({"rad": np.int64})
        )
        rank = whole["regel"].map({rule: at for at, rule in enumerate(RULES)})
        order = np.lexsort((whole["id"].astype(str), whole["rad"], rank.astype(float)))
        frame = gpd.GeoDataFrame(whole.iloc[order].reset_index(drop=True), geometry="geometry")
        return frame.set_crs(self.crs) if self.crs is not None else frame

    def of(self, rule: str) -> pd.DataFrame:
        """Return the rows of one rule."""
        frame = self.frame()
        return pd.DataFrame(frame[frame["regel"] == rule]).reset_index(drop=True)


def dots(xy: NDArray[np.float64]) -> NDArray[np.object_]:
    """Points of coordinates (k, 2)."""
    return np.asarray(shapely.points(xy.reshape(-1, 2)), dtype=object)
