"""Merging remarks: hostile files are listed and never stop the rest, and nobody can be told by them."""

from __future__ import annotations

import json

import geopandas as gpd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from pyproj import Transformer

from askergeo._personal import is_identity_number, mask, plain_text
from askergeo._remark_files import Remark, merge
from askergeo.datapackage import DataPackage
from askergeo.errors import AskergeoError, MissingFileError, SourceError
from askergeo.messages import LANGUAGES, messages
from askergeo.outputs.report import Report
from askergeo.outputs.workbook import write_workbook
from askergeo.remarks import fault_lines, merge_remarks

X, Y = 580_000.0, 6_630_000.0
IDENTITY = "01010750160"


def remark(number=1, **changed):
    plain = {
        "id": f"id-{number}",
        "x": X + number,
        "y": Y,
        "tema": "Trafikk",
        "tekst": f"Det er mørkt her, sted {number}.",
        "laget": "2026-11-20",
    }
    return {key: value for key, value in (plain | changed).items() if value is not ...}


def save(folder, name, remarks, **changed):
    document = {
        "format": "askergeo-innspill",
        "version": 1,
        "side": {"tittel": "Skolene", "analyse": "skole", "laget": "2026-11-22"},
        "crs": "EPSG:25832",
        "innspill": remarks,
    }
    path = folder / name
    path.write_text(json.dumps(document | changed), encoding="utf-8")
    return path


def rows(result, table="innspill"):
    return result.table(table).frame.to_dict("records")


def test_files_become_points_a_table_and_counts(tmp_path):
    save(tmp_path, "a.json", [remark(1), remark(2, tema="Lek")])
    save(tmp_path, "b.json", [remark(3)])
    result = merge_remarks([tmp_path])
    assert result.sentence == "3 innspill fra 2 filer. Flest er om Trafikk (2) og Lek (1)."
    assert [row["antall"] for row in rows(result, "etter_tema")] == [2, 1]
    points = result.layer("innspill_kart").frame
    assert points.geometry.x.tolist() == [X + 1, X + 2, X + 3]
    assert not result.findings


def test_places_in_another_crs_are_moved(tmp_path):
    lon, lat = Transformer.from_crs(25832, 4326, always_xy=True).transform(X, Y)
    save(tmp_path, "a.json", [remark(x=lon, y=lat)], crs="epsg:4326")
    point = merge_remarks([tmp_path]).layer("innspill_kart").frame.geometry.iloc[0]
    assert point.distance(shapely.Point(X, Y)) < 0.02


def test_themes_of_pages_in_other_languages_are_counted_together(tmp_path):
    themes = [messages(language).say("kart.tema_vann") for language in LANGUAGES]
    assert len(set(themes)) == len(LANGUAGES)
    save(tmp_path, "a.json", [remark(at, tema=theme) for at, theme in enumerate(themes)])
    counts = rows(merge_remarks([tmp_path]), "etter_tema")
    assert counts == [{"tema": themes[0], "antall": len(themes)}]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"x": float("nan")}, "Koordinaten x"),
        ({"y": float("inf")}, "Koordinaten y"),
        ({"x": "580000"}, "Koordinaten x"),
        ({"x": True}, "Koordinaten x"),
        ({"x": 10**400}, "Koordinaten x"),
        ({"x": ...}, "Koordinaten x"),
        ({"x": 0, "y": 0}, "ikke i Norge"),
        ({"x": 1e300}, "ikke i Norge"),
        ({"tekst": ["a"]}, "«tekst»"),
        ({"tema": {"a": 1}}, "«tema»"),
        ({"tekst": " \u200b", "tema": ""}, "verken tema eller tekst"),
    ],
)
def test_a_remark_with_a_fault_is_listed_and_the_others_are_kept(tmp_path, changed, said):
    save(tmp_path, "a.json", [remark(1), remark(2, **changed), "ikke et objekt"])
    result = merge_remarks([tmp_path])
    assert len(rows(result)) == 1
    wrong = rows(result, "avvik")
    assert [(row["fil"], row["nummer"], row["handling"]) for row in wrong] == [
        ("fil 1", 2, "ikke tatt med"),
        ("fil 1", 3, "ikke tatt med"),
    ]
    assert said in wrong[0]["tekst"]
    assert said in fault_lines(result, [tmp_path])[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "gyldig JSON"),
        ("[" * 100_000, "gyldig JSON"),
        ("[]", "ikke lagret fra et kart"),
        ('{"format": "noe"}', "ikke lagret fra et kart"),
        ('{"format": "askergeo-innspill", "version": 2}', "annen versjon"),
        ('{"format": "askergeo-innspill", "version": 1}', "ingen liste"),
        ('{"format": "askergeo-innspill", "version": 1, "innspill": []}', "koordinatsystem"),
        (
            '{"format": "askergeo-innspill", "version": 1, "innspill": [], "crs": "EPSG:1"}',
            "ukjent",
        ),
        (
            '{"format": "askergeo-innspill", "version": 1, "innspill": [], "crs": "EPSG:99999"}',
            "ukjent",
        ),
        (
            '{"format": "askergeo-innspill", "version": 1, "innspill": [], "crs": "EPSG:5941"}',
            "flyttes",
        ),
        ("x" * 5_000_001, "over 5 MB"),
    ],
    ids=lambda text: text[:60],
)
def test_a_file_that_is_not_one_of_remarks_is_listed(tmp_path, text, said):
    (tmp_path / "b.json").write_text(text, encoding="utf-8")
    save(tmp_path, "a.json", [remark()])
    result = merge_remarks([tmp_path])
    assert len(rows(result)) == 1
    assert said in rows(result, "avvik")[0]["tekst"]
    (tmp_path / "a.json").unlink()
    with pytest.raises(SourceError, match=r"b\.json"):
        merge_remarks([tmp_path])


def test_too_many_remarks_in_a_file_are_refused(tmp_path):
    save(tmp_path, "a.json", [{"x": 1}] * 10_001)
    with pytest.raises(SourceError, match="over 10000 innspill"):
        merge_remarks([tmp_path])


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(MissingFileError, match="borte"):
        merge_remarks([tmp_path / "borte.json"])
    with pytest.raises(MissingFileError, match="ingen filer"):
        merge_remarks([tmp_path])


def test_the_same_remark_counts_once_and_of_two_versions_the_newest(tmp_path):
    save(tmp_path, "a.json", [remark(1), remark(2, tekst="Gammel", laget="2026-11-01")])
    save(tmp_path, "b.json", [remark(1), remark(2, tekst="Ny", laget="2026-11-21")])
    result = merge_remarks([tmp_path, tmp_path / "a.json", tmp_path / "a.json"])
    assert sorted(row["tekst"] for row in rows(result)) == ["Det er mørkt her, sted 1.", "Ny"]
    assert [row["nummer"] for row in rows(result, "avvik")] == [2]
    assert "samme id" in rows(result, "avvik")[0]["tekst"]


def test_a_remark_without_id_is_kept_once(tmp_path):
    save(tmp_path, "a.json", [remark(1, id=...), remark(1, id="../../x")])
    result = merge_remarks([tmp_path])
    assert len(rows(result)) == 1
    assert "gyldig id" in rows(result, "avvik")[0]["tekst"]


def test_the_order_of_files_does_not_matter(tmp_path):
    names = [save(tmp_path, f"{n}.json", [remark(n), remark(1, tekst=f"v{n}")]) for n in range(6)]
    expected = merge_remarks(names)
    for mixed in (names[::-1], names[3:] + names[:3]):
        result = merge_remarks(mixed)
        for table in expected.tables:
            assert result.table(table.name).frame.equals(table.frame)


SECRETS = {
    "kari.nordmann@eksempel.no": "epost",
    "912 34 567": "telefon",
    "+47 91234567": "telefon",
    IDENTITY: "fodselsnummer",
    "010107 50160": "fodselsnummer",
    "12345678901": "nummer",
    "Kari Nordmann": "navn",
}


@pytest.mark.parametrize(("secret", "kind"), SECRETS.items())
def test_what_tells_who_wrote_is_masked_everywhere_and_flagged(tmp_path, secret, kind):
    before = "Jeg heter " if kind == "navn" else "Ring eller skriv: "
    path = save(tmp_path, "Kari Nordmann.json", [remark(tekst=f"{before}{secret}, det haster")])
    stored = path.read_bytes()
    result = merge_remarks([tmp_path])
    assert mask(f"{before}{secret}")[1] == (kind,)
    (found,) = result.findings
    assert found.row == "I0001"
    assert "fil 1, innspill 1" in found.text
    assert "Slett" in found.action
    assert path.read_bytes() == stored
    told = repr((result.tables, result.findings, rows(result), result.provenance, result.warnings))
    assert secret not in told
    assert "Kari" not in told
    write_workbook(Report(results=(result,), title="x"), tmp_path / "x.xlsx")
    assert "det haster" in rows(result)[0]["tekst"]


@pytest.mark.parametrize(
    "text",
    [
        "Gangveg ble lovet i 2025-2026 og igjen i 2027.",
        "Gnr. 12 bnr. 345, 12 345 678 kroner.",
        "Hilsen beboer i gata",
        "Jeg er redd for å gå her.",
        "Bussen går 07.30 og 08.15.",
    ],
)
def test_plain_remarks_are_left_alone(text):
    assert mask(text) == (text, ())


def test_control_digits_of_identity_numbers():
    assert is_identity_number(IDENTITY)
    assert not is_identity_number("01010750161")
    assert not is_identity_number("00000000000")
    assert not is_identity_number("1234")


@given(st.text(max_size=200))
def test_masking_a_masked_text_changes_nothing(text):
    once, _ = mask(plain_text(text))
    assert mask(once)[0] == once


def test_formulas_and_markup_stay_texts(tmp_path):
    save(tmp_path, "a.json", [remark(tekst="=1+1 <script>alert(1)</script>", tema="{0} {tema}")])
    result = merge_remarks([tmp_path])
    assert result.sentence == "1 innspill fra 1 fil. Flest er om {0} {tema} (1)."
    write_workbook(Report(results=(result,), title="x"), tmp_path / "x.xlsx")
    book = load_workbook(tmp_path / "x.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert any(str(cell.value).startswith("=1+1") for cell in cells)
    assert not [cell for cell in cells if cell.data_type == "f"]


@pytest.fixture(scope="module")
def package(demo_folder):
    """Return the small example municipality."""
    return DataPackage.open(demo_folder / "datapakke")


def test_with_a_package_they_are_counted_by_area(package, tmp_path):
    centres = package.read("senter")
    near = centres.geometry.iloc[0]
    save(
        tmp_path,
        "a.json",
        [remark(1, x=near.x + 3, y=near.y + 4), remark(2, x=near.x + 90_000, y=near.y)],
    )
    result = merge_remarks([tmp_path], package)
    first, second = rows(result)
    assert first["senter"] == centres["navn"].iloc[0]
    assert result.layer("innspill_kart").frame["avstand_m"].iloc[0] == pytest.approx(5)
    assert (first["utenfor"], second["utenfor"]) == ("", "ja")
    assert "utenfor kommunen" in " ".join(result.warnings)
    counts = {row["sted"]: row["antall"] for row in rows(result, "etter_grunnkrets")}
    areas = package.read("grunnkrets")
    inside = areas[areas.contains(shapely.Point(near.x + 3, near.y + 4))]
    assert counts == {inside["grunnkretsnavn"].iloc[0]: 1, "Utenfor områdene": 1}
    assert isinstance(result.layers[0].frame, gpd.GeoDataFrame)
    assert {one.layer for one in result.provenance.sources} >= {"grunnkrets", "senter"}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["EPSG:25832", "EPSG:4326", "2026-11-20"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=10,
)
NUMBERS = st.floats() | st.floats(min_value=5.7e5, max_value=5.9e5) | JSON
REMARKS = st.dictionaries(st.sampled_from(["id", "tema", "tekst", "laget"]), JSON).flatmap(
    lambda some: st.fixed_dictionaries({"x": NUMBERS, "y": NUMBERS}).map(lambda at: some | at)
)
DOCUMENTS = JSON | st.fixed_dictionaries(
    {
        "format": st.just("askergeo-innspill"),
        "version": st.just(1),
        "side": JSON,
        "crs": st.sampled_from(["EPSG:25832", "EPSG:4326", "EPSG:25833"]) | JSON,
        "innspill": st.lists(REMARKS | JSON, max_size=5) | JSON,
    }
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DOCUMENTS)
def test_no_json_gives_anything_but_a_result_or_an_error_of_ours(tmp_path, document):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    try:
        result = merge_remarks([path])
    except AskergeoError:
        return
    assert result.sentence
    assert fault_lines(result, [path]) is not None


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_no_bytes_give_anything_but_an_error_of_ours(tmp_path, raw):
    path = tmp_path / "a.json"
    path.write_bytes(raw)
    with pytest.raises(AskergeoError):
        merge_remarks([path])


SAVED = st.builds(
    Remark,
    id=st.sampled_from(["a", "b", "c"]),
    made=st.sampled_from(["", "2026-01-01", "2026-02-02"]),
    theme=st.sampled_from(["", "Lek"]),
    text=st.text(max_size=3),
    x=st.sampled_from([1.0, 2.0]),
    y=st.just(1.0),
    page=st.sampled_from(["", "Skolene"]),
    place=st.tuples(st.integers(1, 3), st.integers(1, 3)),
)


@given(st.lists(SAVED, max_size=8), st.randoms())
def test_merging_is_independent_of_order_and_changes_nothing_twice(some, chance):
    kept, faults = merge(some)
    mixed = list(some)
    chance.shuffle(mixed)
    assert merge(mixed) == (kept, faults)
    assert merge([*some, *some]) == (kept, faults)
    assert merge(kept) == (kept, [])
    assert len({one.id for one in kept}) == len(kept)
