"""What the check of a dataset says, in bokmål."""

from __future__ import annotations

from typing import TYPE_CHECKING

from askergeo.numbers import format_number
from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from askergeo.dok.coverage import Mapped
    from askergeo.dok.filters import Filter
    from askergeo.dok.outcome import DokResult, LayerHit

__all__ = ["left_out", "near_hit", "sentence", "steps", "touching", "within_accuracy"]


def sentence(result: DokResult, mapped: Mapped, failed: Sequence[LayerHit]) -> str:
    """State the answer in a sentence or two."""
    if result.count:
        return _hit(result)
    if result.status == Status.ERROR:
        return f"Kontrollen feilet: {failed[0].text}"
    if result.status == Status.NOT_RELEVANT:
        return "Datasettet gjelder ikke her."
    nearest = (
        "Ingen objekter innen 20 km i datapakken."
        if result.distance_m is None
        else f"Nærmeste objekt er {format_number(result.distance_m)} m unna."
    )
    if result.status == Status.NO_HIT:
        return f"Ingen treff. {nearest}"
    return (
        f"Ingen treff, men det er ikke kjent at hele området er kartlagt: {mapped.text}. {nearest}"
    )


def _hit(result: DokResult) -> str:
    count = result.count or 0
    parts = [f"{format_number(count)} objekt{'' if count == 1 else 'er'}"]
    if result.area_m2:
        parts.append(f"{format_number(result.area_m2 / 1000, 2)} dekar")
    if result.length_m:
        parts.append(f"{format_number(result.length_m)} m linje")
    text = f"Treff: {', '.join(parts)}."
    if result.distance_m:
        text += f" Nærmeste er {format_number(result.distance_m)} m fra området, i bufferen."
    return text


def steps(
    result: DokResult,
    layers: Sequence[tuple[LayerHit, Filter | None]],
    mapped: Mapped,
) -> tuple[str, ...]:
    """List what was done, as the national form's ``runAlgorithm``."""
    done = ["sett område"]
    if result.buffer_m:
        done.append(f"legg til buffer på {format_number(result.buffer_m)} m")
    for hit, chosen in layers:
        done.append(f"søk i lag «{hit.layer}» etter {hit.name}")
        if chosen:
            done.append(f"bruk filter {chosen.text}")
        done.append(f"snitt med {hit.name}: {'treff' if hit.count else 'ingen treff'}")
    if result.count:
        done.append("regn areal av unionen av treffene")
    else:
        done.append("finn avstand til nærmeste objekt")
    return (*done, f"kontroller dekning: {mapped.text}")


def touching(hit: LayerHit, count: int) -> str:
    """Say that polygons only touch the area."""
    return f"{hit.name}: {format_number(count)} flater berører bare grensen, og er ikke treff."


def left_out(layer: str, count: int, filters: Sequence[Filter | None]) -> str:
    """Say that the filters leave out objects that lie in the area."""
    texts = [one.text for one in filters if one is not None]
    why = f" ({' / '.join(texts)})" if texts else ""
    many = format_number(count)
    return f"{many} objekter i laget «{layer}» ligger i området, men er ikke med i filteret{why}."


def within_accuracy(hit: LayerHit, count: int, metres: float) -> str:
    """Say that hits reach no deeper than the object's accuracy."""
    some, all_ = format_number(count), format_number(hit.count)
    return (
        f"{hit.name}: {some} av {all_} treff er ikke dypere enn "
        f"stedfestingsnøyaktigheten (inntil {format_number(metres, 1)} m)."
    )


def near_hit(hit: LayerHit, count: int, metres: float) -> str:
    """Say that objects outside may still reach the area."""
    return (
        f"{hit.name}: {format_number(count)} objekter ligger utenfor, men nærmere enn sin egen "
        f"nøyaktighet (nærmeste {format_number(metres, 1)} m). De kan være treff."
    )
