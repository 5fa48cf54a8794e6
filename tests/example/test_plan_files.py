"""The plan proposal in its three forms: the planted faults are found, all and only."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from askergeo.example.plan_files import PROVISIONS, plan_proposal, write_plan_files
from askergeo.plan.checking import check_plan
from askergeo.plan.geometry import drawn
from askergeo.plan.provisions import PROVISION_RULES, read_provisions
from askergeo.plan.purposes import PURPOSES
from askergeo.plan.read import read_plan

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.example import Example

FILES = ["planforslag.gml", "planforslag.sos", "planforslag.gpkg"]
BROAD = ["kommuneplanforslag.gml", "kommuneplanforslag.sos", "kommuneplanforslag.gpkg"]


@pytest.fixture(scope="session")
def folder(example: Example, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("plan") / "planer"
    write_plan_files(plan_proposal(example.key), made)
    return made


@pytest.mark.parametrize("name", [*FILES, *BROAD])
def test_the_planted_faults_are_found_all_and_only(
    example: Example, folder: Path, name: str
) -> None:
    checked = check_plan([read_plan(folder / name)], municipality="9999")
    assert dict(Counter(hit.rule for hit in checked.hits)) == example.key["planfiler"][name]


@pytest.mark.parametrize("name", FILES)
def test_what_the_provisions_lack_is_found_all_and_only(
    example: Example, folder: Path, name: str
) -> None:
    told = example.key["planbestemmelser"]
    provisions = read_provisions(folder / told["fil"])
    checked = check_plan([read_plan(folder / name)], provisions=provisions)
    found = Counter(hit.rule for hit in checked.hits if hit.rule in PROVISION_RULES)
    assert dict(found) == told["funn"]


def test_most_families_of_rules_have_a_planted_fault(example: Example) -> None:
    assert list(example.key["planfiler"]) == [*FILES, *BROAD]
    planted = {rule for faults in example.key["planfiler"].values() for rule in faults}
    assert {rule.rpartition(".")[0] for rule in planted} >= {
        "gml.flate", "gml.kurve", "rpf.o", "rpf.a", "plan", "plan.formaal", "plan.hensyn",
        "plan.juridisk", "plan.bestemmelse", "plan.objekt", "plan.felt", "plan.utnytting",
        "plan.id",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("names", "codes"),
    [(FILES, ["1111", "1163", "1610", "2011", "3040"]), (BROAD, ["1110", "1111", "5100"])],
)
def test_the_three_forms_are_one_plan(folder: Path, names: list[str], codes: list[str]) -> None:
    shapes = []
    for name in names:
        uses = read_plan(folder / name).of(*PURPOSES.values())
        told = sorted((one.first("arealformål"), round(drawn(one).area, 2)) for one in uses)
        shapes.append(told)
    assert shapes[0] == shapes[1] == shapes[2]
    assert [code for code, _ in shapes[0]] == codes


def test_the_files_are_alike_each_time(example: Example, folder: Path, tmp_path: Path) -> None:
    write_plan_files(plan_proposal(example.key), tmp_path / "planer")
    for name in (*FILES, *BROAD, PROVISIONS):
        assert (tmp_path / "planer" / name).read_bytes() == (folder / name).read_bytes()
