"""The longer figures of notebook 04: each draws on the axes it is given, and computes nothing."""

from __future__ import annotations

import numpy as np

from helpers import plots
from helpers.plots import COMPLETE_POOLING, NO_POOLING, PARTIAL_POOLING


def model_graph(*, ax):
    """Draw the hierarchical model of 71 experiments, from hyperparameters down to counts.

    Parameters
    ----------
    ax : matplotlib.axes.Axes

    Returns
    -------
    matplotlib.axes.Axes
    """
    nodes, edges, seen = {r"$\alpha$": (1.2, 2), r"$\beta$": (2.8, 2)}, [], []
    pairs = [(rf"$\theta_{j}$", rf"$y_{j}$") for j in ("1", "2", "{71}")]
    pairs.insert(2, (r"$\cdots$", r"$\cdots\,$"))
    for place, (rate, count) in enumerate(pairs):
        nodes |= {rate: (4 / 3 * place, 1), count: (4 / 3 * place, 0)}
        edges += [(r"$\alpha$", rate), (r"$\beta$", rate), (rate, count)]
        seen.append(count)
    return plots.graph(nodes, edges, ax=ax, seen=seen, size=1100)


def against_observed(raw, partial, pooled, *, ax):
    """Draw estimates against observed rates, between the 45 degree line and the flat line.

    Parameters
    ----------
    raw, partial : array_like, shape (J,)
        Observed rates and partial-pooling estimates.
    pooled : float
        The complete-pooling estimate.
    ax : matplotlib.axes.Axes

    Returns
    -------
    matplotlib.axes.Axes
    """
    end = 1.08 * np.max(raw)
    no, complete, part = NO_POOLING.color, COMPLETE_POOLING.color, PARTIAL_POOLING.color
    ax.plot([0, end], [0, end], color=no, linewidth=1.4)
    ax.axhline(pooled, color=complete, linestyle=COMPLETE_POOLING.line, linewidth=1.4)
    ax.plot(raw, partial, alpha=0.6, **PARTIAL_POOLING.points)
    ax.annotate("no pooling\n(45° line)", (0.73 * end, 0.9 * end), ha="right", color=no)
    ax.annotate(
        "complete pooling (flat line)", (end, pooled - 0.02), ha="right", va="top", color=complete
    )
    ax.annotate(PARTIAL_POOLING.label, (0.5 * end, 0.235), ha="right", color=part)
    ax.set(xlabel="observed rate", ylabel="estimated risk")
    return ax


def traps(log_size, densities, means, *, axes):
    """Draw a posterior that does not fall, and a mean that grows with its bound.

    Parameters
    ----------
    log_size : array_like, shape (K,)
    densities : mapping of str to array_like, shape (K,)
        Posterior densities of log size by prior, not normalised.
    means : mapping of str to (bound, mean)
        For each data set, the mean of alpha over all sizes up to each bound.
    axes : two matplotlib.axes.Axes

    Returns
    -------
    two matplotlib.axes.Axes
    """
    left, right = axes
    for (name, curve), style in zip(densities.items(), ("--", "-"), strict=True):
        left.semilogy(log_size, curve / np.max(curve), style, color="black")
        at = 0.55 * log_size[-1], np.interp(0.55 * log_size[-1], log_size, curve / np.max(curve))
        left.annotate(name, at, xytext=(4, 5), textcoords="offset points")
    for (name, (bound, mean)), style in zip(means.items(), (":", "-"), strict=True):
        right.loglog(bound, mean, style, color="black")
        at = bound[len(bound) // 2], mean[len(bound) // 2]
        side = {"ha": "right" if style == ":" else "left", "textcoords": "offset points"}
        right.annotate(name, at, xytext=(-4, 6) if style == ":" else (4, 6), **side)
    left.set(xlabel=r"$\log\kappa$", ylabel="posterior density (top = 1)", ylim=(1e-5, 4))
    left.set_title("two priors, 3 experiments")
    right.set(xlabel=r"upper bound for $\kappa$", ylabel=r"mean of $\alpha$ up to that bound")
    right.set_title("textbook's prior")
    for ax in axes:
        ax.minorticks_off()  # so many decades: they would be a grey band
    return axes


def moves(grid, path, *, ax, held=None, start=False):
    """Draw a chain's moves on the posterior of the hyperparameters: first alpha's, then beta's.

    Parameters
    ----------
    grid : PosteriorGrid
    path : array_like, shape (K, 2)
        log alpha and log beta of one chain after each sweep.
    ax : matplotlib.axes.Axes
    held : array_like, shape of grid.mass, optional
        Log density with the rates held: drawn solid, the posterior then dashed.
    start : bool
        Mark the first point.

    Returns
    -------
    matplotlib.axes.Axes
    """
    place = grid.log_odds, grid.log_size
    if held is None:
        plots.contour(*place, grid.mass, ax=ax)
    else:
        dashed = {"colors": "#6B6B6B", "linestyles": "--"}
        plots.contour(*place, grid.mass, ax=ax, levels=(0.1, 0.5), **dashed)
        plots.contour(*place, np.exp(held - np.max(held)), ax=ax, levels=(0.1, 0.5))
    log_alpha, log_beta = np.repeat(path, 2, axis=0).T
    log_alpha, log_beta = log_alpha[1:], log_beta[:-1]  # between two sweeps alpha has moved
    odds, size = log_alpha - log_beta, np.logaddexp(log_alpha, log_beta)
    ax.plot(odds, size, ".-", color=plots.CHAINS[1], linewidth=1, markersize=4)
    if start:
        ax.annotate("start", (odds[0], size[0]), xytext=(7, -4), textcoords="offset points")
    return ax


def priors(posteriors, *, ax, legend=True):
    """Draw, for each of several posteriors of the hyperparameters, where it is a tenth of its top.

    Parameters
    ----------
    posteriors : mapping of str to PosteriorGrid
        At most six.
    ax : matplotlib.axes.Axes
    legend : bool

    Returns
    -------
    matplotlib.axes.Axes
    """
    colors = "#0072B2", "#C25500", "#3B3B3B", "#00795C", "#7F7F7F", "#AA3377"
    lines = "-", "--", ":", "-.", "-", (0, (1, 1))
    for (name, grid), color, line in zip(posteriors.items(), colors, lines, strict=False):
        style = {"levels": (0.1,), "colors": color, "linestyles": [line], "linewidths": 1.6}
        plots.contour(grid.log_odds, grid.log_size, grid.mass, ax=ax, **style)
        ax.plot([], [], color=color, linestyle=line, label=name)
    if legend:
        ax.legend(loc="upper left", fontsize=9, handlelength=2.2)
    return ax
