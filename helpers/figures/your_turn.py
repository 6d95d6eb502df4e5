"""The two figures of notebook 05 that set the four data sets beside each other."""

from __future__ import annotations

import numpy as np

from helpers import plots

UNITS = {
    "kidney": "deaths per 100,000 a year",
    "garages": "minutes late",
    "radon": "pCi/L, log axis",
    "rats": "share with a tumour",
}
CELLS = ["seen: parameter", "seen: observation", "new: parameter", "new: observation"]


def one_curve(sizes, *, curve, strips):
    """Draw the weight against n / n0, and below it where the units of each data set lie.

    Parameters
    ----------
    sizes : mapping of str to (array_like, float)
        For each data set the sizes n of its units and its prior sample size n0.
    curve, strips : matplotlib.axes.Axes
        Above and below, with a shared x axis.

    Returns
    -------
    curve, strips : matplotlib.axes.Axes
    """
    ratio = np.geomspace(3e-4, 200, 300)
    curve.plot(ratio, ratio / (ratio + 1), color=plots.PARTIAL_POOLING.color)
    for row, (n, n0) in enumerate(sizes.values()):
        n = np.asarray(n, float)
        strips.plot(n / n0, np.full(n.size, -row), "|", color="0.35", alpha=0.5, markersize=11)
        strips.plot(np.median(n) / n0, -row, zorder=3, **plots.PARTIAL_POOLING.points)
    for ax in (curve, strips):
        ax.axvline(1, color=plots.COMPLETE_POOLING.color, linestyle=":", linewidth=1.2)
    curve.set(xscale="log", ylabel="weight of a unit's own data", ylim=(0, 1))
    curve.minorticks_off()
    strips.set(xlabel="size of the unit over prior sample size, n / n0", ylim=(-3.6, 0.6))
    strips.set_yticks(-np.arange(len(sizes)), list(sizes))
    return curve, strips


def prediction_grid(grids, *, axes):
    """Draw the four intervals of each data set: thick for a parameter, thin for an observation.

    Parameters
    ----------
    grids : mapping of str to sequence of four (lower, upper)
        "kidney", "garages", "radon", "rats": intervals for the parameter of a unit seen, for an
        observation in it, and the same for a new unit.
    axes : array of four matplotlib.axes.Axes
        With a shared y axis.

    Returns
    -------
    array of matplotlib.axes.Axes
    """
    for ax, (name, grid) in zip(axes.flat, grids.items(), strict=True):
        for row, interval in enumerate(grid):
            width = 2 if row % 2 else 5
            ax.plot(interval, [-row, -row], color=plots.PARTIAL_POOLING.color, linewidth=width)
        ax.set_title(f"{name}: {UNITS[name]}", fontsize=11)
        ax.set_yticks(-np.arange(4), CELLS)
        if name == "radon":
            ax.set_xscale("log")
            ax.set_xticks([1, 3, 10, 30], ["1", "3", "10", "30"])
            ax.minorticks_off()
    return axes
