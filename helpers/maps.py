"""Pictures of the counties of the United States: maps, and the funnel of their rates."""

from __future__ import annotations

from itertools import pairwise

#: Colours of groups of counties, on maps and beside them; each map has one of them on white.
HIGH, LOW, MINE = "#6A2C8E", "#DDA032", "#D1006C"


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
        largest = shapes.mainland(mark)
        centre = (largest.min(axis=0) + largest.max(axis=0)) / 2
        ring = {"markerfacecolor": "none", "markeredgewidth": 2}
        ax.plot(*centre, "o", color=MINE, markersize=13, **ring)
    x0, y0, x1, y1 = shapes.bounds
    ax.set(xlim=(x0, x1), ylim=(y1, y0), aspect="equal")
    ax.set_axis_off()
    return ax


def key(colors, edges, *, ax, title="times the national rate", **where):
    """Name the shades of a map below it, on the axes given, and return these.

    Parameters
    ----------
    colors : sequence of colour
        From low to high.
    edges : array_like, one less than `colors`
        Where a shade ends and the next begins, in the unit that `title` names.
    ax : matplotlib.axes.Axes or Figure
    title : str
    **where
        Passed to `legend`; left out, below the axes.
    """
    from matplotlib.patches import Patch

    between = [f"{low:g} to {high:g}" for low, high in pairwise(edges)]
    names = [f"below {edges[0]:g}", *between, f"above {edges[-1]:g}"]
    patches = [
        Patch(facecolor=color, edgecolor="#8A8A8A", label=name)
        for color, name in zip(colors, names, strict=True)
    ]
    where = where or {"loc": "upper center", "bbox_to_anchor": (0.5, 0.02)}
    tight = {"handlelength": 1.2, "columnspacing": 1.0, "handletextpad": 0.4}
    ax.legend(handles=patches, title=title, ncols=5, **where, **tight)
    return ax


def funnel(n, rate, band, highest, *, ax):
    """Draw rates against exposure, the two ends of the ranking in colour, over a band of chance.

    Parameters
    ----------
    n, rate : array_like, shape (J,)
        Exposure and rate of each county.
    band : (array_like, array_like, array_like), each of shape (K,)
        Exposures, lower and upper ends of the rates that chance allows there.
    highest : array_like of int
        Rows of the counties with the highest rates.
    ax : matplotlib.axes.Axes
    """
    none = rate == 0
    ax.fill_between(*band, color="#D8D8D8", linewidth=0)
    for rows, color in ((slice(None), "#8C8C8C"), (highest, HIGH), (none, LOW)):
        ax.plot(n[rows], rate[rows], ".", color=color, markersize=3)
    at = {"textcoords": "offset points", "va": "center"}
    ax.annotate("highest tenth", (3e4, 30), (0, 0), color=HIGH, **at)
    ax.annotate("what chance allows", (band[0][0], 20), (5, 0), **at)
    ax.annotate("no death", (band[0][0], 0), (5, 9), **at)
    ax.set(xscale="log", xlabel="person-years", ylabel="deaths per 100,000")
    ax.xaxis.set_major_formatter("{x:,.0f}")
    return ax
