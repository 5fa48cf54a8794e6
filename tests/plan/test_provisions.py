"""Provisions in each of their forms, and whether they mention what the map shows."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askergeo.errors import AskergeoError, MissingFileError, SourceError
from askergeo.plan import provisions as module
from askergeo.plan.checking import check_plan
from askergeo.plan.geojson import read_plan_geojson
from askergeo.plan.model import PlanFile, PlanObject
from askergeo.plan.provisions import Provisions, read_provisions

if TYPE_CHECKING:
    from pathlib import Path

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
NATIONAL = (
    "http://skjema.geonorge.no/SOSI/produktspesifikasjon/Reguleringsplanforslag/5.0/"
    "Planbestemmelser"
)
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)


def word(path: Path, body: str, *, doctype: str = "") -> Path:
    """Write a Word document with one part."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "word/document.xml",
            f'{doctype}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>',
        )
    return path


def national(body: str) -> str:
    return f'<Reguleringsplanbestemmelser xmlns="{NATIONAL}">{body}</Reguleringsplanbestemmelser>'


@pytest.mark.parametrize(
    ("text", "mentioned", "not_mentioned"),
    [
        ("Faresone (H310_1)", ["H310_1", "h310_1"], ["H310_10", "H310_2", "H310", "310_1"]),
        ("Faresone H 310_1 og H310-2", ["H310_1"], ["H310_2"]),
        ("H310_1\u2013H310_3", ["H310_1", "H310_2", "H310_3"], ["H310_4"]),
        ("H310_1-3 og H320_2 til 4", ["H310_2", "H320_3"], ["H310_4", "H320_1"]),
        # The kind of zone as a whole, but not when some of them are named.
        ("Faresone H310", ["H310_1", "H310_7"], ["H320_1"]),
        ("Faresone H310: i H310_1 gjelder …", ["H310_1"], ["H310_2"]),
        ("Felt BSK 1 – BSK 4", ["BSK1", "BSK3", "o_BSK4"], ["BSK5"]),
        ("o_SKV1, f_SKV2 og a_SKV3", ["SKV1", "o_SKV1", "f_SKV2", "SKV3"], ["SKV4"]),
        ("Område BFS", ["BFS1", "BFS2"], ["BFK1"]),
        # Letters alone say nothing of a field with one letter.
        ("V er vann, L1 er landbruk", ["L1"], ["V1", "L2"]),
        ("Innenfor #1 og #3-#5", ["#1", "#4"], ["#2"]),
        ("Midlertidig anlegg  1 ved veien", ["Midlertidig anlegg 1"], ["Midlertidig anlegg 2"]),
        # A range of years is none of names, and nothing is mentioned by a gap.
        ("2010-2020 H310_1", [], ["H2015", "", " "]),
    ],
)
def test_names_are_found_as_they_are_written(
    text: str, mentioned: list[str], not_mentioned: list[str]
) -> None:
    told = Provisions("bestemmelser.txt", text)
    assert [name for name in mentioned + not_mentioned if told.mentions(name)] == mentioned


@settings(max_examples=30, deadline=None)
@given(
    names=st.lists(st.from_regex(r"\A(H[1-9][0-9]{2}_[1-9][0-9]?|[A-Z]{2,4}[1-9])\Z"), max_size=8),
    words=st.lists(st.sampled_from(["og", "§ 3-1", "gjelder", "(", ",", "2025–2030"]), min_size=9),
)
def test_a_name_in_the_text_is_found_and_no_other(names: list[str], words: list[str]) -> None:
    text = " ".join(part for pair in zip(words, [*names, *[""] * 9], strict=False) for part in pair)
    told = Provisions("x", text)
    here = set(names[: len(words)])
    assert all(told.mentions(name) for name in here)
    assert not told.mentions("H999_99") or "H999_99" in here


def test_each_form_gives_the_same_text(tmp_path: Path) -> None:
    plain = tmp_path / "b.txt"
    for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16"):
        plain.write_text("Støy H220_1", encoding=encoding)
        assert read_provisions(plain).text == "Støy H220_1"
    page = tmp_path / "b.html"
    page.write_text(
        "<!DOCTYPE html><style>H999_1</style><p>St&oslash;y H<b>220</b>_1</p><!-- H999_2 -->"
        "<script>var x = 'H999_3'</script><p>§ 2</p>",
        encoding="utf-8",
    )
    assert read_provisions(page).text.split("\n") == ["", "Støy H220_1", "", "§ 2", ""]
    run = "<w:r><w:t>{}</w:t></w:r>"
    body = (
        f"<w:p>{run.format('Støy H220')}{run.format('_1')}</w:p>"
        "<w:p><w:del><w:r><w:delText>H999_1</w:delText></w:r></w:del>"
        f"{run.format('§ 2')}<w:r><w:tab/></w:r>{run.format('a')}</w:p>"
    )
    document = word(tmp_path / "b.docx", body)
    assert read_provisions(document).text == "Støy H220_1\n§ 2 a"
    form = tmp_path / "b.xml"
    form.write_text(
        national(
            "<hensynsbestemmelse><bestemmelsehensynssone><tekst><tekstInnhold>&lt;p&gt;Tiltak i "
            "H310&lt;b&gt;_2&lt;/b&gt;&lt;/p&gt;</tekstInnhold></tekst>"
            "<hensynSonenavn>H310_1</hensynSonenavn></bestemmelsehensynssone></hensynsbestemmelse>"
        ),
        encoding="utf-8",
    )
    told = read_provisions(form)
    assert told.mentions("H310_1")
    assert told.mentions("H310_2")
    assert not told.mentions("H310_3")


def test_what_cannot_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingFileError):
        read_provisions(tmp_path / "b.txt")
    plan = "<gml:FeatureCollection xmlns:gml='http://www.opengis.net/gml/3.2'/>"
    for name, content, match in [
        ("b.pdf", b"%PDF-1.7", "kan ikke leses fra"),
        ("b.odt", b"", "kan ikke leses fra"),
        ("b.txt", b"", "ingen tekst"),
        ("b.txt", b"\x00\x01", "ikke tekst"),
        ("b.html", b"<p></p>", "ingen tekst"),
        ("b.docx", b"PK not a zip", "ikke et Word-dokument"),
        ("b.xml", plan.encode(), "ikke planbestemmelser"),
        ("b.xml", b"<a>", "ikke gyldig XML"),
        ("b.xml", (LAUGHS + national("&c;")).encode(), "DOCTYPE"),
        ("b.xml", (LAUGHS + national("&c;")).encode("utf-16"), "DOCTYPE"),
    ]:
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(SourceError, match=match):
            read_provisions(path)
    with pytest.raises(SourceError, match="DOCTYPE"):
        read_provisions(word(tmp_path / "c.docx", "<w:p>&c;</w:p>", doctype=LAUGHS))
    with zipfile.ZipFile(tmp_path / "tom.docx", "w") as archive:
        archive.writestr("annet.xml", "<x/>")
    with pytest.raises(SourceError, match="Word-dokument"):
        read_provisions(tmp_path / "tom.docx")
    # A zip that unpacks to far more than it is.
    monkeypatch.setattr(module, "MAX_BYTES", 20_000)
    bomb = word(tmp_path / "stor.docx", f"<w:p>{' ' * 1_000_000}</w:p>")
    assert bomb.stat().st_size < 20_000
    with pytest.raises(SourceError, match="aldri så store"):
        read_provisions(bomb)
    (tmp_path / "stor.txt").write_text("x" * 20_001)
    with pytest.raises(SourceError, match="aldri så store"):
        read_provisions(tmp_path / "stor.txt")


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=400), suffix=st.sampled_from([".txt", ".html", ".xml", ".docx"]))
def test_any_bytes_are_text_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / f"b{suffix}"
    path.write_bytes(content)
    try:
        told = read_provisions(path)
    except AskergeoError:
        return
    assert told.text.strip()


def test_what_the_map_names_is_looked_up() -> None:
    def thing(kind: str, identity: str, **values: str) -> PlanObject:
        return PlanObject(kind, identity, {name: (text,) for name, text in values.items()})

    objects = (
        thing("RpFareSone", "a", hensynSonenavn="H310_1"),
        thing("RpFareSone", "b", hensynSonenavn="H310_2"),
        thing("RpFareSone", "c", hensynSonenavn="H310_2"),
        thing("KpStøySone", "d", hensynSonenavn="H210_1"),
        thing("RpStøySone", "e"),
        thing("RpBestemmelseOmråde", "f", bestemmelseOmrådeNavn="#1"),
        thing("PblMidlByggAnleggOmråde", "g", bestemmelseOmrådeNavn="#2"),
        thing("RpArealformålOmråde", "h", feltnavn="BFS1"),
        thing("RpArealformålOmråde", "i", feltbetegnelse="o_SKV2"),
    )
    told = Provisions("b.docx", "H310_1, #1 og BFS1")
    checked = check_plan([PlanFile("plan.gml", objects)], provisions=told)
    found = {(hit.rule, hit.objects) for hit in checked.hits if hit.rule in module.PROVISION_RULES}
    assert found == {
        ("plan.hensyn.bestemmelse", ("b", "c")),
        ("plan.hensyn.bestemmelse", ("d",)),
        ("plan.bestemmelse.tekst", ("g",)),
        ("plan.felt.bestemmelse", ("i",)),
    }
    without = check_plan([PlanFile("plan.gml", objects)])
    assert {without.not_run[name] for name in module.PROVISION_RULES} == {
        "Bestemmelsene er ikke oppgitt (--bestemmelser)."
    }


def test_a_real_plan_is_held_against_the_texts_on_its_map(shared_data: Path) -> None:
    """The texts drawn on the map are the names of its zones and fields, each of them."""
    plan = read_plan_geojson(shared_data / "plan" / "real" / "plan_4204_1536.geojson")
    texts = [text for one in plan.of("RpPåskrift") for text in one.all("tekststreng")]
    assert len(texts) == 19
    checked = check_plan([plan], provisions=Provisions("kart", "\n".join(texts)))
    assert not [hit for hit in checked.hits if hit.rule in module.PROVISION_RULES]
    fewer = [text for text in texts if text != "H360_2"]
    checked = check_plan([plan], provisions=Provisions("kart", "\n".join(fewer)))
    (hit,) = [hit for hit in checked.hits if hit.rule in module.PROVISION_RULES]
    assert (hit.rule, hit.text) == (
        "plan.hensyn.bestemmelse",
        "RpFareSone H360_2 er ikke nevnt i kart.",
    )
