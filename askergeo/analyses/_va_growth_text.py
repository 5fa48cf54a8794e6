"""The sentence, the findings and the reading of growth, in bokmål."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo._text import listed
from askergeo.analyses._va_growth_basis import basis_findings, metered_findings
from askergeo.analyses._va_growth_plants import cause_text, room_again
from askergeo.analyses._va_growth_scene import NOWHERE, unknown_share
from askergeo.analyses._va_growth_wait import FREE, UNSURE, worst
from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.population.faults import all_faults
from askergeo.result import Fact, Finding, Severity, Status
from askergeo.va.network import AVLOP, VANN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd
    import shapely
    from numpy.typing import NDArray

    from askergeo.analyses._va_growth_scene import Scene
    from askergeo.analyses._va_growth_sums import PlantLoad, StationLoad
    from askergeo.parameters import Parameters
    from askergeo.result import Table

__all__ = ["findings", "reading", "statement", "warnings"]

_MANY: Final = 0.05
# Plants that the sentence names.
_NAMED: Final = 3
_LAW: Final = "pbl §§ 18-1, 27-1 og 27-2"


def statement(
    scene: Scene, loads: Mapping[str, PlantLoad], wait: Table | None, connection: Table
) -> tuple[str, dict[str, Fact]]:
    """State which plants become full and when, how many dwellings wait, and the share connected."""
    last = int(scene.years[-1])
    told, facts = _plants_told(loads[AVLOP], last + 1)
    if wait is not None:
        rows = wait.frame[~wait.frame["svar"].isin([FREE, UNSURE])]
        facts["venter"] = Fact(title="Prosjekter som venter på plass", value=len(rows))
        facts["boliger_venter"] = Fact(
            title="Boliger som venter på plass", value=float(rows["boliger"].sum()), unit="boliger"
        )
        told += " {venter} prosjekter i boligprogrammet, med {boliger_venter} boliger, må vente."
    if not np.isnan(connection.frame["av_kjente"].to_numpy(dtype=float)).all():
        for kind, name in ((VANN, "vann"), (AVLOP, "avløp")):
            facts[f"andel_{kind}"] = Fact(
                title=f"Bosatte tilknyttet kommunalt {name}, minst",
                value=float(connection.frame["andel"].loc[kind]),
                unit="%",
                decimals=1,
                cell=("tilknytning", kind, "andel"),
            )
        told += (
            " Minst {andel_vann} % av de bosatte er knyttet til kommunalt vann, og minst "
            "{andel_avlop} % til kommunalt avløp."
        )
    return told, facts


def _plants_told(sewage: PlantLoad, end: int) -> tuple[str, dict[str, Fact]]:
    """State which plants become full and when, and how many are in use now and open later."""
    plants, first = sewage.plants, int(sewage.plants.years[0])
    ever = plants.running.any(axis=1) if plants.ids else np.zeros(0, dtype=np.bool_)
    now = plants.running[:, 0] if plants.ids else ever
    full = np.flatnonzero(~np.isnan(sewage.over["hoved"]))
    facts = {
        "fulle": Fact(
            title=f"Renseanlegg som er fulle før {end}", value=len(full) if ever.any() else None
        ),
        "anlegg": Fact(title=f"Renseanlegg i bruk {first}", value=int(now.sum())),
    }
    if not ever.any():
        return "Ingen renseanlegg er i datapakken.", facts
    in_use = f"{{anlegg}} {'er' if now.sum() == 1 else 'renseanlegg er'} i bruk i {first}"
    later = int((ever & ~now).sum())
    if later:
        facts["apner"] = Fact(title="Renseanlegg som åpner senere", value=later)
        in_use += ", og {apner} åpner senere"
    lacks = (np.isnan(plants.capacity) & plants.running).any(axis=1)
    unknown = int((lacks & np.isnan(sewage.over["hoved"])).sum())
    if len(full):
        facts["naar"] = Fact(title="Renseanlegg og år de er fulle", value=_when(sewage, full))
        told = f"{{naar}} i hovedalternativet. {in_use}."
    else:
        which = "Ingen renseanlegg med kjent kapasitet" if unknown else "Ingen renseanlegg"
        told = f"{which} blir fulle før {end} i hovedalternativet. {in_use}."
    if unknown:
        facts["uten_kapasitet"] = Fact(title="Renseanlegg med ukjent kapasitet", value=unknown)
        told += " For {uten_kapasitet} er året ukjent, for kapasiteten er ikke oppgitt."
    return told, facts


def _when(found: PlantLoad, rows: NDArray[np.intp]) -> str:
    """Name plants and the years that they are full, the first three by year."""
    over = found.over["hoved"]
    told: list[str] = []
    for k in rows[np.argsort(over[rows], kind="stable")][:_NAMED].tolist():
        now, room = over[k] == found.plants.years[0], room_again(found, k)
        again = "" if np.isnan(room) else f" (plass igjen fra {room:.0f})"
        verb = "" if told else "er fullt "
        told.append(
            f"{found.plants.names[k]} {verb}{'allerede nå' if now else f'fra {over[k]:.0f}'}{again}"
        )
    rest = len(rows) - len(told)
    return listed([*told, f"{format_number(rest)} til"] if rest else told)


def findings(
    scene: Scene,
    loads: Mapping[str, PlantLoad],
    projects: pd.DataFrame,
    lifted: StationLoad | None,
    parameters: Parameters,
) -> tuple[Finding, ...]:
    """Tell of plants that are full, projects that wait, stations, and faults of the data."""
    told = [one for kind, found in loads.items() for one in _plant_findings(scene, kind, found)]
    told += basis_findings(scene, loads[AVLOP], parameters)
    told += metered_findings(scene, loads[VANN], parameters)
    told += _project_findings(scene, projects)
    told += _station_findings(scene, lifted)
    told += _net_findings(scene)
    if scene.forecast is not None:
        from askergeo.analyses._input_faults import fault_findings  # noqa: PLC0415

        told += fault_findings(all_faults([scene.forecast.areas.faults, scene.forecast.faults]))
    return tuple(told)


def _plant_findings(scene: Scene, kind: str, found: PlantLoad) -> Iterator[Finding]:
    plants, anlegg = found.plants, scene.layers["va_anlegg"]
    for k, name in enumerate(plants.names):
        over = found.over["hoved"][k]
        shape = geometries(anlegg)[plants.row[k]] if anlegg is not None else None
        homeless = found.moved["hoved"].homeless[k]
        lost = np.flatnonzero(homeless > 0)
        if len(lost) and plants.running[k].any():
            yield Finding(
                rule="va_uten_mottaker", title=f"{name} legges ned, og ingen tar over",
                status=Status.HIT_RED, severity=Severity.ERROR,
                text=f"Fra {scene.years[lost[0]]} har området ikke noe anlegg: til_anlegg_id "
                "mangler, eller anlegget det viser til er ikke i drift da.",
                layer="va_anlegg", row=plants.ids[k], geometry=shape,
                action="Før inn hvilket anlegg avløpet eller vannet føres til.",
            )  # fmt: skip
        if np.isnan(over):
            continue
        now = over == scene.years[0]
        yield Finding(
            rule=f"va_fullt_{kind}",
            title=f"{name}: fullt {'i dag' if now else f'fra {over:.0f}'}",
            status=Status.HIT_RED if now else Status.HIT_YELLOW,
            severity=Severity.ERROR if now and kind == AVLOP else Severity.WARNING,
            text=_full_text(scene, found, k),
            law=_LAW,
            layer="va_anlegg",
            row=plants.ids[k],
            action="Avklar midlertidig løsning eller rekkefølgekrav med VA-avdelingen.",
            geometry=shape,
        )


def _full_text(scene: Scene, found: PlantLoad, k: int) -> str:
    """Tell the year that a plant is full, the span, why, and when it has room again."""
    over = found.over["hoved"][k]
    low, high = (found.over[name][k] for name in ("lav", "hoy"))
    span = [f"{high:.0f} i det høye alternativet" if not np.isnan(high) else "",
            f"{low:.0f} i det lave" if not np.isnan(low) else "ikke i det lave"]  # fmt: skip
    told = f"Grensen passeres i {over:.0f} ({', '.join(filter(None, span))})."
    why = cause_text(scene, found, k)
    told += f" {why[0].upper()}{why[1:]}." if why else ""
    room = room_again(found, k)
    return told + ("" if np.isnan(room) else f" Plass igjen fra {room:.0f}.")


def _project_findings(scene: Scene, projects: pd.DataFrame) -> Iterator[Finding]:
    if projects.empty or not any(str(one).endswith("_svar") for one in projects):
        return
    state = worst(projects)
    for (_, row), said in zip(projects.iterrows(), state, strict=True):
        if said in (FREE, UNSURE):
            continue
        parts = []
        for kind in (AVLOP, VANN):
            if f"{kind}_svar" not in row or row[f"{kind}_svar"] in (FREE, UNSURE):
                continue
            year = row[f"{kind}_fra"]
            when = "ingen dato er kjent" if np.isnan(year) else f"plass fra {year:.0f}"
            when = f"ikke plass i {row[f'{kind}_uten']}, {when}"
            parts.append(
                f"{row[f'{kind}_anlegg']} ({'avløp' if kind == AVLOP else 'vann'}): {when}"
            )
        plan = f" Plan {row['planid']}." if row["planid"] else ""
        homes = format_number(float(row["boliger"]), unit="boliger")
        done = f"de første ferdige i {row['ferdig']}"
        done += f", de siste i {row['siste']}" if row["siste"] > row["ferdig"] else ""
        yield Finding(
            rule="va_plan_venter", title=f"{row['navn']} må vente på plass",
            status=Status.HIT_RED, severity=Severity.WARNING,
            text=f"{homes}, {done}. {'; '.join(parts)}.{plan}",
            law=_LAW, layer="boligprogram", row=str(row["prosjekt_id"]),
            action="Sett rekkefølgekrav om kapasitet, eller flytt året i boligprogrammet.",
            geometry=scene.demand.points[int(row["sted"])],
        )  # fmt: skip


def _station_findings(scene: Scene, lifted: StationLoad | None) -> Iterator[Finding]:
    anlegg = scene.layers["va_anlegg"]
    if lifted is None or anlegg is None:
        return
    names = anlegg["navn"] if "navn" in anlegg else anlegg["anlegg_id"]
    for k in np.flatnonzero(~np.isnan(lifted.over["hoved"])):
        row, year = int(lifted.row[k]), lifted.over["hoved"][k]
        flows, most = lifted.flow["hoved"][k], lifted.capacity[k]
        last = np.round(flows[-1], 1) > np.round(most, 1)
        at = len(flows) - 1 if last else int(year - scene.years[0])
        lifts = [format_number(float(one), 1, unit="l/s") for one in (flows[at], most)]
        yield Finding(
            rule="va_stasjon_full", title=f"{names.iloc[row]} får mer enn den løfter",
            status=Status.HIT_YELLOW, severity=Severity.WARNING,
            text=f"Fra {year:.0f}. Største time er {lifts[0]} i {scene.years[at]}, og stasjonen "
            f"løfter {lifts[1]}.",
            layer="va_anlegg", row=str(anlegg["anlegg_id"].iloc[row]),
            geometry=geometries(anlegg)[row],
            action="Mål tilløpet, og se etter fremmedvann før pumpene byttes.",
        )  # fmt: skip


def _net_findings(scene: Scene) -> Iterator[Finding]:
    """Tell of pipes that sewage had to be followed against, and of residents without a plant."""
    side, pipes = scene.sides[AVLOP], scene.layers["va_ledning"]
    if side.flow is not None and side.network is not None and pipes is not None:
        rows = np.unique(side.network.row[side.flow.against])
        if len(rows):
            ids = ", ".join(pipes["ledning_id"].astype(str).iloc[rows[:10]])
            yield Finding(
                rule="va_mot_fall", title="Avløpet er fulgt mot fallet",
                status=Status.NOT_RELEVANT, severity=Severity.WARNING,
                text=f"{format_number(len(rows))} ledninger, blant dem {ids}. Det som ligger "
                "ovenfor, har ingen annen vei til et anlegg.",
                layer="va_ledning", action="Rett høyde eller retning; se «askergeo va topologi».",
            )  # fmt: skip
    for kind, one in scene.sides.items():
        lost = scene.residents[one.how[: len(scene.residents)] == NOWHERE].sum()
        if lost > _MANY * scene.residents.sum() and one.plants.ids:
            yield Finding(
                rule="va_ukjent_anlegg",
                title=f"Anlegget er ukjent for mange ({'avløp' if kind == AVLOP else 'vann'})",
                status=Status.NOT_MAPPED, severity=Severity.WARNING,
                text="Over 5 % av de bosatte er knyttet til et nett uten noe anlegg i "
                "datapakken. De er ikke med i belastningen.",
                layer="va_anlegg", action="Legg inn anleggene, eller sonene deres (va_sone).",
            )  # fmt: skip


def warnings(scene: Scene, cover: Mapping[str, shapely.Geometry | None] | None) -> tuple[str, ...]:
    """Tell what makes the answer less certain."""
    told = list(scene.told)
    if scene.forecast is not None:
        told += [f"Antatt: {one}" for one in scene.forecast.guessed]
    if scene.layers["va_ledning"] is None:
        told.append("Ledninger mangler: anlegget er funnet etter sone eller som det eneste.")
    elif cover is not None and cover.get("va_ledning") is not None:
        told.append("Ledningskartet dekker bare en del av kommunen: resten er ikke med.")
    for kind, name in ((VANN, "vann"), (AVLOP, "avløp")):
        share = unknown_share(scene.register[kind], scene.residents)
        if share > _MANY:
            told.append(
                f"Registeret sier ikke om {format_number(100 * share)} % av de bosatte er knyttet "
                f"til kommunalt {name}. De som bor nær en ledning, er regnet som tilknyttet i "
                "belastningen, men ikke i tilknytningsgraden."
            )
    return tuple(told)


def reading(scene: Scene) -> tuple[str, ...]:
    """Tell how to read the answer, and what it does not say."""
    del scene
    load = (
        "Belastningen er bosatte og arbeidsplasser regnet om til personekvivalenter (pe). Bosatte "
        "følger befolkningsframskrivingen krets for krets; de som boligprogrammet gir, er lagt der "
        "prosjektene ligger. Lavt, hoved og høyt er framskrivingens alternativer sammen med lave, "
        "midlere og høye tall for forbruk, topper, fremmedvann og lekkasje."
    )
    way = (
        "Avløpet er fulgt nedover ledningene til renseanlegget det ender i. Der nettet ikke gir "
        "svar, er sonen brukt. Når et anlegg legges ned, føres alt til anlegget det skal pumpes "
        "til fra året etter. Selve overføringsledningen er ikke regnet på."
    )
    full = (
        "Et anlegg er fullt det første året belastningen er større enn kapasiteten i pe. Utslipps-"
        "tillatelsen, sommertrafikk, industri og regn kan sette grensen før."
    )
    share = (
        "Tilknytningsgraden er bosatte med kommunalt nett delt på alle bosatte, slik KOSTRA gjør. "
        "Boliger nær en ledning er nær på kartet: fall, fjell, plikt og kostnad er ikke vurdert."
    )
    return load, way, full, share
