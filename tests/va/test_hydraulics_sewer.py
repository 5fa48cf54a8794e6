"""SWMM's runs against the reference report of its own example."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from askergeo.errors import SourceError
from askergeo.sources.inp import layers_of, read_inp
from askergeo.sources.inp_writing import write_inp
from askergeo.va._hydraulic_sewer import SewerRun, read_report, run_swmm

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def reference(shared_data: Path) -> SewerRun:
    return read_report((shared_data / "network" / "Example1b.rpt").read_text())


def _agrees(mine: SewerRun, reference: SewerRun) -> None:
    """Equal but for two units of the last figure and 0.2 %: the report is of an older SWMM."""
    assert list(mine.nodes.index) == list(reference.nodes.index)
    assert list(mine.links.index) == list(reference.links.index)
    assert list(mine.nodes["type"]) == list(reference.nodes["type"])
    foot, cfs = 0.3048, 28.316846592
    for name, step in (
        ("mean_depth_m", 0.01 * foot), ("max_depth_m", 0.01 * foot), ("max_level_m", 0.01 * foot),
        ("max_inflow_l_s", 0.01 * cfs), ("max_flood_l_s", 0.01 * cfs), ("flooded_hours", 0.01),
    ):  # fmt: skip
        np.testing.assert_allclose(
            mine.nodes[name], reference.nodes[name], rtol=2e-3, atol=2.01 * step, err_msg=name
        )
    np.testing.assert_allclose(mine.nodes["inflow_m3"], reference.nodes["inflow_m3"], rtol=0.01)
    np.testing.assert_allclose(mine.nodes["flood_m3"], reference.nodes["flood_m3"], atol=3.8)
    for name, step in (
        ("max_flow_l_s", 0.01 * cfs), ("max_velocity_m_s", 0.01 * foot),
        ("max_share_of_full_flow", 0.01), ("max_share_of_full_depth", 0.01),
    ):  # fmt: skip
        np.testing.assert_allclose(
            mine.links[name], reference.links[name], rtol=2e-3, atol=2.01 * step, err_msg=name
        )
    for part, error in reference.continuity_percent.items():
        assert mine.continuity_percent[part] == pytest.approx(error, abs=0.01)


def test_the_reference_report_is_read(reference: SewerRun) -> None:
    """Figures read by eye in the report."""
    assert reference.nodes.loc["10", "max_depth_m"] == pytest.approx(3.00 * 0.3048)
    assert reference.nodes.loc["10", "flood_m3"] == pytest.approx(0.135e6 * 3.785411784 / 1000)
    assert reference.nodes.loc["18", "type"] == "OUTFALL"
    assert reference.nodes.loc["13", "flooded_hours"] == 0
    assert reference.links.loc["6", "max_share_of_full_flow"] == 1.06
    assert reference.links.loc["16", "max_flow_l_s"] == pytest.approx(18.30 * 28.316846592)
    assert reference.continuity_percent == {"Runoff Quantity": -0.272, "Flow Routing": 0.097}
    assert len(reference.nodes) == 14
    assert len(reference.links) == 13


def test_a_run_agrees_with_the_reference_report(shared_data: Path, reference: SewerRun) -> None:
    _agrees(run_swmm(shared_data / "network" / "Example1b.inp"), reference)


def test_a_run_agrees_after_a_round_trip(
    shared_data: Path, reference: SewerRun, tmp_path: Path
) -> None:
    model = read_inp(shared_data / "network" / "Example1b.inp")
    write_inp(layers_of(model), tmp_path / "igjen.inp")
    _agrees(run_swmm(tmp_path / "igjen.inp"), reference)


def test_what_swmm_refuses_is_told(shared_data: Path, tmp_path: Path) -> None:
    text = (shared_data / "network" / "Example1b.inp").read_text()
    file = tmp_path / "feil.inp"
    file.write_text(text.replace("[CONDUITS]", "[CONDUITS]\n borte 9 finnesikke 10 0.01 0 0 0 0\n"))
    with pytest.raises(SourceError, match="SWMM kan ikke kjøre") as caught:
        run_swmm(file)
    assert "finnesikke" in str(caught.value)
    assert "linje" in str(caught.value)


def test_a_water_model_is_refused(shared_data: Path) -> None:
    with pytest.raises(SourceError, match="ingen modell for SWMM"):
        run_swmm(shared_data / "network" / "Net1.inp")


def test_a_text_that_is_no_report_is_refused() -> None:
    with pytest.raises(SourceError, match="ingen rapport"):
        read_report("noe annet")
