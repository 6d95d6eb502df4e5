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
LOOKS = {look.label: look for look in (NO_POOLING, COMPLETE_POOLING, PARTIAL_POOLING)}


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

    Returns
    -------
    matplotlib.axes.Axes
    """
    raw, partial = np.asarray(raw, float), np.asarray(partial, float)
    order = np.arange(raw.size) if size is None else np.argsort(size, kind="stable")
    place = np.arange(raw.size)
    levels = [(label, centre)]
    if complete is not None:
        levels.append((COMPLETE_POOLING.label, complete))
    top = max(level for _, level in levels)
    for name, level in levels:
        line = COMPLETE_POOLING.line if complete is None or name == COMPLETE_POOLING.label else ":"
        ax.axhline(level, color=COMPLETE_POOLING.color, linestyle=line, linewidth=1.2)
        ax.annotate(
            name,
            (1, level),
            xycoords=("axes fraction", "data"),
            xytext=(-2, 3 if level == top else -3),
            textcoords="offset points",
            ha="right",
            va="baseline" if level == top else "top",
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
    estimates : mapping of str to (estimate, lower, upper)
        "no pooling", "complete pooling", "partial pooling" -> three arrays of shape (J,); the ends
        are bounds, not offsets.
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
    for step, (name, (estimate, lower, upper)) in zip(steps, estimates.items(), strict=True):
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
        ax.scatter(
            x,
            y,
            s=size,
            facecolor="#DADADA" if name in seen else "white",
            edgecolor="#3B3B3B",
            linewidth=1.2,
            zorder=3,
        )
        ax.annotate(name, (x, y), ha="center", va="center", fontsize=12, zorder=4)
    ax.margins(0.12, 0.25)
    ax.axis("off")
    return ax


#: Colours of groups of counties on maps and in the funnel; each map has one of them on white.
HIGH, LOW, MINE = "#6A2C8E", "#9A6A00", "#D1006C"


def county_map(shapes, colors, *, ax, mark=None):
    """Draw a map of counties, some of them filled.

    Parameters
    ----------
    shapes : helpers.datasets.CountyShapes
    colors : mapping of str to colour
        County code (five digits) -> fill. Counties that are not in it stay white.
    ax : matplotlib.axes.Axes
    mark : str, optional
        Code of one county to ring.

    Returns
    -------
    matplotlib.axes.Axes
    """
    from matplotlib.collections import LineCollection, PathCollection

    codes = [code for code in colors if code in shapes.rings]
    fills = [colors[code] for code in codes]
    areas = shapes.paths(codes)
    filled = {"facecolors": fills, "edgecolors": fills, "linewidths": 0.2, "antialiaseds": False}
    ax.add_collection(PathCollection(areas, **filled))
    ax.add_collection(LineCollection(shapes.borders, colors="#8A8A8A", linewidths=0.4))
    if mark is not None:
        largest = max(shapes.rings[mark], key=len)
        ax.plot(
            *((largest.min(axis=0) + largest.max(axis=0)) / 2),
            marker="o",
            markersize=13,
            markerfacecolor="none",
            markeredgecolor=MINE,
            markeredgewidth=2,
        )
    x0, y0, x1, y1 = shapes.bounds
    ax.set(xlim=(x0, x1), ylim=(y1, y0), aspect="equal")
    ax.set_axis_off()
    return ax


def funnel(size, rate, centre, curve, limits, *, ax, groups=(), mark=None, scale=1.0):
    """Draw rates against size with control limits that narrow as size grows.

    Parameters
    ----------
    size, rate : array_like, shape (J,)
        Exposure and rate of each unit.
    centre : float
        The common rate the limits are for.
    curve : array_like, shape (K,)
        Exposures at which the limits are given.
    limits : iterable of (lower, upper)
        Pairs of limits, rates of shape (K,), the narrowest first.
    ax : matplotlib.axes.Axes
    groups : iterable of (mask, colour, label)
        Units to colour.
    mark : int, optional
        Number of one unit to ring.
    scale : float
        All rates are multiplied by this (1e5 for rates per 100,000).

    Returns
    -------
    matplotlib.axes.Axes
    """
    size, rate = np.asarray(size, float), scale * np.asarray(rate, float)
    ax.plot(size, rate, ".", color="#8C8C8C", markersize=3, alpha=0.5)
    for mask, color, label in groups:
        ax.plot(size[mask], rate[mask], ".", color=color, markersize=4, label=label)
    for style, pair in zip(("-", (0, (1, 1.5))), limits, strict=False):
        for edge in (scale * np.array(limit, float) for limit in pair):
            jump = np.abs(np.diff(edge)) > 0.08 * edge[1:]  # a count more: lift the pen
            edge[1:][jump] = np.nan
            edge[edge == 0] = np.nan
            ax.plot(curve, edge, color="black", linestyle=style, linewidth=1)
    look = COMPLETE_POOLING
    ax.axhline(scale * centre, color=look.color, linestyle=look.line, linewidth=1)
    if mark is not None:
        ring = {"markersize": 12, "markerfacecolor": "none", "markeredgewidth": 2}
        ax.plot(size[mark], rate[mark], "o", color=MINE, **ring)
    ax.set_xscale("log")
    ax.minorticks_off()
    if groups:
        ax.legend(markerscale=3)
    return ax


def course_map(*, ax):
    """Draw the six notebooks of the course and what leads to what.

    Parameters
    ----------
    ax : matplotlib.axes.Axes

    Returns
    -------
    matplotlib.axes.Axes
    """
    boxes = {
        "00": (0, 1, "00 Start here", "set-up,\nthree words"),
        "01": (1, 1, "01 Kidney\ncancer", "why pool\nat all?"),
        "02": (2, 2, "02 Garages", "derive the weight"),
        "03": (2, 1, "03 Radon", "add predictors"),
        "04": (2, 0, "04 Rat tumours", "all unknowns at once"),
        "05": (3, 1, "05 Your turn", "two open\nprojects"),
    }
    drawn = {}
    for number, (x, y, title, what) in boxes.items():
        main = number not in {"00", "05"}
        drawn[number] = ax.text(
            x,
            y,
            f"{title}\n{what}",
            ha="center",
            va="center",
            fontsize=11.5,
            linespacing=1.4,
            bbox={
                "boxstyle": "round,pad=0.45",
                "facecolor": "#E6F0F8" if main else "white",
                "edgecolor": PARTIAL_POOLING.color if main else "#3B3B3B",
            },
        )
    links = [("00", "01")]
    links += [("01", number) for number in ("02", "03", "04")]
    links += [(number, "05") for number in ("02", "03", "04")]
    for start, end in links:
        ax.annotate(
            "",
            boxes[end][:2],
            boxes[start][:2],
            arrowprops={
                "arrowstyle": "-|>",
                "color": "#3B3B3B",
                "patchA": drawn[start].get_bbox_patch(),
                "patchB": drawn[end].get_bbox_patch(),
            },
        )
    ax.set(xlim=(-0.45, 3.45), ylim=(-0.4, 2.4))
    ax.set_axis_off()
    return ax


def side_by_side(labels, poolings, *, ax, scale=1.0):
    """Draw several estimates of each unit beside each other, with intervals, units downwards.

    Parameters
    ----------
    labels : sequence of str
        Names of the units, first one on top.
    poolings : mapping of str to (estimate, lower, upper)
        "no pooling", "partial pooling" or "complete pooling" -> arrays of shape (J,), the interval
        in data units (bounds, not offsets).
    ax : matplotlib.axes.Axes
    scale : float
        Everything is multiplied by this (1e5 for rates per 100,000).

    Returns
    -------
    matplotlib.axes.Axes
    """
    place = np.arange(len(labels))
    shifts = np.linspace(-0.24, 0.24, len(poolings))
    for shift, (name, (estimate, lower, upper)) in zip(shifts, poolings.items(), strict=True):
        look, at = LOOKS[name], place + shift
        ends = scale * np.asarray(lower), scale * np.asarray(upper)
        ax.hlines(at, *ends, color=look.color, linewidth=1.3)
        ax.plot(scale * np.asarray(estimate), at, label=look.label, **look.points)
    ax.set_yticks(place, labels)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.legend(loc="lower right")
    return ax


def errors_by_size(errors, *, ax, quantity="typical error"):
    """Draw typical errors against a quantity, one line a column, on a logarithmic axis.

    Parameters
    ----------
    errors : pandas.DataFrame
        Columns whose names begin with "no pooling", "complete pooling" or "partial pooling" get
        that look; others are thin and grey, or dotted if they begin with "chance". The index is
        the horizontal axis, its name the label.
    ax : matplotlib.axes.Axes
    quantity : str
        Label of the vertical axis.

    Returns
    -------
    matplotlib.axes.Axes
    """
    for name in errors:
        look = LOOKS.get(name.split(",")[0])
        if look is not None:
            style = {**look.points, "linestyle": look.line}
        elif name.startswith("chance"):
            style = {"color": TRUTH.color, "linestyle": TRUTH.line}
        else:
            style = {"color": "#7A7A7A", "linewidth": 1, "marker": "."}
        ax.plot(errors.index, errors[name], label=name, **style)
    ax.set(yscale="log", xlabel=errors.index.name, ylabel=quantity)
    ax.yaxis.set_major_formatter("{x:g}")
    ax.legend()
    return ax


def estimates_by_strength(strength, estimates, fitted, *, ax, quantity="estimate"):
    """Draw how every unit's estimate moves as the pooling is turned up, one thin line a unit.

    Parameters
    ----------
    strength : array_like, shape (K,)
        Prior sample sizes.
    estimates : array_like, shape (K, J)
        Estimates of all units at each of them.
    fitted : float
        The prior sample size the data ask for: a dotted line.
    ax : matplotlib.axes.Axes
    quantity : str
        Label of the vertical axis.

    Returns
    -------
    matplotlib.axes.Axes
    """
    ax.plot(strength, estimates, color=PARTIAL_POOLING.color, linewidth=0.8)
    ax.axvline(fitted, color="black", linestyle=":")
    ax.set(xscale="log", xlabel="prior sample size n0 (dotted: fitted)", ylabel=quantity)
    ax.minorticks_off()
    return ax


def pit_histogram(place, *, ax, bins=10):
    """Draw where observations fell in their predictive distributions; flat is right.

    Parameters
    ----------
    place : array_like, shape (J,)
        Numbers between 0 and 1 (probability integral transforms).
    ax : matplotlib.axes.Axes
    bins : int

    Returns
    -------
    matplotlib.axes.Axes
    """
    ax.hist(place, bins, range=(0, 1), color="#B9CDDC", edgecolor="white")
    ax.axhline(len(place) / bins, color="black", linestyle="--", linewidth=1.2)
    ax.set(xlabel="place of what came in its predicted distribution", ylabel="units")
    return ax
