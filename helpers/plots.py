"""The figures the pages share: each draws on the axes it is given and returns them."""

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
#: Ways to choose the weight, as further/garages names them: partial pooling, so blue.
METHODS = (
    Look("naive plug-in", "#6A6FB8", "v", ":"),
    Look("corrected plug-in", "#2F86C1", "^", "-."),
    Look("full Bayes", PARTIAL_POOLING.color, PARTIAL_POOLING.marker, "-"),
)
LOOKS = {look.label: look for look in (NO_POOLING, COMPLETE_POOLING, PARTIAL_POOLING, *METHODS)}
PLAIN, DASHED = (Look("", "#222222", "", line) for line in ("-", "--"))  # no look of its own
#: One colour per chain; they differ in lightness too. A fifth chain starts over.
CHAINS = ("#0072B2", "#C25500", "#3B3B3B", "#7FB6D6")


def shrinkage(
    raw,
    partial,
    centre,
    *,
    ax,
    size=None,
    lower=None,
    upper=None,
    label=COMPLETE_POOLING.label,
    complete=None,
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
    complete : float, optional
        The complete-pooling estimate, where the centre is another value (name that by `label`):
        both are drawn then.
    """
    raw, partial = np.asarray(raw, float), np.asarray(partial, float)
    place = np.arange(raw.size)
    order = place if size is None else np.argsort(size, kind="stable")
    black, dashes = COMPLETE_POOLING.color, COMPLETE_POOLING.line
    levels = [(centre, label, dashes if complete is None else ":")]
    if complete is not None:
        levels = sorted([*levels, (complete, COMPLETE_POOLING.label, dashes)], reverse=True)
    for (level, name, line), va in zip(levels, ("bottom", "top"), strict=False):
        ax.axhline(level, color=black, linestyle=line, linewidth=1.2)
        words = {"ha": "right", "va": va, "color": black, "fontsize": 9}
        ax.text(0.99, level, name, transform=ax.get_yaxis_transform(), **words)
    if lower is not None:
        ends = np.asarray(lower)[order], np.asarray(upper)[order]
        ax.vlines(place, *ends, color=PARTIAL_POOLING.color, linewidth=1, alpha=0.35)
    head = {"units": "dots", "width": 1.3, "headwidth": 5, "headlength": 6, "color": "#9A9A9A"}
    true_length = {"angles": "xy", "scale_units": "xy", "scale": 1}
    moves = (partial - raw)[order]
    ax.quiver(place, raw[order], 0 * moves, moves, zorder=1.5, **head, **true_length)
    for look, estimate in ((NO_POOLING, raw), (PARTIAL_POOLING, partial)):
        ax.plot(place, estimate[order], label=look.label, **look.points)
    return ax


def poolings(labels, estimates, *, ax, truth=None, downwards=False):
    """Draw the estimates of several poolings side by side for each unit, with their intervals.

    Parameters
    ----------
    labels : sequence, length J
        What stands beside each unit, in the order of the estimates.
    estimates : mapping of str to (estimate, lower, upper)
        "no pooling", "complete pooling", "partial pooling" -> three arrays of shape (J,); the ends
        are bounds, not offsets.
    ax : matplotlib.axes.Axes
    truth : array_like, shape (J,), optional
        The true values, if they are known.
    downwards : bool
        Set the units below each other, first one on top: for long labels.
    """
    place = np.arange(len(labels))
    shifts = np.linspace(-0.24, 0.24, len(estimates))
    bars = ax.hlines if downwards else ax.vlines
    for shift, (name, (estimate, lower, upper)) in zip(shifts, estimates.items(), strict=True):
        look, at = LOOKS[name], place + shift
        bars(at, lower, upper, color=look.color, linewidth=1.4, alpha=0.6)
        points = (estimate, at) if downwards else (at, estimate)
        ax.plot(*points, label=look.label, **look.points)
    if truth is not None:
        ax.plot(place, truth, label=TRUTH.label, zorder=3, **TRUTH.points)
    (ax.yaxis if downwards else ax.xaxis).set_ticks(place, labels)
    if downwards:
        ax.invert_yaxis()
    ax.legend(**{"loc": "lower right"} if downwards else {"ncols": 2})
    return ax


def lines(x, series, *, ax, looks=LOOKS, gap=0.07):
    """Draw one line for each entry of `series`, named at its right end.

    Parameters
    ----------
    x : array_like, shape (K,)
    series : mapping of str to array_like, shape (K,)
        Name of the line -> its heights.
    ax : matplotlib.axes.Axes
        Set its limits first: the names are spread out within them, and a line that leaves
        through the top is named there.
    looks : mapping of str to Look
        How a name looks, up to its first comma; one that is missing is plain black.
    gap : float
        Least distance between two names, as a share of the axis height.
    """
    x = np.asarray(x, float)
    series = {name: np.asarray(y, float) for name, y in series.items()}
    looks = {name: looks.get(name.split(",")[0], PLAIN) for name in series}
    for name, y in series.items():
        look = looks[name]
        marker = {"marker": look.marker if x.size <= 12 else "", "markerfacecolor": look.face}
        ax.plot(x, y, color=look.color, linestyle=look.line, label=name, **marker)
    top, to_axes = ax.get_ylim()[1], ax.transScale + ax.transLimits
    beside = {"textcoords": "offset points", "annotation_clip": False}
    ends = {}
    for name, y in series.items():
        if y[-1] <= top:
            ends[name] = to_axes.transform((x[-1], y[-1]))[1]
            continue
        k = max(1, int(np.argmax(y > top)))
        at = np.interp(top, y[k - 1 : k + 1], x[k - 1 : k + 1])
        ax.annotate(name, (at, top), (8, -4), va="top", color=looks[name].color, **beside)
    names = sorted(ends, key=ends.get)
    steps = gap * np.arange(len(names))
    free = np.array([ends[name] for name in names]) - steps
    up, down = np.maximum.accumulate(free), np.minimum.accumulate(free[::-1])[::-1]
    right = {"xycoords": "axes fraction", "va": "center", **beside}
    for name, place in zip(names, steps + (up + down) / 2, strict=True):
        ax.annotate(name, (1, place), (6, 0), color=looks[name].color, **right)
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
    """
    n, n0 = np.asarray(n, float), prior_sample_size
    n = n[n > 0]
    curve = np.geomspace(min(*n, n0) / 3, max(*n, n0) * 3, 200)
    ax.plot(curve, curve / (curve + n0), color=PARTIAL_POOLING.color)
    ax.plot(n, n / (n + n0), alpha=0.6, **PARTIAL_POOLING.points)
    ax.plot([n0, n0], [0, 0.5], color=COMPLETE_POOLING.color, linestyle=":")
    told = f"n0 = {float(f'{n0:.3g}'):,.9g}"
    ax.annotate(told, (n0, 0), (4, 4), textcoords="offset points", fontsize=10)
    ax.set(xscale="log", ylim=(0, 1), xlabel=unit, ylabel="weight of the unit's own data")
    ax.xaxis.set_major_formatter("{x:,.9g}")
    ax.minorticks_off()
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
    """
    for place, row in enumerate(rows.values()):
        ax.hlines(place, row[0], row[2], color=look.color, linewidth=2)
        ax.plot(row[1], place, **look.points)
        for value in row:
            above = {"textcoords": "offset points", "ha": "center", "fontsize": 9}
            ax.annotate(f"{value:.2g}", (value, place), (0, 6), **above)
    ax.margins(x=0.08)
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
    """
    style = {"colors": PARTIAL_POOLING.color, "linewidths": 1.1, **style}
    ax.contour(x, y, density / np.max(density), levels=list(levels), **style)
    ax.set(xlabel=r"$\log(\alpha/\beta)$", ylabel=r"$\log(\alpha+\beta)$")
    return ax


def trace(draws, *, ax, labels=True):
    """Draw a number's path through each chain, sweep by sweep.

    Parameters
    ----------
    draws : array_like, shape (chains, draws)
    ax : matplotlib.axes.Axes
    labels : bool
        Write the chain's number at the right end of its path.
    """
    for k, path in enumerate(draws):
        color = CHAINS[k % len(CHAINS)]
        ax.plot(path, color=color, linewidth=0.8, alpha=0.85)
        if labels:
            at = (1.01, (k + 0.5) / len(draws))
            ax.text(*at, k + 1, transform=ax.transAxes, va="center", color=color, fontsize=10)
    ax.set(xlabel="sweep", xlim=(0, len(draws[0])))
    return ax


def graph(nodes, edges, *, ax, seen=(), size=1500):
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
    size : float
        Area of a circle in points squared.
    """
    radius = np.sqrt(size) / 2 + 2
    arrow = {"arrowstyle": "-|>", "color": "#6B6B6B", "shrinkA": radius, "shrinkB": radius}
    for parent, child in edges:
        ax.annotate("", nodes[child], nodes[parent], arrowprops=arrow)
    for name, place in nodes.items():
        face = "#DADADA" if name in seen else "white"
        ax.scatter(*place, s=size, facecolor=face, edgecolor="#3B3B3B", linewidth=1.2, zorder=3)
        ax.annotate(name, place, ha="center", va="center", fontsize=12, zorder=4)
    ax.margins(0.12, 0.25)
    ax.axis("off")
    return ax
