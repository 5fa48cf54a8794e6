"""Models of any shape: what is read and written again is the same model."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from askergeo.errors import SourceError
from askergeo.sources._inp_reading import model_of
from askergeo.sources._inp_text import EPANET, replace_word, split_lines
from askergeo.sources.inp import inp_text, layers_of

UNITS = st.sampled_from(("CFS", "GPM", "MGD", "IMGD", "AFD", "LPS", "LPM", "MLD", "CMH", "CMD"))
PLAIN = st.floats(0.01, 4000, allow_nan=False).map(lambda value: f"{value:.6g}")


@st.composite
def models(draw: st.DrawFn) -> str:
    """Draw a tree of pipes with a source, in any unit, with demands, patterns and places."""
    count = draw(st.integers(1, 6))
    junctions, pipes = [], []
    for number in range(count):
        demand = draw(st.one_of(st.just(""), PLAIN))
        pattern = draw(st.sampled_from(("", " p"))) if demand else ""
        junctions.append(
            f" n{number}\t{draw(PLAIN)} {demand}{pattern} ;{draw(st.text('æ ;', max_size=3))}"
        )
        start = "R" if number == 0 else f"n{draw(st.integers(0, number - 1))}"
        status = draw(st.sampled_from(("", " 0 Open", " 0 Closed", " 0 CV")))
        pipes.append(f"l{number} {start} n{number} {draw(PLAIN)} {draw(PLAIN)} 100{status}")
    places = [f"n{number} {number} {draw(PLAIN)}" for number in range(count)] + ["R 5 5"]
    multipliers = " ".join(draw(st.lists(PLAIN, min_size=1, max_size=4)))
    return "\n".join(
        ["[JUNCTIONS]", *junctions, "", "[RESERVOIRS]", "R 100", "[PIPES]", *pipes, "[PATTERNS]",
         f"p {multipliers}", "[OPTIONS]", f"Units {draw(UNITS)}", "[COORDINATES]", *places, "[END]"]
    )  # fmt: skip


def parsed(text: str):
    return split_lines(enumerate(text.split("\n"), start=1), program=EPANET, name="m.inp")


@pytest.fixture(autouse=True)
def _own_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the reader's own rules decide: the engine is asked in tests of single files."""
    monkeypatch.setattr("askergeo.sources._inp_reading.ask_epanet", lambda *_: None)


SETTINGS = settings(
    max_examples=15, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip


@SETTINGS
@given(models())
def test_round_trip_is_the_same_text(text: str):
    written, _, remarks = inp_text(layers_of(model_of(parsed(text))))
    assert written == text + "\n"
    assert remarks == ()


@SETTINGS
@given(models(), st.floats(1, 3000, allow_nan=False), st.integers(1, 5000))
def test_a_change_in_a_layer_comes_back(text: str, length: float, size: int):
    frames = layers_of(model_of(parsed(text)))
    pipes = frames["va_ledning"].copy()
    pipes["lengde_m"] = length
    pipes["dimensjon_mm"] = size
    written, _, _ = inp_text(frames | {"va_ledning": pipes})
    again = layers_of(model_of(parsed(written)))["va_ledning"]
    assert again["lengde_m"].tolist() == pytest.approx([length] * len(pipes), rel=1e-9)
    assert again["dimensjon_mm"].tolist() == [size] * len(pipes)
    rest = ["ledning_id", "fra_node_id", "til_node_id", "ruhet", "status"]
    assert again[rest].equals(frames["va_ledning"][rest])


@SETTINGS
@given(models(), st.data())
def test_any_spoiled_line_is_read_or_refused(text: str, data: st.DataObject):
    lines = text.split("\n")
    number = data.draw(st.integers(0, len(lines) - 1))
    lines[number] = data.draw(st.text(alphabet='ab1-.; []\t"æ', max_size=20))
    try:
        frames = layers_of(model_of(parsed("\n".join(lines))))
    except SourceError as error:
        assert str(error)  # noqa: PT017  (the message is all that is asked for)
        return
    assert len(frames["va_modell"])


@given(st.lists(st.text("ab1", min_size=1, max_size=4), min_size=1, max_size=5), st.data())
@settings(deadline=None)
def test_a_word_is_put_in_its_place(words: list[str], data: st.DataObject):
    position = data.draw(st.integers(0, len(words) - 1))
    text = "  ".join(words) + " ; a b"
    changed = replace_word(text, position, "ny").partition(";")[0].split()
    assert changed == [*words[:position], "ny", *words[position + 1 :]]
