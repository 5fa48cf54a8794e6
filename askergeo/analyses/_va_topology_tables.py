"""Tables of the faults of the map of pipes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.catalogue import load_catalogue
from askergeo.result import Column, RowSum, Table
from askergeo.va.network import MEDIA, RULES

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = [
    "ATTRIBUTES",
    "LACKS",
    "MEDIUM_TITLES",
    "count_table",
    "lack_table",
    "network_table",
    "part_table",
    "repair_table",
]

MEDIUM_TITLES: Final = {"vann": "Vann", "avlop": "Avløp", "overvann": "Overvann"}
#: Rules that say what a pipe lacks, not how the network hangs together; and the word for each.
LACKS: Final = {
    "uten_dimensjon": "dimensjon",
    "uten_materiale": "materiale",
    "uten_aar": "anleggsår",
}
#: Rules that say that what is told of a pipe or a pump cannot be, or that it is out of use.
ATTRIBUTES: Final = ("umulig_aar", "pumpe_uten_kurve", "ukjent_type", "ikke_i_drift",
                     "punkt_ikke_i_drift")  # fmt: skip
ALL: Final = "alle"


def count_table(faults: gpd.GeoDataFrame) -> Table:
    """Count the faults by kind and medium; kinds that were not found are told as none, last."""
    counts = pd.crosstab(faults["regel"], faults["medium"])
    counts = counts.reindex(index=list(RULES), columns=list(MEDIA), fill_value=0).astype(int)
    counts["sum"] = counts[list(MEDIA)].sum(axis=1)
    # The page shows the first rows only.
    counts = pd.concat([counts[counts["sum"] > 0], counts[counts["sum"] == 0]])
    counts.loc[ALL] = counts.sum()
    titles = {rule: one.title for rule, one in RULES.items()} | {ALL: "Alle"}
    changes = {rule: one.change for rule, one in RULES.items()}
    frame = pd.DataFrame({"feil": [titles[rule] for rule in counts.index]}, index=counts.index)
    frame = frame.join(counts)
    frame["endring"] = [changes.get(str(rule), "") for rule in counts.index]
    frame.index.name = None
    return Table(
        name="feil",
        title="Feil i ledningskartet etter slag",
        frame=frame,
        columns={
            "feil": Column(title="Feil"),
            **{
                name: Column(title=title, unit="feil", decimals=0)
                for name, title in MEDIUM_TITLES.items()
            },
            "sum": Column(title="I alt", unit="feil", decimals=0),
            "endring": Column(title="Hva nettet gjør"),
        },
        row_sums=(RowSum(ALL, tuple(RULES)),),
        note="Avløp er spillvann og avløp felles. 0 betyr at feilen ikke er funnet, ikke at den "
        "ikke finnes: en feil som er tegnet riktig sammenhengende, kan kartet ikke vise. Ingenting "
        "er endret i kildelagene.",
    )


def network_table(summary: pd.DataFrame) -> Table:
    """List each medium before and after: rows, kilometres and parts."""
    frame = pd.DataFrame(
        {
            "medium": summary["medium"].map(MEDIUM_TITLES),
            "ledninger": summary["ledninger"],
            "km": summary["lengde_m"] / 1e3,
            "med": summary["med"],
            "nett_km": summary["nett_m"] / 1e3,
            "deler_for": summary["deler_for"],
            "deler": summary["deler"],
        }
    ).set_index(summary["medium"].to_numpy())
    return Table(
        name="nett",
        title="Nettet før og etter",
        frame=frame,
        columns={
            "medium": Column(title="Nett"),
            "ledninger": Column(title="Ledninger i kartet", decimals=0),
            "km": Column(title="Lengde i kartet", unit="km", decimals=1),
            "med": Column(title="Ledninger i nettet", decimals=0),
            "nett_km": Column(title="Lengde i nettet", unit="km", decimals=1),
            "deler_for": Column(
                title="Deler før", decimals=0, description="Når bare like endepunkt er koblet."
            ),
            "deler": Column(title="Deler etter", decimals=0),
        },
        note="Lengden i nettet er den målte lengden (lengde_m) der den er oppgitt, ellers linjens. "
        "Ledninger som ikke er med i nettet, står i listen over feil med grunnen.",
    )


def repair_table(faults: gpd.GeoDataFrame) -> Table:
    """List every fault of how the network hangs together, one row each."""
    some = faults[~faults["regel"].isin(list(LACKS))]
    layers = load_catalogue()
    xy = _coordinates(some)
    frame = pd.DataFrame(
        {
            "feil": some["tittel"].to_numpy(),
            "medium": some["medium"].map(MEDIUM_TITLES).to_numpy(),
            "lag": some["lag"].map({name: layers[name].title for name in some["lag"].unique()}),
            "rad": some["rad"].to_numpy() + 1,
            "id": some["id"].to_numpy(),
            "annen_id": some["annen_id"].to_numpy(),
            "grunn": some["grunn"].to_numpy(),
            "endring": some["endring"].to_numpy(),
            "sikkerhet": some["sikkerhet"].to_numpy(),
            "meter": some["meter"].to_numpy(dtype=float),
            "x": xy[:, 0],
            "y": xy[:, 1],
        },
        index=pd.Index([f"F{number:05d}" for number in some.index + 1]),
    )
    return Table(
        name="reparasjoner",
        title="Hver feil og merknad, hvor den er, og hva nettet gjør",
        frame=frame,
        columns=repair_columns(),
        note="Meter er avstanden over en glippe eller fra en node til ledningen, stigningen for "
        "motfall, og lengden for ledninger og deler. Rad er radnummeret i laget i datapakken.",
    )


def repair_columns() -> dict[str, Column]:
    """Describe the columns of the list of faults."""
    return {
        "feil": Column(title="Feil"),
        "medium": Column(title="Nett"),
        "lag": Column(title="Lag"),
        "rad": Column(title="Rad", decimals=0),
        "id": Column(title="Id"),
        "annen_id": Column(title="Den andre", description="Ledningen eller noden det gjelder mot."),
        "grunn": Column(title="Grunn"),
        "endring": Column(title="Hva nettet gjør"),
        "sikkerhet": Column(title="Sikkerhet", description="Hvor sikkert det er at dette er feil."),
        "meter": Column(title="Mål", unit="m", decimals=2),
        "x": Column(title="Øst", unit="m", decimals=2),
        "y": Column(title="Nord", unit="m", decimals=2),
    }


def _coordinates(faults: gpd.GeoDataFrame) -> np.ndarray:
    shapes = np.asarray(faults.geometry.array, dtype=object)
    return np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)])


def part_table(parts: pd.DataFrame) -> Table:
    """List the parts of each network, those without source or outlet first."""
    alone = parts["forsynt"].astype(object).eq(False)
    order = np.lexsort((-parts["lengde_m"], ~alone.to_numpy(dtype=bool)))
    some = parts.iloc[order]
    words = {True: "Ja", False: "Nei"}
    frame = pd.DataFrame(
        {
            "medium": some["medium"].map(MEDIUM_TITLES),
            "ledninger": some["ledninger"],
            "lengde_m": some["lengde_m"],
            "lose_ender": some["lose_ender"],
            "forsynt": [words.get(one, "Ukjent") for one in some["forsynt"].astype(object)],
        }
    ).set_index(pd.Index(some["medium"] + " " + (some["del"] + 1).astype(str)))
    frame.index.name = None
    return Table(
        name="deler",
        title="Delene som nettene er i",
        frame=frame,
        columns={
            "medium": Column(title="Nett"),
            "ledninger": Column(title="Ledninger", unit="ledninger", decimals=0),
            "lengde_m": Column(title="Lengde", unit="m", decimals=0),
            "lose_ender": Column(title="Ender uten node", unit="ender", decimals=0),
            "forsynt": Column(title="Har kilde eller utløp"),
        },
        note="En del er ledninger som henger sammen. Vann har en kilde når et vannverk, en kilde "
        "eller et basseng er koblet til; avløp og overvann har et utløp når et renseanlegg, et "
        "utløp eller et overløp er det. Ukjent betyr at kartet ikke har noen slike.",
    )


def lack_table(faults: gpd.GeoDataFrame) -> Table:
    """List the pipes that lack dimension, material or year, one row a pipe."""
    some = faults[faults["regel"].isin(list(LACKS))]
    word = some["regel"].map(LACKS)
    grouped = (
        pd.DataFrame({"medium": some["medium"], "rad": some["rad"], "id": some["id"], "hva": word})
        .groupby(["rad", "medium", "id"], sort=True)["hva"]
        .agg(", ".join)
        .reset_index()
    )
    frame = pd.DataFrame(
        {
            "id": grouped["id"],
            "medium": grouped["medium"].map(MEDIUM_TITLES),
            "rad": grouped["rad"] + 1,
            "mangler": grouped["hva"],
        }
    )
    frame.index = pd.Index([f"M{number:06d}" for number in range(1, len(frame) + 1)])
    return Table(
        name="mangler",
        title="Ledninger uten dimensjon, materiale eller anleggsår",
        frame=frame,
        columns={
            "id": Column(title="Ledning"),
            "medium": Column(title="Nett"),
            "rad": Column(title="Rad", decimals=0),
            "mangler": Column(title="Mangler"),
        },
        note="Et materiale som er «ukjent» eller lignende, mangler. Et umulig anleggsår står i "
        "listen over feil.",
    )
