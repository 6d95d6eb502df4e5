"""A slider over the amount of pooling, for JupyterLab and the site alike: no kernel, no network.

`slider` works out what is to be drawn and hands it, with `slider.js` and `slider.css`, to the
browser. Where scripts are off (a notebook that is not trusted yet), one sentence stands instead.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from helpers import _validate
from helpers.plots import COMPLETE_POOLING, NO_POOLING, PARTIAL_POOLING

#: Stands where the slider would, until a script may run.
NOTE = "Run this cell to start the slider: a notebook that is not trusted yet runs no scripts."


def slider(
    raw,
    n,
    centre,
    *,
    prior_sample_size,
    unit,
    quantity,
    labels=None,
    follow=None,
    steps=80,
    band=None,
    shapes=None,
):
    """Return a slider that pools the units' raw estimates from not at all to completely.

    Unit j moves to w_j raw_j + (1 - w_j) centre with w_j = n_j / (n_j + n0). The slider sets n0,
    from 0 (no pooling) over a logarithmic scale to infinity (complete pooling); the centre stays.

    Parameters
    ----------
    raw : array_like, shape (J,)
        No-pooling estimates.
    n : array_like, shape (J,)
        Sample sizes, > 0 (a unit without data has no raw estimate).
    centre : float
        The value all units are drawn towards, in the unit of `raw`.
    prior_sample_size : float
        n0 as fitted to the data, in the unit of `n`: where the slider starts.
    unit : str
        What `n` counts, in the plural, as in "rats".
    quantity : str
        What is estimated, as in "rate of tumours".
    labels : sequence of str, optional
        Names of the units; by default "unit 1", "unit 2", ...
    follow : int, optional
        The unit that is followed in words at the start; by default the one that moves most.
    steps : int
        Positions of the slider between its two ends.
    band : tuple of array_like (size, lower, upper), optional
        Two lines to draw over the sizes, such as the control limits of a funnel.
    shapes : sequence, optional
        For each unit its outlines, a list of arrays of shape (points, 2), y downwards (see
        `state_outlines`): a map coloured by the estimates is drawn above and follows the slider.

    Returns
    -------
    IPython.display.HTML
        The same characters every time for the same input.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.
    """
    from IPython.display import HTML

    raw, n = _validate.vector("raw", raw), _validate.positive("n", _validate.vector("n", n))
    _validate.same_length(raw=raw, n=n)
    centre = _validate.single("centre", centre)
    fitted = _validate.single("prior_sample_size", prior_sample_size, _validate.positive)
    steps = _validate.whole("steps", steps, least=5)
    labels = [f"unit {j + 1}" for j in range(raw.size)] if labels is None else labels
    for name, values in (("labels", labels), ("shapes", shapes)):
        if values is not None and not hasattr(values, "__len__"):
            raise TypeError(f"{name}: a sequence is wanted; got {values!r:.80}")
        if values is not None and len(values) != raw.size:
            raise ValueError(
                f"{name}: one per unit is wanted; got {len(values)} for {raw.size} units"
            )
    if follow is None:
        follow = int(np.argmax(np.abs(raw - centre) * fitted / (n + fitted)))
    if not 0 <= _validate.whole("follow", follow, least=0) < raw.size:
        raise ValueError(f"follow: must be below the number of units, {raw.size}; got {follow}")

    grid = prior_sample_sizes(n, fitted, steps)
    lines = [] if band is None else _band(band)
    values = np.concatenate([raw, [centre], *(np.array(line)[:, 1] for line in lines)])
    margin = 0.06 * max(np.ptp(values), 1e-3 * np.abs(values).max()) or 0.06
    low, high = values.min() - margin, values.max() + margin
    sizes = (n.min() / 1.4, n.max() * 1.4)
    spec = {
        "raw": _short(raw),
        "n": _short(n),
        "centre": _short(centre),
        "labels": [str(label) for label in labels],
        "grid": [None if np.isinf(n0) else _short(n0) for n0 in grid],
        "start": int(np.flatnonzero(grid == fitted)[0]),
        "start_label": f"fitted: {_thousands(fitted)}",
        "follow": follow,
        "dodge": _short(_dodge(n, raw)),
        "unit": unit,
        "quantity": quantity,
        "colors": {
            "none": NO_POOLING.color,
            "complete": COMPLETE_POOLING.color,
            "partial": PARTIAL_POOLING.color,
        },
        "x": _short(sizes),
        "x_ticks": log_ticks(*sizes),
        "y": _short((low, high)),
        "y_ticks": ticks(low, high),
        "band": lines,
        "estimates_alt": f"{quantity} of {raw.size} units against {unit}: raw and partially "
        "pooled estimates, which move with the slider",
        "weights_alt": f"weight of each unit's own data against {unit}; the curve moves with the "
        "slider",
        "style": _file("slider.css"),
    }
    if shapes is not None:
        spec |= _map(shapes, raw, centre, quantity)
    told = json.dumps(spec, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    return HTML(
        '<div class="pp-slider">\n'
        f"<p>{NOTE}</p>\n"
        f"<script>\n({_file('slider.js')})"
        f"(document.currentScript.parentElement, {told});\n</script>\n"
        "</div>"
    )


def prior_sample_sizes(n, fitted: float, steps: int) -> np.ndarray:
    """Return the slider's stops: 0, a logarithmic scale around the data, infinity.

    The scale runs from a thirtieth of the smallest (of sizes and fitted value) to thirty times the
    largest, so that its ends look like the two extremes. The fitted value is one of the stops.
    """
    n, fitted = _validate.positive("n", n), _validate.single("fitted", fitted, _validate.positive)
    low, high = min(n.min(), fitted) / 30, max(n.max(), fitted) * 30
    scale = np.geomspace(low, high, _validate.whole("steps", steps, least=5))
    if scale[1] > 1.02 * scale[0]:  # else three digits would not tell all of them apart
        scale = np.array([float(f"{value:.3g}") for value in scale])
    scale[np.argmin(np.abs(np.log(scale / fitted)))] = fitted
    return np.concatenate([[0.0], scale, [np.inf]])


def ticks(low: float, high: float) -> list[list]:
    """Return about five round values between `low` and `high`, each with its text."""
    _rising(low, high)
    rough = (high - low) / 5
    power = 10.0 ** np.floor(np.log10(rough))
    step = power * next(m for m in (1, 2, 5, 10) if m * power >= rough)
    digits = max(0, -int(np.floor(np.log10(step) + 1e-9)))
    values = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
    return [
        [_short(value), f"{value + 0.0:,.{digits}f}".replace("-", "\u2212")] for value in values
    ]


def log_ticks(low: float, high: float) -> list[list]:
    """Return round values between `low` and `high` for a logarithmic axis, each with its text."""
    _rising(_validate.single("low", low, _validate.positive), high)
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    for multiples in ((1,), (1, 3), (1, 2, 5), range(1, 10), np.arange(10, 100) / 10):
        values = [m * p for p in powers for m in multiples if low <= m * p <= high]
        if len(values) >= 3:
            break
    if len(values) > 6:
        values = values[:: -(-len(values) // 6)]
    return [[_short(value), _compact(value)] for value in values]


def _rising(low, high):
    """Refuse ends of an axis that do not rise."""
    low, high = _validate.single("low", low), _validate.single("high", high)
    if not low < high:
        raise ValueError(f"low: must lie below high; got {low} and {high}")


def state_outlines() -> dict[str, list[np.ndarray]]:
    """Return the outlines of the United States by two-digit FIPS code, ready for `shapes`.

    A state is the union of its counties: a piece of border that two of them share lies inside and
    is dropped; what is left is walked along into closed lines.
    """
    from helpers.datasets import load_county_shapes

    counties: dict[str, list] = {}
    for fips, rings in load_county_shapes().rings.items():
        counties.setdefault(fips[:2], []).extend(rings)
    return {state: _union(rings) for state, rings in sorted(counties.items())}


def _union(rings) -> list[np.ndarray]:
    """Return the outlines of all areas together, from those of areas that touch."""
    once = set()  # pieces met an odd number of times
    for ring in rings:
        points = list(map(tuple, np.round(ring, 3).tolist()))
        for piece in pairwise(points):
            if piece[0] != piece[1]:
                once ^= {tuple(sorted(piece))}
    beside: dict[tuple, list] = {}
    for a, b in sorted(once):
        beside.setdefault(a, []).append(b)
        beside.setdefault(b, []).append(a)
    outlines = []
    for start in beside:
        while beside[start]:
            line = [start]
            while beside[line[-1]]:
                here = line[-1]
                line.append(beside[here].pop())
                beside[line[-1]].remove(here)
            outlines.append(np.array(line))
    return outlines


def _dodge(n: np.ndarray, raw: np.ndarray) -> np.ndarray:
    """Return small shifts (in pixels) that set units of the same size side by side."""
    shift = np.zeros(n.size)
    for value in np.unique(n):
        same = np.flatnonzero(n == value)
        rank = np.argsort(np.argsort(raw[same], kind="stable"))
        shift[same] = (rank - (same.size - 1) / 2) * min(2.5, 10 / same.size)
    return shift


def _map(shapes, raw: np.ndarray, centre: float, quantity: str) -> dict:
    """Return what the map needs: outlines as path data, their frame, the reach of the colours."""
    points = np.concatenate([ring for rings in shapes for ring in rings])
    (x0, y0), (x1, y1) = np.floor(points.min(axis=0)), np.ceil(points.max(axis=0))
    return {
        "shapes": ["".join(map(outline, rings)) for rings in shapes],
        "frame": [int(x0) - 2, int(y0) - 2, int(x1 - x0) + 4, int(y1 - y0) + 4],
        "reach": _short(np.abs(raw - centre).max() or 1.0),
        "map_alt": f"map of the units coloured by {quantity}, which changes with the slider: "
        "pale is the value of everyone, green lower, purple higher",
    }


def outline(ring) -> str:
    """Return a closed line as SVG path data in whole units, points that fall together left out."""
    points = np.rint(np.asarray(ring, float)).astype(int)
    points = points[np.append(True, (np.diff(points, axis=0) != 0).any(axis=1))]
    start, steps = points[0], np.diff(points, axis=0)
    return f"M{start[0]} {start[1]}l" + " ".join(f"{x} {y}" for x, y in steps) + "Z"


def _band(band: Sequence) -> list[list]:
    """Return the lines of a funnel as lists of [size, value]."""
    if not hasattr(band, "__len__") or len(band) != 3:
        raise ValueError(f"band: size, lower and upper are wanted; got {band!r:.80}")
    size, *lines = (_validate.vector(f"band[{k}]", part) for k, part in enumerate(band))
    for line in lines:
        _validate.same_length(size=size, line=line)
    return [
        [list(point) for point in zip(_short(size), _short(line), strict=True)] for line in lines
    ]


def _short(values):
    """Round to five significant digits, as plain numbers: short, and alike on every machine."""
    if np.ndim(values):
        return [_short(value) for value in values]
    value = float(f"{values:.5g}")
    return int(value) if value == int(value) else value


def _thousands(value: float) -> str:
    """Write a positive number with at most three significant digits, thousands apart."""
    return f"{float(f'{value:.3g}'):,.10g}"


def _compact(value: float) -> str:
    """Write a positive number briefly for an axis: 300, 3,000, 30k, 3M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if value >= size:
            unit = 1e3 if letter == "k" else size
            return f"{_thousands(value / unit)}{letter}"
    return _thousands(value)


def _file(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8").strip()
