"""Lines that carry their names at their ends: scores, risks and penalties against what was varied.

Like `helpers.plots`, each draws on the axes it is given, and computes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helpers.plots import COMPLETE_POOLING, NO_POOLING, PARTIAL_POOLING


@dataclass(frozen=True)
class _Method:
    """How a method of choosing the weight looks: all are partial pooling, so all are blue."""

    color: str
    line: str
    marker: str


#: The looks of the ways to estimate a weight, by the names of `helpers.normal_normal`.
METHODS = {
    "no pooling": NO_POOLING,
    "complete pooling": COMPLETE_POOLING,
    "naive plug-in": _Method("#6A6FB8", ":", "v"),
    "corrected plug-in": _Method("#2F86C1", "--", "^"),
    "James-Stein": _Method("#45708F", "-.", "p"),
    "full Bayes": _Method(PARTIAL_POOLING.color, "-", PARTIAL_POOLING.marker),
}


def lines(x, series, *, ax, looks=METHODS, gap=0.07):
    """Draw one line for each entry of `series`, named at its right end.

    Parameters
    ----------
    x : array_like, shape (K,)
    series : mapping of str to array_like, shape (K,)
        Name of the line -> its heights.
    ax : matplotlib.axes.Axes
        Set its limits first: the names are spread out within them, and a line that leaves
        through the top is named there.
    looks : mapping of str to an object with color, line and marker
        Names that are missing are drawn black.
    gap : float
        Least distance between two names, as a share of the axis height.

    Returns
    -------
    matplotlib.axes.Axes
    """
    x = np.asarray(x, float)
    plain = _Method("#222222", "-", "")
    for name, y in series.items():
        look = looks.get(name, plain)
        marker = look.marker if x.size <= 12 else ""
        ax.plot(
            x,
            y,
            color=look.color,
            linestyle=look.line,
            marker=marker,
            markerfacecolor=getattr(look, "face", look.color),
        )
    top = ax.get_ylim()[1]
    leaving = {
        name: int(np.argmax(np.asarray(y) > top)) for name, y in series.items() if y[-1] > top
    }
    for name, k in leaving.items():  # named where it leaves through the top
        at = np.interp(top, np.asarray(series[name])[k - 1 : k + 1], x[k - 1 : k + 1])
        ax.annotate(
            name,
            (at, top),
            xytext=(8, -4),
            textcoords="offset points",
            va="top",
            color=looks.get(name, plain).color,
        )
    ends = {
        name: ax.transAxes.inverted().transform(ax.transData.transform((x[-1], y[-1])))[1]
        for name, y in series.items()
        if name not in leaving
    }
    order = sorted(ends, key=ends.get)
    height = np.clip([ends[name] for name in order], 0, 1)
    for _ in range(200):  # push names apart until none touch
        for i in range(len(height) - 1):
            short = gap - (height[i + 1] - height[i])
            if short > 1e-6:
                height[i] -= short / 2
                height[i + 1] += short / 2
    for name, at in zip(order, height, strict=True):
        ax.annotate(
            name,
            (1, at),
            xycoords="axes fraction",
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=looks.get(name, plain).color,
            annotation_clip=False,
        )
    return ax


def scores(x, trials, what, *, ax):
    """Draw one score of every method against what was varied between the trials.

    Parameters
    ----------
    x : array_like, shape (K,)
    trials : sequence of K mappings of str to helpers.simulate.Score
        As `helpers.normal_normal.trial` returns them.
    what : str
        "mse" or "coverage".
    ax : matplotlib.axes.Axes
        Set its limits first.

    Returns
    -------
    matplotlib.axes.Axes
    """
    heights = {name: [getattr(trial[name], what) for trial in trials] for name in trials[0]}
    return lines(x, heights, ax=ax)


def penalty(x, misfit, price, *, ax):
    """Draw misfit, penalty and their sum against the candidate value, and mark the least sum.

    Parameters
    ----------
    x, misfit, price : array_like, shape (K,)
    ax : matplotlib.axes.Axes
        Set its limits first.

    Returns
    -------
    matplotlib.axes.Axes
    """
    looks = {"misfit": NO_POOLING, "penalty": COMPLETE_POOLING, "sum": PARTIAL_POOLING}
    total = np.asarray(misfit) + np.asarray(price)
    least = int(np.argmin(total))
    ax.plot(x[least], total[least], **PARTIAL_POOLING.points)
    return lines(x, {"misfit": misfit, "penalty": price, "sum": total}, ax=ax, looks=looks)


def risk(weights, score, *, ax, weight):
    """Draw squared bias, variance and their sum against the weight that was tried.

    Parameters
    ----------
    weights : array_like, shape (K,)
    score : helpers.simulate.Score
        One entry a weight.
    ax : matplotlib.axes.Axes
        Set its limits first: the names of the lines are placed within them.
    weight : float
        Where to draw a dotted line: the weight of equation 12.1.

    Returns
    -------
    matplotlib.axes.Axes
    """
    looks = {
        "bias²": _Method("#7A4A8C", "--", ""),
        "variance": _Method("#8A6B12", "-.", ""),
        "sum": _Method(PARTIAL_POOLING.color, "-", ""),
    }
    heights = {"bias²": score.bias**2, "variance": score.variance, "sum": score.mse}
    ax.axvline(weight, color=COMPLETE_POOLING.color, linestyle=":", linewidth=1.2)
    return lines(weights, heights, ax=ax, looks=looks)
