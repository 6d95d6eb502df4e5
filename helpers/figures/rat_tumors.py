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
    names = {
        "alpha": (r"$\alpha$", 1.2, 2),
        "beta": (r"$\beta$", 2.8, 2),
        "theta1": (r"$\theta_1$", 0, 1),
        "theta2": (r"$\theta_2$", 1.33, 1),
        "more": (r"$\cdots$", 2.67, 1),
        "theta71": (r"$\theta_{71}$", 4, 1),
        "y1": (r"$y_1$", 0, 0),
        "y2": (r"$y_2$", 1.33, 0),
        "more y": (r"$\cdots\,$", 2.67, 0),
        "y71": (r"$y_{71}$", 4, 0),
    }
    rates, seen = ("theta1", "theta2", "more", "theta71"), ("y1", "y2", "more y", "y71")
    edges = [(top, rate) for top in ("alpha", "beta") for rate in rates]
    edges += list(zip(rates, seen, strict=True))
    return plots.graph(
        {text: (x, y) for text, x, y in names.values()},
        [(names[parent][0], names[child][0]) for parent, child in edges],
        ax=ax,
        seen=[names[name][0] for name in seen],
        size=1100,
    )


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
    ax.plot([0, end], [0, end], color=NO_POOLING.color, linewidth=1.4)
    ax.axhline(pooled, color=COMPLETE_POOLING.color, linestyle=COMPLETE_POOLING.line, linewidth=1.4)
    ax.plot(raw, partial, alpha=0.6, **PARTIAL_POOLING.points)
    ax.annotate(
        "no pooling\n(45° line)", (0.73 * end, 0.9 * end), ha="right", color=NO_POOLING.color
    )
    ax.annotate(
        "complete pooling (flat line)",
        (end, pooled),
        xytext=(0, -14),
        textcoords="offset points",
        ha="right",
        color=COMPLETE_POOLING.color,
    )
    ax.annotate(PARTIAL_POOLING.label, (0.5 * end, 0.235), color=PARTIAL_POOLING.color, ha="right")
    ax.set(xlabel="observed rate", ylabel="estimated risk")
    return ax


def three_poolings(labels, raw, raw_interval, partial, partial_interval, pooled, band, *, ax):
    """Draw some units' estimates by no, partial and complete pooling, each with its interval.

    Parameters
    ----------
    labels : sequence of str, shape (J,)
    raw, partial : array_like, shape (J,)
    raw_interval, partial_interval : (array_like, array_like)
        Lower and upper ends (bounds, not offsets).
    pooled : float
    band : (float, float)
        Interval of the complete-pooling estimate.
    ax : matplotlib.axes.Axes

    Returns
    -------
    matplotlib.axes.Axes
    """
    place = np.arange(len(labels))
    for shift, estimate, interval, look in (
        (-0.17, raw, raw_interval, NO_POOLING),
        (0.17, partial, partial_interval, PARTIAL_POOLING),
    ):
        ax.vlines(place + shift, *interval, color=look.color, linewidth=1.6)
        ax.plot(place + shift, estimate, label=look.label, **look.points)
    ax.axhspan(*band, color=COMPLETE_POOLING.color, alpha=0.18, linewidth=0)
    ax.axhline(
        pooled,
        color=COMPLETE_POOLING.color,
        linestyle=COMPLETE_POOLING.line,
        linewidth=1.2,
        label=COMPLETE_POOLING.label,
    )
    ax.set_xticks(place, labels)
    ax.set(xlabel="rats with a tumour, of all rats", ylabel="risk")
    ax.legend(loc="upper left", ncols=3, fontsize=9, columnspacing=1, handlelength=1.5)
    ax.set_ylim(0, 1.18 * np.max(raw_interval[1]))
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
        curve = np.asarray(curve) / np.max(curve)
        left.semilogy(log_size, curve, style, color="black")
        left.annotate(
            name,
            (0.55 * log_size[-1], np.interp(0.55 * log_size[-1], log_size, curve)),
            xytext=(4, 5),
            textcoords="offset points",
        )
    left.set(xlabel=r"$\log\kappa$", ylabel="posterior density (top = 1)", ylim=(1e-5, 4))
    left.set_title("two priors, 3 experiments")
    for (name, (bound, mean)), style in zip(means.items(), (":", "-"), strict=True):
        right.loglog(bound, mean, style, color="black")
        at = np.sqrt(bound[0] * bound[-1])
        right.annotate(
            name,
            (at, np.interp(at, bound, mean)),
            xytext=(-4, 8) if style == ":" else (0, 5),
            textcoords="offset points",
            ha="right" if style == ":" else "center",
        )
    right.set(xlabel=r"upper bound for $\kappa$", ylabel=r"mean of $\alpha$ up to that bound")
    right.set_title("textbook's prior")
    for ax in axes:
        ax.minorticks_off()  # so many decades: they would be a grey band
    return axes


def staircase(log_alpha, log_beta):
    """Return a chain's path with its half steps: first alpha moves, then beta.

    Parameters
    ----------
    log_alpha, log_beta : array_like, shape (K,)
        One chain's values after each sweep, its start first.

    Returns
    -------
    log_alpha, log_beta : ndarray, shape (2 K - 1,)
    """
    return np.repeat(log_alpha, 2)[1:], np.repeat(log_beta, 2)[:-1]


def priors(posteriors, *, ax, level=0.1, legend=True):
    """Draw one contour line for each of several posteriors of the hyperparameters.

    Parameters
    ----------
    posteriors : mapping of str to PosteriorGrid
    ax : matplotlib.axes.Axes
    level : float
        Where the line runs, as a share of the highest density.
    legend : bool

    Returns
    -------
    matplotlib.axes.Axes
    """
    looks = [
        ("#0072B2", "-"),
        ("#C25500", "--"),
        ("#3B3B3B", ":"),
        ("#00795C", "-."),
        ("#7F7F7F", "-"),
    ]
    looks.append(("#AA3377", (0, (1, 1))))
    for (name, grid), (color, line) in zip(posteriors.items(), looks, strict=False):
        plots.contour(
            grid.log_odds,
            grid.log_size,
            grid.mass,
            ax=ax,
            levels=(level,),
            colors=color,
            linestyles=[line],
            linewidths=1.6,
        )
        ax.plot([], [], color=color, linestyle=line, label=name)
    if legend:
        ax.legend(loc="upper left", fontsize=9, handlelength=2.2)
    return ax


def raw_rates(y, n, *, ax, rng):
    """Draw observed rates against size, slightly spread sideways; the last one is the current.

    Parameters
    ----------
    y, n : array_like, shape (J,)
        Rats with a tumour, and all rats.
    ax : matplotlib.axes.Axes
    rng : numpy.random.Generator
        For the sideways spread.

    Returns
    -------
    matplotlib.axes.Axes
    """
    rate = np.asarray(y) / np.asarray(n)
    beside = n[:-1] + rng.uniform(-0.4, 0.4, len(n) - 1)
    ax.plot(beside, rate[:-1], alpha=0.7, **NO_POOLING.points)
    ax.plot(n[-1], rate[-1], "*", color="black", markersize=13)
    ax.annotate(
        f"current: {y[-1]} of {n[-1]}",
        (n[-1], rate[-1]),
        xytext=(0, 11),
        textcoords="offset points",
        ha="center",
    )
    ax.set(xlabel="rats in the experiment", ylabel="share with a tumour", xlim=(6, 55))
    return ax


def hill(grid, fits, *, ax):
    """Draw the posterior of the hyperparameters, its mode, and some fitted populations.

    Parameters
    ----------
    grid : PosteriorGrid
    fits : mapping of str to BetaPopulation
    ax : matplotlib.axes.Axes

    Returns
    -------
    matplotlib.axes.Axes
    """
    plots.contour(grid.log_odds, grid.log_size, grid.mass, ax=ax)
    ax.plot(*grid.mode, "+", color="black", markersize=12, label="mode of the posterior")
    for (name, fit), marker in zip(fits.items(), "v^D", strict=True):
        place = np.log(fit.alpha / fit.beta), np.log(fit.prior_sample_size)
        ax.plot(*place, marker, color="black", label=name, markersize=6)
    ax.set(xlim=(-2.3, -1.2), ylim=(1.7, 4.6))
    ax.legend(loc="upper right", fontsize=9)
    return ax


def moves(grid, path, *, ax, held=None, start=False):
    """Draw a chain's moves, half step by half step, on the posterior of the hyperparameters.

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
    if held is None:
        plots.contour(grid.log_odds, grid.log_size, grid.mass, ax=ax)
    else:
        dashed = {"levels": (0.1, 0.5), "colors": "#6B6B6B", "linestyles": "--"}
        plots.contour(grid.log_odds, grid.log_size, grid.mass, ax=ax, **dashed)
        density = np.exp(held - np.max(held))
        plots.contour(grid.log_odds, grid.log_size, density, ax=ax, levels=(0.1, 0.5))
    log_alpha, log_beta = staircase(*np.transpose(path))
    odds, size = log_alpha - log_beta, np.logaddexp(log_alpha, log_beta)
    ax.plot(odds, size, ".-", color=plots.CHAINS[1], linewidth=1, markersize=4)
    if start:
        ax.annotate("start", (odds[0], size[0]), xytext=(7, -4), textcoords="offset points")
    return ax


def two_traces(left, right, *, axes, titles):
    """Draw the chains of two runs side by side.

    Parameters
    ----------
    left, right : array_like, shape (chains, draws)
        Values of log(alpha + beta).
    axes : two matplotlib.axes.Axes
    titles : (str, str)

    Returns
    -------
    two matplotlib.axes.Axes
    """
    for ax, draws, title in zip(axes, (left, right), titles, strict=True):
        plots.trace(draws, ax=ax, labels=False)
        ax.set_title(title)
    axes[0].set_ylabel(r"$\log(\alpha+\beta)$")
    return axes


def histograms(values, marks, *, axes, bins, xlabels, titles=None):
    """Draw one histogram a panel, with a line where our own data stand.

    Parameters
    ----------
    values : sequence of array_like
    marks : sequence of float
    axes : sequence of matplotlib.axes.Axes
    bins : sequence
        Bins of each panel.
    xlabels, titles : sequence of str

    Returns
    -------
    sequence of matplotlib.axes.Axes
    """
    titles = titles or [""] * len(axes)
    for ax, drawn, mark, edges, xlabel, title in zip(
        axes, values, marks, bins, xlabels, titles, strict=True
    ):
        ax.hist(drawn, bins=edges, color="#9A9A9A")
        ax.axvline(mark, color="black")
        ax.set(yticks=[], xlabel=xlabel)
        ax.set_title(title, fontsize=10)
    return axes


def ranks(told, band, *, axes):
    """Draw histograms of ranks, with the band that holds 99% of the bars if all is right.

    Parameters
    ----------
    told : mapping of str to array_like of int
    band : (float, float)
    axes : sequence of matplotlib.axes.Axes

    Returns
    -------
    sequence of matplotlib.axes.Axes
    """
    for ax, (name, values) in zip(axes, told.items(), strict=True):
        ax.hist(values, bins=np.arange(21) - 0.5, color="#9A9A9A")
        ax.axhspan(*band, color="black", alpha=0.12, linewidth=0)
        ax.set(title=name, xlabel=r"rank of the true $\kappa$", xticks=[0, 5, 10, 15, 19])
    axes[0].set_ylabel("data sets")
    return axes
