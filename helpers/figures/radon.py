"""Figures of notebook 03: each draws on the axes it is given, and computes nothing it shows."""

from __future__ import annotations

import numpy as np

from helpers.plots import COMPLETE_POOLING, NO_POOLING, PARTIAL_POOLING


def lines_by_group(shown, x, y, group, *, axes, complete, none, partial):
    """Draw one small panel a group: its rows, and its line under each pooling.

    Parameters
    ----------
    shown : sequence of labels
        The groups to show, in the order of the panels.
    x, y, group : array_like, shape (N,)
        x is 0 or 1.
    axes : array of matplotlib.axes.Axes, one a group
    complete, none, partial : RegressionFit, NoPoolingFit, MultilevelFit
        The fits whose lines are drawn; x is their only predictor.

    Returns
    -------
    array of matplotlib.axes.Axes
    """
    ends = np.array([0.0, 1.0])
    for ax, name in zip(axes.flat, shown, strict=True):
        here = np.asarray(group) == name
        at, height = np.asarray(x, float)[here], np.asarray(y, float)[here]
        # Spread many points sideways in order of height, so that none hides another.
        order = np.argsort(np.argsort(height))
        aside = 0.08 * (order % 5 - 2) if height.size > 12 else 0
        ax.plot(at + aside, height, ".", color="#9A9A9A", markersize=4, zorder=1)
        for look, start, slope in (
            (COMPLETE_POOLING, *complete.coefficients),
            (NO_POOLING, none.intercepts[name], none.coefficients[0]),
            (PARTIAL_POOLING, partial.intercepts[name], partial.coefficients[1]),
        ):
            ax.plot(ends, start + slope * ends, look.line, color=look.color, label=look.label)
        ax.set_title(f"{name}\n{height.size} houses", fontsize=10)
        ax.set(xticks=[0, 1], xticklabels=["basement", "first\nfloor"], xlim=(-0.35, 1.35))
    axes.flat[0].figure.legend(
        *axes.flat[0].get_legend_handles_labels(), loc="outside lower center", ncols=3
    )
    return axes


def curves_over_density(x, curves, density, *, axes, estimate=None):
    """Draw curves of x above, and the density of x below, on one shared axis.

    Parameters
    ----------
    x : array_like, shape (G,)
    curves : DataFrame or mapping of str to array_like, shape (G,)
        Named at their right ends, unless the name is empty.
    density : array_like, shape (G,)
    axes : pair of matplotlib.axes.Axes, the upper one first
    estimate : float, optional
        Marked by a vertical line through both.

    Returns
    -------
    pair of matplotlib.axes.Axes
    """
    above, below = axes
    ends = {name: np.asarray(curve)[-1] for name, curve in curves.items()}
    for _, curve in curves.items():
        above.plot(x, curve, color=PARTIAL_POOLING.color, linewidth=1.4)
    bottom, top = above.get_ylim()
    place = -np.inf
    for name in filter(None, sorted(ends, key=ends.get)):
        place = max(place + 0.065 * (top - bottom), ends[name])
        above.annotate(
            name,
            (x[-1], ends[name]),
            xytext=(x[-1] * 1.03, place),
            fontsize=9,
            va="center",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": "#9A9A9A", "linewidth": 0.6},
        )
    below.fill_between(x, density, color=PARTIAL_POOLING.color, alpha=0.25, linewidth=0)
    below.plot(x, density, color=PARTIAL_POOLING.color, linewidth=1.4)
    below.set(ylim=(0, None), yticks=[], xlim=(x[0], x[-1]))
    if estimate is not None:
        for ax in axes:
            ax.axvline(estimate, color=COMPLETE_POOLING.color, linestyle=":", linewidth=1.2)
    return axes


def two_funnels(size, fits, centre, *, axes):
    """Draw estimates ± one standard error against sample size, a panel for each pooling.

    Parameters
    ----------
    size : array_like, shape (J,)
        Sample sizes; the caller may jitter them so that equal ones do not hide each other.
    fits : sequence of (Look, estimates, standard errors)
    centre : float
        The complete-pooling estimate, drawn across.
    axes : array of matplotlib.axes.Axes, one a fit

    Returns
    -------
    array of matplotlib.axes.Axes
    """
    for ax, (look, estimate, error) in zip(axes, fits, strict=True):
        estimate, error = np.asarray(estimate, float), np.asarray(error, float)
        ax.axhline(centre, color=COMPLETE_POOLING.color, linestyle=COMPLETE_POOLING.line)
        ax.vlines(size, estimate - error, estimate + error, color=look.color, alpha=0.4)
        ax.plot(size, estimate, **{**look.points, "markersize": 4})
        ax.set(xscale="log", title=look.label, xlabel="houses measured in the county")
        ax.set_xticks([1, 10, 100], ["1", "10", "100"])
        ax.minorticks_off()
    return axes
