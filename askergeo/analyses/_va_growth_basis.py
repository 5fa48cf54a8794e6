"""Findings on what the loads of treatment plants start from, and on plants that get none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from askergeo.analyses._va_growth_tables import TEN, tens
from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.result import Finding, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from askergeo.analyses._va_growth_scene import Scene
    from askergeo.analyses._va_growth_sums import PlantLoad
    from askergeo.parameters import Parameters

__all__ = ["basis_findings", "metered_findings"]


def basis_findings(scene: Scene, found: PlantLoad, parameters: Parameters) -> Iterator[Finding]:
    """Tell of plants whose registered load is not what is reckoned, and of those without any.

    Parameters
    ----------
    scene
        The layers and years.
    found
        The treatment plants.
    parameters
        The set ``va_vekst``.
    """
    anlegg = scene.layers["va_anlegg"]
    if anlegg is None:
        return
    shapes = geometries(anlegg)[found.plants.row]
    most = float(parameters["va_vekst_avvik"])
    for k, name in enumerate(found.plants.names):
        if _apart(found, k, most):
            registered = format_number(float(found.plants.measured[k]), unit="pe")
            reckoned = format_number(float(tens(found.reckoned[k])), unit="pe")
            used = parameters["va_vekst_maalt"] == "ja"
            yield Finding(
                rule="va_ulik_belastning",
                title=f"{name}: registrert og regnet belastning er ulike",
                status=Status.HIT_YELLOW, severity=Severity.WARNING,
                text=f"Registrert {registered}, regnet {reckoned}. "
                f"{'Den registrerte' if used else 'Den regnede'} er brukt.",
                layer="va_anlegg", row=found.plants.ids[k], geometry=shapes[k],
                action="Se etter industri, fritidsboliger og hvem som er tilknyttet, eller rett "
                "belastning_pe.",
            )  # fmt: skip
        opens = found.plants.opens[k]
        if opens > scene.years[0] and _idle(found, k):
            yield Finding(
                rule="va_ingenting_dit",
                title=f"{name} åpner {opens:.0f}, men ingenting er ført dit",
                status=Status.HIT_YELLOW, severity=Severity.WARNING,
                text="Ingen ledninger, soner eller anlegg som legges ned, fører avløp til det. "
                "Belastningen på anleggene det skal avlaste, er derfor regnet uten det.",
                layer="va_anlegg", row=found.plants.ids[k], geometry=shapes[k],
                action="Før inn hvilke anlegg det tar over for (til_aar og til_anlegg_id), eller "
                "ledningene eller sonen som skal føres dit.",
            )  # fmt: skip


def metered_findings(scene: Scene, found: PlantLoad, parameters: Parameters) -> Iterator[Finding]:
    """Tell of waterworks that deliver another amount by their meters than is reckoned."""
    anlegg, metered = scene.layers["va_anlegg"], found.supplied
    if anlegg is None or metered is None:
        return
    shapes = geometries(anlegg)[found.plants.row]
    most = float(parameters["va_vekst_avvik"]) / 100
    used = "Den målte" if parameters["va_vekst_maalt"] == "ja" else "Den regnede"
    for k in np.flatnonzero(~np.isnan(metered.mean)).tolist():
        told, reckoned = float(metered.mean[k]), float(metered.reckoned[k])
        if abs(told - reckoned) <= max(most * told, TEN):
            continue
        pair = [format_number(float(tens(one)), unit="m³/d") for one in (told, reckoned)]
        yield Finding(
            rule="va_ulik_belastning",
            title=f"{found.plants.names[k]}: målt og regnet vann er ulike",
            status=Status.HIT_YELLOW, severity=Severity.WARNING,
            text=f"Målt {pair[0]} i middeldøgnet {metered.year}, regnet {pair[1]}. "
            f"{used} er brukt.",
            layer="va_anlegg", row=found.plants.ids[k], geometry=shapes[k],
            action="Se etter målere som mangler, eller sett liter per person og lekkasje "
            "(va_vekst_l_person_mid og va_vekst_lekkasje_mid) etter egne tall.",
        )  # fmt: skip


def _apart(found: PlantLoad, k: int, most: float) -> bool:
    """Tell whether the two loads of a plant in use differ by more than so many percent."""
    registered, reckoned = float(found.plants.measured[k]), float(found.reckoned[k])
    if np.isnan(registered) or not found.plants.running[k, 0]:
        return False
    # Loads are told in tens: less than one apart is no difference.
    return abs(registered - reckoned) > max(most / 100 * registered, TEN)


def _idle(found: PlantLoad, k: int) -> bool:
    """Tell whether a plant is in use some year, and has no load in any."""
    runs = found.plants.running[k]
    return bool(runs.any() and not found.moved["hoved"].load[k, runs].any())
