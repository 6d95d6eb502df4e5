"""A slider over the amount of pooling, for JupyterLab and the site alike: no kernel, no network.

`slider` works out what is to be drawn and hands it, with `slider.js` and `slider.css`, to the
browser. Where scripts are off (a notebook that is not trusted yet), one sentence stands instead.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from helpers._validate import refuse, same_length, vector
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
    shapes=None,
):
    """Return a slider that pools the units' raw estimates from not at all to completely.

    Unit j moves to w_j raw_j + (1 - w_j) centre with w_j = n_j / (n_j + n0). The slider sets n0,
    from 0 (no pooling) over a logarithmic scale to infinity (complete pooling); the centre stays.

    Units have the raw estimates `raw` (J,) and sample sizes `n` (J,) > 0, named by `labels`; they
    move towards `centre`. `prior_sample_size`, as fitted, is where the slider starts. `unit` is
    what n counts, in the plural, `quantity` what is estimated. `follow` is the unit told in words
    at the start, by default the one that moves most. With `shapes`, for each unit a list of
    outlines (points, 2), a map is drawn above.
    """
    from IPython.display import HTML

    raw, n = vector("raw", raw), vector("n", n)
    refuse("n", "must be > 0", n <= 0, n)
    labels = [f"unit {j + 1}" for j in range(raw.size)] if labels is None else list(labels)
    same_length(raw=raw, n=n, labels=labels, shapes=raw if shapes is None else shapes)
    fitted = float(vector("prior_sample_size", prior_sample_size)[0])
    refuse("prior_sample_size", "must be > 0", fitted <= 0, fitted)
    if follow is None:
        follow = int(np.argmax(np.abs(raw - centre) * fitted / (n + fitted)))

    grid = prior_sample_sizes(n, fitted)
    values = np.append(raw, centre)
    margin = 0.06 * max(np.ptp(values), 1e-3 * np.abs(values).max()) or 0.06
    low, high = values.min() - margin, values.max() + margin
    sizes = n.min() / 1.4, n.max() * 1.4
    spec = {
        "raw": _short(raw),
        "n": _short(n),
        "centre": _short(centre),
        "labels": [str(label) for label in labels],
        "grid": [*_short(grid[:-1]), None],  # JSON knows no infinity
        "start": int(np.flatnonzero(grid == fitted)[0]),
        "start_label": f"fitted: {float(f'{fitted:.3g}'):,.10g}",
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
        "x_ticks": ticks(*sizes, log=True),
        "y": _short((low, high)),
        "y_ticks": ticks(low, high),
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


def prior_sample_sizes(n, fitted: float) -> np.ndarray:
    """Return the slider's stops: 0, a logarithmic scale around the data, infinity.

    The scale runs from a thirtieth of the smallest (of sizes and fitted value) to thirty times the
    largest, so that its ends look like the two extremes. The fitted value is one of the stops.
    """
    scale = np.geomspace(min(*n, fitted) / 30, max(*n, fitted) * 30, 80)
    scale = np.array([float(f"{value:.3g}") for value in scale])
    scale[np.argmin(np.abs(np.log(scale / fitted)))] = fitted
    return np.concatenate([[0.0], scale, [np.inf]])


def ticks(low: float, high: float, *, log: bool = False) -> list[list]:
    """Return a few round values from `low` to `high`, each with its text, as 0.5, 3,000 or 30M."""
    from matplotlib.ticker import EngFormatter, LogLocator, MaxNLocator

    multiples = (1, 2, 5) if high < 100 * low else (1, 3) if high < 1e4 * low else (1,)
    locator = LogLocator(subs=multiples) if log else MaxNLocator(6, steps=[1, 2, 5, 10])
    values = [_short(value) for value in locator.tick_values(low, high) if low <= value <= high]
    short = EngFormatter(sep="")
    texts = [short(value) if abs(value) >= 1e4 else f"{value:,}" for value in values]
    return [[value, text.replace("-", "\u2212")] for value, text in zip(values, texts, strict=True)]


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
    steps = " ".join(f"{x} {y}" for x, y in np.diff(points, axis=0))
    return f"M{points[0, 0]} {points[0, 1]}l{steps}Z"


def _short(values):
    """Round to five significant digits, as plain numbers: short, and alike on every machine."""
    if np.ndim(values):
        return [_short(value) for value in values]
    value = float(f"{values:.5g}")
    return int(value) if value == int(value) else value


def _file(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8").strip()
