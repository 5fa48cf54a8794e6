"""The factor files: the set that comes along, one's own, and everything that can be wrong."""

from __future__ import annotations

import csv
import io
import re

import pytest

from askergeo.carbon import ar5_classes, factor_warnings, load_classes, load_factors, write_template
from askergeo.carbon._rules import COLUMNS, POOLS, ZONES
from askergeo.carbon._table import is_formula
from askergeo.errors import MissingFileError, OverwriteError, ParameterError, SourceError

GOOD = {
    "id": "egen-skog",
    "sone": "alle",
    "klasse": "skog",
    "beholdning": "biomasse",
    "gass": "CO2",
    "verdi": "60,5",
    "lav": "40",
    "hoy": "80",
    "enhet": "t C/ha",
    "horisont": "engang",
    "kilde": "kommunens takst",
    "versjon": "2024-05-31",
    "sikkerhet": "kjent",
    "plassholder": "nei",
}


def table(*rows, separator=";", columns=COLUMNS):
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=separator)
    writer.writerow(columns)
    writer.writerows([[row.get(name, "") for name in columns] for row in rows])
    return buffer.getvalue()


@pytest.fixture
def own(tmp_path):
    """Write a factor file and give its path."""

    def write(*rows, encoding="utf-8", **how):
        path = tmp_path / "egne.csv"
        path.write_bytes(table(*rows, **how).encode(encoding))
        return path

    return write


@pytest.mark.parametrize("zone", ZONES)
def test_every_factor_says_where_it_is_from_and_what_is_checked_is_no_placeholder(zone):
    frame = load_factors(zone=zone).frame
    assert len(frame) > 50
    assert frame["kilde"].str.len().gt(20).all()
    assert (frame["plassholder"] == (frame["sikkerhet"] != "verifisert")).all()
    assert (
        frame.loc[frame["plassholder"], "kilde"]
        .str.contains("ikke kontrollert|anslag|antakelse|definisjon")
        .all()
    )
    tabled = frame["versjon"].str.startswith("IPCC")
    assert frame.loc[tabled, "kilde"].str.contains("tabell|kapittel|nivå 1").all()


def test_products_of_table_values_are_what_the_source_says():
    said = r": (\d+(?:,\d+)?) × (\d,\d+)(?: × (\d,\d+))?"
    frame = load_factors().frame
    found = frame["kilde"].str.extract(said).dropna(subset=[0])
    assert len(found) >= 12
    for name, row in found.iterrows():
        product = 1.0
        for part in row.dropna():
            product *= float(part.replace(",", "."))
        assert frame.loc[name, "verdi"] == pytest.approx(product, rel=1e-4), name


@pytest.mark.parametrize("zone", ZONES)
def test_every_class_with_soil_has_its_pools(zone):
    factors = load_factors(zone=zone)
    for land in load_classes().by_id.values():
        if land.soil == "ingen":
            continue
        needed = [("biomasse", "CO2"), ("dod", "CO2")]
        if land.soil != "organisk":
            needed.append(("mineraljord", "CO2"))
        if land.soil == "organisk" and land.drained:
            needed += [("organisk_jord", gas) for gas in ("CO2", "CH4", "N2O")]
        lacks = [key for key in needed if factors.find(land.line, *key) is None]

        assert lacks == [], land.id


def test_gwp_follows_the_report():
    assert load_factors(gwp="AR5").gwp == {"CO2": 1, "CO2e": 1, "CH4": 28, "N2O": 265}
    assert load_factors(gwp="AR6").gwp["CH4"] == 27.9
    with pytest.raises(ParameterError, match="AR4, AR5, AR6"):
        load_factors(gwp="AR7")


def test_own_factors_replace_the_standard_for_the_class_and_all_under_it(own):
    factors = load_factors(own(GOOD))
    for name in ("skog", "skog_bar_hoy", "torvskog_rik"):
        i = factors.find(load_classes()[name].line, "biomasse")
        assert factors.frame.index[i] == "egen-skog"
    assert "alle-biomasse-dyrka" in factors.frame.index
    assert list(factors.origin) == ["egne.csv", "askergeo: ipcc_niva1.csv"]
    assert all(len(digest) == 64 for digest in factors.origin.values())
    assert load_factors(own(GOOD), standard=False).frame.index.tolist() == ["egen-skog"]


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_encodings_separators_and_decimal_commas(own, separator, encoding):
    row = {**GOOD, "kilde": "målt på Høn, 2024", "verdi": "1 060,5", "hoy": "2000"}
    frame = load_factors(own(row, encoding=encoding, separator=separator)).frame
    assert frame.loc["egen-skog", "verdi"] == 1060.5
    assert frame.loc["egen-skog", "kilde"] == "målt på Høn, 2024"


def test_units_are_read_as_people_write_them(own):
    row = {
        **GOOD, "klasse": "dyrka_organisk", "beholdning": "organisk_jord", "gass": "CH₄",
        "enhet": "kg CH4/ha/år", "horisont": "per år",
    }  # fmt: skip
    assert load_factors(own(row)).frame.loc["egen-skog", "enhet"] == "kg CH4/ha·år"


PAIR = {**GOOD, "klasse": "", "fra": "skog", "til": "bebygd", "id": "egen-par"}
WRONG = [
    ({"enhet": ""}, r"rad 2, kolonnen «enhet»: mangler"),
    ({"enhet": "tonn"}, "kolonnen «enhet»: «tonn» er ukjent; skriv en av t C/ha"),
    ({"enhet": "t C/ha·år", "horisont": "per år"}, "«t C/ha·år» passer ikke til .*«biomasse»"),
    ({"gass": "CO"}, "kolonnen «gass»: «CO» er ukjent"),
    ({"gass": "N2O"}, "måler CO2, men gassen er N2O"),
    ({"beholdning": "stubber"}, "kolonnen «beholdning»: «stubber» er ukjent"),
    ({"klasse": "skog_bar_høy"}, "klassen «skog_bar_høy» finnes ikke. Mente du «skog_bar_hoy»"),
    ({"klasse": ""}, "fyll ut én av dem"),
    ({"fra": "skog"}, "fyll ut én av dem"),
    ({"jordtype": "sand"}, "fyll ut én av dem"),
    ({"lav": "70"}, "skal være i stigende rekkefølge"),
    ({"hoy": "60"}, "skal være i stigende rekkefølge"),
    ({"lav": ""}, "kolonnen «lav»: mangler"),
    ({"verdi": "mye"}, "kolonnen «verdi»: «mye» er ikke et tall"),
    ({"verdi": "nan"}, "«nan» er ikke et tall"),
    ({"verdi": "1.470,5"}, "er ikke et tall"),
    ({"verdi": "1e3"}, "er ikke et tall"),
    ({"horisont": "alltid"}, "kolonnen «horisont»: «alltid» er ukjent"),
    ({"horisont": "per år"}, "kolonnen «aar»: mangler"),
    ({"horisont": "per år", "aar": "0"}, "kolonnen «aar»"),
    ({"horisont": "per år", "aar": "900"}, "fra 1 til 500"),
    ({"aar": "20"}, "skal være tom når horisonten er «engang»"),
    ({"versjon": "siste"}, "kolonnen «versjon»: «siste» er ukjent"),
    ({"versjon": "IPCC 1996"}, "kolonnen «versjon»"),
    ({"sone": "tropisk"}, "kolonnen «sone»: «tropisk» er ukjent"),
    ({"sikkerhet": "sikker"}, "kolonnen «sikkerhet»"),
    ({"plassholder": ""}, "kolonnen «plassholder»: mangler"),
    ({"kilde": ""}, "kolonnen «kilde»: mangler"),
    ({"kilde": "=HYPERLINK(1)"}, "kolonnen «kilde»: .* begynner som en formel"),
    ({"kilde": "@sum"}, "begynner som en formel"),
    ({"kilde": "skjult\u202etekst"}, "usynlige tegn"),
    ({"id": "+1"}, "kolonnen «id»: .* formel"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "said"), WRONG)
def test_a_fault_is_told_with_file_row_column_rule_and_remedy(own, change, said):
    with pytest.raises(SourceError, match=said) as caught:
        load_factors(own({**GOOD, **change}))
    assert caught.value.message.startswith("egne.csv:\n- rad 2, kolonne")
    assert "aldri null" in caught.value.remedy


def test_all_faults_are_told_at_once(own):
    with pytest.raises(SourceError) as caught:
        load_factors(own({**GOOD, "enhet": "", "gass": "X"}, {**GOOD, "id": "b", "lav": "99"}))
    assert len(re.findall(r"^- rad", caught.value.message, re.MULTILINE)) == 3


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([GOOD, GOOD], "rad 3, kolonnen «id»: «egen-skog» står også i rad 2"),
        ([GOOD, {**GOOD, "id": "b"}], "gjelder det samme som rad 2"),
        ([GOOD, {**GOOD, "id": "b", "sone": "boreal"}], "gjelder det samme som rad 2"),
        ([{**GOOD, "id": "alle-torv"}], "id «alle-torv» er brukt av en annen faktor"),
        ([PAIR, {**PAIR, "id": "b", "beholdning": "samlet"}], "«samlet» står sammen med"),
        (
            [PAIR, {**PAIR, "id": "b", "beholdning": "samlet", "sone": "boreal"}],
            "«samlet» står sammen med",
        ),
        (
            [{**PAIR, "beholdning": "organisk_jord", "gass": "CH4", "enhet": "kg CH4/ha·år", "horisont": "per år"}],
            "erstatter hele beholdningen og mangler CO2",
        ),
        ([{**PAIR, "beholdning": "opplost_karbon"}], "passer ikke til beholdningen «opplost_karbon»"),
        (
            [PAIR, {**PAIR, "id": "b", "gass": "CO2e", "enhet": "t CO2e/ha"}],
            "«biomasse» har både CO2e og enkelte gasser",
        ),
        (
            [
                {**PAIR, "beholdning": "organisk_jord"},
                {**PAIR, "id": "b", "beholdning": "organisk_jord", "enhet": "t C/ha·år", "horisont": "per år"},
            ],
            "både tap av lager og utslipp per år",
        ),
    ],
)  # fmt: skip
def test_the_same_thing_is_not_said_or_counted_twice(own, rows, said):
    with pytest.raises(SourceError, match=said):
        load_factors(own(*rows))


def test_two_zones_may_say_each_their_own(own):
    path = own({**GOOD, "sone": "boreal"}, {**GOOD, "id": "b", "sone": "temperert", "verdi": "70"})
    assert load_factors(path, zone="boreal").frame.loc["egen-skog", "verdi"] == 60.5
    assert load_factors(path, zone="temperert").frame.loc["b", "verdi"] == 70


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "er tom"),
        (b"\x00\x01\x02\x03", "er ikke tekst"),
        (b"id;verdi\n1;2\n", "kolonnen «enhet» mangler"),
        ((";".join([*COLUMNS, "id"]) + "\n").encode(), "«id» står flere ganger"),
        ((";".join(COLUMNS) + "\na;b\n").encode(), "rad 2: har 2 felt, overskriften har 18"),
        ((";".join(COLUMNS) + '\n"a;b\n').encode(), "kan ikke leses som CSV"),
        ((";".join(COLUMNS) + "\n").encode(), "har ingen faktorer"),
    ],
)
def test_a_file_that_is_no_table(tmp_path, content, said):
    path = tmp_path / "rar.csv"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=said):
        load_factors(path)


def test_no_file_no_zone_and_nothing_at_all(tmp_path):
    with pytest.raises(MissingFileError, match="finnes ikke"):
        load_factors(tmp_path / "borte.csv")
    with pytest.raises(SourceError, match="er ikke en fil"):
        load_factors(tmp_path)
    with pytest.raises(ParameterError, match="Sonen «tropisk»"):
        load_factors(zone="tropisk")
    with pytest.raises(ParameterError, match="Ingen faktorer"):
        load_factors(standard=False)


def test_the_template_asks_for_every_factor_and_can_be_filled_in(tmp_path):
    path = tmp_path / "mal.csv"
    write_template(path)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    assert len(rows) == 104
    assert not any(is_formula(cell) for row in rows for cell in row.values())
    assert {row["verdi"] for row in rows} == {""}
    assert {row["beholdning"] for row in rows} == set(POOLS) - {"samlet"}
    with pytest.raises(OverwriteError):
        write_template(path)
    with pytest.raises(SourceError, match="har ingen faktorer"):
        load_factors(path)
    rows[0] |= {"verdi": "61", "lav": "50", "hoy": "70", "kilde": "takst", "versjon": "2024"}
    path.write_text(table(*rows), encoding="utf-8")
    factors = load_factors(path)
    assert factors.unfilled == 103
    assert factors.frame.loc[rows[0]["id"], "verdi"] == 61


def test_warnings_name_the_placeholders_in_use():
    factors = load_factors()
    assert factor_warnings(factors, ["boreal-torv-dyrka_organisk-co2"]) == ()
    (line,) = factor_warnings(factors, ["alle-torv", "alle-torv"])
    assert "«alle-torv» = 50" in line
    assert "standardverdi, ikke kontrollert" in line
    assert len(factor_warnings(factors)) == factors.frame["plassholder"].sum()


def test_ar5_codes_become_classes_and_what_is_unknown_stays_unknown():
    import pandas as pd  # noqa: PLC0415

    ar5 = pd.DataFrame(
        {
            "arealtype": [11, 21, 21, 23, 30, 30, 30, 30, 50, 50, 50, 60, 81, 99, None],
            "skogbonitet": [98, 98, 98, 98, 15, 11, 99, 13, 98, 98, 98, 98, 98, 98, None],
            "treslag": [98, 98, 98, 98, 31, 32, 31, 31, 98, 98, 98, 98, 98, 98, None],
            "grunnforhold": [46, 44, 45, 45, 44, 44, 44, 45, 44, 42, 45, 45, 98, 99, None],
        },
        index=list("abcdefghijklmno"),
    )
    found = ar5_classes(ar5)
    assert found.index.equals(ar5.index)
    assert found.fillna("?").tolist() == [
        "bebygd", "dyrka", "dyrka_organisk", "beite_organisk", "skog_bar_sars_hoy",
        "skog_lauv_impediment", "skog_bar", "torvskog", "apen_fastmark", "bart_fjell", "?", "myr",
        "vann", "?", "?",
    ]  # fmt: skip
    assert set(found.dropna()) <= set(load_classes().by_id)
