"""SSB's tables of persons: every dialect gives the same rows, and what is wrong is named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from askergeo.datapackage import DataPackage
from askergeo.errors import LayerError, MissingFileError, SourceError
from askergeo.ingest import add_file
from askergeo.sources.statbank import layer_rows, one_place, read_statbank

if TYPE_CHECKING:
    from pathlib import Path

# Two ages, two sexes, two years in Asker, by hand.
MEN = {(0, 2021): 510, (0, 2022): 1_505, (1, 2021): 0, (1, 2022): 7}
WOMEN = {(0, 2021): 490, (0, 2022): 495, (1, 2021): 5, (1, 2022): 3}
BOTH = {key: MEN[key] + WOMEN[key] for key in MEN}
AGES = {0: "0 år", 1: "105 år eller eldre"}
EXPECTED = {
    (2021, 0): 1_000.0, (2021, 105): 5.0, (2022, 0): 2_000.0, (2022, 105): 10.0,
}  # fmt: skip


def write(folder: Path, text: str, encoding: str = "utf-8", name: str = "tabell.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def counts(path: Path) -> dict[tuple[int, int], float]:
    frame = read_statbank([path]).frame
    assert set(frame["region"]) == {"3025"}
    assert set(frame["navn"]) == {"Asker"}
    return frame.set_index(["aar", "alder"])["antall"].to_dict()


def wide(separator: str, quote: str, region: str = "K-3025 Asker") -> str:
    def line(*cells: object) -> str:
        return separator.join(f"{quote}{cell}{quote}" for cell in cells)

    lines = [line("region", "alder", "Personer 2021", "Personer 2022")]
    lines += [line(region, AGES[age], BOTH[age, 2021], BOTH[age, 2022]) for age in AGES]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(("separator", "quote"), [("\t", '"'), (",", ""), (";", ""), (";", '"')])
@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-8-sig", "utf-16"])
def test_separators_quotes_and_character_sets(
    tmp_path: Path, separator: str, quote: str, encoding: str
) -> None:
    assert counts(write(tmp_path, wide(separator, quote), encoding)) == EXPECTED


def by_sex() -> str:
    lines = ["07459: Personer, etter region, kjønn, alder, statistikkvariabel og år", ""]
    lines += ["region;kjønn;alder;Personer 2021;Personer 2022;"]
    for sex, table in (("Menn", MEN), ("Kvinner", WOMEN)):
        for age, label in AGES.items():
            figures = [f"{table[age, year]:,}".replace(",", "\u00a0") for year in (2021, 2022)]
            lines.append(f"K-3025 Asker;{sex};{label};{';'.join(figures)};")
    return "\n".join([*lines, "", "Fotnoter: 1. januar.", "Kilde: SSB"])


def sexes_in_the_titles() -> str:
    lines = ["region;alder;Menn Personer 2021;Kvinner Personer 2021;Menn 2022;Kvinner 2022"]
    for age, label in AGES.items():
        figures = [table[age, year] for year in (2021, 2022) for table in (MEN, WOMEN)]
        lines.append(f"3025 Asker (2020-2023);{label};{';'.join(map(str, figures))}")
    return "\n".join(lines)


def long_with_totals() -> str:
    lines = ["kommune,sex,age,statistikkvariabel,tid,value"]
    for region, factor in (("0 Hele landet", 50), ("K-3025 Asker", 1)):
        for age, label in (*AGES.items(), (None, "Alder i alt")):
            for year in (2021, 2022):
                per_sex = {
                    "Menn": MEN[age, year] if age is not None else MEN[0, year] + MEN[1, year],
                    "Kvinner": WOMEN[age, year]
                    if age is not None
                    else WOMEN[0, year] + WOMEN[1, year],
                }
                per_sex["Begge kjønn"] = sum(per_sex.values())
                lines += [
                    f"{region},{sex},{label},Personer,{year},{factor * n}"
                    for sex, n in per_sex.items()
                ]
    return "\n".join(lines)


def codes_once_a_block() -> str:
    # Region and age are written once, as spreadsheets do; ages are codes; another content beside.
    lines = ["region;alder;år;Personer;Andel (prosent)"]
    first = True
    for age, code in ((0, "000"), (1, "105+")):
        for at, year in enumerate((2021, 2022)):
            region = "K_3025 Asker" if first else ""
            lines.append(f"{region};{code if not at else ''};{year};{BOTH[age, year]};1,5")
            first = False
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text", [by_sex(), sexes_in_the_titles(), long_with_totals(), codes_once_a_block()]
)
def test_sexes_totals_and_forms(tmp_path: Path, text: str) -> None:
    assert counts(write(tmp_path, text)) == EXPECTED


def dataset(**changes: object) -> dict[str, object]:
    values = [table[age, year] for table in (MEN, WOMEN) for age in AGES for year in (2021, 2022)]
    return {
        "class": "dataset",
        "id": ["Region", "Kjonn", "Alder", "ContentsCode", "Tid"],
        "size": [1, 2, 2, 1, 2],
        "dimension": {
            "Region": {"category": {"index": {"K-3025": 0}, "label": {"K-3025": "Asker"}}},
            "Kjonn": {
                "category": {"index": {"2": 1, "1": 0}, "label": {"1": "Menn", "2": "Kvinner"}}
            },
            "Alder": {"category": {"index": ["000", "105+"], "label": {"000": "0 år"}}},
            "ContentsCode": {"category": {"label": {"Personer1": "Personer"}}},
            "Tid": {"category": {"index": {"2021": 0, "2022": 1}}},
        },
        "value": values,
    } | changes


def test_json_stat(tmp_path: Path) -> None:
    path = write(tmp_path, json.dumps(dataset()), name="tabell.json")
    assert counts(path) == EXPECTED
    sparse = {str(at): number for at, number in enumerate(dataset()["value"]) if at}
    path = write(tmp_path, json.dumps(dataset(value=sparse)), name="tabell.json")
    frame = read_statbank([path]).frame.set_index(["aar", "alder"])["antall"]
    assert pd.isna(frame[2021, 0])
    assert frame[2022, 0] == 2_000.0


def px() -> str:
    figures = [table[age, year] for table in (MEN, WOMEN) for age in AGES for year in (2021, 2022)]
    figures = ['".."' if at == 6 else str(number) for at, number in enumerate(figures)]
    return (
        'CHARSET="ANSI";\nAXIS-VERSION="2010";\nLANGUAGE="no";\n'
        'TITLE="07459: Personer; etter region, "\n"kjønn, alder og år";\n'
        'STUB="region","kjønn","alder";\nHEADING="statistikkvariabel","år";\n'
        'VALUES("region")="Asker (2020-"\n"2023)";\nCODES("region")="K-3025";\n'
        'VALUES("kjønn")="Menn","Kvinner";\nCODES("kjønn")="1","2";\n'
        'VALUES[en]("kjønn")="Males","Females";\n'
        'VALUES("alder")="0 år",\n"105 år eller eldre";\nCODES("alder")="000","105+";\n'
        'VALUES("statistikkvariabel")="Personer";\nVALUES("år")="2021","2022";\n'
        f'NOTE="a=b; c";\nDATA=\n{" ".join(figures[:4])}\n{" ".join(figures[4:])};\n'
    )


def test_px(tmp_path: Path) -> None:
    found = counts(write(tmp_path, px(), "cp1252", "tabell.px"))
    # The women of the last age in 2021 are not told.
    assert pd.isna(found.pop((2021, 105)))
    assert found == {key: number for key, number in EXPECTED.items() if key != (2021, 105)}


@pytest.mark.parametrize(
    "broken",
    [
        {"size": [1, 2, 2, 1, 3]},
        {"size": [10**6, 10**6, 2, 1, 2]},
        {"value": [1, 2, 3]},
        {"value": {"999999": 1}},
        {"value": {"-1": 1}},
        {"value": "x"},
        {"dimension": {}},
        {"id": "Region"},
        {"value": [True] * 8},
    ],
)
def test_hostile_json_is_refused(tmp_path: Path, broken: dict[str, object]) -> None:
    with pytest.raises(SourceError):
        read_statbank([write(tmp_path, json.dumps(dataset(**broken)), name="t.json")])


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"PK\x03\x04xlsx", "regneark"),
        (b"<html><table></table>", "ikke en tabell"),
        (b'CHARSET="ANSI";\nAXIS-VERSION="2010";', "ingen tall"),
        (b'CHARSET="ANSI";' + b"A=" * 200_000, "ingen tall"),
        (b'CHARSET="ANSI";' + b'A="' * 200_001, "ingen tall"),
        (b'CHARSET="ANSI";\nSTUB="alder";\nDATA=\n1 2;', "dimensjonene er ikke"),
        (b'CHARSET="ANSI";\nSTUB="alder";\nVALUES("alder")="0";\nDATA=\n1 2;', "antall tall"),
        (b"\x00\x01\x02", "ikke en tabell"),
        (b"navn;verdi\na;1\n", "alder"),
        (b"{" * 100_000, "JSON"),
        (b"region;alder;2020\n", "ingen rader"),
        (b'region;alder;2020\n"K-3025 Asker;0 \xe5r;1\n' + b"x" * 200_000, "kan ikke leses"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, raw: bytes, told: str) -> None:
    path = tmp_path / "fil.csv"
    path.write_bytes(raw)
    with pytest.raises(SourceError, match=told):
        read_statbank([path])
    with pytest.raises(MissingFileError):
        read_statbank([tmp_path / "ikke.csv"])


@pytest.mark.parametrize("sign", [":", "..", ".", ""])
def test_a_hidden_figure_is_unknown_and_so_is_its_sum(tmp_path: Path, sign: str) -> None:
    text = by_sex().replace("K-3025 Asker;Menn;0 år;510;", f"K-3025 Asker;Menn;0 år;{sign};")
    found = counts(write(tmp_path, text))
    assert pd.isna(found[2021, 0])
    assert found[2022, 0] == 2_000.0
    none = by_sex().replace("K-3025 Asker;Menn;0 år;510;", "K-3025 Asker;Menn;0 år;-;")
    assert counts(write(tmp_path, none))[2021, 0] == 490.0


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("0 år;510", "null år;510", "linje 4: «null år» er ikke en alder"),
        ("Asker;Menn;0 år;510", "Asker;Hen;0 år;510", "kjønn"),
        (";510;", ";1.505;", "linje 4: «1.505» er ikke et antall"),
        (";510;", ";-510;", "linje 4: et antall personer er negativt"),
        ("K-3025 Asker;Kvinner;0 år;490;495;\n", "", "bare ett av kjønnene"),
        ("K-3025 Asker;Menn;0 år", "Askeladden;Menn;0 år", "kommune"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(tmp_path: Path, old: str, new: str, told: str) -> None:
    text = by_sex()
    assert old in text
    with pytest.raises(SourceError, match=r"tabell\.csv") as caught:
        read_statbank([write(tmp_path, text.replace(old, new))])
    assert told in str(caught.value)
    assert caught.value.remedy


def test_an_unknown_division_is_refused(tmp_path: Path) -> None:
    text = "region;sivilstand;alder;2020\n0301 Oslo;Gift;20 år;5\n0301 Oslo;Ugift;20 år;6\n"
    with pytest.raises(SourceError, match="sivilstand"):
        read_statbank([write(tmp_path, text)])


def test_men_and_women_must_make_both(tmp_path: Path) -> None:
    text = long_with_totals().replace(
        "Asker,Begge kjønn,0 år,Personer,2021,1000", "Asker,Begge kjønn,0 år,Personer,2021,1200"
    )
    with pytest.raises(SourceError, match="ikke lik begge kjønn"):
        read_statbank([write(tmp_path, text)])


def test_an_open_group_beside_its_ages_is_a_total(tmp_path: Path) -> None:
    text = "region;alder;2020\n0301 Oslo;79 år;1\n0301 Oslo;80 år;2\n0301 Oslo;81 år eller eldre;3\n0301 Oslo;80 år eller eldre;5\n"
    frame = read_statbank([write(tmp_path, text)]).frame
    assert frame["antall"].sum() == 6


def test_several_files_must_agree(tmp_path: Path) -> None:
    one = write(tmp_path, wide(";", ""), name="a.csv")
    same = write(tmp_path, wide("\t", '"'), name="b.csv")
    assert len(read_statbank([one, same]).frame) == 4
    other = write(tmp_path, wide(";", "").replace("2000", "2001"), name="c.csv")
    with pytest.raises(SourceError, match=r"a\.csv og c\.csv.*2000 og 2001.*alder 0, 2022"):
        read_statbank([one, other])
    hidden = write(tmp_path, wide(";", "").replace("2000", ":"), name="d.csv")
    assert read_statbank([hidden, one]).frame["antall"].notna().all()


def test_real_dialects_give_one_series_of_asker(shared_data: Path) -> None:
    files = sorted((shared_data / "population").glob("Personer*.csv"))
    table = read_statbank(files)
    assert not table.remarks
    whole = table.frame.groupby("aar")["antall"].sum()
    assert whole.index.tolist() == list(range(2005, 2020))
    # SSB's residents of Norway on 1 January (the older files lack some former municipalities).
    assert (whole[2018], whole[2019]) == (5_295_619, 5_328_212)
    # A letter that one file has lost is known from the number.
    assert set(table.frame.loc[table.frame["region"] == "0627", "navn"]) == {"Røyken"}
    old = ("0220", "0627", "0628")
    assert one_place(table, ["3203"]) == dict.fromkeys(range(2005, 2020), old)
    history = layer_rows(table, "befolkning_historikk", "3203")
    sums = history.groupby("aar")["antall"].sum()
    assert (sums[2005], sums[2019]) == (76_937, 93_679)
    assert len(history) == 15 * 106
    with pytest.raises(LayerError, match="3207"):
        one_place(table, ["3207", "3205"])


def test_a_place_must_be_whole(tmp_path: Path) -> None:
    text = (
        "region;alder;2018;2019\n0220 Asker;0 år;5;5\n0627 Røyken;0 år;6;6\n0628 Hurum;0 år;7;0\n"
    )
    table = read_statbank([write(tmp_path, text)])
    with pytest.raises(LayerError, match="2019: mangler 0628"):
        one_place(table, ["3203"])
    assert one_place(table, ["0220", "0627"]) == {2018: ("0220", "0627"), 2019: ("0220", "0627")}


PROJECTION = (
    "region;kjønn;alder;statistikkvariabel;år;value\n"
    "3203 Asker;Menn;0 år;Hovedalternativet (MMM);2026;500\n"
    "3203 Asker;Kvinner;0 år;Hovedalternativet (MMM);2026;480,5\n"
    "3203 Asker;Menn;0 år;Lav nasjonal vekst (LLL);2026;450\n"
    "3203 Asker;Kvinner;0 år;Lav nasjonal vekst (LLL);2026;440\n"
    "3203 Asker;Menn;0 år;Høy nasjonal vekst (HHH);2026;550\n"
    "3203 Asker;Kvinner;0 år;Høy nasjonal vekst (HHH);2026;540\n"
    "3203 Asker;Menn;0 år;Sterk aldring (LHM);2026;1\n"
    "3203 Asker;Kvinner;0 år;Sterk aldring (LHM);2026;1\n"
)


def test_projection_and_history_become_layers(tmp_path: Path, shared_data: Path) -> None:
    package = DataPackage.create(tmp_path / "pakke", municipality="3203", name="Asker")
    path = write(tmp_path, PROJECTION)
    with pytest.raises(LayerError, match="ssb_framskriving"):
        add_file(package, "framskriving", path)
    add_file(package, "framskriving", path, mapping="ssb_framskriving")
    rows = package.read("framskriving").set_index("alternativ")["antall"].to_dict()
    assert rows == {"hoved": 980.5, "lav": 890.0, "hoy": 1090.0}
    assert package.record("framskriving").licence == "NLOD"
    remarks = package.read_avvik("framskriving")["tekst"].str.cat(sep=" ")
    assert "Sterk aldring" in remarks
    add_file(
        package, "befolkning_historikk", shared_data / "population" / "Personer2019.csv",
        mapping="ssb_folketall",
    )  # fmt: skip
    history = package.read("befolkning_historikk")
    assert history.groupby("aar")["antall"].sum().to_dict() == {2019: 93_679}
    assert set(history["omraade_id"]) == {"3203"}


def test_units_are_kept_and_hidden_figures_are_not_read_as_nobody(tmp_path: Path) -> None:
    text = (
        "grunnkrets;alder;2025\n32030101 Nord;0 år;5\n32030102 Sør;0 år;6\n32010101 Andre;0 år;9\n"
    )
    table = read_statbank([write(tmp_path, text)])
    rows = layer_rows(table, "befolkning_historikk", "3203")
    assert rows["omraade_id"].tolist() == ["32030101", "32030102"]
    hidden = read_statbank([write(tmp_path, text.replace(";5", ";:"))])
    with pytest.raises(LayerError, match="32030101, alder 0, 2025"):
        layer_rows(hidden, "befolkning_historikk", "3203")
