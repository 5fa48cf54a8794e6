"""Files that nobody meant to be models: refused in words, whatever their size, and never stuck.

What takes a step for each pair of lines, or of letters, does not end here at all.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from askergeo.errors import SourceError
from askergeo.sources._inp_reading import model_of
from askergeo.sources._inp_text import EPANET, SWMM, read_text
from askergeo.sources.inp import read_inp

if TYPE_CHECKING:
    from pathlib import Path

MANY = 1_000_000


@pytest.fixture
def net1(shared_data: Path) -> str:
    return (shared_data / "network/Net1.inp").read_text()


def _said(path: Path, text: str | bytes) -> str:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SourceError) as error:
        model_of(read_text(path))
    return str(error.value)


@pytest.mark.parametrize(
    "content",
    [b"\n" * MANY, b"\n \n" * MANY, b"[" * MANY, b"PK\x03\x04\0\0[PIPES]\n", b"id;lengde\n1;2\n",
     "[PIPES]\n 1 2 3\n".encode("utf-16")],
    ids=["lines", "blanks", "brackets", "zip", "csv", "utf-16"],
)  # fmt: skip
def test_what_is_no_model(tmp_path: Path, content: bytes) -> None:
    assert "ingen modell fra EPANET eller SWMM" in _said(tmp_path / "x.inp", content)


def test_an_empty_file(tmp_path: Path) -> None:
    assert "tom" in _said(tmp_path / "x.inp", b"")


def test_letters_of_no_text(tmp_path: Path) -> None:
    chance = random.Random(8)  # noqa: S311  (no secret)
    noise = chance.randbytes(50_000).replace(b"\0", b"")
    assert "feil" in _said(tmp_path / "x.inp", b"[PIPES]\n" + noise + b"\n[TANKS]\n" + noise)


def test_a_folder_and_a_file_of_results(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="mappe"):
        read_text(tmp_path)
    large = tmp_path / "svar.inp"
    with large.open("wb") as file:
        file.truncate(300_000_000)
    with pytest.raises(SourceError, match="300 MB"):
        read_text(large)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [("10530", "9" * MANY + "x", 28), ("24:00", "1" * MANY + "x", 116), ("10530", "5" * MANY, 28),
     ("[RESERVOIRS]", '" ' * MANY + '"\n[RESERVOIRS]', 18)],
    ids=["digits", "time", "no finite number", "quotes"],
)  # fmt: skip
def test_an_endless_line_is_named_and_not_repeated(
    tmp_path: Path, net1: str, old: str, new: str, line: int
) -> None:
    said = _said(tmp_path / "x.inp", net1.replace(old, new, 1))
    assert f"linje {line}: " in said
    assert len(said) < 5_000


def test_a_comment_that_epanet_breaks_in_two(tmp_path: Path, net1: str) -> None:
    """EPANET takes what stands after 1 023 letters for a line of its own."""
    path = tmp_path / "x.inp"
    path.write_text(net1.replace("[RESERVOIRS]", ";" + "a " * 2_000 + "\n[RESERVOIRS]", 1))
    with pytest.raises(SourceError, match=r"linje 18: Linjen er på 4.?001 tegn"):
        read_inp(path)


def test_many_empty_lines_are_read(tmp_path: Path, net1: str) -> None:
    path = tmp_path / "x.inp"
    path.write_text("\n" * MANY + net1)
    assert len(model_of(read_text(path)).elements) == 24


def test_many_faults_are_told_as_some(tmp_path: Path, net1: str) -> None:
    same = net1.replace("[RESERVOIRS]", " 10 1 1\n" * 20_000 + "[RESERVOIRS]", 1)
    said = _said(tmp_path / "x.inp", same)
    assert "20" in said
    assert "feil til" in said
    assert len(said) < 5_000


@pytest.mark.parametrize("name", ["Net3", "Example1b"])
def test_a_file_cut_anywhere(tmp_path: Path, shared_data: Path, name: str) -> None:
    """Read or refused with a reason; the program is known by what is left of it."""
    whole = (shared_data / f"network/{name}.inp").read_bytes()
    chance = random.Random(8)  # noqa: S311  (no secret)
    path = tmp_path / "x.inp"
    refused = 0
    for size in chance.sample(range(40, len(whole)), 25):
        path.write_bytes(whole[:size])
        try:
            read_inp(path)
        except SourceError as error:
            refused += bool(error.remedy)
        # The title alone says nothing of the program.
        if b"[OPTIONS]" in whole[: size - 400]:
            assert read_text(path).program == (EPANET if name == "Net3" else SWMM)
    assert 5 < refused <= 25


def test_the_program_is_told_by_what_only_one_has(tmp_path: Path, shared_data: Path) -> None:
    for name in ("Net1", "Net3", "Hanoi", "latin1", "bad_values"):
        assert read_text(shared_data / f"network/{name}.inp").program == EPANET
    for name in ("Example1b", "invalid_model"):
        assert read_text(shared_data / f"network/{name}.inp").program == SWMM
    path = tmp_path / "x.inp"
    path.write_text("[TITLE]\n[OPTIONS]\nFLOW_UNITS CFS\n[JUNCTIONS]\n a 1\n")
    assert read_text(path).program == SWMM
    path.write_text("[TITLE]\n[OPTIONS]\n Units LPS\n[JUNCTIONS]\n a 1\n")
    assert read_text(path).program == EPANET
    # A section that EPANET does not know does not make it a model for SWMM.
    path.write_text((shared_data / "network/Net1.inp").read_text() + "[POLYGONS]\n x 1 1\n")
    assert read_text(path).program == EPANET
