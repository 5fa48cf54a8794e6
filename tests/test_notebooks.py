"""The notebooks run from top to bottom, show what they promise, and are stored without outputs."""

from __future__ import annotations

import re
from pathlib import Path

import nbclient
import nbformat
import pytest

import askergeo

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))
MOST_CELLS = 13
# How the sentence of an analysis begins.
SENTENCE = (
    r"Strandsonen er \d|bor i tettsted|Av de bosatte bor \d|Kommunen har \d|Planen på \d|"
    r"I dag er vegen \d|\d+ bosatte \(\d|Ledningskartet har \d"
)


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    """Return each notebook in turn."""
    return nbformat.read(request.param, as_version=4)


def text_of(notebook, kind):
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == kind)


def test_there_are_notebooks():
    wanted = {
        "strandsone",
        "tettsted",
        "tettsted_avgrens",
        "arealregnskap",
        "plansjekk",
        "skole",
        "nullvekst",
        "va",
    }
    assert {path.stem for path in NOTEBOOKS} >= wanted


def test_a_notebook_is_short_without_outputs_and_states_its_limits(notebook):
    assert len(notebook.cells) <= MOST_CELLS
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
    prose = text_of(notebook, "markdown")
    assert "## Begrensninger" in prose
    assert "oppdiktet" in prose
    assert "CDN" in prose


def test_a_notebook_fetches_nothing_and_hides_small_counts(notebook):
    code = text_of(notebook, "code")
    assert "http" not in code
    assert "tiles=None" in code
    for call in re.findall(r"(\w*\(?)run\(", code):
        assert call == "suppress("


@pytest.mark.slow
def test_a_notebook_runs_and_shows_a_sentence_a_table_and_a_map(notebook, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(askergeo.__file__).parent.parent))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    # Whatever looks outside the machine meets a proxy that is not there.
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    nbclient.execute(notebook, cwd=str(tmp_path), timeout=300, kernel_name="python3")
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in shown if output.get("name") == "stderr"]
    plain = "\n".join(output.data.get("text/plain", "") for output in shown if "data" in output)
    rich = "\n".join(output.data.get("text/html", "") for output in shown if "data" in output)
    said = plain + "\n".join(str(one["text"]) for one in shown if one.output_type == "stream")
    assert re.search(SENTENCE, said)
    assert 'class="dataframe"' in rich
    assert "leaflet" in rich
    assert "tile.openstreetmap" not in rich
    assert list(tmp_path.glob("*.ipynb")) == []
