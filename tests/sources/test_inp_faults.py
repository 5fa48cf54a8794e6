"""What EPANET and SWMM refuse is refused, with the line; the programs themselves are the oracle."""

from __future__ import annotations

import contextlib
import random
import re
from typing import TYPE_CHECKING

import pytest

from askergeo.errors import SourceError
from askergeo.sources._inp_reading import model_of
from askergeo.sources._inp_text import read_text, replace_word
from askergeo.sources.inp import read_inp

if TYPE_CHECKING:
    from pathlib import Path

PIPE = " 10              \t10              \t11              \t10530"
# What is done to Net1, and what is said of it; empty: EPANET takes it.
EPANET_CASES = {
    "unknown section": ("[TAGS]", "[FOO]\n a b\n[TAGS]", "linje 48: Seksjonen «[FOO]»"),
    "pump without curve": ("HEAD 1", "HEAD 77", "Kurven «77» finnes ikke"),
    "pump with nothing": ("HEAD 1", "", "verken kurve (HEAD) eller effekt"),
    "zero length": ("10530", "0", "linje 28: Lengden er 0"),
    "negative diameter": ("10530       \t18", "10530 \t-18", "linje 28: Diameteren er -18"),
    "loop": (PIPE, " 10 10 10 10530", "begynner og slutter i samme node"),
    "missing node": (PIPE, " 10 10 99 10530", "linje 28: Noden «99» finnes ikke"),
    "no number": ("10530", "abc", "«abc», som ikke er et tall"),
    "few": (PIPE, " 10 10 11 ;", "for få"),
    "twice": (PIPE, " 11 10 11 10530", "linje 29: Id-en «11» er brukt før"),
    "unconnected": ("[RESERVOIRS]", " 99 700 0\n\n[RESERVOIRS]", "«99» har ingen ledning"),
    "pattern": ("710         \t150         \t", "710 150 nopat", "Mønsteret «nopat»"),
    "control": ("[RULES]", "LINK 999 CLOSED AT TIME 3\n[RULES]", "Ledningen «999»"),
    "rule": ("[RULES]", "[RULES]\nRULE 1\nIF TANK 77 LEVEL > 5\nTHEN PUMP 9 STATUS = OPEN\n",
             "Noden «77»"),
    "unit": ("GPM", "FOOS", "Enheten «FOOS»"),
    "option": ("[OPTIONS]", "[OPTIONS]\n Foo bar", "Valget «Foo»"),
    "place of nothing": ("[COORDINATES]", "[COORDINATES]\n 999 1 1", "Noden «999»"),
    "valve at tank": ("[TAGS]", " V1 2 12 12 PRV 50 0\n[TAGS]", "rett ved kilden eller bassenget"),
    "levels": ("850         \t120", "850         \t90", "Startnivået i bassenget «2»"),
    "long id": (" 32              \t710", f" {'x' * 40} 700 0\n 32 710", "lengre enn 31"),
    "time": ("24:00", "abc", "«abc» er ingen tid"),
    "pump curve": ("1500", "0", "EPANET sier feil"),
    "rough zero": ("10530       \t18          \t100", "10530 18 0", ""),
    "no end": ("[END]", "", ""),
    "tag of nothing": ("[TAGS]", "[TAGS]\nNODE 999 x", ""),
    "isolated": ("[VALVES]", " p9 n1 n2 5 18 100\n[VALVES]", "Noden «n1» finnes ikke"),
}  # fmt: skip
CONDUIT = "1                9                10               400"
SWMM_CASES = {
    "unknown section": ("[TAGS]", "[FOO]\na b\n[TAGS]", "har ingen seksjon «[FOO]»"),
    "twice": ("[OUTFALLS]", "10 995 3\n[OUTFALLS]", "Id-en «10» er brukt før"),
    "zero length": (CONDUIT, "1 9 10 0", "Lengden er 0"),
    "missing node": (CONDUIT, "1 9 99 400", "Noden «99» finnes ikke"),
    "no section": ("[LOSSES]", "[LOSSES]", ""),
    "unknown option": ("FLOW_UNITS", "FOO_UNITS", "Valget «FOO_UNITS»"),
    "unit": ("CFS", "CFX", "Enheten «CFX»"),
    "rain gauge": ("1                RG1  ", "1                RG7  ", "«RG7» finnes ikke"),
    "series": ("TIMESERIES TS1", "TIMESERIES TS9", "«TS9» finnes ikke"),
    "pump without curve": ("[XSECTIONS]", "[PUMPS]\nP1 23 24 nix ON\n[XSECTIONS]", "Kurven «nix»"),
    "ideal pump": ("[XSECTIONS]", "[PUMPS]\nP1 23 24 * ON\n[XSECTIONS]", ""),
    "case": ("1                RG1  ", "1                rg1  ", ""),
    "isolated": ("[OUTFALLS]", "abc 990 3\n[OUTFALLS]", ""),
    "no cross section": ("[XSECTIONS]", "[CONDUITS]\nX1 9 10 400 0.01 0 0\n[XSECTIONS]",
                         "«X1» mangler tverrsnitt"),
    "other coordinates": ("[VERTICES]", "X77 1 0\n[VERTICES]", ""),
}  # fmt: skip


def opens_in_epanet(path: Path, folder: Path) -> bool:
    from wntr.epanet.exceptions import EpanetException  # noqa: PLC0415  (heavy)
    from wntr.epanet.toolkit import ENepanet  # noqa: PLC0415

    engine = ENepanet()
    try:
        engine.ENopen(str(path), str(folder / "r.txt"), str(folder / "b.bin"))
    except EpanetException:
        return False
    finally:
        with contextlib.suppress(EpanetException):
            engine.ENclose()
    return True


def opens_in_swmm(path: Path, folder: Path) -> bool:
    from swmm.toolkit import solver  # noqa: PLC0415

    try:
        solver.swmm_open(str(path), str(folder / "r.txt"), str(folder / "o.out"))
    except Exception:  # noqa: BLE001  (the toolkit raises Exception itself)
        return False
    finally:
        with contextlib.suppress(Exception):
            solver.swmm_close()
    return True


def said(path: Path) -> str:
    try:
        read_inp(path)
    except SourceError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("case", EPANET_CASES)
def test_epanet_decides(shared_data: Path, tmp_path: Path, case: str):
    old, new, expected = EPANET_CASES[case]
    text = (shared_data / "network/Net1.inp").read_text()
    assert old in text
    path = tmp_path / "net.inp"
    path.write_text(text.replace(old, new, 1))
    message = said(path)
    assert expected in message
    assert bool(message) is not opens_in_epanet(path, tmp_path)
    assert bool(message) is bool(expected)


@pytest.mark.parametrize("case", SWMM_CASES)
def test_swmm_decides(shared_data: Path, tmp_path: Path, case: str):
    old, new, expected = SWMM_CASES[case]
    text = (shared_data / "network/Example1b.inp").read_text()
    assert old in text
    path = tmp_path / "net.inp"
    path.write_text(text.replace(old, new, 1))
    message = said(path)
    assert expected in message
    assert bool(message) is not opens_in_swmm(path, tmp_path)
    assert bool(message) is bool(expected)


def test_any_change_of_a_word(shared_data: Path, tmp_path: Path):
    """A word of Net1 exchanged at random: refused exactly when EPANET refuses it."""
    lines = (shared_data / "network/Net1.inp").read_text().splitlines()
    chance = random.Random(8)  # noqa: S311  (no secret)
    places = [
        (number, word)
        for number, line in enumerate(lines)
        if not line.startswith("[")
        for word in range(len(line.partition(";")[0].split()))
    ]
    path = tmp_path / "net.inp"
    verdicts = set()
    for number, word in chance.sample(places, 120):
        changed = list(lines)
        changed[number] = replace_word(lines[number], word, chance.choice(("xx", "-1", "0", "12")))
        path.write_text("\n".join(changed) + "\n")
        opened = opens_in_epanet(path, tmp_path)
        assert bool(said(path)) is not opened, changed[number]
        verdicts.add(opened)
    assert verdicts == {True, False}


def test_real_bad_files(shared_data: Path):
    folder = shared_data / "network"
    assert "linje 24: Id-en «2»" in said(folder / "Net1broken.inp")
    assert "linje 28: Id-en «2»" in said(folder / "Net1broken.inp")
    assert "linje 56: Noden «node1»" in said(folder / "bad_values.inp")
    # The lines that SWMM's own report names.
    lines = {int(one) for one in re.findall(r"linje (\d+)", said(folder / "invalid_model.inp"))}
    assert lines == {59, 111, 112, 151, 152}


def test_told_but_not_refused(shared_data: Path, tmp_path: Path):
    text = (shared_data / "network/Net1.inp").read_text()
    path = tmp_path / "net.inp"
    path.write_text(text.replace("[END]", "").replace("10530       \t18          \t100", "5 18 0"))
    faults = read_inp(path).faults
    assert set(faults["regel"]) == {"uten_slutt", "ruhet_null"}
    assert faults.set_index("regel").loc["ruhet_null", "linje"] == 28
    path.write_text(text.replace(" 32              \t50.00", " 31              \t50.00"))
    faults = read_inp(path).faults
    assert faults["tekst"].tolist() == ["Noden «32» har ingen koordinat."]


def test_many_faults_are_counted(shared_data: Path, tmp_path: Path):
    text = (shared_data / "network/Net3.inp").read_text()
    path = tmp_path / "net.inp"
    path.write_text(re.sub(r"(?m)^( \d+\s+\w+\s+\w+\s+)\d+(\s+\d+\s+1\d\d\s)", r"\g<1>0\2", text))
    message = said(path)
    assert "feil til" in message
    assert message.count("\n") < 25


def test_without_epanet(shared_data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    faults = read_inp(shared_data / "network/Net1.inp").faults
    assert faults["regel"].tolist() == ["ikke_proevd"]
    assert "«va»" in faults["tekst"].iloc[0]


def test_own_rules_find_most(shared_data: Path):
    """Without EPANET too the faults that matter are found."""
    for name in ("Net1broken", "bad_values"):
        with pytest.raises(SourceError):
            model_of(read_text(shared_data / f"network/{name}.inp"))
