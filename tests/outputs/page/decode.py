"""Reads what the page's encoder writes, a number at a time: slow, plain, and its own.

Tests load it by path, as the folders of tests are no packages.
"""

from __future__ import annotations

import json
from typing import Any


class Numbers:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def one(self) -> int:
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def signed(self) -> int:
        value = self.one()
        return value // 2 if value % 2 == 0 else -(value + 1) // 2

    def rest(self) -> list[int]:
        found = []
        while self.at < len(self.data):
            found.append(self.one())
        return found

    def sums(self, count: int) -> list[int]:
        found, total = [], 0
        for _ in range(count):
            total += self.signed()
            found.append(total)
        return found


def arcs_of(page: Any, level: int = 0) -> list[list[tuple[float, float]]]:
    """Vertices of each arc at a level, in metres."""
    sections, document = page.sections, page.document
    counts = Numbers(sections["arcs.count"]).rest()
    x = Numbers(sections["arcs.x"]).sums(sum(counts))
    y = Numbers(sections["arcs.y"]).sums(sum(counts))
    assert len(sections["arcs.level"]) == sum(max(count - 2, 0) for count in counts)
    ranks = iter(sections["arcs.level"])
    (west, south), unit = document["origin"], document["unit"]
    arcs, at = [], 0
    for count in counts:
        arc = []
        for i in range(count):
            inner = 0 < i < count - 1
            if not inner or next(ranks) >= level:
                arc.append((west + x[at + i] * unit, south + y[at + i] * unit))
        arcs.append(arc)
        at += count
    return arcs


def features_of(page: Any, layer: int, level: int = 0) -> list[tuple[int, list[list[Any]]]]:
    """Kind and lines (points, lines, rings) of each feature of a layer."""
    arcs = arcs_of(page, level)
    numbers = Numbers(page.sections[f"G{page.document['layers'][layer]['geometry']}"])
    features, parts, references = numbers.one(), numbers.one(), numbers.one()
    kinds = numbers.data[numbers.at : numbers.at + features]
    numbers.at += features
    parts_of = [numbers.one() for _ in range(features)]
    arcs_of_part = [numbers.one() for _ in range(parts)]
    walked = iter(numbers.sums(references))
    part = iter(arcs_of_part)
    found = []
    for kind, count in zip(kinds, parts_of, strict=True):
        lines = []
        for _ in range(count):
            line: list[Any] = []
            for _ in range(next(part)):
                reference = next(walked)
                arc = arcs[reference // 2]
                arc = arc[::-1] if reference % 2 else arc
                assert not line or line[-1] == arc[0]
                line += arc if not line else arc[1:]
            lines.append(line)
        found.append((kind, lines))
    assert numbers.at == len(numbers.data)
    return found


def references_of(page: Any, layer: int) -> list[int]:
    numbers = Numbers(page.sections[f"G{page.document['layers'][layer]['geometry']}"])
    features, parts, references = numbers.one(), numbers.one(), numbers.one()
    numbers.at += features
    for _ in range(features + parts):
        numbers.one()
    return numbers.sums(references)


def section(page: Any, name: str) -> Any:
    return json.loads(page.sections[name].decode())
