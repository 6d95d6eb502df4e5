"""The figures the pages share: each draws on the axes it is given, and computes nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Look:
    """How one thing looks on every page: the colour, marker and line stay with it throughout."""

    label: str  # how the text calls it
    color: str  # tells them apart for colour-blind readers; all are dark enough on white
    marker: str  # tells them apart in grey
    line: str  # matplotlib line style
    filled: bool = True

    @property
    def face(self) -> str:
        """Fill colour of the marker: white when it is hollow."""
        return self.color if self.filled else "white"

    @property
    def points(self) -> dict:
        """Keyword arguments for `Axes.plot` that draw this as points without a line."""
        return {
            "linestyle": "none",
            "marker": self.marker,
            "color": self.color,
            "markerfacecolor": self.face,
            "markersize": 5.5,
        }


NO_POOLING = Look("no pooling", "#C25500", "o", "-", filled=False)
COMPLETE_POOLING = Look("complete pooling", "#3B3B3B", "s", "--")
PARTIAL_POOLING = Look("partial pooling", "#0072B2", "D", "-")
TRUTH = Look("truth", "#00795C", "x", ":")


def shrinkage(raw, partial, centre, *, ax, size=None, lower=None, upper=None):
    """Draw each unit's move from its raw estimate to its partially pooled one, as an arrow.

    Parameters
    ----------
    raw, partial : array_like, shape (J,)
        No-pooling and partial-pooling estimates, one per unit.
    centre : float
        The complete-pooling estimate: the value they are drawn towards.
    ax : matplotlib.axes.Axes
    size : array_like, shape (J,), optional
        The units' sample sizes; units stand in this order (small to large), by default as given.
    lower, upper : array_like, shape (J,), optional
        Ends of an interval for each partial estimate, in data units (bounds, not offsets).

    Returns
    -------
    matplotlib.axes.Axes
    """
    raw, partial = np.asarray(raw, float), np.asarray(partial, float)
    order = np.arange(raw.size) if size is None else np.argsort(size, kind="stable")
    place = np.arange(raw.size)
    ax.axhline(centre, color=COMPLETE_POOLING.color, linestyle=COMPLETE_POOLING.line, linewidth=1.2)
    ax.annotate(
        COMPLETE_POOLING.label,
        (1, centre),
        xycoords=("axes fraction", "data"),
        xytext=(-2, 3),
        textcoords="offset points",
        ha="right",
        color=COMPLETE_POOLING.color,
        fontsize=9,
    )
    if lower is not None:
        ax.vlines(
            place,
            np.asarray(lower)[order],
            np.asarray(upper)[order],
            color=PARTIAL_POOLING.color,
            linewidth=1,
            alpha=0.35,
        )
    ax.quiver(
        place,
        raw[order],
        np.zeros(raw.size),
        (partial - raw)[order],
        angles="xy",
        scale_units="xy",
        scale=1,
        units="dots",
        width=1.3,
        headwidth=5,
        headlength=6,
        color="#9A9A9A",
        zorder=1.5,
    )
    ax.plot(place, raw[order], label=NO_POOLING.label, **NO_POOLING.points)
    ax.plot(place, partial[order], label=PARTIAL_POOLING.label, **PARTIAL_POOLING.points)
    return ax


def estimates_by_size(size, estimate, *, ax, look=NO_POOLING, lower=None, upper=None):
    """Draw estimates against sample size on a logarithmic axis, with intervals if they are given.

    Parameters
    ----------
    size, estimate : array_like, shape (J,)
        Sample size and estimate of each unit.
    ax : matplotlib.axes.Axes
    look : Look
        Which pooling this is: it fixes colour and marker.
    lower, upper : array_like, shape (J,), optional
        Ends of each interval, in data units (bounds, not offsets).

    Returns
    -------
    matplotlib.axes.Axes
    """
    if lower is not None:
        ax.vlines(size, lower, upper, color=look.color, linewidth=1, alpha=0.4)
    ax.plot(size, estimate, label=look.label, **look.points)
    ax.set_xscale("log")
    return ax


def weights(n, prior_sample_size, *, ax, unit="observations"):
    """Draw the weight n / (n + n0) that a unit's own data get, as a curve with the units on it.

    Parameters
    ----------
    n : array_like, shape (J,)
        Sample sizes of the units.
    prior_sample_size : float
        n0, in the same unit as `n`.
    ax : matplotlib.axes.Axes
    unit : str
        What `n` counts, for the axis label.

    Returns
    -------
    matplotlib.axes.Axes
    """
    n = np.asarray(n, float)
    positive = n[n > 0]
    least = min(positive.min(), prior_sample_size) / 3
    most = max(positive.max(), prior_sample_size) * 3
    curve = np.geomspace(least, most, 200)
    ax.plot(curve, curve / (curve + prior_sample_size), color=PARTIAL_POOLING.color)
    ax.plot(
        positive, positive / (positive + prior_sample_size), alpha=0.6, **PARTIAL_POOLING.points
    )
    ax.plot([prior_sample_size] * 2, [0, 0.5], color=COMPLETE_POOLING.color, linestyle=":")
    ax.annotate(
        f"n0 = {prior_sample_size:,.3g}",
        (prior_sample_size, 0),
        xytext=(4, 4),
        textcoords="offset points",
        fontsize=10,
    )
    ax.set(xscale="log", ylim=(0, 1), xlabel=unit, ylabel="weight of the unit's own data")
    return ax


def predictions(rows, *, ax, look=PARTIAL_POOLING):
    """Draw one interval a row, from top to bottom, its ends and middle written above it.

    Parameters
    ----------
    rows : mapping of str to (lower, middle, upper)
        What is predicted, and where; bounds, not offsets.
    ax : matplotlib.axes.Axes
        Set a logarithmic axis before or after, as the rows need.
    look : Look
        Which pooling this is.

    Returns
    -------
    matplotlib.axes.Axes
    """
    for place, (lower, middle, upper) in enumerate(rows.values()):
        ax.hlines(place, lower, upper, color=look.color, linewidth=2)
        ax.plot(middle, place, **look.points)
        for value in (lower, middle, upper):
            ax.annotate(
                f"{value:.2g}",
                (value, place),
                xytext=(0, 6),
                textcoords="offset points",
                ha="center",
                fontsize=9,
            )
    ax.set(yticks=range(len(rows)), yticklabels=list(rows), ylim=(len(rows) - 0.6, -0.6))
    return ax
