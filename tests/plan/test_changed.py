"""Two versions of a plan: what is fixed, new and still there, also when every id is another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from askergeo.example.plan_files import plan_proposal, write_plan_files
from askergeo.plan.read import read_plan
from askergeo.plan.review import changed, review

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.plan.review import Found, Review


@pytest.fixture(scope="module")
def plan_text(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("planer")
    site = {"endring": "ny", "til_kode": 1110, "x": 563_400.0, "y": 6_601_100.0}
    write_plan_files(plan_proposal({"planendringer": [site]}), folder)
    return (folder / "planforslag.gml").read_text(encoding="utf-8")


def checked(text: str, folder: Path) -> Review:
    file = folder / "plan.gml"
    file.write_text(text, encoding="utf-8")
    return review([read_plan(file)])


def told(some: tuple[Found, ...]) -> list[tuple[str, str]]:
    return sorted((one.rule.id, one.text) for one in some)


def test_the_same_plan_has_nothing_new(plan_text: str, tmp_path: Path) -> None:
    found = checked(plan_text, tmp_path)
    changes = changed(found, found)
    assert changes == {"rettet": (), "nye": (), "fortsatt": found.found}


def test_an_export_with_other_ids_is_the_same_plan(plan_text: str, tmp_path: Path) -> None:
    old = checked(plan_text, tmp_path)
    again = plan_text.replace("_00000000-0000-4000-", "_11111111-0000-4000-")
    again = again.replace(">00000000-0000-4000-", ">11111111-0000-4000-")
    assert again != plan_text
    new = checked(again, tmp_path)
    assert {one.objects for one in old.found} != {one.objects for one in new.found}
    changes = changed(old, new)
    assert changes["rettet"] == changes["nye"] == ()
    assert changes["fortsatt"] == new.found


def test_what_is_mended_and_what_has_come_is_told_in_a_new_export(
    plan_text: str, tmp_path: Path
) -> None:
    old = checked(plan_text, tmp_path)
    again = plan_text.replace("00000000-0000-4000-", "11111111-0000-4000-")
    # The number that is no UUID is mended, and a purpose that no list has has come.
    again = again.replace("ikke-en-uuid", "22222222-0000-4000-8000-000000000000")
    again = again.replace("<app:arealformål>3040<", "<app:arealformål>3999<")
    changes = changed(old, checked(again, tmp_path))
    # Whom the purpose overlaps is told by its code, so that is another finding now.
    assert [rule for rule, _ in told(changes["rettet"])] == ["gml.uuid.1", "plan.formaal.overlapp"]
    new = [rule for rule, _ in told(changes["nye"])]
    assert new == ["plan.formaal.kode", "plan.formaal.overlapp"]
    assert len(changes["fortsatt"]) == len(old.found) - 2
