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


def shrinkage(
    raw, partial, centre, *, ax, size=None, lower=None, upper=None, label=COMPLETE_POOLING.label
):
    """Draw each unit's move from its raw estimate to its partially pooled one, as an arrow.

    Parameters
    ----------
    raw, partial : array_like, shape (J,)
        No-pooling and partial-pooling estimates, one per unit.
    centre : float
        The value they are drawn towards.
    ax : matplotlib.axes.Axes
    size : array_like, shape (J,), optional
        The units' sample sizes; units stand in this order (small to large), by default as given.
    lower, upper : array_like, shape (J,), optional
        Ends of an interval for each partial estimate, in data units (bounds, not offsets).
    label : str
        What the line at `centre` is called.

    Returns
    -------
    matplotlib.axes.Axes
    """
    raw, partial = np.asarray(raw, float), np.asarray(partial, float)
    order = np.arange(raw.size) if size is None else np.argsort(size, kind="stable")
    place = np.arange(raw.size)
    ax.axhline(centre, color=COMPLETE_POOLING.color, linestyle=COMPLETE_POOLING.line, linewidth=1.2)
    ax.annotate(
        label,
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


def poolings(labels, estimates, *, ax, truth=None):
    """Draw the estimates of several poolings side by side for each unit, with their intervals.

    Parameters
    ----------
    labels : sequence, length J
        What stands below each unit, in the order of the estimates.
    estimates : mapping of str to (estimate, lower, upper), or to an object
        "no pooling", "complete pooling", "partial pooling" -> three arrays of shape (J,); the ends
        are bounds, not offsets. An object with `mean` and `interval()` will do, too.
    ax : matplotlib.axes.Axes
    truth : array_like, shape (J,), optional
        The true values, if they are known.

    Returns
    -------
    matplotlib.axes.Axes
    """
    looks = {look.label: look for look in (NO_POOLING, COMPLETE_POOLING, PARTIAL_POOLING)}
    place = np.arange(len(labels))
    steps = np.linspace(-0.24, 0.24, len(estimates)) if len(estimates) > 1 else [0.0]
    for step, (name, answer) in zip(steps, estimates.items(), strict=True):
        if hasattr(answer, "interval"):
            answer = (answer.mean, *answer.interval())
        estimate, lower, upper = answer
        look = looks[name]
        ax.vlines(place + step, lower, upper, color=look.color, linewidth=1.4, alpha=0.6)
        ax.plot(place + step, estimate, label=look.label, **look.points)
    if truth is not None:
        ax.plot(place, truth, label=TRUTH.label, zorder=3, **TRUTH.points)
    ax.set_xticks(place, labels)
    ax.legend(ncols=2)
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
        f"n0 = {float(f'{prior_sample_size:.3g}'):,.9g}",
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


def contour(x, y, density, *, ax, levels=(0.05, 0.25, 0.5, 0.75, 0.95), **style):
    """Draw lines of equal density of two hyperparameters.

    Parameters
    ----------
    x, y : array_like, shape (columns,) and (rows,)
        Grid of the horizontal and the vertical axis.
    density : array_like, shape (rows, columns)
        Density on that grid, not necessarily normalised.
    ax : matplotlib.axes.Axes
    levels : sequence of float
        Where the lines run, as shares of the highest density, rising.
    **style
        Passed to `Axes.contour`, such as `colors` and `linestyles`.

    Returns
    -------
    matplotlib.axes.Axes
    """
    density = np.asarray(density, float)
    style = {"colors": PARTIAL_POOLING.color, "linewidths": 1.1, **style}
    ax.contour(x, y, density / density.max(), levels=list(levels), **style)
    ax.set(xlabel=r"$\log(\alpha/\beta)$", ylabel=r"$\log(\alpha+\beta)$")
    return ax


#: One colour per chain; they differ in lightness too. A fifth chain starts over.
CHAINS = ("#0072B2", "#C25500", "#3B3B3B", "#7FB6D6")


def trace(draws, *, ax, labels=True):
    """Draw a number's path through each chain, sweep by sweep.

    Parameters
    ----------
    draws : array_like, shape (chains, draws)
    ax : matplotlib.axes.Axes
    labels : bool
        Write the chain's number at the right end of its path.

    Returns
    -------
    matplotlib.axes.Axes
    """
    draws = np.asarray(draws, float)
    for number, path in enumerate(draws):
        color = CHAINS[number % len(CHAINS)]
        ax.plot(path, color=color, linewidth=0.8, alpha=0.85)
        if labels:
            ax.annotate(
                f"{number + 1}",
                (1.01, (number + 0.5) / len(draws)),
                xycoords="axes fraction",
                va="center",
                color=color,
                fontsize=10,
            )
    ax.set(xlabel="sweep", xlim=(0, draws.shape[1]))
    return ax


def graph(nodes, edges, *, ax, seen=(), marked=(), size=1500):
    """Draw a model as circles and arrows from parents to children.

    Parameters
    ----------
    nodes : mapping of str to (float, float)
        Name, which is what stands in the circle, and place.
    edges : sequence of (str, str)
        From parent to child.
    ax : matplotlib.axes.Axes
    seen : collection of str
        Nodes that are data: filled grey.
    marked : collection of str
        Nodes to ring in the colour of partial pooling.
    size : float
        Area of a circle in points squared.

    Returns
    -------
    matplotlib.axes.Axes
    """
    radius = np.sqrt(size) / 2 + 2
    for parent, child in edges:
        ax.annotate(
            "",
            nodes[child],
            nodes[parent],
            arrowprops={
                "arrowstyle": "-|>",
                "color": "#6B6B6B",
                "shrinkA": radius,
                "shrinkB": radius,
            },
        )
    for name, (x, y) in nodes.items():
        ring = PARTIAL_POOLING.color if name in marked else "#3B3B3B"
        ax.scatter(
            x,
            y,
            s=size,
            facecolor="#DADADA" if name in seen else "white",
            edgecolor=ring,
            linewidth=3 if name in marked else 1.2,
            zorder=3,
        )
        ax.annotate(name, (x, y), ha="center", va="center", fontsize=12, zorder=4)
    ax.margins(0.12, 0.25)
    ax.axis("off")
    return ax
