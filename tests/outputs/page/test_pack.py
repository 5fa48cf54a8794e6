"""The packed data, read again by other means."""

from __future__ import annotations

import base64
import json
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askergeo.outputs.page.pack import json_bytes, pack, squeezed_size, varints, zigzag


def read_varints(data: bytes) -> list[int]:
    values, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            values.append(value)
            value = shift = 0
    return values


def unfold(values: list[int]) -> list[int]:
    return [value // 2 if value % 2 == 0 else -(value + 1) // 2 for value in values]


@given(st.lists(st.integers(0, 2**32 - 1)))
def test_numbers_are_read_as_they_were_written(values):
    assert read_varints(varints(np.array(values, dtype=np.int64))) == values


@given(st.lists(st.integers(-(2**31) + 1, 2**31 - 1)))
def test_signs_survive(values):
    folded = zigzag(np.array(values, dtype=np.int64))
    assert unfold(folded.tolist()) == values
    assert unfold(read_varints(varints(folded))) == values


@given(st.dictionaries(st.text("abc.0", min_size=1), st.binary(max_size=300), max_size=5))
def test_sections_are_found_by_their_header(sections):
    raw = zlib.decompress(base64.b64decode(pack(sections)), -15)
    length = int.from_bytes(raw[:4], "little")
    places = json.loads(raw[4 : 4 + length])["sections"]
    body = raw[4 + length :]
    assert {name: body[at : at + size] for name, (at, size) in places.items()} == sections


def test_the_estimate_is_near_what_is_written():
    random = np.random.default_rng(1)
    part = varints(zigzag(random.integers(-300, 300, 50_000)))
    assert squeezed_size([part]) == pytest.approx(len(pack({"a": part})), rel=0.02)


def test_json_holds_every_text():
    for text in ("<script>", "æøå", "😀", "\ud800", "\u2028", 'a"b\\'):
        assert json.loads(json_bytes([text]).decode()) == [text]
