"""What is done to each cell on the way to the release areas, one pass over the rows at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from askergeo._jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Cells = NDArray[np.float32]

__all__ = ["keep_released", "only_feet", "steepest_of", "to_feet", "upside_down"]


@kernel
def upside_down(cells: Cells, unknown: np.float32) -> None:
    """Turn heights into depths, in place; those that are infinite or NaN become ``unknown``."""
    for row in range(cells.shape[0]):
        line = cells[row]
        for x in range(line.shape[0]):
            line[x] = -line[x] if np.isfinite(line[x]) else unknown


@kernel
def only_feet(low: Cells, foot: NDArray[np.uint8]) -> None:
    """Leave the heights of feet, in place; other cells are infinite."""
    for row in range(low.shape[0]):
        line, its = low[row], foot[row]
        for x in range(line.shape[0]):
            line[x] = line[x] if its[x] else np.float32(np.inf)


@kernel
def keep_released(  # noqa: PLR0917
    code: NDArray[np.uint8],
    heights: Cells,
    fall: Cells,
    foot: NDArray[np.uint8],
    steepness: Cells,
    steep: np.float32,
    count: NDArray[np.int64],
) -> int:
    """Leave the codes of released cells, in place; count the codes, and return the unknown cells.

    A cell is released when it is above a foot, or is a foot itself and steep. What is unknown
    falls by nothing.
    """
    unknown = 0
    for row in range(code.shape[0]):
        for x in range(code.shape[1]):
            own = code[row, x]
            if np.isnan(heights[row, x]):
                unknown += own != 0
                code[row, x] = 0
                fall[row, x] = np.float32(0)
                continue
            count[own] += 1
            if np.isnan(fall[row, x]):
                fall[row, x] = np.float32(0)
            if not (fall[row, x] > 0 or (foot[row, x] and steepness[row, x] >= steep)):
                code[row, x] = 0
    return unknown


@kernel
def to_feet(fall: Cells, height: Cells, number: NDArray[np.int32], hill: int) -> None:
    """Turn falls into the heights of the feet, in place; number hills that are in no area."""
    for row in range(fall.shape[0]):
        for x in range(fall.shape[1]):
            down = fall[row, x] if fall[row, x] > 0 else np.float32(0)
            fall[row, x] = height[row, x] - down
            if down > 0 and number[row, x] == 0:
                number[row, x] = hill


@kernel
def steepest_of(number: NDArray[np.int32], steepness: Cells, steepest: Cells) -> None:
    """Raise the steepest of each area to that of its cells; what is unknown counts for nothing."""
    for row in range(number.shape[0]):
        for x in range(number.shape[1]):
            area = number[row, x]
            if area and steepness[row, x] > steepest[area]:
                steepest[area] = steepness[row, x]
