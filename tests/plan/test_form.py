"""Rules of form against the national test files, a real plan, and faults written by hand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askergeo.errors import AskergeoError, MissingFileError, SourceError
from askergeo.plan import gml
from askergeo.plan.checking import check_plan
from askergeo.plan.content import CONTENT_RULES
from askergeo.plan.form import FORM_RULES
from askergeo.plan.geojson import read_plan_geojson
from askergeo.plan.gml import read_plan_gml
from askergeo.plan.provisions import PROVISION_RULES

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.plan.hit import Hit
    from askergeo.plan.model import PlanFile

NATIONAL = [
    "gml.avgr.1-fail", "gml.avgr.1-pass", "gml.bue.1-fail", "gml.bue.1-pass", "gml.epsg.1-fail",
    "gml.epsg.1-pass-1", "gml.epsg.1-pass-2", "gml.flate.1-fail", "gml.flate.3-fail",
    "gml.gmlid.1-2D-fail", "gml.gmlid.1-2D-pass", "gml.kurve.2-fail", "gml.uuid.1-fail",
    "gml.uuid.1-pass",
]  # fmt: skip
UTM = "http://www.opengis.net/def/crs/EPSG/0/25832"
SQUARE = "0 0 10 0 10 10 0 10 0 0"


def document(*members: str, srs: str = UTM, dimension: int = 2) -> str:
    head = f'<gml:Envelope srsName="{srs}" srsDimension="{dimension}"/>' if srs else ""
    inner = "".join(f"<gml:featureMember>{one}</gml:featureMember>" for one in members)
    return (
        '<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:app="http://app" '
        'xmlns:xlink="http://www.w3.org/1999/xlink">'
        f"<gml:boundedBy>{head}</gml:boundedBy>{inner}</gml:FeatureCollection>"
    )


def member(kind: str, identity: str, inside: str) -> str:
    return f'<app:{kind} gml:id="{identity}">{inside}</app:{kind}>'


def ring(name: str, points: str) -> str:
    return (
        f"<gml:{name}><gml:LinearRing><gml:posList>{points}</gml:posList></gml:LinearRing>"
        f"</gml:{name}>"
    )


def surface(outer: str, *holes: str, identity: str = "f", kind: str = "RpArealformålOmråde") -> str:
    rings = ring("exterior", outer) + "".join(ring("interior", hole) for hole in holes)
    return member(kind, identity, f"<app:område><gml:Polygon>{rings}</gml:Polygon></app:område>")


def curve(segments: str, identity: str = "k") -> str:
    inside = f"<gml:Curve><gml:segments>{segments}</gml:segments></gml:Curve>"
    return member("RpFormålGrense", identity, f"<app:grense>{inside}</app:grense>")


def line(points: str) -> str:
    inside = f"<gml:posList>{points}</gml:posList>"
    return f"<gml:LineStringSegment>{inside}</gml:LineStringSegment>"


def arc(points: str) -> str:
    return f"<gml:Arc><gml:posList>{points}</gml:posList></gml:Arc>"


def check_form(files: list[PlanFile]) -> list[Hit]:
    return [hit for hit in check_plan(files).hits if hit.rule in FORM_RULES]


def found(tmp_path: Path, *documents: str) -> list[Hit]:
    files = []
    for number, text in enumerate(documents):
        path = tmp_path / f"plan{number}.gml"
        path.write_text(text, encoding="utf-8")
        files.append(read_plan_gml(path))
    return check_form(files)


def rules(tmp_path: Path, *documents: str) -> list[str]:
    return [hit.rule for hit in found(tmp_path, *documents)]


@pytest.mark.parametrize("name", NATIONAL)
def test_the_national_files_get_the_verdict_of_their_name(shared_data: Path, name: str) -> None:
    hits = check_form([read_plan_gml(shared_data / "plan" / "gml" / f"{name}.gml")])
    rule, verdict = re.match(r"(gml\.\w+\.\d)-(?:2D-)?(\w+)", name).groups()  # type: ignore[union-attr]
    fired = {hit.rule for hit in hits}
    assert (rule in fired) == (verdict == "fail"), hits
    assert {one for one in fired if one.startswith("gml.flate")} <= {rule}
    assert all(hit.line for hit in hits)


def test_a_real_plan_has_no_findings(shared_data: Path) -> None:
    plan = read_plan_geojson(shared_data / "plan" / "real" / "plan_4204_1536.geojson")
    assert len(plan.objects) == 99
    checked = check_plan([plan])
    assert not [hit for hit in checked.hits if not hit.rule.startswith("plan.")]
    assert set(checked.not_run) == {
        "gml.xlink.1",
        "gml.avgr.1",
        "plan.id.kommune",
        *PROVISION_RULES,
    }
    # It has links, uses of land and no file of its own to lead to.
    assert sum(len(one.links) for one in plan.objects) > 40
    assert {one.first("arealformål") for one in plan.of("RpArealformålOmråde")} >= {"1470"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (document(surface(SQUARE)), []),
        (document(surface("0 0 0 10 10 10 10 0 0 0")), ["gml.flate.3"]),
        (document(surface("0 0 10 10 10 0 0 10 0 0")), ["gml.flate.2"]),
        (document(surface(SQUARE, "8 8 8 12 12 12 12 8 8 8")), ["gml.flate.4"]),
        (document(surface(SQUARE, "1 1 1 5 5 5 5 1 1 1", "3 3 3 7 7 7 7 3 3 3")), ["gml.flate.5"]),
        (document(surface("0 0 10 0 10 10")), ["gml.flate.1"]),
        (document(surface("0 0 10 0 ti ti 0 0")), ["gml.flate.1"]),
        # Two holes that meet along the whole width part the surface in two.
        (document(surface(SQUARE, "0 4 5 6 10 4 5 3 0 4")), ["gml.flate.1"]),
        (document(curve(line("0 0 5 5"))), []),
        (document(curve(line("0 0 5 5 5 5 9 9"))), ["gml.kurve.2"]),
        (document(curve(line("0 0 5 5") + line("6 6 9 9"))), ["gml.kurve.1"]),
        (document(curve(line("5 5 5 5"))), ["gml.kurve.1", "gml.kurve.2"]),
        (document(curve(arc("0 0 1 1 2 0"))), []),
        (document(curve(arc("0 0 1 1 2 2"))), ["gml.bue.2"]),
        (document(curve(arc("0 0 1 1 2 0 3 1"))), ["gml.bue.1"]),
        (document(curve(line("0 0 5 5")), srs="EPSG:25833"), []),
        (document(curve(line("0 0 5 5")), srs="EPSG:4326"), ["gml.epsg.1"]),
        (document(curve(line("0 0 5 5")), srs="sirkel"), ["gml.epsg.1"]),
        (document(curve(line("0 0 5 5")), srs=""), ["gml.epsg.1"]),
        (document(curve(line("0 0 1 5 5 2")), srs="EPSG:5972", dimension=3), []),
        (document(curve(line("0 0 1 5 5 2")), srs=UTM, dimension=3), ["gml.epsg.2"]),
        (document(curve(line("0 0 5 5")), curve(line("5 5 9 9"))), ["gml.gmlid.1"]),
    ],
)
def test_each_fault_is_found_once(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert rules(tmp_path, text) == expected


def test_links_go_between_the_files_of_a_plan(tmp_path: Path) -> None:
    link = '<app:planområde xlink:href="{}"/>'
    area = surface(SQUARE, identity="a", kind="RpOmråde")
    one = document(area)
    for target, text in [
        ("#a", ""),
        ("plan0.gml#a", ""),
        ("https://register.geonorge.no/kode#a", ""),
        ("#b", "«planområde» viser til «b», som ikke finnes."),
        ("plan0.gml#b", "«planområde» viser til «b», som ikke finnes."),
        ("annen.gml#a", "«planområde» viser til filen annen.gml, som ikke er oppgitt."),
    ]:
        other = document(member("RpPåskrift", "p", link.format(target)))
        assert "".join(hit.text for hit in found(tmp_path, one, other)) == text
    assert rules(tmp_path, one, one) == ["gml.gmlid.1"]


def test_the_outline_is_that_of_its_limits(tmp_path: Path) -> None:
    limit = '<app:avgrensesAv xlink:href="#k"/><app:avgrensesAv xlink:href="#l"/>'
    bent = arc("0 0 5 -5 10 0")
    rest = "10 0 10 10 0 10 0 0"
    inside = (
        "<gml:exterior><gml:Ring><gml:curveMember><gml:Curve><gml:segments>"
        f"{bent}{line(rest)}</gml:segments></gml:Curve></gml:curveMember></gml:Ring></gml:exterior>"
    )
    outlined = member(
        "RpArealformålOmråde",
        "f",
        f"<app:område><gml:Polygon>{inside}</gml:Polygon></app:område>{limit}",
    )
    half = curve(bent)
    assert rules(tmp_path, document(outlined, half, curve(line(rest), "l"))) == []
    short = document(outlined, half, curve(line("10 0 10 10 0 10"), "l"))
    (hit,) = found(tmp_path, short)
    assert hit.rule == "gml.avgr.1"
    assert hit.geometry is not None
    assert hit.geometry.length == pytest.approx(10, abs=0.02)


def test_what_belongs_to_the_plan_lies_in_it(tmp_path: Path) -> None:
    area = surface(SQUARE, identity="a", kind="RpOmråde")
    use = "<app:utnytting><app:Utnytting>{}</app:Utnytting></app:utnytting>"
    kinds = "<app:utnyttingstype>10</app:utnyttingstype><app:utnyttingstype>16</app:utnyttingstype>"
    path = tmp_path / "plan.gml"
    path.write_text(
        document(
            area,
            surface("5 5 15 5 15 10 5 10 5 5"),
            surface("0 0 10.005 0 10 5 0 5 0 0", identity="g"),
            member("RpArealformålOmråde", "h", use.format(kinds)),
        )
    )
    plan = read_plan_gml(path)
    hits = [hit for rule in CONTENT_RULES.values() for hit in rule([plan])]
    assert [(hit.rule, hit.objects) for hit in hits] == [("rpf.o.2", ("f",)), ("rpf.a.14", ("h",))]
    assert hits[0].geometry is not None
    assert hits[0].geometry.area == pytest.approx(25, abs=0.1)


def test_hostile_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "plan.gml"
    with pytest.raises(MissingFileError):
        read_plan_gml(path)
    entity = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
    late = "<!--" + "x" * 70_000 + "-->" + entity
    for text in ("ikke xml", entity, late, "<x/>", "<gml/>", document()):
        path.write_text(text)
        with pytest.raises(SourceError):
            read_plan_gml(path)
    path.write_text(document(surface(SQUARE)))
    monkeypatch.setattr(gml, "MAX_BYTES", 100)
    with pytest.raises(SourceError, match="aldri så stor"):
        read_plan_gml(path)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_broken_file_is_a_finding_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = document(
        surface(SQUARE, "1 1 1 5 5 5 5 1 1 1", identity="a", kind="RpOmråde"),
        curve(line("0 0 5 5") + arc("5 5 6 7 8 5")),
    ).encode()
    at = data.draw(st.integers(0, len(whole)))
    taken = data.draw(st.integers(0, 40))
    given_bytes = data.draw(st.binary(max_size=12) | st.sampled_from([b"nan", b"1e400", b"<x>"]))
    path = tmp_path_factory.mktemp("fuzz") / "plan.gml"
    path.write_bytes(whole[:at] + given_bytes + whole[at + taken :])
    try:
        files = [read_plan_gml(path)]
    except AskergeoError:
        return
    for rule in (FORM_RULES | CONTENT_RULES).values():
        assert all(hit.text for hit in rule(files))
