"""Pictures of the counties of the United States: maps, and the funnel of their rates."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np

from helpers.plots import COMPLETE_POOLING

#: Colours of groups of counties, on maps and beside them; each map has one of them on white.
HIGH, LOW, MINE = "#6A2C8E", "#9A6A00", "#D1006C"
RING = {"markerfacecolor": "none", "markeredgewidth": 2}


def county_map(shapes, colors, *, ax, mark=None):
    """Draw a map of counties, some of them filled, on the axes given, and return these.

    Parameters
    ----------
    shapes : helpers.datasets.CountyShapes
    colors : mapping of str to colour
        County code (five digits) -> fill. Counties that are not in it stay white.
    ax : matplotlib.axes.Axes
    mark : str, optional
        Code of one county to ring.
    """
    from matplotlib.collections import LineCollection, PathCollection

    codes = [code for code in colors if code in shapes.rings]
    fills = [colors[code] for code in codes]
    filled = {"facecolors": fills, "edgecolors": fills, "linewidths": 0.2, "antialiaseds": False}
    ax.add_collection(PathCollection(shapes.paths(codes), **filled))
    ax.add_collection(LineCollection(shapes.borders, colors="#8A8A8A", linewidths=0.4))
    if mark is not None:
        largest = max(shapes.rings[mark], key=len)
        centre = (largest.min(axis=0) + largest.max(axis=0)) / 2
        ax.plot(*centre, "o", color=MINE, markersize=13, **RING)
    x0, y0, x1, y1 = shapes.bounds
    ax.set(xlim=(x0, x1), ylim=(y1, y0), aspect="equal")
    ax.set_axis_off()
    return ax


def funnel(n, rate, centre, size, limits, *, ax, groups, mark):
    """Draw rates against exposure with control limits that narrow as exposure grows.

    Parameters
    ----------
    n, rate : array_like, shape (J,)
        Exposure and rate of each county.
    centre : float
        The common rate the limits are for.
    size : array_like, shape (K,)
    limits : two pairs of array_like, shape (K,)
        Lower and upper rates at each size: narrow limits, solid, and wide ones, dotted.
    ax : matplotlib.axes.Axes
    groups : iterable of (mask, colour, label)
    mark : int
        Which county to ring.
    """
    ax.plot(n, rate, ".", color="#8C8C8C", markersize=3, alpha=0.5)
    for mask, color, label in groups:
        ax.plot(n[mask], rate[mask], ".", color=color, markersize=4, label=label)
    for pair, line in zip(limits, ("-", ":"), strict=True):
        for end in pair:
            jump = np.diff(end, prepend=end[0]) > 0.05 * end  # a count more: lift the pen
            drawn = np.where(jump | (end == 0), np.nan, end)
            ax.plot(size, drawn, line, color="black", linewidth=1)
    ax.axhline(centre, color=COMPLETE_POOLING.color, linestyle="--", linewidth=1)
    ax.plot(n[mark], rate[mark], "o", color=MINE, markersize=12, **RING)
    ax.set(xscale="log")
    return ax


def state_outlines(shapes) -> dict[str, list[np.ndarray]]:
    """Return the outlines of each state as closed lines, islands and holes included.

    Counties are walked round the same way, so a border that two of them share is walked both
    ways; what is walked more often one way than the other lies at the edge of the state.

    Parameters
    ----------
    shapes : helpers.datasets.CountyShapes

    Returns
    -------
    dict of str (two digits) to list of ndarray, shape (points, 2)
    """
    walked = {code[:2]: Counter() for code in sorted(shapes.rings)}
    for code, rings in shapes.rings.items():
        for ring in rings:
            walked[code[:2]].update(pairwise(map(tuple, ring.tolist())))
    return {state: _closed_lines(steps) for state, steps in walked.items()}


def _closed_lines(steps: Counter) -> list[np.ndarray]:
    """Join the steps that are walked more often than their way back into closed lines."""
    after = defaultdict(list)
    for (start, end), times in steps.items():
        after[start] += [end] * (times - steps[end, start])
    closed = []
    for first in list(after):
        while after[first]:
            line = [first]
            while after[line[-1]]:
                line.append(after[line[-1]].pop())
            closed.append(np.array(line))
    return closed
