"""The plan proposal in its three forms: the planted faults are found, all and only."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from askergeo.example.plan_files import plan_proposal, write_plan_files
from askergeo.plan.checking import check_plan
from askergeo.plan.geometry import drawn
from askergeo.plan.read import read_plan

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.example import Example

FILES = ["planforslag.gml", "planforslag.sos", "planforslag.gpkg"]


@pytest.fixture(scope="session")
def folder(example: Example, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("plan") / "planer"
    write_plan_files(plan_proposal(example.key), made)
    return made


@pytest.mark.parametrize("name", FILES)
def test_the_planted_faults_are_found_all_and_only(
    example: Example, folder: Path, name: str
) -> None:
    checked = check_plan([read_plan(folder / name)], municipality="9999")
    assert dict(Counter(hit.rule for hit in checked.hits)) == example.key["planfiler"][name]


def test_the_three_forms_are_one_plan(folder: Path) -> None:
    shapes = {}
    for name in FILES:
        plan = read_plan(folder / name)
        uses = sorted(plan.of("RpArealformålOmråde"), key=lambda one: one.first("arealformål"))
        shapes[name] = [(one.first("arealformål"), round(drawn(one).area, 2)) for one in uses]
    assert shapes[FILES[0]] == shapes[FILES[1]] == shapes[FILES[2]]
    assert [code for code, _ in shapes[FILES[0]]] == ["1111", "1163", "1610", "2011", "3040"]


def test_the_files_are_alike_each_time(example: Example, folder: Path, tmp_path: Path) -> None:
    write_plan_files(plan_proposal(example.key), tmp_path / "planer")
    for name in FILES:
        assert (tmp_path / "planer" / name).read_bytes() == (folder / name).read_bytes()
