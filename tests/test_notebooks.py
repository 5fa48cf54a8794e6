"""The notebooks run from top to bottom, show what they promise, and are stored without outputs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbclient
import nbformat
import pytest

import askergeo
from askergeo.analyses import ANALYSES, ON_REQUEST

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))
MOST_CELLS = 15
# The parameter that each notebook begins with; without a folder it builds the example.
DATA = 'DATA = ""'
# The one that is run as it is stored, and builds the example itself.
AS_STORED = "oversikt"
# What is asked of a notebook when it has run: the sentences of its results.
SENTENCES = """
import json as _json
from askergeo.result import Result as _Result
print(_json.dumps([one.sentence for one in globals().values() if isinstance(one, _Result)]))
"""


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    """Return each notebook in turn."""
    return nbformat.read(request.param, as_version=4)


def text_of(notebook, kind):
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == kind)


def test_each_analysis_is_run_in_a_notebook():
    code = "\n".join(text_of(nbformat.read(path, as_version=4), "code") for path in NOTEBOOKS)
    absent = [one for one in ANALYSES | ON_REQUEST if f'run("{one}"' not in code]
    assert absent == []
    assert "review(files, package)" in code


def test_the_index_of_documents_names_each_notebook():
    index = (NOTEBOOKS[0].parent.parent / "docs" / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in NOTEBOOKS if f"../notebooks/{path.name}" not in index] == []


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
    assert code.count(DATA) == 1
    assert "http" not in code
    assert "tiles" not in code
    assert "folium" not in code
    assert ".vis(" in code
    for call in re.findall(r"(\w*\(?)run\(", code):
        assert call == "suppress("


@pytest.mark.slow
def test_a_notebook_runs_and_shows_a_sentence_a_table_and_a_map(
    request, notebook, tmp_path, monkeypatch
):
    monkeypatch.setenv("PYTHONPATH", str(Path(askergeo.__file__).parent.parent))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    # Whatever looks outside the machine meets a proxy that is not there.
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    if request.node.callspec.id != AS_STORED:
        # A planner writes the folder here too.
        package = repr(str(request.getfixturevalue("demo_folder") / "datapakke"))
        for cell in notebook.cells:
            cell.source = cell.source.replace(DATA, f"DATA = {package}")
    notebook.cells.append(nbformat.v4.new_code_cell(SENTENCES))
    nbclient.execute(notebook, cwd=str(tmp_path), timeout=300, kernel_name="python3")
    sentences = json.loads(notebook.cells.pop().outputs[0].text)
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in shown if output.get("name") == "stderr"]
    rich = "\n".join(output.data.get("text/html", "") for output in shown if "data" in output)
    said = "\n".join(str(one["text"]) for one in shown if one.output_type == "stream")
    assert any(sentence in said for sentence in sentences)
    assert 'class="dataframe"' in rich
    assert "leaflet" in rich
    assert "tile.openstreetmap" not in rich
    assert list(tmp_path.glob("*.ipynb")) == []
